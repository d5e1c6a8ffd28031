/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/gc-store-private.h"

#include "base/gc-id.h"
#include "store/gc-inbox.h"
#include "store/gc-outbox.h"

#include <string.h>

/* What the terminal knows of its center, and how it forgets it. */

static gpointer
set_state (GcDatabase *database, gpointer params, GcStoreOutcome *outcome, GError **error)
{
  char **pair = params;

  if (pair[1] != NULL)
    gc_database_exec (database, error, "INSERT OR REPLACE INTO state (key, value) VALUES (?, ?)",
                      "ss", pair[0], pair[1]);
  else
    gc_database_exec (database, error, "DELETE FROM state WHERE key = ?", "s", pair[0]);
  gc_store_outcome_add_state (outcome, pair[0], pair[1]);
  return NULL;
}

/**
 * gc_store_set_state_async:
 * @self: a store
 * @key: a name
 * @value: (nullable): text, or %NULL to forget
 * @cancellable: (nullable): effective until the work starts
 * @callback: called after the commit
 * @user_data: for @callback
 */
void
gc_store_set_state_async (GcStore *self,
                          const char *key,
                          const char *value,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  char **pair = g_new0 (char *, 3);

  g_return_if_fail (GC_IS_STORE (self) && key != NULL);
  g_return_if_fail (strcmp (key, GC_STORE_DUTY) != 0);

  pair[0] = g_strdup (key);
  pair[1] = g_strdup (value);
  gc_store_run_async (self, gc_store_set_state_async, set_state, pair, (GDestroyNotify) g_strfreev,
                      NULL, cancellable, callback, user_data);
}

/**
 * gc_store_set_state_finish:
 * @self: a store
 * @result: what the callback got
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: whether it was saved
 */
gboolean
gc_store_set_state_finish (GcStore *self, GAsyncResult *result, GError **error)
{
  return gc_store_run_finish_boolean (self, result, gc_store_set_state_async, error);
}

static gpointer
forget_center (GcDatabase *database, gpointer params, GcStoreOutcome *outcome, GError **error)
{
  static const char *const REMOVALS[] = { "DELETE FROM outbox",
                                          "DELETE FROM inbox",
                                          "DELETE FROM task",
                                          "DELETE FROM file",
                                          "DELETE FROM point",
                                          "DELETE FROM sos",
                                          "DELETE FROM state WHERE key IN ('" GC_STORE_CENTER
                                          "', '" GC_STORE_DUTY "', '" GC_STORE_UNPAIRING "')" };
  g_autofree char *stream = gc_id_new ();
  gint64 lost;

  for (gsize i = 0; i < G_N_ELEMENTS (REMOVALS); i++)
    {
      if (!gc_database_exec (database, error, REMOVALS[i], ""))
        return NULL;
      if (i == 0)
        lost = gc_database_changes (database);
    }
  if (!gc_alerts_forget (database, outcome, error)
      || !gc_database_exec (database, error, "UPDATE stream SET own = ?", "s", stream)
      || !gc_outbox_start_anew (database, NULL, error))
    return NULL;
  gc_store_outcome_add_state (outcome, GC_STORE_CENTER, NULL);
  gc_store_outcome_add_state (outcome, GC_STORE_UNPAIRING, NULL);
  gc_store_outcome_add_forgotten (outcome);
  return GSIZE_TO_POINTER ((gsize) lost);
}

/**
 * gc_store_forget_center_async:
 * @self: a store
 * @cancellable: (nullable): effective until the work starts
 * @callback: called after the commit
 * @user_data: for @callback
 *
 * Removes what belongs to the paired center: how to reach it, its tasks, its alerts, the track, and
 * everything that was not sent (ask the worker first, see the property “unsent”). Who watched
 * stays: that record is the worker's. The channel must be off.
 */
void
gc_store_forget_center_async (GcStore *self,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_return_if_fail (GC_IS_STORE (self));

  gc_store_run_async (self, gc_store_forget_center_async, forget_center, NULL, NULL, NULL,
                      cancellable, callback, user_data);
}

/**
 * gc_store_forget_center_finish:
 * @self: a store
 * @result: what the callback got
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: how many unsent envelopes were removed, -1 on error
 */
gssize
gc_store_forget_center_finish (GcStore *self, GAsyncResult *result, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gpointer lost = gc_store_run_finish (self, result, gc_store_forget_center_async, &local_error);

  if (local_error == NULL)
    return (gssize) GPOINTER_TO_SIZE (lost);
  g_propagate_error (error, g_steal_pointer (&local_error));
  return -1;
}
