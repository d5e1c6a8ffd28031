/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Promises of the tunnel to a TURN server: what goes in comes out, both ways and in order, however
 * much it is; the next address is tried when one refuses; one connection only; both ends see when
 * the other ends, and the tunnel can be dropped at any moment. */

#include "rtc/gc-turn-tunnel.h"
#include "test-wait.h"

#include <locale.h>
#include <string.h>

#define BLOCK 65536
#define BLOCKS 16

typedef struct
{
  GSocketListener *listener;
  GCancellable *cancellable;
  guint16 port;
  GThread *thread;
} Echo;

/* Sends back what comes, until it ends. */
static gpointer
run_echo (gpointer data)
{
  Echo *echo = data;
  g_autoptr (GSocketConnection) connection
      = g_socket_listener_accept (echo->listener, NULL, echo->cancellable, NULL);
  g_autofree char *buffer = g_malloc (BLOCK);
  gssize length = 1;

  while (connection != NULL && length > 0)
    {
      length = g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (connection)), buffer,
                                    BLOCK, NULL, NULL);
      if (length > 0
          && !g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)),
                                         buffer, (gsize) length, NULL, NULL, NULL))
        break;
    }
  return NULL;
}

static void
echo_start (Echo *echo)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) effective = NULL;

  echo->listener = g_socket_listener_new ();
  g_assert_true (g_socket_listener_add_address (echo->listener, address, G_SOCKET_TYPE_STREAM,
                                                G_SOCKET_PROTOCOL_TCP, NULL, &effective, NULL));
  echo->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (effective));
  echo->cancellable = g_cancellable_new ();
  echo->thread = g_thread_new ("echo", run_echo, echo);
}

static void
echo_stop (Echo *echo)
{
  /* Nobody may have come. */
  g_cancellable_cancel (echo->cancellable);
  g_thread_join (echo->thread);
  g_object_unref (echo->cancellable);
  g_object_unref (echo->listener);
}

static gboolean
has_far_end (gpointer tunnel)
{
  return gc_turn_tunnel_get_far_end (tunnel) != NULL;
}

static gboolean
has_error (gpointer tunnel)
{
  return gc_turn_tunnel_get_error (tunnel) != NULL;
}

static GcTurnTunnel *
make_tunnel (guint16 port, const char *const *addresses)
{
  g_autofree char *url = g_strdup_printf ("turn:relay.example:%u?transport=tcp", port);
  g_autoptr (GcIceServer) server = gc_ice_server_parse_url (url, NULL);
  g_autoptr (GError) error = NULL;
  GcTurnTunnel *tunnel;

  server->addresses = g_ptr_array_new_with_free_func (g_free);
  for (gsize i = 0; addresses[i] != NULL; i++)
    g_ptr_array_add (server->addresses, g_strdup (addresses[i]));
  tunnel = gc_turn_tunnel_new (server, NULL, G_SOCKET_FAMILY_IPV4, &error);
  g_assert_no_error (error);
  return tunnel;
}

static GSocketConnection *
enter (GcTurnTunnel *tunnel, GError **error)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();

  return g_socket_client_connect_to_host (client, "127.0.0.1", gc_turn_tunnel_get_port (tunnel),
                                          NULL, error);
}

static gssize
receive (GSocketConnection *connection, char *buffer)
{
  gsize length = 0;

  g_input_stream_read_all (g_io_stream_get_input_stream (G_IO_STREAM (connection)), buffer, BLOCK,
                           &length, NULL, NULL);
  return (gssize) length;
}

static void
send (GSocketConnection *connection, const char *buffer)
{
  g_assert_true (g_output_stream_write_all (
      g_io_stream_get_output_stream (G_IO_STREAM (connection)), buffer, BLOCK, NULL, NULL, NULL));
}

static void
test_both_ways (void)
{
  g_autofree char *sent = g_malloc (BLOCK);
  g_autofree char *received = g_malloc (BLOCK);
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GSocketConnection) second = NULL;
  g_autoptr (GcTurnTunnel) tunnel = NULL;
  g_autoptr (GError) error = NULL;
  Echo echo;

  echo_start (&echo);
  /* Nobody is at the first. */
  tunnel = make_tunnel (echo.port, (const char *const[]) { "127.0.0.2", "127.0.0.1", NULL });
  connection = enter (tunnel, NULL);
  for (int i = 0; i < BLOCKS; i++)
    {
      for (gsize k = 0; k < BLOCK; k++)
        sent[k] = (char) (k * 7 + (gsize) i);
      send (connection, sent);
      g_assert_cmpint (receive (connection, received), ==, BLOCK);
      g_assert_cmpmem (sent, BLOCK, received, BLOCK);
    }
  test_wait_until (has_far_end, tunnel);
  g_assert_cmpstr (gc_turn_tunnel_get_far_end (tunnel), ==, "127.0.0.1");
  g_assert_no_error (gc_turn_tunnel_get_error (tunnel));
  second = enter (tunnel, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  /* The server sees its end, and we do. */
  g_clear_object (&tunnel);
  g_assert_cmpint (receive (connection, received), ==, 0);
  echo_stop (&echo);
}

static void
test_nobody (void)
{
  g_autofree char *received = g_malloc (BLOCK);
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GcTurnTunnel) tunnel = make_tunnel (1, (const char *const[]) { "127.0.0.1", NULL });

  connection = enter (tunnel, NULL);
  g_assert_cmpint (receive (connection, received), ==, 0);
  test_wait_until (has_error, tunnel);
  g_assert_error (gc_turn_tunnel_get_error (tunnel), G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
}

static void
test_dropped (void)
{
  g_autoptr (GcTurnTunnel) unused = make_tunnel (1, (const char *const[]) { "127.0.0.1", NULL });
  g_autofree char *received = g_malloc (BLOCK);
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GcTurnTunnel) tunnel = NULL;
  g_autofree char *sent = g_malloc0 (BLOCK);
  Echo echo;

  echo_start (&echo);
  tunnel = make_tunnel (echo.port, (const char *const[]) { "127.0.0.1", NULL });
  connection = enter (tunnel, NULL);
  send (connection, sent);
  g_clear_object (&tunnel);
  g_assert_cmpint (receive (connection, received), <=, BLOCK);
  echo_stop (&echo);
}

int
main (int argc, char *argv[])
{
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rtc/turn-tunnel/both-ways", test_both_ways);
  g_test_add_func ("/rtc/turn-tunnel/nobody", test_nobody);
  g_test_add_func ("/rtc/turn-tunnel/dropped", test_dropped);
  return g_test_run ();
}
