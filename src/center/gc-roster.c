/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-roster.h"

#include "base/gc-clock.h"
#include "center/gc-json-build.h"
#include "protocol/gc-json.h"

#include <math.h>

struct _GcRoster
{
  GObject parent_instance;

  GHashTable *terminals; /* id → GcTerminal */
  guint count;           /* of those that are not revoked */
};

G_DEFINE_FINAL_TYPE (GcRoster, gc_roster, G_TYPE_OBJECT)

enum
{
  CHANGED,
  REMOVED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

static void
terminal_free (gpointer data)
{
  GcTerminal *terminal = data;

  g_free (terminal->id);
  g_free (terminal->worker);
  g_free (terminal->device);
  g_free (terminal->fingerprint);
  g_free (terminal->next_fingerprint);
  g_clear_pointer (&terminal->status, json_object_unref);
  g_clear_pointer (&terminal->live, json_object_unref);
  g_free (terminal);
}

static void
gc_roster_finalize (GObject *object)
{
  GcRoster *self = GC_ROSTER (object);

  g_clear_pointer (&self->terminals, g_hash_table_unref);
  G_OBJECT_CLASS (gc_roster_parent_class)->finalize (object);
}

static void
gc_roster_class_init (GcRosterClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gc_roster_finalize;

  signals[CHANGED] = g_signal_new ("changed", GC_TYPE_ROSTER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[REMOVED] = g_signal_new ("removed", GC_TYPE_ROSTER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
gc_roster_init (GcRoster *self)
{
  self->terminals = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, terminal_free);
}

static double
number_or_nan (GcRows *rows, int column)
{
  return gc_rows_is_null (rows, column) ? NAN : gc_rows_double (rows, column);
}

static GcTerminal *
read_terminal (GcRows *rows)
{
  GcTerminal *terminal = g_new0 (GcTerminal, 1);

  terminal->id = g_strdup (gc_rows_text (rows, 0));
  terminal->worker = g_strdup (gc_rows_text (rows, 1));
  terminal->device = g_strdup (gc_rows_text (rows, 2));
  terminal->fingerprint = g_strdup (gc_rows_text (rows, 3));
  terminal->paired_ms = gc_rows_int64 (rows, 4);
  terminal->revoked = !gc_rows_is_null (rows, 5);
  terminal->last_seen_ms = gc_rows_int64 (rows, 6);
  terminal->duty = gc_rows_int64 (rows, 7) != 0;
  terminal->open_tasks = (guint) gc_rows_int64 (rows, 8);
  terminal->has_fix = !gc_rows_is_null (rows, 9);
  terminal->fix.time_ms = gc_rows_int64 (rows, 9);
  terminal->fix.longitude = gc_rows_double (rows, 10);
  terminal->fix.latitude = gc_rows_double (rows, 11);
  terminal->fix.accuracy_m = number_or_nan (rows, 12);
  terminal->fix.speed_mps = number_or_nan (rows, 13);
  terminal->fix.bearing_deg = number_or_nan (rows, 14);
  terminal->next_fingerprint = g_strdup (gc_rows_text (rows, 15));
  return terminal;
}

static gpointer
load (GcDatabase *database, gpointer data, GError **error)
{
  GcRoster *self = data;
  g_autoptr (GcRows) rows = gc_database_query (
      database, error,
      "SELECT id, worker, device, fingerprint, paired_ms, revoked_ms, last_seen_ms, duty,"
      "  (SELECT count(*) FROM task WHERE task.terminal = terminal.id AND open),"
      "  at_ms, longitude, latitude, accuracy_m, speed_mps, bearing_deg, next_fingerprint"
      "  FROM terminal LEFT JOIN track ON track.terminal = terminal.id AND at_ms ="
      "    (SELECT max(at_ms) FROM track WHERE track.terminal = terminal.id)",
      "");

  while (rows != NULL && gc_rows_next (rows, error))
    {
      GcTerminal *terminal = read_terminal (rows);

      g_hash_table_insert (self->terminals, terminal->id, terminal);
      self->count += !terminal->revoked;
    }
  return NULL;
}

/**
 * gc_roster_load:
 * @database: the center's
 * @error: %GC_ERROR_STORAGE
 *
 * Reads who is paired. Blocks; for starting up.
 *
 * Returns: (transfer full) (nullable): the roster
 */
GcRoster *
gc_roster_load (GcDatabase *database, GError **error)
{
  g_autoptr (GcRoster) self = g_object_new (GC_TYPE_ROSTER, NULL);
  g_autoptr (GError) local_error = NULL;

  gc_database_run (database, load, self, &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  return g_steal_pointer (&self);
}

static GcTerminal *
find (GcRoster *self, const char *id)
{
  return g_hash_table_lookup (self->terminals, id);
}

static void
changed (GcRoster *self, const GcTerminal *terminal)
{
  if (!terminal->revoked)
    g_signal_emit (self, signals[CHANGED], 0, terminal->id);
}

/**
 * gc_roster_find:
 * @self: a roster
 * @id: of a terminal
 *
 * Returns: (transfer none) (nullable): the terminal, also a revoked one
 */
const GcTerminal *
gc_roster_find (GcRoster *self, const char *id)
{
  g_return_val_if_fail (GC_IS_ROSTER (self) && id != NULL, NULL);

  return find (self, id);
}

/**
 * gc_roster_count:
 * @self: a roster
 *
 * Returns: how many terminals there are, without those that were revoked
 */
guint
gc_roster_count (GcRoster *self)
{
  g_return_val_if_fail (GC_IS_ROSTER (self), 0);

  return self->count;
}

/**
 * gc_roster_add:
 * @self: a roster
 * @id: of the terminal
 * @worker: for whom it was paired
 * @device: what it calls itself
 * @fingerprint: of its certificate
 *
 * A terminal was paired, and the database knows it.
 */
void
gc_roster_add (
    GcRoster *self, const char *id, const char *worker, const char *device, const char *fingerprint)
{
  const GcTerminal *known = find (self, id);
  GcTerminal *terminal = g_new0 (GcTerminal, 1);

  self->count += known == NULL || known->revoked;
  terminal->id = g_strdup (id);
  terminal->worker = g_strdup (worker);
  terminal->device = g_strdup (device);
  terminal->fingerprint = g_strdup (fingerprint);
  terminal->paired_ms = gc_clock_wall_ms ();
  terminal->last_seen_ms = terminal->paired_ms;
  g_hash_table_replace (self->terminals, terminal->id, terminal);
  changed (self, terminal);
}

/**
 * gc_roster_set_next_certificate:
 * @self: a roster
 * @id: of a terminal
 * @fingerprint: of a certificate that was made for it, and the database knows it
 */
void
gc_roster_set_next_certificate (GcRoster *self, const char *id, const char *fingerprint)
{
  GcTerminal *terminal = find (self, id);

  if (terminal != NULL)
    g_set_str (&terminal->next_fingerprint, fingerprint);
}

/**
 * gc_roster_promote_certificate:
 * @self: a roster
 * @id: of a terminal that has a next certificate and uses it
 *
 * The one before is good no longer.
 */
void
gc_roster_promote_certificate (GcRoster *self, const char *id)
{
  GcTerminal *terminal = find (self, id);

  if (terminal == NULL || terminal->next_fingerprint == NULL)
    return;
  g_free (terminal->fingerprint);
  terminal->fingerprint = g_steal_pointer (&terminal->next_fingerprint);
}

/**
 * gc_roster_revoke:
 * @self: a roster
 * @id: of a terminal
 *
 * Its certificate was withdrawn, and the database knows it.
 */
void
gc_roster_revoke (GcRoster *self, const char *id)
{
  GcTerminal *terminal = find (self, id);

  if (terminal == NULL || terminal->revoked)
    return;
  terminal->revoked = TRUE;
  self->count--;
  g_signal_emit (self, signals[REMOVED], 0, terminal->id);
}

/**
 * gc_roster_set_online:
 * @self: a roster
 * @id: of a terminal
 * @online: whether its channel is open
 */
void
gc_roster_set_online (GcRoster *self, const char *id, gboolean online)
{
  GcTerminal *terminal = find (self, id);

  if (terminal == NULL)
    return;
  terminal->last_seen_ms = gc_clock_wall_ms ();
  terminal->online = online;
  changed (self, terminal);
}

/**
 * gc_roster_set_duty:
 * @self: a roster
 * @id: of a terminal
 * @duty: whether its worker is on duty
 */
void
gc_roster_set_duty (GcRoster *self, const char *id, gboolean duty)
{
  GcTerminal *terminal = find (self, id);

  if (terminal == NULL || terminal->duty == duty)
    return;
  terminal->duty = duty;
  changed (self, terminal);
}

/**
 * gc_roster_set_status:
 * @self: a roster
 * @id: of a terminal
 * @status: (transfer none): the checked members of its “status”
 */
void
gc_roster_set_status (GcRoster *self, const char *id, JsonObject *status)
{
  GcTerminal *terminal = find (self, id);

  if (terminal == NULL)
    return;
  g_clear_pointer (&terminal->status, json_object_unref);
  terminal->status = json_object_ref (status);
  terminal->last_seen_ms = gc_clock_wall_ms ();
  changed (self, terminal);
}

/**
 * gc_roster_set_device:
 * @self: a roster
 * @id: of a terminal
 * @device: what it calls itself now
 */
void
gc_roster_set_device (GcRoster *self, const char *id, const char *device)
{
  GcTerminal *terminal = find (self, id);

  if (terminal != NULL && g_set_str (&terminal->device, device))
    changed (self, terminal);
}

/**
 * gc_roster_set_fix:
 * @self: a roster
 * @id: of a terminal
 * @fix: a position; one that is older than the newest known is ignored
 */
void
gc_roster_set_fix (GcRoster *self, const char *id, const GcFix *fix)
{
  GcTerminal *terminal = find (self, id);

  if (terminal == NULL || (terminal->has_fix && fix->time_ms < terminal->fix.time_ms))
    return;
  terminal->has_fix = TRUE;
  terminal->fix = *fix;
}

/**
 * gc_roster_set_live:
 * @self: a roster
 * @id: of a terminal
 * @live: (nullable) (transfer none): LIVE of API.md, %NULL when there is no session any more
 */
void
gc_roster_set_live (GcRoster *self, const char *id, JsonObject *live)
{
  GcTerminal *terminal = find (self, id);

  if (terminal == NULL)
    return;
  g_clear_pointer (&terminal->live, json_object_unref);
  terminal->live = live != NULL ? json_object_ref (live) : NULL;
  changed (self, terminal);
}

/**
 * gc_roster_set_open_tasks:
 * @self: a roster
 * @id: of a terminal
 * @open_tasks: how many tasks it has that are not final
 */
void
gc_roster_set_open_tasks (GcRoster *self, const char *id, guint open_tasks)
{
  GcTerminal *terminal = find (self, id);

  if (terminal == NULL || terminal->open_tasks == open_tasks)
    return;
  terminal->open_tasks = open_tasks;
  changed (self, terminal);
}

/**
 * gc_roster_touch:
 * @self: a roster
 * @id: of a terminal that was heard of just now
 */
void
gc_roster_touch (GcRoster *self, const char *id)
{
  GcTerminal *terminal = find (self, id);

  if (terminal != NULL)
    terminal->last_seen_ms = gc_clock_wall_ms ();
}

static void
copy_status (JsonObject *object, const char *member, JsonNode *node, gpointer to)
{
  json_object_set_member (to, member, json_node_copy (node));
}

static JsonObject *
print (const GcTerminal *terminal)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "id", terminal->id);
  json_object_set_string_member (object, "worker", terminal->worker);
  json_object_set_string_member (object, "device", terminal->device);
  json_object_set_string_member (object, "state", terminal->online ? "online" : "offline");
  json_object_set_boolean_member (object, "duty", terminal->duty);
  if (terminal->status != NULL)
    json_object_foreach_member (terminal->status, copy_status, object);
  if (terminal->has_fix)
    json_object_set_object_member (object, "position", gc_fix_to_json (&terminal->fix));
  else
    json_object_set_null_member (object, "position");
  if (terminal->live != NULL)
    json_object_set_object_member (object, "live", json_object_ref (terminal->live));
  else
    json_object_set_null_member (object, "live");
  gc_json_set_time (object, "paired_at", terminal->paired_ms);
  gc_json_set_time (object, "last_seen", terminal->last_seen_ms);
  json_object_set_int_member (object, "open_tasks", terminal->open_tasks);
  return object;
}

/**
 * gc_roster_print:
 * @self: a roster
 * @id: of a terminal
 *
 * Returns: (transfer full) (nullable): TERMINAL of API.md, %NULL if there is none or it is revoked
 */
JsonObject *
gc_roster_print (GcRoster *self, const char *id)
{
  const GcTerminal *terminal = find (self, id);

  return terminal != NULL && !terminal->revoked ? print (terminal) : NULL;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  const GcTerminal *terminal_a = a;
  const GcTerminal *terminal_b = b;
  int order = g_utf8_collate (terminal_a->worker, terminal_b->worker);

  return order != 0 ? order : g_strcmp0 (terminal_a->id, terminal_b->id);
}

/**
 * gc_roster_print_all:
 * @self: a roster
 *
 * Returns: (transfer full): TERMINALs of API.md that are not revoked, by their workers' names
 */
JsonArray *
gc_roster_print_all (GcRoster *self)
{
  g_autoptr (GPtrArray) sorted = g_hash_table_get_values_as_ptr_array (self->terminals);
  JsonArray *array = json_array_new ();

  g_ptr_array_sort_values (sorted, compare);
  for (guint i = 0; i < sorted->len; i++)
    {
      const GcTerminal *terminal = g_ptr_array_index (sorted, i);

      if (!terminal->revoked)
        json_array_add_object_element (array, print (terminal));
    }
  return array;
}
