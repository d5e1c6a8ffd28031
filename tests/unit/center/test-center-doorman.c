/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - a request that never ends, headers or body, does not last, nor does a connection that idles,
 *    nor one whose client does not fetch its answer
 *  - who is allowed a long body may send one; it does not last either once it stands still
 *  - when there are too many connections the next one waits until one of them has gone
 *  - a WebSocket is neither counted nor closed
 */

#include "center/gc-doorman.h"
#include "center/gc-reply.h"
#include "test-wait.h"

#define TIMEOUT_S 1
#define MAX_CONNECTIONS 4
/* More than all buffers on the way hold. */
#define LONG_ANSWER (64 * 1024 * 1024)
#define LONG_BODY 200000

typedef struct
{
  SoupServer *server;
  GcDoorman *doorman;
  guint16 port;
  SoupWebsocketConnection *socket; /* the server's end of a WebSocket */
} Fixture;

static void
on_request (SoupServer *server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer user_data)
{
  gsize length = g_str_equal (path, "/long") ? LONG_ANSWER : 4;
  char *text = g_strnfill (length, 'x');

  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_TAKE, text, length);
}

static gsize
allow (SoupServerMessage *message, gpointer data)
{
  const char *path = g_uri_get_path (soup_server_message_get_uri (message));

  return g_str_equal (path, "/allowed") ? LONG_BODY : GC_REQUEST_MAX_LENGTH;
}

static void
on_websocket (SoupServer *server,
              SoupServerMessage *message,
              const char *path,
              SoupWebsocketConnection *socket,
              gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->socket = g_object_ref (socket);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoslist (GUri) uris = NULL;
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("127.0.0.1", 0);

  fixture->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (fixture->server, NULL, on_request, NULL, NULL);
  soup_server_add_websocket_handler (fixture->server, "/socket", NULL, NULL, on_websocket, fixture,
                                     NULL);
  fixture->doorman = gc_doorman_new (fixture->server, MAX_CONNECTIONS, TIMEOUT_S);
  gc_doorman_set_allowance (fixture->doorman, allow, NULL);
  gc_doorman_listen (fixture->doorman, address, 0, 0, &error);
  g_assert_no_error (error);
  uris = soup_server_get_uris (fixture->server);
  fixture->port = (guint16) g_uri_get_port (uris->data);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->socket);
  soup_server_disconnect (fixture->server);
  g_clear_object (&fixture->doorman);
  g_clear_object (&fixture->server);
}

/* A client that writes bytes and reads on until the server closes. */
typedef struct
{
  GSocketConnection *connection;
  char buffer[4096];
  GString *received;
  gboolean closed;
} Client;

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Client *client = user_data;
  gssize length = g_input_stream_read_finish (G_INPUT_STREAM (source), result, NULL);

  if (length <= 0)
    {
      client->closed = TRUE;
      return;
    }
  g_string_append_len (client->received, client->buffer, length);
  g_input_stream_read_async (G_INPUT_STREAM (source), client->buffer, sizeof client->buffer, 0,
                             NULL, on_read, client);
}

static void
start_reading (Client *client)
{
  GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (client->connection));

  g_input_stream_read_async (input, client->buffer, sizeof client->buffer, 0, NULL, on_read,
                             client);
}

static Client *
client_new (Fixture *fixture, const char *request)
{
  Client *client = g_new0 (Client, 1);
  g_autoptr (GSocketClient) maker = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  GOutputStream *output;

  client->received = g_string_new (NULL);
  client->connection
      = g_socket_client_connect_to_host (maker, "127.0.0.1", fixture->port, NULL, &error);
  g_assert_no_error (error);
  output = g_io_stream_get_output_stream (G_IO_STREAM (client->connection));
  g_output_stream_write_all (output, request, strlen (request), NULL, NULL, &error);
  g_assert_no_error (error);
  return client;
}

static gboolean
is_closed (gpointer data)
{
  return ((Client *) data)->closed;
}

static gboolean
is_answered (gpointer data)
{
  Client *client = data;

  return client->closed || g_str_has_suffix (client->received->str, "xxxx");
}

static void
client_free (Client *client)
{
  g_socket_shutdown (g_socket_connection_get_socket (client->connection), TRUE, TRUE, NULL);
  test_wait_until (is_closed, client);
  g_object_unref (client->connection);
  g_string_free (client->received, TRUE);
  g_free (client);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Client, client_free)

static void
test_never_ends (Fixture *fixture, gconstpointer data)
{
  static const char *const REQUESTS[] = {
    "",
    "GET",
    "GET / HTTP/1.1\r\nHost: x\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly so much",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (REQUESTS); i++)
    {
      g_autoptr (Client) client = client_new (fixture, REQUESTS[i]);

      g_test_message ("%s", REQUESTS[i]);
      start_reading (client);
      test_wait_until (is_closed, client);
      g_assert_null (strstr (client->received->str, "200 OK"));
    }
}

static Client *
send_body (Fixture *fixture, const char *path, gsize announced, gsize sent)
{
  g_autofree char *body = g_strnfill (sent, 'b');
  g_autofree char *request = g_strdup_printf (
      "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s", path,
      announced, body);
  Client *client = client_new (fixture, request);

  start_reading (client);
  return client;
}

static void
test_long_body (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Client) allowed = send_body (fixture, "/allowed", LONG_BODY, LONG_BODY);
  g_autoptr (Client) longer = send_body (fixture, "/allowed", LONG_BODY + 1, LONG_BODY + 1);
  g_autoptr (Client) elsewhere = send_body (fixture, "/", LONG_BODY, LONG_BODY);
  g_autoptr (Client) still = send_body (fixture, "/allowed", LONG_BODY, LONG_BODY - 1);

  test_wait_until (is_answered, allowed);
  g_assert_nonnull (strstr (allowed->received->str, "200 OK"));
  test_wait_until (is_closed, longer);
  g_assert_nonnull (strstr (longer->received->str, " 413 "));
  test_wait_until (is_closed, elsewhere);
  g_assert_nonnull (strstr (elsewhere->received->str, " 413 "));
  test_wait_until (is_closed, still);
  g_assert_null (strstr (still->received->str, "200 OK"));
}

static void
test_idles (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Client) client = client_new (fixture, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");

  start_reading (client);
  test_wait_until (is_answered, client);
  g_assert_nonnull (strstr (client->received->str, "200 OK"));
  test_wait_until (is_closed, client);
}

/* It gets no more than what was on the way already when its time was over, as others' was. */
static void
test_not_fetched (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Client) client = client_new (fixture, "GET /long HTTP/1.1\r\nHost: x\r\n\r\n");

  test_never_ends (fixture, NULL);
  start_reading (client);
  test_wait_until (is_closed, client);
  g_assert_cmpuint (client->received->len, <, LONG_ANSWER);
}

/* Those who are in idle, and are shown out one after the other. */
static void
test_too_many (Fixture *fixture, gconstpointer data)
{
  Client *clients[MAX_CONNECTIONS];
  g_autoptr (Client) waiting = NULL;
  guint gone = 0;

  for (gsize i = 0; i < MAX_CONNECTIONS; i++)
    clients[i] = client_new (fixture, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  waiting = client_new (fixture, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  for (gsize i = 0; i < MAX_CONNECTIONS; i++)
    start_reading (clients[i]);
  start_reading (waiting);
  test_wait_until (is_answered, waiting);
  g_assert_nonnull (strstr (waiting->received->str, "200 OK"));
  for (gsize i = 0; i < MAX_CONNECTIONS; i++)
    {
      g_assert_nonnull (strstr (clients[i]->received->str, "200 OK"));
      gone += clients[i]->closed;
      client_free (clients[i]);
    }
  g_assert_cmpuint (gone, >, 0);
}

static gboolean
has_socket (gpointer data)
{
  return ((Fixture *) data)->socket != NULL;
}

static void
test_websocket (Fixture *fixture, gconstpointer data)
{
  static const char HANDSHAKE[] = "GET /socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
                                  "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                                  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
  g_autoptr (Client) client = client_new (fixture, HANDSHAKE);

  start_reading (client);
  test_wait_until (has_socket, fixture);
  test_never_ends (fixture, NULL);
  g_assert_cmpint (soup_websocket_connection_get_state (fixture->socket), ==,
                   SOUP_WEBSOCKET_STATE_OPEN);
  test_too_many (fixture, NULL);
  g_assert_false (client->closed);
}

#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/center/doorman/what-never-ends-does-not-last", test_never_ends);
  ADD ("/center/doorman/long-bodies-where-allowed", test_long_body);
  ADD ("/center/doorman/idle-connections-end", test_idles);
  ADD ("/center/doorman/answers-not-fetched-end", test_not_fetched);
  ADD ("/center/doorman/too-many-connections", test_too_many);
  ADD ("/center/doorman/websockets-are-let-be", test_websocket);
  return g_test_run ();
}
