/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Tells which of thousands of sockets can be read. A source that GLib or libsoup makes for a TLS
 * connection has half a dozen sources below it, and the main loop asks each in every turn; here one
 * epoll (epoll(7)) asks for all, and what is left of a connection costs a turn next to nothing.
 * Main thread only. */
#define GC_TYPE_SOCKET_WATCH (gc_socket_watch_get_type ())
G_DECLARE_FINAL_TYPE (GcSocketWatch, gc_socket_watch, GC, SOCKET_WATCH, GObject)

typedef struct _GcWatchedSocket GcWatchedSocket;

GcSocketWatch *
gc_socket_watch_new (void);
GcWatchedSocket *
gc_socket_watch_add (GcSocketWatch *self, GSocket *socket);
void
gc_watched_socket_expect (GcWatchedSocket *watched);
GSource *
gc_watched_socket_create_source (GcWatchedSocket *watched, GPollableInputStream *stream);
void
gc_watched_socket_free (GcWatchedSocket *watched);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcWatchedSocket, gc_watched_socket_free)

G_END_DECLS
