/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http/gc-http.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "base/gc-socket.h"
#include "http/gc-refusal.h"

#define USER_AGENT "gridcast/" GC_VERSION
#define IDLE_TIMEOUT_S 30
/* A whole answer may take this many times as long as the line may be silent. */
#define PATIENCE 4
#define READ_CHUNK 16384

typedef struct
{
  SoupMessage *message;
  GInputStream *stream;
  GByteArray *body;
  gsize max_length;
  GCancellable *abort; /* fires when the caller gives up or the deadline has passed */
  GCancellable *caller;
  gulong caller_id;
  guint deadline;
  gboolean overdue;
} Exchange;

static void
exchange_free (gpointer data)
{
  Exchange *exchange = data;

  g_clear_handle_id (&exchange->deadline, g_source_remove);
  g_cancellable_disconnect (exchange->caller, exchange->caller_id);
  g_clear_object (&exchange->caller);
  g_clear_object (&exchange->abort);
  g_clear_object (&exchange->message);
  g_clear_object (&exchange->stream);
  g_clear_pointer (&exchange->body, g_byte_array_unref);
  g_free (exchange);
}

/* TLS takes a session up again without looking at certificates: whoever answered a connection that
 * trusts anybody, as the first of pairing, would pass as the center on the next one, and a
 * connection that has a certificate would be taken for an earlier one that had none. So no session
 * outlives its connection. */
static void
on_network_event (SoupMessage *message,
                  GSocketClientEvent event,
                  GIOStream *stream,
                  gpointer user_data)
{
  if (event == G_SOCKET_CLIENT_TLS_HANDSHAKING)
    g_object_set (stream, "session-resumption-enabled", FALSE, NULL);
}

static gboolean
on_request_certificate (SoupMessage *message, GTlsClientConnection *connection, gpointer user_data)
{
  soup_message_set_tls_client_certificate (message, G_TLS_CERTIFICATE (user_data));
  return TRUE;
}

static void
on_queued (SoupSession *session, SoupMessage *message, gpointer user_data)
{
  GTlsCertificate *client = user_data;

  /* A redirect is for the caller to judge: it could lead a credential to a stranger. */
  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  g_signal_connect (message, "network-event", G_CALLBACK (on_network_event), NULL);
  if (client != NULL)
    g_signal_connect_object (message, "request-certificate", G_CALLBACK (on_request_certificate),
                             client, G_CONNECT_DEFAULT);
}

static void
drop_client (gpointer client, GClosure *closure)
{
  if (client != NULL)
    g_object_unref (client);
}

/**
 * gc_http_session_new:
 * @timeout_s: how long a connection may be silent, in seconds, 1 to 600
 * @anchors: (nullable): from gc_anchors_new(): trust this CA and no other, whatever the host's
 * name; %NULL for the system's CAs with the usual comparison of names
 * @client: (nullable): certificate with key to show to servers that ask for one
 *
 * Makes a client without cookies or cache that follows no redirect. Everything it sends, WebSocket
 * upgrades included, goes under this trust alone; connections of other clients are not reused.
 * Main thread.
 *
 * Returns: (transfer full): the client
 */
SoupSession *
gc_http_session_new (guint timeout_s, GTlsDatabase *anchors, GTlsCertificate *client)
{
  SoupSession *session = soup_session_new_with_options (
      "user-agent", USER_AGENT, "timeout", timeout_s, "idle-timeout", IDLE_TIMEOUT_S, NULL);

  /* As the database, not by libsoup's “accept-certificate”: that is asked only when the database
   * finds fault, and whoever bought a certificate for the host's name would be let through. */
  if (anchors != NULL)
    soup_session_set_tls_database (session, anchors);
  if (client != NULL)
    g_object_ref (client);
  g_signal_connect_data (session, "request-queued", G_CALLBACK (on_queued), client, drop_client, 0);
  return session;
}

/* Before the connection is made. */
static void
on_connecting (SoupMessage *message,
               GSocketClientEvent event,
               GIOStream *connection,
               gpointer interface)
{
  if (event == G_SOCKET_CLIENT_CONNECTING && G_IS_SOCKET_CONNECTION (connection))
    gc_socket_tie (g_socket_connection_get_socket (G_SOCKET_CONNECTION (connection)), interface);
}

static void
free_closure (gpointer data, GClosure *closure)
{
  g_free (data);
}

static void
on_queued_for_interface (SoupSession *session, SoupMessage *message, gpointer interface)
{
  g_signal_connect_data (message, "network-event", G_CALLBACK (on_connecting), g_strdup (interface),
                         free_closure, 0);
}

/**
 * gc_http_session_bind_interface:
 * @session: from gc_http_session_new(), without connections
 * @interface: name of a network interface
 *
 * Its connections will go over this interface, whatever the routes are; names are still looked up
 * where the system does. Main thread.
 */
void
gc_http_session_bind_interface (SoupSession *session, const char *interface)
{
  g_signal_connect_data (session, "request-queued", G_CALLBACK (on_queued_for_interface),
                         g_strdup (interface), free_closure, 0);
}

static GError *
error_from_tls (SoupMessage *message, const GError *error)
{
  g_autofree char *now = gc_clock_format (gc_clock_wall_ms ());

  switch (error->code)
    {
    case G_TLS_ERROR_BAD_CERTIFICATE:
      if (soup_message_get_tls_peer_certificate_errors (message) == G_TLS_CERTIFICATE_EXPIRED)
        return g_error_new (GC_ERROR, GC_ERROR_CLOCK,
                            "the other side's certificate has expired, or the clock of this device "
                            "is ahead: it shows %s",
                            now);
      return g_error_new_literal (GC_ERROR, GC_ERROR_UNTRUSTED,
                                  "the other side cannot prove that it is who it should be");
    case G_TLS_ERROR_CERTIFICATE_REQUIRED:
      return g_error_new_literal (GC_ERROR, GC_ERROR_UNAUTHORIZED,
                                  "the other side does not accept this terminal's certificate");
    default:
      /* A line that breaks during the handshake proves nothing about who was there. */
      return g_error_new (GC_ERROR, GC_ERROR_UNREACHABLE, "no secure connection: %s",
                          error->message);
    }
}

/**
 * gc_http_error_from_transport:
 * @message: what was sent
 * @error: what libsoup or GIO reported
 *
 * Says in our terms why no answer came: %GC_ERROR_UNTRUSTED for a certificate that is not the
 * pinned CA's, %GC_ERROR_CLOCK for one that has expired, %GC_ERROR_UNAUTHORIZED if ours was not
 * accepted, %GC_ERROR_UNREACHABLE for everything else between here and there; a cancellation stays
 * what it is. Any thread.
 *
 * Returns: (transfer full): the error
 */
GError *
gc_http_error_from_transport (SoupMessage *message, const GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || error->domain == GC_ERROR)
    return g_error_copy (error);
  if (error->domain == G_TLS_ERROR)
    return error_from_tls (message, error);
  return g_error_new (GC_ERROR, GC_ERROR_UNREACHABLE, "no answer: %s", error->message);
}

static void
fail (GTask *task, const GError *error)
{
  Exchange *exchange = g_task_get_task_data (task);

  if (exchange->overdue)
    g_task_return_new_error (task, GC_ERROR, GC_ERROR_UNREACHABLE, "the answer takes too long");
  else
    g_task_return_error (task, gc_http_error_from_transport (exchange->message, error));
}

static void
on_chunk (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Exchange *exchange = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) chunk = g_input_stream_read_bytes_finish (exchange->stream, result, &error);
  gsize length;
  gconstpointer data;

  if (chunk == NULL)
    {
      fail (task, error);
      return;
    }
  data = g_bytes_get_data (chunk, &length);
  if (length == 0)
    {
      g_task_return_pointer (task, g_byte_array_free_to_bytes (g_steal_pointer (&exchange->body)),
                             (GDestroyNotify) g_bytes_unref);
      return;
    }
  if (exchange->body->len + length > exchange->max_length)
    {
      g_task_return_new_error (task, GC_ERROR, GC_ERROR_TOO_LARGE,
                               "the answer is over %" G_GSIZE_FORMAT " bytes",
                               exchange->max_length);
      return;
    }
  g_byte_array_append (exchange->body, data, (guint) length);
  g_input_stream_read_bytes_async (exchange->stream, READ_CHUNK, G_PRIORITY_DEFAULT,
                                   exchange->abort, on_chunk, g_object_ref (task));
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Exchange *exchange = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  exchange->stream = soup_session_send_finish (SOUP_SESSION (source), result, &error);
  if (exchange->stream == NULL)
    {
      fail (task, error);
      return;
    }
  g_input_stream_read_bytes_async (exchange->stream, READ_CHUNK, G_PRIORITY_DEFAULT,
                                   exchange->abort, on_chunk, g_object_ref (task));
}

static gboolean
on_overdue (gpointer user_data)
{
  Exchange *exchange = user_data;

  exchange->deadline = 0;
  exchange->overdue = TRUE;
  g_cancellable_cancel (exchange->abort);
  return G_SOURCE_REMOVE;
}

static void
on_caller_cancelled (GCancellable *caller, gpointer user_data)
{
  g_cancellable_cancel (user_data);
}

static Exchange *
exchange_new (SoupSession *session, SoupMessage *message, gsize max_length, GCancellable *caller)
{
  Exchange *exchange = g_new0 (Exchange, 1);

  exchange->message = g_object_ref (message);
  exchange->body = g_byte_array_new ();
  exchange->max_length = max_length;
  exchange->abort = g_cancellable_new ();
  if (caller != NULL)
    {
      exchange->caller = g_object_ref (caller);
      exchange->caller_id = g_cancellable_connect (caller, G_CALLBACK (on_caller_cancelled),
                                                   g_object_ref (exchange->abort), g_object_unref);
    }
  /* The session's time-out starts anew with every byte: a server that drips must end too. */
  exchange->deadline
      = g_timeout_add_seconds (soup_session_get_timeout (session) * PATIENCE, on_overdue, exchange);
  return exchange;
}

/**
 * gc_http_send_async:
 * @session: from gc_http_session_new()
 * @message: a request
 * @max_answer_length: how many bytes of answer are allowed, 0 to 16 MiB
 * @cancellable: (nullable): to give up
 * @callback: called when the whole answer is there
 * @user_data: for @callback
 *
 * Sends a request and reads the answer, whatever its status. It is given up when the line is silent
 * for the session's time-out, and after four times that in any case. Main thread.
 */
void
gc_http_send_async (SoupSession *session,
                    SoupMessage *message,
                    gsize max_answer_length,
                    GCancellable *cancellable,
                    GAsyncReadyCallback callback,
                    gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  Exchange *exchange;

  g_return_if_fail (SOUP_IS_SESSION (session) && SOUP_IS_MESSAGE (message));

  task = g_task_new (session, cancellable, callback, user_data);
  exchange = exchange_new (session, message, max_answer_length, cancellable);
  g_task_set_task_data (task, exchange, exchange_free);
  g_task_set_source_tag (task, gc_http_send_async);
  soup_session_send_async (session, message, G_PRIORITY_DEFAULT, exchange->abort, on_answer,
                           g_steal_pointer (&task));
}

/**
 * gc_http_send_finish:
 * @session: the client
 * @result: what the callback got
 * @error: as gc_http_error_from_transport(), and %GC_ERROR_TOO_LARGE; an answer of any status is no
 * error: see gc_http_error_from_answer()
 *
 * Returns: (transfer full) (nullable): the body, possibly empty
 */
GBytes *
gc_http_send_finish (SoupSession *session, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, session), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * gc_http_error_from_answer:
 * @message: a request that was answered
 * @body: (nullable): its answer
 *
 * Turns a refusal into an error: see gc_refusal_to_error(). Any thread.
 *
 * Returns: (transfer full) (nullable): %NULL if the status is 2xx
 */
GError *
gc_http_error_from_answer (SoupMessage *message, GBytes *body)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (message);
  GcRefusal refusal = {
    .status = soup_message_get_status (message),
    .phrase = soup_message_get_reason_phrase (message),
    .content_type = soup_message_headers_get_content_type (headers, NULL),
    .retry_after = soup_message_headers_get_one (headers, "Retry-After"),
  };

  if (SOUP_STATUS_IS_SUCCESSFUL (refusal.status))
    return NULL;
  if (body != NULL)
    refusal.body = g_bytes_get_data (body, &refusal.length);
  return gc_refusal_to_error (&refusal);
}
