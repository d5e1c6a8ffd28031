/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-socket-watch.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Of one turn of the main loop; what is left is told in the next. */
#define MAX_EVENTS 256

struct _GcSocketWatch
{
  GObject parent_instance;

  int epoll_fd;
  GSource *source;
};

G_DEFINE_FINAL_TYPE (GcSocketWatch, gc_socket_watch, G_TYPE_OBJECT)

struct _GcWatchedSocket
{
  GcSocketWatch *watch;
  GSocket *socket;
  GSource *source; /* not owned: the one that waits, which says when it goes */
  gboolean begun;
};

/* Has neither file descriptor nor prepare() nor check(): it is ready when it is told so. */
typedef struct
{
  GSource parent_instance;

  GcWatchedSocket *watched; /* not owned: %NULL once it is gone */
  GPollableInputStream *stream;
} ReadableSource;

static gboolean
on_events (int epoll_fd, GIOCondition condition, gpointer unused)
{
  struct epoll_event events[MAX_EVENTS];
  int count = epoll_wait (epoll_fd, events, MAX_EVENTS, 0);

  for (int i = 0; i < count; i++)
    {
      const GcWatchedSocket *watched = events[i].data.ptr;

      if (watched->source != NULL)
        g_source_set_ready_time (watched->source, 0);
    }
  return G_SOURCE_CONTINUE;
}

static void
gc_socket_watch_finalize (GObject *object)
{
  GcSocketWatch *self = GC_SOCKET_WATCH (object);

  if (self->source != NULL)
    g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
  if (self->epoll_fd >= 0)
    close (self->epoll_fd);
  G_OBJECT_CLASS (gc_socket_watch_parent_class)->finalize (object);
}

static void
gc_socket_watch_class_init (GcSocketWatchClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gc_socket_watch_finalize;
}

static void
gc_socket_watch_init (GcSocketWatch *self)
{
  self->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
}

/**
 * gc_socket_watch_new:
 *
 * Tells in the thread's default main context. Where the system has no epoll to give,
 * gc_socket_watch_add() takes no socket.
 *
 * Returns: (transfer full): a watch over nothing
 */
GcSocketWatch *
gc_socket_watch_new (void)
{
  GcSocketWatch *self = g_object_new (GC_TYPE_SOCKET_WATCH, NULL);

  if (self->epoll_fd < 0)
    {
      g_message ("connections are watched one by one: %s", g_strerror (errno));
      return self;
    }
  self->source = g_unix_fd_source_new (self->epoll_fd, G_IO_IN);
  g_source_set_static_name (self->source, "[gridcast] readable sockets");
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_events), NULL, NULL);
  g_source_attach (self->source, g_main_context_get_thread_default ());
  return self;
}

/* One event, then silence until it is asked for again: whoever does not read costs nothing. */
static gboolean
control (GcWatchedSocket *watched, int operation, guint32 events)
{
  struct epoll_event event = { .events = events | EPOLLONESHOT, .data.ptr = watched };

  return epoll_ctl (watched->watch->epoll_fd, operation, g_socket_get_fd (watched->socket), &event)
         == 0;
}

/**
 * gc_socket_watch_add:
 * @self: a watch
 * @socket: a connected socket that is in no watch
 *
 * Returns: (transfer full) (nullable): the socket in the watch; %NULL if the system does not allow
 *   it: then it is to be polled as usual
 */
GcWatchedSocket *
gc_socket_watch_add (GcSocketWatch *self, GSocket *socket)
{
  g_autoptr (GcWatchedSocket) watched = NULL;

  g_return_val_if_fail (GC_IS_SOCKET_WATCH (self) && G_IS_SOCKET (socket), NULL);

  if (self->epoll_fd < 0)
    return NULL;
  watched = g_new0 (GcWatchedSocket, 1);
  watched->watch = g_object_ref (self);
  watched->socket = g_object_ref (socket);
  return control (watched, EPOLL_CTL_ADD, 0) ? g_steal_pointer (&watched) : NULL;
}

/**
 * gc_watched_socket_free:
 * @watched: (transfer full): a socket in a watch
 *
 * Takes it out. Its sources are never ready again.
 */
void
gc_watched_socket_free (GcWatchedSocket *watched)
{
  if (watched->source != NULL)
    ((ReadableSource *) watched->source)->watched = NULL;
  /* The system takes out what is closed, and its number may be another's by now. */
  if (!g_socket_is_closed (watched->socket))
    control (watched, EPOLL_CTL_DEL, 0);
  g_object_unref (watched->socket);
  g_object_unref (watched->watch);
  g_free (watched);
}

/* --- the source --- */

static gboolean
readable_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  GPollableSourceFunc function = (GPollableSourceFunc) (void (*) (void)) callback;

  g_source_set_ready_time (source, -1);
  return function (G_OBJECT (((ReadableSource *) source)->stream), user_data);
}

static void
readable_finalize (GSource *source)
{
  ReadableSource *self = (ReadableSource *) source;

  if (self->watched != NULL && self->watched->source == source)
    self->watched->source = NULL;
  g_object_unref (self->stream);
}

static GSourceFuncs readable_funcs = {
  .dispatch = readable_dispatch,
  .finalize = readable_finalize,
};

/**
 * gc_watched_socket_create_source:
 * @watched: a socket in a watch, that is not closed
 * @stream: a stream over it
 *
 * Ready once, when there is something to read or the other side has gone; whoever reads until
 * %G_IO_ERROR_WOULD_BLOCK then makes a new one, as libsoup does. An earlier source of @watched is
 * never ready again. The first one is ready at once: a layer between @stream and the socket, such
 * as TLS, may have read already what came early.
 *
 * Returns: (transfer full): a source that calls a #GPollableSourceFunc with @stream
 */
GSource *
gc_watched_socket_create_source (GcWatchedSocket *watched, GPollableInputStream *stream)
{
  GSource *source = g_source_new (&readable_funcs, sizeof (ReadableSource));
  ReadableSource *self = (ReadableSource *) source;

  self->watched = watched;
  self->stream = g_object_ref (stream);
  watched->source = source;
  if (!watched->begun || !control (watched, EPOLL_CTL_MOD, EPOLLIN | EPOLLRDHUP))
    g_source_set_ready_time (source, 0);
  watched->begun = TRUE;
  return source;
}
