/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/gc-session-private.h"

/* --- what is stored, and what is delivered --- */

static void
on_unsent (GcSession *self)
{
  gc_session_notify (self, GC_SESSION_PROP_UNSENT);
}

static void
on_file_changed (GcStore *store, const GcStoredFile *file, gpointer user_data)
{
  gc_session_emit (user_data, GC_SESSION_SIGNAL_FILE_CHANGED, file);
}

/**
 * gc_session_watch_files:
 * @self: a session that has got its store
 *
 * Hands on what the store says of what the center does not have yet. Main context.
 */
void
gc_session_watch_files (GcSession *self)
{
  g_signal_connect_object (self->store, "notify::unsent", G_CALLBACK (on_unsent), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->store, "notify::undelivered", G_CALLBACK (on_unsent), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->store, "file-changed", G_CALLBACK (on_file_changed), self, 0);
}

/**
 * gc_session_count_unsent:
 * @self: a session
 *
 * Returns: of how much the center does not know
 */
guint
gc_session_count_unsent (GcSession *self)
{
  if (self->store == NULL)
    return 0;
  return gc_store_get_unsent (self->store) + gc_store_get_undelivered (self->store);
}

/**
 * gc_session_watch_sender:
 * @self: a session
 *
 * The connection to the center has another state: files are delivered and fetched while the center
 * answers.
 * Main context.
 */
void
gc_session_watch_sender (GcSession *self)
{
  if (self->sender != NULL)
    {
      gboolean online = gc_session_get_link (self) == GC_LINK_ONLINE;

      gc_file_sender_set_online (self->sender, online);
      gc_file_fetcher_set_online (self->fetcher, online);
    }
}

/**
 * gc_session_open_sender:
 * @self: a session with credentials
 *
 * Main context.
 */
void
gc_session_open_sender (GcSession *self)
{
  self->sender = gc_file_sender_new (self->store, gc_credentials_get_base_url (self->credentials),
                                     gc_credentials_get_anchors (self->credentials),
                                     gc_credentials_get_certificate (self->credentials));
  gc_session_open_fetcher (self);
}

/**
 * gc_session_drop_sender:
 * @self: a session
 *
 * Nothing is delivered any more. Main context.
 */
void
gc_session_drop_sender (GcSession *self)
{
  gc_session_drop_fetcher (self);
  if (self->sender != NULL)
    gc_file_sender_set_online (self->sender, FALSE);
  g_clear_object (&self->sender);
}

/* --- photos --- */

static void
on_photo_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (GcStoredFile) file = gc_store_add_file_finish (GC_STORE (source), result, &error);

  if (file != NULL)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
on_photo (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GcSession *self = g_task_get_source_object (task);
  const char *task_id = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GBytes) photo = gc_studio_take_photo_finish (GC_STUDIO (source), result, &error);

  if (photo != NULL)
    gc_store_add_file_async (self->store, task_id, photo, "image/jpeg", self->fix, NULL,
                             on_photo_stored, g_steal_pointer (&task));
  else
    g_task_return_error (task, error);
}

/**
 * gc_session_take_photo_async:
 * @self: an open session whose camera somebody uses, as a preview
 * @task_id: the task that the photo is of
 * @callback: called when it is on disk, or could not be taken
 * @user_data: for @callback
 *
 * Takes a photo, and tells the center of it as soon as there is a way. Main context.
 */
void
gc_session_take_photo_async (GcSession *self,
                             const char *task_id,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  GTask *task;

  g_return_if_fail (GC_IS_SESSION (self) && self->store != NULL && task_id != NULL);

  task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (task, gc_session_take_photo_async);
  g_task_set_task_data (task, g_strdup (task_id), g_free);
  gc_studio_take_photo_async (self->studio, on_photo, task);
}

/**
 * gc_session_take_photo_finish:
 * @self: a session
 * @result: what the callback got
 * @error: %GC_ERROR_FAILED without a picture, %GC_ERROR_NOT_FOUND if the task is gone,
 *   %GC_ERROR_STORAGE
 *
 * Returns: whether the photo is on disk
 */
gboolean
gc_session_take_photo_finish (GcSession *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  GPtrArray *files = gc_store_list_files_finish (GC_STORE (source), result, &error);

  if (files != NULL)
    g_task_return_pointer (task, files, (GDestroyNotify) g_ptr_array_unref);
  else
    g_task_return_error (task, error);
}

/**
 * gc_session_list_files_async:
 * @self: an open session
 * @task_id: a task
 * @callback: called when they are read
 * @user_data: for @callback
 *
 * Main context.
 */
void
gc_session_list_files_async (GcSession *self,
                             const char *task_id,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  GTask *task;

  g_return_if_fail (GC_IS_SESSION (self) && self->store != NULL && task_id != NULL);

  task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (task, gc_session_list_files_async);
  gc_store_list_files_async (self->store, task_id, NULL, on_listed, task);
}

/**
 * gc_session_list_files_finish:
 * @self: a session
 * @result: what the callback got
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: (transfer full) (element-type GcStoredFile) (nullable): the files of the task, oldest
 * first
 */
GPtrArray *
gc_session_list_files_finish (GcSession *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
