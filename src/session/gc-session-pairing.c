/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-session"

#include "session/gc-session-private.h"

#include "base/gc-error.h"
#include "identity/gc-enrolment.h"

static void
on_key_saved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GcSession *self = g_task_get_source_object (task);
  GError *error = NULL;

  if (!gc_keyring_save_finish (GC_KEYRING (source), result, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  gc_session_adopt_credentials (self, g_task_get_task_data (task));
  g_task_return_boolean (task, TRUE);
}

static void
on_enrolled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GcSession *self = g_task_get_source_object (task);
  GError *error = NULL;
  GcCredentials *credentials = gc_enrolment_run_finish (result, &error);

  if (credentials == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  g_task_set_task_data (task, credentials, g_object_unref);
  gc_keyring_save_async (self->keyring, credentials, NULL, on_key_saved, g_steal_pointer (&task));
}

/**
 * gc_session_pair_async:
 * @self: an open session
 * @code: a code that the worker has confirmed
 * @cancellable: (nullable): to give up, until the center has answered
 * @callback: called with the outcome
 * @user_data: for @callback
 *
 * Main context.
 */
void
gc_session_pair_async (GcSession *self,
                       const GcPairingCode *code,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_return_if_fail (GC_IS_SESSION (self) && code != NULL);

  if (self->store == NULL || self->credentials != NULL)
    {
      g_task_return_new_error (task, GC_ERROR, GC_ERROR_CONFLICT, "the terminal is paired already");
      return;
    }
  g_task_set_check_cancellable (task, FALSE);
  gc_enrolment_run_async (code, g_get_host_name (), cancellable, on_enrolled,
                          g_steal_pointer (&task));
}

/**
 * gc_session_pair_finish:
 * @self: a session
 * @result: what the callback got
 * @error: as gc_enrolment_run_finish(), or %GC_ERROR_STORAGE
 *
 * Returns: whether the terminal is paired
 */
gboolean
gc_session_pair_finish (GcSession *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
on_center_forgotten (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (gc_store_forget_center_finish (GC_STORE (source), result, &error) < 0)
    {
      g_task_return_error (task, error);
      return;
    }
  gc_session_clear_attachments (g_task_get_source_object (task));
  g_task_return_boolean (task, TRUE);
}

static void
on_key_cleared (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GcSession *self = g_task_get_source_object (task);
  GError *error = NULL;

  if (!gc_keyring_clear_finish (GC_KEYRING (source), result, &error))
    {
      /* The worker is told that the terminal stays paired: then nothing may be forgotten later. */
      if (g_task_get_source_tag (task) == gc_session_unpair_async)
        gc_store_set_state_async (self->store, GC_STORE_UNPAIRING, NULL, NULL, NULL, NULL);
      g_task_return_error (task, error);
      return;
    }
  gc_session_adopt_credentials (self, NULL);
  gc_store_forget_center_async (self->store, NULL, on_center_forgotten, g_steal_pointer (&task));
}

/**
 * gc_session_resume_unpairing:
 * @self: a session whose store is open
 * @task: of the session; returns %TRUE when the center is forgotten
 *
 * Goes on with what the program was killed at. Main context.
 *
 * Returns: whether there was something to go on with
 */
gboolean
gc_session_resume_unpairing (GcSession *self, GTask *task)
{
  if (gc_store_get_state (self->store, GC_STORE_UNPAIRING) == NULL)
    return FALSE;
  gc_keyring_clear_async (self->keyring, NULL, on_key_cleared, g_object_ref (task));
  return TRUE;
}

static void
on_unpairing_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GcSession *self = g_task_get_source_object (task);
  GError *error = NULL;

  if (gc_store_set_state_finish (GC_STORE (source), result, &error))
    gc_keyring_clear_async (self->keyring, NULL, on_key_cleared, g_steal_pointer (&task));
  else
    g_task_return_error (task, error);
}

/**
 * gc_session_unpair_async:
 * @self: an open session
 * @callback: called with the outcome
 * @user_data: for @callback
 *
 * Forgets the center, its key and what it was to be told: all of it, for what one center was to be
 * told must never reach another. If the program ends meanwhile, the next one goes on with it. Main
 * context.
 */
void
gc_session_unpair_async (GcSession *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_return_if_fail (GC_IS_SESSION (self) && self->store != NULL);

  g_task_set_source_tag (task, gc_session_unpair_async);
  gc_session_set_on_duty (self, FALSE);
  gc_store_set_state_async (self->store, GC_STORE_UNPAIRING, "yes", NULL, on_unpairing_stored,
                            g_steal_pointer (&task));
}

/**
 * gc_session_unpair_finish:
 * @self: a session
 * @result: what the callback got
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: whether the center is forgotten
 */
gboolean
gc_session_unpair_finish (GcSession *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
