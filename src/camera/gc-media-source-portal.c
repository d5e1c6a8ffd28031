/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "camera/gc-media-source-portal.h"

#include "base/gc-error.h"

#include <fcntl.h>
#include <libportal/portal.h>
#include <unistd.h>

#define LAUNCH                                                                                     \
  "pipewiresrc name=in do-timestamp=true ! decodebin3 ! videoconvert "                             \
  "! video/x-raw,format={I420,NV12} "                                                              \
  "! appsink name=out sync=false async=false max-buffers=2 drop=true"

struct _GcMediaSourcePortal
{
  GObject parent_instance;

  int fd;
};

static GstElement *
make_pipeline (GcMediaSource *source, GError **error)
{
  GcMediaSourcePortal *self = GC_MEDIA_SOURCE_PORTAL (source);
  GstElement *pipeline = gc_media_source_launch (LAUNCH, error);
  g_autoptr (GstElement) in = NULL;

  if (pipeline == NULL)
    return NULL;
  in = gst_bin_get_by_name (GST_BIN (pipeline), "in");
  /* pipewiresrc closes the descriptor that it is given. */
  g_object_set (in, "fd", fcntl (self->fd, F_DUPFD_CLOEXEC, 3), NULL);
  return pipeline;
}

static const char *
get_name (GcMediaSource *source)
{
  return "portal";
}

static gboolean
is_endless (GcMediaSource *source)
{
  return TRUE;
}

static void
media_source_init (GcMediaSourceInterface *iface)
{
  iface->make_pipeline = make_pipeline;
  iface->get_name = get_name;
  iface->is_endless = is_endless;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (GcMediaSourcePortal,
                               gc_media_source_portal,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (GC_TYPE_MEDIA_SOURCE, media_source_init))

static void
gc_media_source_portal_finalize (GObject *object)
{
  close (GC_MEDIA_SOURCE_PORTAL (object)->fd);
  G_OBJECT_CLASS (gc_media_source_portal_parent_class)->finalize (object);
}

static void
gc_media_source_portal_class_init (GcMediaSourcePortalClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gc_media_source_portal_finalize;
}

static void
gc_media_source_portal_init (GcMediaSourcePortal *self)
{
  self->fd = -1;
}

static void
on_access (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  XdpPortal *portal = XDP_PORTAL (source);
  g_autoptr (GError) error = NULL;
  GcMediaSourcePortal *self;
  int fd;

  if (!xdp_portal_access_camera_finish (portal, result, &error))
    {
      g_task_return_new_error (task, GC_ERROR, GC_ERROR_REFUSED, "the camera may not be used: %s",
                               error->message);
      return;
    }
  fd = xdp_portal_open_pipewire_remote_for_camera (portal);
  if (fd < 0)
    {
      g_task_return_new_error (task, GC_ERROR, GC_ERROR_NOT_FOUND, "the portal gives no camera");
      return;
    }
  self = g_object_new (GC_TYPE_MEDIA_SOURCE_PORTAL, NULL);
  self->fd = fd;
  g_task_return_pointer (task, self, g_object_unref);
}

/**
 * gc_media_source_portal_new_async:
 * @cancellable: (nullable): to give up
 * @callback: called with the source
 * @user_data: for @callback
 *
 * Asks the Camera portal, and through it perhaps the worker. Main context.
 */
void
gc_media_source_portal_new_async (GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_autoptr (GError) error = NULL;
  g_autoptr (XdpPortal) portal = xdp_portal_initable_new (&error);

  if (portal == NULL || !xdp_portal_is_camera_present (portal))
    {
      g_task_return_new_error (task, GC_ERROR, GC_ERROR_NOT_FOUND, "there is no camera");
      return;
    }
  xdp_portal_access_camera (portal, NULL, XDP_CAMERA_FLAG_NONE, cancellable, on_access,
                            g_steal_pointer (&task));
}

/**
 * gc_media_source_portal_new_finish:
 * @result: what the callback got
 * @error: %GC_ERROR_NOT_FOUND if there is no camera, %GC_ERROR_REFUSED if it may not be used
 *
 * Returns: (transfer full) (nullable): the source
 */
GcMediaSource *
gc_media_source_portal_new_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
