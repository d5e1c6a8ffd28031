/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "camera/gc-pipewire-remote.h"

#include "base/gc-error.h"

#include <gio/gunixsocketaddress.h>
#include <glib-unix.h>
#include <unistd.h>

struct _GcPipewireRemote
{
  GObject parent_instance;

  int fd;
  gboolean by_portal;
  guint watch;
};

G_DEFINE_FINAL_TYPE (GcPipewireRemote, gc_pipewire_remote, G_TYPE_OBJECT)

enum
{
  SIGNAL_CLOSED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static gboolean
on_hang_up (int fd, GIOCondition condition, gpointer user_data)
{
  GcPipewireRemote *self = user_data;

  self->watch = 0;
  g_signal_emit (self, signals[SIGNAL_CLOSED], 0);
  return G_SOURCE_REMOVE;
}

static void
gc_pipewire_remote_finalize (GObject *object)
{
  GcPipewireRemote *self = GC_PIPEWIRE_REMOTE (object);

  g_clear_handle_id (&self->watch, g_source_remove);
  close (self->fd);
  G_OBJECT_CLASS (gc_pipewire_remote_parent_class)->finalize (object);
}

static void
gc_pipewire_remote_class_init (GcPipewireRemoteClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gc_pipewire_remote_finalize;
  /**
   * GcPipewireRemote::closed:
   *
   * PipeWire has gone away, or has closed the connection.
   */
  signals[SIGNAL_CLOSED] = g_signal_new ("closed", GC_TYPE_PIPEWIRE_REMOTE, G_SIGNAL_RUN_LAST, 0,
                                         NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
gc_pipewire_remote_init (GcPipewireRemote *self)
{
}

static void
watch (GcPipewireRemote *self)
{
  /* Without G_IO_IN: reading is for those who speak PipeWire on their copies of it. */
  self->watch = g_unix_fd_add (self->fd, G_IO_HUP | G_IO_ERR, on_hang_up, self);
}

/**
 * gc_pipewire_remote_new:
 * @fd: (transfer full): what the Camera portal has opened
 *
 * Main context.
 *
 * Returns: (transfer full): the connection
 */
GcPipewireRemote *
gc_pipewire_remote_new (int fd)
{
  GcPipewireRemote *self = g_object_new (GC_TYPE_PIPEWIRE_REMOTE, NULL);

  self->fd = fd;
  self->by_portal = TRUE;
  watch (self);
  return self;
}

/**
 * gc_pipewire_remote_find_socket:
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): where the session's PipeWire listens when it runs
 */
char *
gc_pipewire_remote_find_socket (void)
{
  const char *name = g_getenv ("PIPEWIRE_REMOTE");
  const char *folder = g_getenv ("PIPEWIRE_RUNTIME_DIR");

  if (name == NULL || *name == '\0')
    name = "pipewire-0";
  if (folder == NULL)
    folder = g_getenv ("XDG_RUNTIME_DIR");
  if (g_path_is_absolute (name))
    return g_strdup (name);
  return folder != NULL ? g_build_filename (folder, name, NULL) : NULL;
}

static int
open_socket (GError **error)
{
  g_autofree char *path = gc_pipewire_remote_find_socket ();
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GError) local_error = NULL;

  if (path == NULL || !g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_NOT_FOUND, "PipeWire does not run");
      return -1;
    }
  address = g_unix_socket_address_new (path);
  socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT,
                         &local_error);
  if (socket != NULL)
    g_socket_set_blocking (socket, FALSE);
  if (socket == NULL || !g_socket_connect (socket, address, NULL, &local_error))
    {
      g_set_error (error, GC_ERROR, GC_ERROR_UNREACHABLE, "PipeWire does not answer: %s",
                   local_error->message);
      return -1;
    }
  return fcntl (g_socket_get_fd (socket), F_DUPFD_CLOEXEC, 3);
}

/**
 * gc_pipewire_remote_connect:
 * @error: %GC_ERROR_NOT_FOUND if PipeWire is not there, %GC_ERROR_UNREACHABLE if it does not answer
 *
 * Connects to the session's PipeWire. Main context.
 *
 * Returns: (transfer full) (nullable): the connection
 */
GcPipewireRemote *
gc_pipewire_remote_connect (GError **error)
{
  int fd = open_socket (error);
  GcPipewireRemote *self;

  if (fd < 0)
    return NULL;
  self = g_object_new (GC_TYPE_PIPEWIRE_REMOTE, NULL);
  self->fd = fd;
  watch (self);
  return self;
}

/**
 * gc_pipewire_remote_dup:
 * @self: a connection
 *
 * Errors concern a connection as a whole: when a camera goes while it is used, whoever shares the
 * connection may hear no more of other cameras. Any thread.
 *
 * Returns: (transfer full): another connection to the same PipeWire, which does not tell when it is
 *   closed; @self if it came from a portal, which has to be asked, or if there is none to be had
 */
GcPipewireRemote *
gc_pipewire_remote_dup (GcPipewireRemote *self)
{
  int fd = self->by_portal ? -1 : open_socket (NULL);
  GcPipewireRemote *another;

  if (fd < 0)
    return g_object_ref (self);
  another = g_object_new (GC_TYPE_PIPEWIRE_REMOTE, NULL);
  another->fd = fd;
  return another;
}

/**
 * gc_pipewire_remote_get_fd:
 * @self: a connection
 *
 * Returns: its descriptor, for the elements and providers of GStreamer that speak PipeWire; they
 *   copy it
 */
int
gc_pipewire_remote_get_fd (GcPipewireRemote *self)
{
  return self->fd;
}
