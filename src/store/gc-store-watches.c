/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/gc-store-private.h"

#include "base/gc-error.h"
#include "base/gc-id.h"
#include "protocol/gc-json.h"
#include "store/gc-inbox.h"

#include <string.h>

#define ID_LENGTH 36
#define VIEWER_MAX_LENGTH 64
#define EVENT_MAX_LENGTH 16
#define MAX_WATCHING 100000
/* Years of work; a bound all the same. */
#define KEEP_WATCHES 10000

G_DEFINE_BOXED_TYPE (GcWatch, gc_watch, gc_watch_copy, gc_watch_free)

/**
 * gc_watch_copy:
 * @watch: a watch
 *
 * Any thread.
 *
 * Returns: (transfer full): a copy
 */
GcWatch *
gc_watch_copy (const GcWatch *watch)
{
  GcWatch *copy = g_memdup2 (watch, sizeof *watch);

  copy->session = g_strdup (watch->session);
  copy->viewer = g_strdup (watch->viewer);
  return copy;
}

/**
 * gc_watch_free:
 * @watch: (transfer full): a watch
 *
 * Any thread.
 */
void
gc_watch_free (GcWatch *watch)
{
  g_free (watch->session);
  g_free (watch->viewer);
  g_free (watch);
}

typedef struct
{
  const char *session;
  const char *viewer;
  gboolean joined;
  gint64 at_ms;
  gint64 watching;
} Event;

static gboolean
read_event (JsonObject *body, Event *event, GError **why)
{
  const char *word;

  event->session = gc_json_get_string (body, "session", ID_LENGTH, why);
  if (event->session == NULL)
    return FALSE;
  event->viewer = gc_json_get_string (body, "viewer", VIEWER_MAX_LENGTH, why);
  if (event->viewer == NULL)
    return FALSE;
  word = gc_json_get_string (body, "event", EVENT_MAX_LENGTH, why);
  if (word == NULL || !gc_json_get_time (body, "at", &event->at_ms, why)
      || !gc_json_get_int (body, "watching", 0, MAX_WATCHING, &event->watching, why))
    return FALSE;
  event->joined = strcmp (word, "joined") == 0;
  if (gc_id_is_valid (event->session) && (event->joined || strcmp (word, "left") == 0))
    return TRUE;
  g_set_error_literal (why, GC_ERROR, GC_ERROR_INVALID, "“session” or “event” is unusable");
  return FALSE;
}

/* One live session at a time: whoever watched an earlier one watches no more, though the center
 * failed to say so. */
static gboolean
add_watch (GcDatabase *database, const Event *event, GError **error)
{
  return gc_database_exec (database, error,
                           "UPDATE watch SET until_ms = max (from_ms, ?)"
                           " WHERE until_ms = 0 AND session <> ?",
                           "is", event->at_ms, event->session)
         && gc_database_exec (database, error,
                              "INSERT INTO watch (session, viewer, from_ms) VALUES (?, ?, ?)",
                              "ssi", event->session, event->viewer, event->at_ms)
         && gc_database_exec (
             database, error,
             "DELETE FROM watch WHERE number <= (SELECT MAX(number) FROM watch) - ?", "i",
             (gint64) KEEP_WATCHES);
}

/* Since when the one who leaves has watched; 0 if nobody of that name is there. */
static gint64
end_watch (GcDatabase *database, const Event *event, GError **error)
{
  g_autoptr (GcRows) rows = gc_database_query (database, error,
                                               "SELECT number, from_ms FROM watch"
                                               " WHERE until_ms = 0 AND session = ? AND viewer = ?"
                                               " ORDER BY number LIMIT 1",
                                               "ss", event->session, event->viewer);
  gint64 from_ms;

  if (rows == NULL || !gc_rows_next (rows, error))
    return 0;
  from_ms = gc_rows_int64 (rows, 1);
  if (!gc_database_exec (database, error,
                         "UPDATE watch SET until_ms = max (from_ms, ?) WHERE number = ?", "ii",
                         event->at_ms, gc_rows_int64 (rows, 0)))
    return 0;
  return from_ms;
}

/**
 * gc_watches_apply:
 * @database: inside a transaction
 * @body: of live.viewer
 * @outcome: takes what it changes
 * @why: says why it had no effect
 * @error: for the database alone
 *
 * Notes who came or went.
 *
 * Returns: whether it had an effect
 */
gboolean
gc_watches_apply (
    GcDatabase *database, JsonObject *body, GcStoreOutcome *outcome, GError **why, GError **error)
{
  Event event;
  GcWatch watch = { 0 };

  if (!read_event (body, &event, why))
    return FALSE;
  watch.session = (char *) event.session;
  watch.viewer = (char *) event.viewer;
  watch.from_ms = event.at_ms;
  if (event.joined)
    add_watch (database, &event, error);
  else
    {
      watch.from_ms = end_watch (database, &event, error);
      watch.until_ms = MAX (event.at_ms, watch.from_ms);
    }
  if (*error != NULL)
    return FALSE;
  if (watch.from_ms == 0)
    {
      g_set_error_literal (why, GC_ERROR, GC_ERROR_NOT_FOUND, "nobody of that name was watching");
      return FALSE;
    }
  gc_store_outcome_add_watch (outcome, &watch, (guint) event.watching);
  return TRUE;
}

static gpointer
list (GcDatabase *database, gpointer params, GcStoreOutcome *outcome, GError **error)
{
  g_autoptr (GPtrArray) watches = g_ptr_array_new_with_free_func ((GDestroyNotify) gc_watch_free);
  g_autoptr (GcRows) rows
      = gc_database_query (database, error,
                           "SELECT session, viewer, from_ms, until_ms FROM watch"
                           " ORDER BY number DESC LIMIT ?",
                           "i", (gint64) GPOINTER_TO_UINT (params));

  while (rows != NULL && gc_rows_next (rows, error))
    {
      GcWatch *watch = g_new0 (GcWatch, 1);

      watch->session = g_strdup (gc_rows_text (rows, 0));
      watch->viewer = g_strdup (gc_rows_text (rows, 1));
      watch->from_ms = gc_rows_int64 (rows, 2);
      watch->until_ms = gc_rows_int64 (rows, 3);
      g_ptr_array_add (watches, watch);
    }
  return g_steal_pointer (&watches);
}

/**
 * gc_store_list_watches_async:
 * @self: a store
 * @limit: how many at most
 * @cancellable: (nullable): effective until the work starts
 * @callback: called when they are read
 * @user_data: for @callback
 */
void
gc_store_list_watches_async (GcStore *self,
                             guint limit,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_return_if_fail (GC_IS_STORE (self));

  gc_store_run_async (self, gc_store_list_watches_async, list, GUINT_TO_POINTER (limit), NULL,
                      (GDestroyNotify) g_ptr_array_unref, cancellable, callback, user_data);
}

/**
 * gc_store_list_watches_finish:
 * @self: a store
 * @result: what the callback got
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: (transfer full) (nullable) (element-type GcWatch): who watched, the newest first
 */
GPtrArray *
gc_store_list_watches_finish (GcStore *self, GAsyncResult *result, GError **error)
{
  return gc_store_run_finish (self, result, gc_store_list_watches_async, error);
}
