/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-reports.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "center/gc-audit.h"
#include "center/gc-pace.h"
#include "protocol/gc-json.h"
#include "protocol/gc-live-figures.h"
#include "protocol/gc-track-body.h"

#define MS_PER_HOUR (60 * 60 * 1000)
/* The console shows three days; what is older nobody sees, so nobody keeps it. */
#define TRACK_HOURS 72
/* Enough for a point every 5 s in all that time; more would only choke the map. */
#define MAX_TRACK_POINTS 52000
#define FIGURES_INTERVAL_MS 500

struct _GcReports
{
  GcRoster *roster;
  GcConsoleEvents *events;
  GcPace *figures_pace;
};

/* --- duty --- */

static gboolean
apply_duty (GcDatabase *database,
            const char *terminal,
            const GcEnvelope *envelope,
            gpointer *result,
            GError **error)
{
  gboolean on;
  gint64 at_ms;

  return gc_json_get_boolean (envelope->body, "on", &on, error)
         && gc_json_get_time (envelope->body, "at", &at_ms, error)
         && gc_database_exec (database, error, "UPDATE terminal SET duty = ? WHERE id = ?", "is",
                              (gint64) on, terminal)
         && gc_audit_add (database, terminal, on ? "duty.on" : "duty.off", terminal, NULL, error);
}

static void
duty_took_effect (gpointer data, const char *terminal, const GcEnvelope *envelope, gpointer result)
{
  GcReports *self = data;
  gboolean on = FALSE;

  if (gc_json_get_boolean (envelope->body, "on", &on, NULL))
    gc_roster_set_duty (self->roster, terminal, on);
}

static const GcHubHandler DUTY = {
  .type = GC_MSG_DUTY,
  .apply = apply_duty,
  .took_effect = duty_took_effect,
};

/* --- status --- */

static gboolean
copy_percent (JsonObject *from, const char *member, JsonObject *to)
{
  gint64 value;

  if (!gc_json_has (from, member))
    return TRUE;
  if (!gc_json_get_int (from, member, 0, 100, &value, NULL))
    return FALSE;
  json_object_set_int_member (to, member, value);
  return TRUE;
}

static gboolean
copy_boolean (JsonObject *from, const char *member, JsonObject *to)
{
  gboolean value;

  if (!gc_json_has (from, member))
    return TRUE;
  if (!gc_json_get_boolean (from, member, &value, NULL))
    return FALSE;
  json_object_set_boolean_member (to, member, value);
  return TRUE;
}

static gboolean
copy_uplink (JsonObject *from, JsonObject *to)
{
  static const char *const WORDS[] = { "none", "wifi", "cellular", "ethernet", "other", NULL };
  const char *word;

  if (!gc_json_has (from, "uplink"))
    return TRUE;
  word = gc_json_get_string (from, "uplink", 16, NULL);
  if (word == NULL || !g_strv_contains (WORDS, word))
    return FALSE;
  json_object_set_string_member (to, "uplink", word);
  return TRUE;
}

/**
 * gc_status_read:
 * @body: of “status”
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): the members that PROTOCOL.md names, %NULL if one does not
 * fit
 */
JsonObject *
gc_status_read (JsonObject *body)
{
  g_autoptr (JsonObject) status = json_object_new ();

  if (copy_percent (body, "battery_percent", status)
      && copy_percent (body, "signal_percent", status) && copy_boolean (body, "charging", status)
      && copy_boolean (body, "metered", status) && copy_uplink (body, status))
    return g_steal_pointer (&status);
  return NULL;
}

static void
status_arrived (gpointer data, const char *terminal, const GcEnvelope *envelope, gpointer result)
{
  GcReports *self = data;
  g_autoptr (JsonObject) status = gc_status_read (envelope->body);

  if (status != NULL)
    gc_roster_set_status (self->roster, terminal, status);
  else
    g_debug ("a status of terminal %s does not fit", terminal);
}

static const GcHubHandler STATUS = {
  .type = GC_MSG_STATUS,
  .took_effect = status_arrived,
};

/* --- track --- */

static gboolean
insert_fix (GcDatabase *database, const char *terminal, const GcFix *fix, GError **error)
{
  /* SQLite keeps what is not a number, the unknown, as NULL. */
  return gc_database_exec (database, error,
                           "INSERT OR REPLACE INTO track (terminal, at_ms, longitude, latitude,"
                           "  accuracy_m, speed_mps, bearing_deg) VALUES (?, ?, ?, ?, ?, ?, ?)",
                           "siddddd", terminal, fix->time_ms, fix->longitude, fix->latitude,
                           fix->accuracy_m, fix->speed_mps, fix->bearing_deg);
}

/**
 * gc_track_store:
 * @database: the center's
 * @terminal: whose track
 * @body: of “track”
 * @error: %GC_ERROR_INVALID, %GC_ERROR_TOO_LARGE, %GC_ERROR_STORAGE
 *
 * Inside a #GcDatabaseWork only.
 *
 * Returns: (transfer full) (nullable) (element-type GcFix): the points
 */
GArray *
gc_track_store (GcDatabase *database, const char *terminal, JsonObject *body, GError **error)
{
  g_autoptr (GArray) fixes = gc_track_body_parse (body, error);

  for (guint i = 0; fixes != NULL && i < fixes->len; i++)
    if (!insert_fix (database, terminal, &g_array_index (fixes, GcFix, i), error))
      return NULL;
  return g_steal_pointer (&fixes);
}

static gboolean
apply_track (GcDatabase *database,
             const char *terminal,
             const GcEnvelope *envelope,
             gpointer *result,
             GError **error)
{
  *result = gc_track_store (database, terminal, envelope->body, error);
  return *result != NULL;
}

static void
track_took_effect (gpointer data, const char *terminal, const GcEnvelope *envelope, gpointer result)
{
  GcReports *self = data;
  g_autoptr (GArray) fixes = result;
  g_autoptr (JsonObject) event = NULL;
  JsonArray *points;

  if (fixes == NULL || fixes->len == 0)
    return;
  event = json_object_new ();
  points = json_array_sized_new (fixes->len);
  for (guint i = 0; i < fixes->len; i++)
    {
      const GcFix *fix = &g_array_index (fixes, GcFix, i);

      gc_roster_set_fix (self->roster, terminal, fix);
      json_array_add_object_element (points, gc_fix_to_json (fix));
    }
  json_object_set_string_member (event, "terminal", terminal);
  json_object_set_array_member (event, "points", points);
  gc_console_events_emit (self->events, "position", event);
}

static const GcHubHandler TRACK = {
  .type = GC_MSG_TRACK,
  .apply = apply_track,
  .took_effect = track_took_effect,
  .result_free = (GDestroyNotify) g_array_unref,
};

/* --- how live video fares --- */

/* Whether it is about the session that this terminal has. */
static gboolean
is_of_session (GcReports *self, const char *terminal, const char *session)
{
  const GcTerminal *known = gc_roster_find (self->roster, terminal);

  return known != NULL && known->live != NULL
         && g_strcmp0 (json_object_get_string_member (known->live, "session"), session) == 0;
}

static void
figures_arrived (gpointer data, const char *terminal, const GcEnvelope *envelope, gpointer result)
{
  GcReports *self = data;
  GcLiveFigures figures;
  g_autoptr (JsonObject) event = NULL;

  if (!gc_live_figures_parse (envelope->body, &figures, NULL)
      || !is_of_session (self, terminal, figures.session)
      || !gc_pace_allows (self->figures_pace, terminal))
    return;
  event = gc_live_figures_print (&figures);
  gc_console_events_emit (self->events, "live-figures", event);
}

static const GcHubHandler FIGURES = {
  .type = GC_MSG_LIVE_FIGURES,
  .took_effect = figures_arrived,
};

/**
 * gc_reports_new:
 * @hub: where terminals report
 * @roster: what is known of them
 * @events: where consoles listen
 *
 * Returns: (transfer full): handlers of duty, status, track and live figures; free them after the
 * hub's links
 */
GcReports *
gc_reports_new (GcHub *hub, GcRoster *roster, GcConsoleEvents *events)
{
  GcReports *self = g_new0 (GcReports, 1);

  self->roster = g_object_ref (roster);
  self->events = g_object_ref (events);
  self->figures_pace = gc_pace_new (FIGURES_INTERVAL_MS);
  gc_hub_handle (hub, &DUTY, self);
  gc_hub_handle (hub, &STATUS, self);
  gc_hub_handle (hub, &TRACK, self);
  gc_hub_handle (hub, &FIGURES, self);
  return self;
}

/**
 * gc_reports_free:
 * @self: (transfer full): the handlers
 */
void
gc_reports_free (GcReports *self)
{
  g_object_unref (self->roster);
  g_object_unref (self->events);
  gc_pace_free (self->figures_pace);
  g_free (self);
}

/**
 * gc_track_print:
 * @database: the center's
 * @terminal: its id
 * @hours: how far back, 1 to 72
 * @error: %GC_ERROR_STORAGE
 *
 * Inside a #GcDatabaseWork only.
 *
 * Returns: (transfer full) (nullable): where the terminal was, as a GeoJSON Feature (RFC 7946)
 */
JsonObject *
gc_track_print (GcDatabase *database, const char *terminal, int hours, GError **error)
{
  g_autoptr (JsonObject) feature = json_object_new ();
  JsonObject *geometry = json_object_new ();
  JsonObject *properties = json_object_new ();
  JsonArray *coordinates = json_array_new ();
  JsonArray *times = json_array_new ();
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcRows) rows = gc_database_query (
      database, &local_error,
      "SELECT * FROM (SELECT at_ms, longitude, latitude FROM track"
      "  WHERE terminal = ? AND at_ms >= ? ORDER BY at_ms DESC LIMIT ?) ORDER BY at_ms",
      "sii", terminal, gc_clock_wall_ms () - (gint64) hours * MS_PER_HOUR,
      (gint64) MAX_TRACK_POINTS);

  json_object_set_string_member (feature, "type", "Feature");
  json_object_set_string_member (geometry, "type", "LineString");
  json_object_set_array_member (geometry, "coordinates", coordinates);
  json_object_set_object_member (feature, "geometry", geometry);
  json_object_set_string_member (properties, "terminal", terminal);
  json_object_set_array_member (properties, "times", times);
  json_object_set_object_member (feature, "properties", properties);
  while (rows != NULL && gc_rows_next (rows, &local_error))
    {
      g_autofree char *at = gc_clock_format (gc_rows_int64 (rows, 0));
      JsonArray *point = json_array_sized_new (2);

      json_array_add_double_element (point, gc_rows_double (rows, 1));
      json_array_add_double_element (point, gc_rows_double (rows, 2));
      json_array_add_array_element (coordinates, point);
      json_array_add_string_element (times, at);
    }
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  return g_steal_pointer (&feature);
}

/**
 * gc_track_forget:
 * @database: the center's
 * @error: %GC_ERROR_STORAGE
 *
 * Deletes positions that are older than anything the console shows. Inside a #GcDatabaseWork only.
 *
 * Returns: whether it succeeded
 */
gboolean
gc_track_forget (GcDatabase *database, GError **error)
{
  return gc_database_exec (database, error, "DELETE FROM track WHERE at_ms < ?", "i",
                           gc_clock_wall_ms () - (gint64) TRACK_HOURS * MS_PER_HOUR);
}
