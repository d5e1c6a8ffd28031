/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "identity/gc-secret-unlock.h"

#include "base/gc-error.h"

/* The Secret Service API, https://specifications.freedesktop.org/secret-service-spec/, “Prompts and
 * Prompting”. */
#define SERVICE "org.freedesktop.secrets"
#define SERVICE_PATH "/org/freedesktop/secrets"
#define SERVICE_INTERFACE "org.freedesktop.Secret.Service"
#define PROMPT_INTERFACE "org.freedesktop.Secret.Prompt"
#define NO_OBJECT "/"

typedef struct
{
  GDBusConnection *bus;
  char *prompt;
  guint completed;
  guint watch;
  gboolean returned;
} Unlock;

static void
unlock_free (gpointer data)
{
  Unlock *self = data;

  g_object_unref (self->bus);
  g_free (self->prompt);
  g_free (self);
}

/* The signal, the reply and the end of the service race: only the first of them counts. */
static gboolean
end_prompt (GTask *task)
{
  Unlock *self = g_task_get_task_data (task);

  if (self->returned)
    return FALSE;
  self->returned = TRUE;
  if (self->completed != 0)
    g_dbus_connection_signal_unsubscribe (self->bus, self->completed);
  if (self->watch != 0)
    g_bus_unwatch_name (self->watch);
  return TRUE;
}

static void
on_completed (GDBusConnection *bus,
              const char *sender,
              const char *path,
              const char *interface,
              const char *name,
              GVariant *parameters,
              gpointer user_data)
{
  g_autoptr (GTask) task = g_object_ref (user_data);
  gboolean dismissed = TRUE;

  if (!end_prompt (task))
    return;
  if (g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(bv)")))
    g_variant_get (parameters, "(bv)", &dismissed, NULL);
  if (dismissed)
    g_task_return_new_error (task, GC_ERROR, GC_ERROR_REFUSED, "its password was not given");
  else
    g_task_return_boolean (task, TRUE);
}

static void
on_vanished (GDBusConnection *bus, const char *name, gpointer user_data)
{
  g_autoptr (GTask) task = g_object_ref (user_data);

  if (end_prompt (task))
    g_task_return_new_error (task, GC_ERROR, GC_ERROR_REFUSED, "it went away");
}

static void
on_prompted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (GVariant) reply
      = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  if (reply == NULL && end_prompt (task))
    g_task_return_error (task, g_steal_pointer (&error));
  g_clear_error (&error);
}

static void
ask (GTask *task, const char *prompt)
{
  Unlock *self = g_task_get_task_data (task);

  self->prompt = g_strdup (prompt);
  self->completed = g_dbus_connection_signal_subscribe (
      self->bus, SERVICE, PROMPT_INTERFACE, "Completed", prompt, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
      on_completed, g_object_ref (task), g_object_unref);
  self->watch
      = g_bus_watch_name_on_connection (self->bus, SERVICE, G_BUS_NAME_WATCHER_FLAGS_NONE, NULL,
                                        on_vanished, g_object_ref (task), g_object_unref);
  g_dbus_connection_call (self->bus, SERVICE, prompt, PROMPT_INTERFACE, "Prompt",
                          g_variant_new ("(s)", ""), NULL, G_DBUS_CALL_FLAGS_NONE, -1,
                          g_task_get_cancellable (task), on_prompted, g_object_ref (task));
}

static void
on_unlock_called (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (GVariant) reply
      = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  const char *prompt;

  if (reply == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  g_variant_get (reply, "(@ao&o)", NULL, &prompt);
  if (g_strcmp0 (prompt, NO_OBJECT) == 0)
    g_task_return_boolean (task, TRUE);
  else
    ask (task, prompt);
}

static void
unlock_path (GTask *task, const char *path)
{
  Unlock *self = g_task_get_task_data (task);
  const char *const paths[] = { path, NULL };

  g_dbus_connection_call (self->bus, SERVICE, SERVICE_PATH, SERVICE_INTERFACE, "Unlock",
                          g_variant_new ("(^ao)", paths), G_VARIANT_TYPE ("(aoo)"),
                          G_DBUS_CALL_FLAGS_NONE, -1, g_task_get_cancellable (task),
                          on_unlock_called, g_object_ref (task));
}

static void
on_default (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (GVariant) reply
      = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  const char *path;

  if (reply == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  g_variant_get (reply, "(&o)", &path);
  if (g_strcmp0 (path, NO_OBJECT) == 0)
    g_task_return_new_error (task, GC_ERROR, GC_ERROR_NOT_FOUND, "no key ring was set up");
  else
    unlock_path (task, path);
}

/**
 * gc_secret_unlock_async:
 * @bus: where the Secret Service is
 * @path: (nullable): an item or collection of it; %NULL for where new items go
 * @cancellable: (nullable): to give up
 * @callback: called with the outcome
 * @user_data: for @callback
 *
 * Unlocks it, if it is locked. Main context.
 */
void
gc_secret_unlock_async (GDBusConnection *bus,
                        const char *path,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  Unlock *self;

  g_return_if_fail (G_IS_DBUS_CONNECTION (bus));

  task = g_task_new (NULL, cancellable, callback, user_data);
  self = g_new0 (Unlock, 1);
  self->bus = g_object_ref (bus);
  g_task_set_source_tag (task, gc_secret_unlock_async);
  g_task_set_task_data (task, self, unlock_free);
  if (path != NULL)
    unlock_path (task, path);
  else
    g_dbus_connection_call (bus, SERVICE, SERVICE_PATH, SERVICE_INTERFACE, "ReadAlias",
                            g_variant_new ("(s)", "default"), G_VARIANT_TYPE ("(o)"),
                            G_DBUS_CALL_FLAGS_NONE, -1, cancellable, on_default,
                            g_object_ref (task));
}

/**
 * gc_secret_unlock_finish:
 * @result: what the callback got
 * @error: %GC_ERROR_REFUSED if the worker gave no password, %GC_ERROR_NOT_FOUND if new items go
 *   nowhere, or of D-Bus
 *
 * Returns: whether it is unlocked
 */
gboolean
gc_secret_unlock_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
