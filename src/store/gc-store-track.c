/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/gc-store-private.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "protocol/gc-json.h"
#include "protocol/gc-track-body.h"
#include "store/gc-outbox.h"

/* How many points wait in memory for a disk that has no room: five hours and more. */
#define MAX_UNSAVED 2000

/* Where the worker was, and whether the worker is on duty: one file, because going off duty ends
 * the track. A fix is on disk at once, and leaves in a batch: after the interval, if the batch
 * before it was acknowledged, so that a thin line or none gets few and full envelopes. */

/* --- Inside a transaction --- */

/* NULL for what a disk has damaged: it must not keep the others from being sent. */
static JsonObject *
parse_fix (const char *text)
{
  g_autoptr (JsonObject) object
      = text != NULL ? gc_json_parse_object (text, -1, GC_ENVELOPE_MAX_LENGTH, NULL) : NULL;
  GcFix fix;

  if (object != NULL && gc_fix_from_json (object, &fix, NULL))
    return g_steal_pointer (&object);
  g_message ("a point of the track cannot be read any more");
  return NULL;
}

static JsonArray *
take_points (GcDatabase *database, gint64 *last_number, GError **error)
{
  g_autoptr (JsonArray) points = json_array_new ();
  g_autoptr (GcRows) rows
      = gc_database_query (database, error, "SELECT number, fix FROM point ORDER BY number LIMIT ?",
                           "i", (gint64) GC_TRACK_MAX_POINTS);

  while (rows != NULL && gc_rows_next (rows, error))
    {
      JsonObject *fix = parse_fix (gc_rows_text (rows, 1));

      if (fix != NULL)
        json_array_add_object_element (points, fix);
      *last_number = gc_rows_int64 (rows, 0);
    }
  return *error == NULL ? g_steal_pointer (&points) : NULL;
}

static gboolean
append_points (GcDatabase *database, JsonArray *points, GError **error)
{
  g_autoptr (JsonObject) body = NULL;

  if (json_array_get_length (points) == 0)
    return TRUE;
  body = gc_track_body_print (points);
  return gc_outbox_append_body (database, GC_MSG_TRACK, body, error);
}

static gboolean
batch_points (GcDatabase *database, GError **error)
{
  for (;;)
    {
      gint64 last_number = 0;
      g_autoptr (JsonArray) points = take_points (database, &last_number, error);

      if (points == NULL)
        return FALSE;
      if (last_number == 0)
        return TRUE;
      if (!append_points (database, points, error)
          || !gc_database_exec (database, error, "DELETE FROM point WHERE number <= ?", "i",
                                last_number))
        return FALSE;
    }
}

static gpointer
flush (GcDatabase *database, gpointer params, GcStoreOutcome *outcome, GError **error)
{
  batch_points (database, error);
  return NULL;
}

static gboolean
read_duty (GcDatabase *database, gboolean *on, GError **error)
{
  g_autoptr (GcRows) rows = gc_database_query (
      database, error, "SELECT 1 FROM state WHERE key = '" GC_STORE_DUTY "' AND value = 'on'", "");

  *on = rows != NULL && gc_rows_next (rows, error);
  return *error == NULL;
}

static gboolean
add_point (GcDatabase *database, const GcFix *fix, GError **error)
{
  g_autoptr (JsonObject) object = gc_fix_to_json (fix);
  g_autofree char *text = gc_json_print (object);

  return gc_database_exec (database, error, "INSERT INTO point (fix) VALUES (?)", "s", text);
}

static gpointer
add_points (GcDatabase *database, gpointer params, GcStoreOutcome *outcome, GError **error)
{
  GPtrArray *fixes = params;
  gboolean on;

  /* A fix that arrives late is none of the center's business. */
  if (!read_duty (database, &on, error) || !on)
    return NULL;
  for (guint i = 0; i < fixes->len; i++)
    if (!add_point (database, g_ptr_array_index (fixes, i), error))
      break;
  return NULL;
}

static gpointer
set_duty (GcDatabase *database, gpointer params, GcStoreOutcome *outcome, GError **error)
{
  gboolean on = GPOINTER_TO_INT (params);
  g_autoptr (JsonObject) body = json_object_new ();
  g_autofree char *at = gc_clock_format (gc_clock_wall_ms ());
  gboolean was_on;

  if (!read_duty (database, &was_on, error) || was_on == on)
    return NULL;
  json_object_set_boolean_member (body, "on", on);
  json_object_set_string_member (body, "at", at);
  if (batch_points (database, error) && gc_outbox_append_body (database, GC_MSG_DUTY, body, error))
    gc_database_exec (database, error, "INSERT OR REPLACE INTO state (key, value) VALUES (?, ?)",
                      "ss", GC_STORE_DUTY, on ? "on" : "off");
  return NULL;
}

/* --- On the store's thread --- */

static void
keep_unsaved (GcStoreTrack *track, GPtrArray *fixes)
{
  if (track->unsaved == NULL)
    track->unsaved = g_ptr_array_new_with_free_func ((GDestroyNotify) gc_fix_free);
  for (guint i = 0; i < fixes->len; i++)
    g_ptr_array_add (track->unsaved, gc_fix_copy (g_ptr_array_index (fixes, i)));
  if (track->unsaved->len > MAX_UNSAVED)
    g_ptr_array_remove_range (track->unsaved, 0, track->unsaved->len - MAX_UNSAVED);
}

static void
on_points_saved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GcStore *self = GC_STORE (source);
  g_autoptr (GPtrArray) fixes = user_data;
  g_autoptr (GError) error = NULL;

  gc_store_run_finish (self, result, gc_store_add_fix, &error);
  if (error == NULL)
    return;
  keep_unsaved (gc_store_get_track (self), fixes);
  gc_store_report (self, error);
}

static void
save_points (GcStore *self, const GcFix *fix)
{
  GcStoreTrack *track = gc_store_get_track (self);
  GPtrArray *fixes = g_steal_pointer (&track->unsaved);

  if (fixes == NULL)
    fixes = g_ptr_array_new_with_free_func ((GDestroyNotify) gc_fix_free);
  if (fix != NULL)
    g_ptr_array_add (fixes, gc_fix_copy (fix));
  gc_store_run_async (self, gc_store_add_fix, add_points, g_ptr_array_ref (fixes),
                      (GDestroyNotify) g_ptr_array_unref, NULL, NULL, on_points_saved, fixes);
}

/**
 * gc_store_track_save_rest:
 * @self: a store
 *
 * Tries once more to save the points that the disk would not take.
 */
void
gc_store_track_save_rest (GcStore *self)
{
  if (gc_store_get_track (self)->unsaved != NULL)
    save_points (self, NULL);
}

/**
 * gc_store_track_forget_rest:
 * @self: a store
 *
 * Lets go of the points that the disk would not take.
 */
void
gc_store_track_forget_rest (GcStore *self)
{
  g_clear_pointer (&gc_store_get_track (self)->unsaved, g_ptr_array_unref);
}

static void
on_flushed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GcStore *self = GC_STORE (source);
  g_autoptr (GError) error = NULL;

  gc_store_get_track (self)->flushing = FALSE;
  gc_store_run_finish (self, result, gc_store_flush_track, &error);
  if (error != NULL)
    gc_store_report (self, error);
  else
    gc_store_track_update (self);
}

static gboolean
on_interval (gpointer user_data)
{
  GcStore *self = user_data;
  GcStoreTrack *track = gc_store_get_track (self);

  track->timer = 0;
  track->due = TRUE;
  gc_store_track_update (self);
  return G_SOURCE_REMOVE;
}

/**
 * gc_store_track_update:
 * @self: a store
 *
 * Called when there are new figures: a batch may be due.
 */
void
gc_store_track_update (GcStore *self)
{
  GcStoreTrack *track = gc_store_get_track (self);
  const GcStoreFigures *figures = gc_store_get_figures (self);

  if (figures->pending_points == 0)
    {
      g_clear_handle_id (&track->timer, g_source_remove);
      track->due = FALSE;
    }
  else if (figures->pending_points >= GC_TRACK_MAX_POINTS
           || (track->due && figures->unsent_tracks == 0))
    gc_store_flush_track (self);
  else if (track->timer == 0 && !track->due)
    track->timer = g_timeout_add (track->interval_ms, on_interval, self);
}

/**
 * gc_store_set_track_interval:
 * @self: a store
 * @interval_ms: from 1; 10,000 unless set
 *
 * Says how long a fix may wait for others to travel with.
 */
void
gc_store_set_track_interval (GcStore *self, guint interval_ms)
{
  g_return_if_fail (GC_IS_STORE (self) && interval_ms > 0);

  gc_store_get_track (self)->interval_ms = interval_ms;
}

/**
 * gc_store_add_fix:
 * @self: a store
 * @fix: where the worker is
 *
 * Saves a point of the track; the signal “failed” says if that was not possible. Then it waits in
 * memory, and is saved with the next one that can be. Off duty the fix is dropped: then nothing
 * about the worker is kept.
 */
void
gc_store_add_fix (GcStore *self, const GcFix *fix)
{
  g_return_if_fail (GC_IS_STORE (self) && fix != NULL);

  save_points (self, fix);
}

/**
 * gc_store_flush_track:
 * @self: a store
 *
 * Makes an envelope of the points that wait for others, without waiting any longer.
 */
void
gc_store_flush_track (GcStore *self)
{
  GcStoreTrack *track;

  g_return_if_fail (GC_IS_STORE (self));

  track = gc_store_get_track (self);
  if (track->flushing)
    return;
  track->flushing = TRUE;
  track->due = FALSE;
  g_clear_handle_id (&track->timer, g_source_remove);
  gc_store_run_async (self, gc_store_flush_track, flush, NULL, NULL, NULL, NULL, on_flushed, NULL);
}

/**
 * gc_store_set_duty_async:
 * @self: a store
 * @on: whether the worker is on duty
 * @cancellable: (nullable): effective until the work starts
 * @callback: called after the commit
 * @user_data: for @callback
 *
 * Remembers it and tells the center; the points of the track that still wait go before it. Saying
 * what is so already does nothing.
 */
void
gc_store_set_duty_async (GcStore *self,
                         gboolean on,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_return_if_fail (GC_IS_STORE (self));

  gc_store_track_save_rest (self);
  gc_store_run_async (self, gc_store_set_duty_async, set_duty, GINT_TO_POINTER (!!on), NULL, NULL,
                      cancellable, callback, user_data);
}

/**
 * gc_store_set_duty_finish:
 * @self: a store
 * @result: what the callback got
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: whether it was saved
 */
gboolean
gc_store_set_duty_finish (GcStore *self, GAsyncResult *result, GError **error)
{
  return gc_store_run_finish_boolean (self, result, gc_store_set_duty_async, error);
}
