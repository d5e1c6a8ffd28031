/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/gc-session-private.h"

#include "store/gc-attachment.h"

static void
on_changed (GcFileFetcher *fetcher, const char *id, gpointer user_data)
{
  gc_session_emit (user_data, GC_SESSION_SIGNAL_ATTACHMENT_CHANGED, id);
}

static void
on_network_changed (GcNetworkMonitor *network, gboolean moved, gpointer user_data)
{
  gc_file_fetcher_set_metered (user_data, gc_network_monitor_is_metered (network));
}

/**
 * gc_session_open_fetcher:
 * @self: a session with credentials, that has got its sender
 *
 * Main context.
 */
void
gc_session_open_fetcher (GcSession *self)
{
  self->fetcher = gc_file_fetcher_new (self->store, G_LIST_MODEL (self->tasks), self->sender,
                                       gc_credentials_get_base_url (self->credentials),
                                       gc_credentials_get_anchors (self->credentials),
                                       gc_credentials_get_certificate (self->credentials));
  gc_file_fetcher_set_metered (self->fetcher, gc_network_monitor_is_metered (self->network));
  g_signal_connect_object (self->fetcher, "changed", G_CALLBACK (on_changed), self, 0);
  g_signal_connect_object (self->network, "changed", G_CALLBACK (on_network_changed), self->fetcher,
                           0);
}

/**
 * gc_session_drop_fetcher:
 * @self: a session
 *
 * Nothing is fetched any more. Main context.
 */
void
gc_session_drop_fetcher (GcSession *self)
{
  if (self->fetcher != NULL)
    gc_file_fetcher_set_online (self->fetcher, FALSE);
  g_clear_object (&self->fetcher);
}

/**
 * gc_session_clear_attachments:
 * @self: a session that has forgotten its center
 *
 * Removes what the center attached to its tasks. Main context.
 */
void
gc_session_clear_attachments (GcSession *self)
{
  g_autofree char *folder = gc_store_dup_attachments (self->store);

  gc_attachments_clear (folder);
}

/**
 * gc_session_look_at_attachment:
 * @self: an open session
 * @task: a task
 * @file: one of its files
 * @percent: (out): how much of it has arrived, while it is loading
 *
 * The signal “attachment-changed” tells when it may be another. Main context.
 *
 * Returns: where the content of the file is
 */
GcAttachmentState
gc_session_look_at_attachment (GcSession *self,
                               const GcTask *task,
                               const GcFileReference *file,
                               guint *percent)
{
  g_autofree char *folder = NULL;

  g_return_val_if_fail (GC_IS_SESSION (self) && self->store != NULL, GC_ATTACHMENT_WAITING);

  if (self->fetcher != NULL)
    return gc_file_fetcher_look (self->fetcher, task, file, percent);
  *percent = 0;
  folder = gc_store_dup_attachments (self->store);
  return gc_attachment_is_here (folder, file) ? GC_ATTACHMENT_HERE : GC_ATTACHMENT_WAITING;
}

/**
 * gc_session_want_attachment:
 * @self: an open session
 * @file: of a task
 *
 * The worker wants to see it now. Main context.
 */
void
gc_session_want_attachment (GcSession *self, const GcFileReference *file)
{
  g_return_if_fail (GC_IS_SESSION (self) && file != NULL);

  if (self->fetcher != NULL)
    gc_file_fetcher_want (self->fetcher, file->id);
}

/**
 * gc_session_dup_attachment:
 * @self: an open session
 * @file: of a task, which is here
 *
 * Main context.
 *
 * Returns: (transfer full): where its content is
 */
char *
gc_session_dup_attachment (GcSession *self, const GcFileReference *file)
{
  g_autofree char *folder = NULL;

  g_return_val_if_fail (GC_IS_SESSION (self) && self->store != NULL, NULL);

  folder = gc_store_dup_attachments (self->store);
  return gc_attachment_name (folder, file);
}
