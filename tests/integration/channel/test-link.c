/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-link.h"

struct _TestLink
{
  GSocketService *service;
  guint16 port;
  guint16 target_port;
  guint connections;
  GPtrArray *streams; /* of both sides of all connections */
  GPtrArray *sources;
};

typedef struct
{
  GSocketConnection *from;
  GSocketConnection *to;
} Direction;

static void
direction_free (gpointer data)
{
  Direction *direction = data;

  g_object_unref (direction->from);
  g_object_unref (direction->to);
  g_free (direction);
}

static gboolean
on_readable (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  Direction *direction = user_data;
  char buffer[16384];
  gssize length = g_socket_receive_with_blocking (socket, buffer, sizeof buffer, FALSE, NULL, NULL);

  if (length > 0
      && g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (direction->to)),
                                    buffer, (gsize) length, NULL, NULL, NULL))
    return G_SOURCE_CONTINUE;
  g_socket_shutdown (g_socket_connection_get_socket (direction->to), FALSE, TRUE, NULL);
  return G_SOURCE_REMOVE;
}

static void
forward (TestLink *self, GSocketConnection *from, GSocketConnection *to)
{
  GSource *source = g_socket_create_source (g_socket_connection_get_socket (from), G_IO_IN, NULL);
  Direction *direction = g_new0 (Direction, 1);

  direction->from = g_object_ref (from);
  direction->to = g_object_ref (to);
  g_source_set_callback (source, G_SOURCE_FUNC (on_readable), direction, direction_free);
  g_source_attach (source, NULL);
  g_ptr_array_add (self->sources, source);
}

static gboolean
on_incoming (GSocketService *service,
             GSocketConnection *connection,
             GObject *source,
             gpointer user_data)
{
  TestLink *self = user_data;
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) target
      = g_socket_client_connect_to_host (client, "127.0.0.1", self->target_port, NULL, &error);

  if (target == NULL)
    return TRUE;
  self->connections++;
  forward (self, connection, target);
  forward (self, target, connection);
  g_ptr_array_add (self->streams, g_object_ref (connection));
  g_ptr_array_add (self->streams, g_steal_pointer (&target));
  return TRUE;
}

static void
end_source (gpointer data)
{
  g_source_destroy (data);
  g_source_unref (data);
}

TestLink *
test_link_new (guint16 target_port)
{
  TestLink *self = g_new0 (TestLink, 1);
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) effective = NULL;
  g_autoptr (GError) error = NULL;

  self->service = g_socket_service_new ();
  self->target_port = target_port;
  self->streams = g_ptr_array_new_with_free_func (g_object_unref);
  self->sources = g_ptr_array_new_with_free_func (end_source);
  g_socket_listener_add_address (G_SOCKET_LISTENER (self->service), address, G_SOCKET_TYPE_STREAM,
                                 G_SOCKET_PROTOCOL_TCP, NULL, &effective, &error);
  g_assert_no_error (error);
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (effective));
  g_signal_connect (self->service, "incoming", G_CALLBACK (on_incoming), self);
  return self;
}

void
test_link_free (TestLink *self)
{
  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  g_object_unref (self->service);
  g_ptr_array_unref (self->sources);
  g_ptr_array_unref (self->streams);
  g_free (self);
}

/* For new connections. */
void
test_link_set_target (TestLink *self, guint16 port)
{
  self->target_port = port;
}

guint16
test_link_get_port (TestLink *self)
{
  return self->port;
}

guint
test_link_get_connections (TestLink *self)
{
  return self->connections;
}

/* Nothing passes any more on the connections there are; new ones are not affected. */
void
test_link_freeze (TestLink *self)
{
  g_ptr_array_set_size (self->sources, 0);
}
