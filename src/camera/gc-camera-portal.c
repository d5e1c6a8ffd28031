/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "camera/gc-camera-portal.h"

#include "base/gc-error.h"

#include <gio/gunixfdlist.h>
#include <libportal/portal.h>

#define BUS_NAME "org.freedesktop.portal.Desktop"
#define OBJECT_PATH "/org/freedesktop/portal/desktop"
#define INTERFACE "org.freedesktop.portal.Camera"

/* Without portal, or with one that has no cameras, nobody can be asked. */
static gboolean
is_absent (const GError *error)
{
  return g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN)
         || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER)
         || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_INTERFACE)
         || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD);
}

static gboolean
is_refusal (const GError *error)
{
  g_autofree char *name = g_dbus_error_get_remote_error (error);

  /* libportal's word for the answer no. */
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)
         || g_strcmp0 (name, "org.freedesktop.portal.Error.NotAllowed") == 0;
}

static void
give_up (GTask *task, GError *error)
{
  if (g_task_return_error_if_cancelled (task))
    ;
  else if (is_absent (error))
    g_task_return_new_error (task, GC_ERROR, GC_ERROR_NOT_FOUND, "there is no camera portal");
  else if (is_refusal (error))
    g_task_return_new_error (task, GC_ERROR, GC_ERROR_REFUSED,
                             "the settings do not allow the camera to be used");
  else
    {
      g_dbus_error_strip_remote_error (error);
      g_task_return_new_error (task, GC_ERROR, GC_ERROR_FAILED, "the portal gives no camera: %s",
                               error->message);
    }
}

static void
on_remote (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GVariant) answer = g_dbus_connection_call_with_unix_fd_list_finish (
      G_DBUS_CONNECTION (source), &fds, result, &error);
  int handle = -1;
  int fd;

  if (answer == NULL)
    {
      give_up (task, error);
      return;
    }
  g_variant_get (answer, "(h)", &handle);
  fd = fds != NULL ? g_unix_fd_list_get (fds, handle, &error) : -1;
  if (fd < 0)
    g_task_return_new_error (task, GC_ERROR, GC_ERROR_FAILED, "the portal gives no camera");
  else
    g_task_return_pointer (task, gc_pipewire_remote_new (fd), g_object_unref);
}

/* libportal opens it too, but waits for the answer meanwhile. */
static void
open_remote (GTask *task)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) bus
      = g_bus_get_sync (G_BUS_TYPE_SESSION, g_task_get_cancellable (task), &error);
  GVariantBuilder options;

  if (bus == NULL)
    {
      give_up (task, error);
      return;
    }
  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  g_dbus_connection_call_with_unix_fd_list (
      bus, BUS_NAME, OBJECT_PATH, INTERFACE, "OpenPipeWireRemote",
      g_variant_new ("(a{sv})", &options), G_VARIANT_TYPE ("(h)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL,
      g_task_get_cancellable (task), on_remote, g_object_ref (task));
}

static void
on_access (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  if (xdp_portal_access_camera_finish (XDP_PORTAL (source), result, &error))
    open_remote (task);
  else
    give_up (task, error);
}

/**
 * gc_camera_portal_is_needed:
 *
 * Any thread.
 *
 * Returns: whether this is a sandbox, whose cameras are the portal's to give
 */
gboolean
gc_camera_portal_is_needed (void)
{
  return g_file_test ("/.flatpak-info", G_FILE_TEST_EXISTS);
}

/**
 * gc_camera_portal_open_async:
 * @cancellable: (nullable): to give up
 * @callback: called with the connection
 * @user_data: for @callback
 *
 * Asks the portal, and through it perhaps the worker. Main context.
 */
void
gc_camera_portal_open_async (GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_autoptr (GError) error = NULL;
  g_autoptr (XdpPortal) portal = xdp_portal_initable_new (&error);

  if (portal == NULL)
    g_task_return_new_error (task, GC_ERROR, GC_ERROR_NOT_FOUND, "there is no camera portal");
  else
    xdp_portal_access_camera (portal, NULL, XDP_CAMERA_FLAG_NONE, cancellable, on_access,
                              g_steal_pointer (&task));
}

/**
 * gc_camera_portal_open_finish:
 * @result: what the callback got
 * @error: %GC_ERROR_NOT_FOUND if there is no portal, %GC_ERROR_REFUSED if the cameras may not be
 *   used, %GC_ERROR_FAILED
 *
 * Returns: (transfer full) (nullable): a connection to PipeWire that shows nothing but cameras
 */
GcPipewireRemote *
gc_camera_portal_open_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
