/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-socket-watch.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Of one turn of the main loop; what is left is told in the next. */
#define MAX_EVENTS 64

struct _GcSocketWatch
{
  GObject parent_instance;

  int epoll_fd;
  GSource *source;
  GHashTable *sockets; /* id → GcWatchedSocket, not owned */
  guint64 last_id;
  GMainContext *parking;   /* never runs */
  GcWatchedSocket *called; /* whose callback runs now */
  gboolean is_parking;     /* it has made its next source */
};

G_DEFINE_FINAL_TYPE (GcSocketWatch, gc_socket_watch, G_TYPE_OBJECT)

struct _GcWatchedSocket
{
  guint64 id;
  GcSocketWatch *watch;
  GSocket *socket;
  gboolean begun;
  GSource *source; /* not owned: the newest, which says when it goes */
};

/* Has neither file descriptor nor prepare() nor check(): it is ready when it is told so. */
typedef struct
{
  GSource parent_instance;

  GcWatchedSocket *watched; /* not owned: %NULL once it is gone, or has a newer source */
  GPollableInputStream *stream;
} ReadableSource;

/* --- parking: a main context walks through its sources several times in each turn, and thousands
 * of them, ready or not, fill a third of a core. So a source that waits is attached to a context
 * that never runs, and dispatched from here. Whoever reads attaches to the thread's default, as
 * libsoup does last of all in its callback; from the moment in which it makes the source until it
 * returns, that is the parking. --- */

static void
begin_parking (GcSocketWatch *self)
{
  self->is_parking = TRUE;
  g_main_context_push_thread_default (self->parking);
}

static void
end_parking (GcSocketWatch *self)
{
  if (self->is_parking)
    g_main_context_pop_thread_default (self->parking);
  self->is_parking = FALSE;
}

/* Whatever @callback does: it may free the socket, and all others. */
static gboolean
call (GSource *source, GSourceFunc callback, gpointer user_data)
{
  GcWatchedSocket *watched = ((ReadableSource *) source)->watched;
  GPollableSourceFunc function = (GPollableSourceFunc) (void (*) (void)) callback;
  g_autoptr (GcSocketWatch) watch = NULL;
  gboolean go_on;

  if (watched == NULL)
    return G_SOURCE_REMOVE;
  watch = g_object_ref (watched->watch);
  watch->called = watched;
  go_on = function (G_OBJECT (((ReadableSource *) source)->stream), user_data);
  end_parking (watch);
  watch->called = NULL;
  return go_on;
}

static void
call_parked (GSource *parked)
{
  g_autoptr (GSource) source = g_source_ref (parked);
  GSourceCallbackFuncs *funcs = source->callback_funcs;
  gpointer callback_data = source->callback_data;
  GSourceFunc callback = NULL;
  gpointer user_data = NULL;

  if (funcs == NULL)
    return;
  funcs->ref (callback_data);
  funcs->get (callback_data, source, &callback, &user_data);
  if (!call (source, callback, user_data))
    g_source_destroy (source);
  funcs->unref (callback_data);
}

static gboolean
on_events (int epoll_fd, GIOCondition condition, gpointer user_data)
{
  g_autoptr (GcSocketWatch) self = g_object_ref (user_data);
  struct epoll_event events[MAX_EVENTS];
  int count = epoll_wait (epoll_fd, events, MAX_EVENTS, 0);

  for (int i = 0; i < count; i++)
    {
      guint64 id = events[i].data.u64;
      const GcWatchedSocket *watched = g_hash_table_lookup (self->sockets, &id);

      if (watched == NULL || watched->source == NULL || g_source_is_destroyed (watched->source))
        continue;
      if (g_source_get_context (watched->source) == self->parking)
        call_parked (watched->source);
      else
        g_source_set_ready_time (watched->source, 0);
    }
  return G_SOURCE_CONTINUE;
}

/* --- the watch --- */

static void
gc_socket_watch_finalize (GObject *object)
{
  GcSocketWatch *self = GC_SOCKET_WATCH (object);

  if (self->source != NULL)
    g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
  g_clear_pointer (&self->sockets, g_hash_table_unref);
  g_clear_pointer (&self->parking, g_main_context_unref);
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
  self->sockets = g_hash_table_new (g_int64_hash, g_int64_equal);
  self->parking = g_main_context_new ();
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
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_events), self, NULL);
  g_source_attach (self->source, g_main_context_get_thread_default ());
  return self;
}

/* One event, then silence until it is asked for again: whoever does not read costs nothing. */
static gboolean
control (GcWatchedSocket *watched, int operation, guint32 events)
{
  struct epoll_event event = { .events = events | EPOLLONESHOT, .data.u64 = watched->id };

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
  GcWatchedSocket *watched;

  g_return_val_if_fail (GC_IS_SOCKET_WATCH (self) && G_IS_SOCKET (socket), NULL);

  if (self->epoll_fd < 0)
    return NULL;
  watched = g_new0 (GcWatchedSocket, 1);
  watched->id = ++self->last_id;
  watched->watch = g_object_ref (self);
  watched->socket = g_object_ref (socket);
  g_hash_table_insert (self->sockets, &watched->id, watched);
  if (control (watched, EPOLL_CTL_ADD, 0))
    return watched;
  gc_watched_socket_free (watched);
  return NULL;
}

static void
leave_source (GcWatchedSocket *watched)
{
  if (watched->source != NULL)
    ((ReadableSource *) watched->source)->watched = NULL;
  watched->source = NULL;
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
  leave_source (watched);
  if (watched->watch->called == watched)
    watched->watch->called = NULL;
  g_hash_table_remove (watched->watch->sockets, &watched->id);
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
  g_source_set_ready_time (source, -1);
  return call (source, callback, user_data);
}

static void
readable_finalize (GSource *source)
{
  ReadableSource *self = (ReadableSource *) source;

  if (self->watched != NULL)
    leave_source (self->watched);
  g_object_unref (self->stream);
}

static GSourceFuncs readable_funcs = {
  .dispatch = readable_dispatch,
  .finalize = readable_finalize,
};

/**
 * gc_watched_socket_expect:
 * @watched: a socket in a watch
 *
 * Who reads stops before there is nothing left: the next source is ready at once.
 */
void
gc_watched_socket_expect (GcWatchedSocket *watched)
{
  watched->begun = FALSE;
}

/**
 * gc_watched_socket_create_source:
 * @watched: a socket in a watch, that is not closed
 * @stream: a stream over it
 *
 * Ready once, when there is something to read or the other side has gone. Whoever reads until
 * %G_IO_ERROR_WOULD_BLOCK then makes a new one as the last thing in its callback, and attaches it
 * to the thread's default context: no turn of the main loop looks at it while it waits. An earlier
 * source of @watched is never ready again. The first one, and that after
 * gc_watched_socket_expect(), is ready at once: a layer between @stream and the socket, such as
 * TLS, may have read already what came early.
 *
 * Returns: (transfer full): a source that calls a #GPollableSourceFunc with @stream
 */
GSource *
gc_watched_socket_create_source (GcWatchedSocket *watched, GPollableInputStream *stream)
{
  GSource *source = g_source_new (&readable_funcs, sizeof (ReadableSource));
  ReadableSource *self = (ReadableSource *) source;

  leave_source (watched);
  self->watched = watched;
  self->stream = g_object_ref (stream);
  watched->source = source;
  if (!watched->begun || !control (watched, EPOLL_CTL_MOD, EPOLLIN | EPOLLRDHUP))
    g_source_set_ready_time (source, 0);
  else if (watched->watch->called == watched && !watched->watch->is_parking)
    begin_parking (watched->watch);
  watched->begun = TRUE;
  return source;
}
