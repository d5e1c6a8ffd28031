/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-session"

#include "session/gc-session-private.h"

static void
on_arrived (GcAlertList *list, GcAlertItem *item, gpointer user_data)
{
  gc_session_emit (user_data, GC_SESSION_SIGNAL_ALERT_ARRIVED, item);
}

static void
on_withdrawn (GcAlertList *list, GcAlertItem *item, const char *why, gpointer user_data)
{
  gc_session_emit (user_data, GC_SESSION_SIGNAL_ALERT_WITHDRAWN, item, why);
}

/**
 * gc_session_adopt_alerts:
 * @self: a session that has its store
 *
 * Follows the alerts. Main context.
 */
void
gc_session_adopt_alerts (GcSession *self)
{
  self->alerts = gc_alert_list_new (self->store);
  g_signal_connect_object (self->alerts, "arrived", G_CALLBACK (on_arrived), self, 0);
  g_signal_connect_object (self->alerts, "withdrawn", G_CALLBACK (on_withdrawn), self, 0);
  gc_session_notify (self, GC_SESSION_PROP_ALERTS);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (gc_store_read_alert_finish (GC_STORE (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/**
 * gc_session_read_alert_async:
 * @self: an open session
 * @id: of an alert
 * @callback: called when it is on disk that the worker has read it, and will be sent
 * @user_data: for @callback
 *
 * Main context.
 */
void
gc_session_read_alert_async (GcSession *self,
                             const char *id,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_return_if_fail (GC_IS_SESSION (self) && self->store != NULL);

  gc_store_read_alert_async (self->store, id, NULL, on_read, g_steal_pointer (&task));
}

/**
 * gc_session_read_alert_finish:
 * @self: a session
 * @result: what the callback got
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: whether it is stored
 */
gboolean
gc_session_read_alert_finish (GcSession *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
