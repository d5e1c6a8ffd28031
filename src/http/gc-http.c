/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http/gc-http.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "protocol/gc-json.h"

#include <string.h>

#define USER_AGENT "gridcast/" GC_VERSION
#define IDLE_TIMEOUT_S 30
/* A whole answer may take this many times as long as the line may be silent. */
#define PATIENCE 4
#define READ_CHUNK 16384
#define PROBLEM_MAX_LENGTH 4096
#define TITLE_MAX_LENGTH 300
#define RETRY_MAX_S 86400

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

static GError *
error_from_tls (const GError *error)
{
  switch (error->code)
    {
    case G_TLS_ERROR_BAD_CERTIFICATE:
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
 * @error: what libsoup or GIO reported
 *
 * Says in our terms why no answer came: %GC_ERROR_UNTRUSTED for a certificate that is not the
 * pinned CA's, %GC_ERROR_UNAUTHORIZED if ours was not accepted, %GC_ERROR_UNREACHABLE for
 * everything else between here and there; a cancellation stays what it is. Any thread.
 *
 * Returns: (transfer full): the error
 */
GError *
gc_http_error_from_transport (const GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || error->domain == GC_ERROR)
    return g_error_copy (error);
  if (error->domain == G_TLS_ERROR)
    return error_from_tls (error);
  return g_error_new (GC_ERROR, GC_ERROR_UNREACHABLE, "no answer: %s", error->message);
}

static void
fail (GTask *task, const GError *error)
{
  Exchange *exchange = g_task_get_task_data (task);
  GTlsCertificateFlags faults = soup_message_get_tls_peer_certificate_errors (exchange->message);

  if (exchange->overdue)
    g_task_return_new_error (task, GC_ERROR, GC_ERROR_UNREACHABLE, "the answer takes too long");
  else if (g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE)
           && (faults) == G_TLS_CERTIFICATE_EXPIRED)
    {
      g_autofree char *now = gc_clock_format (gc_clock_wall_ms ());

      g_task_return_new_error (task, GC_ERROR, GC_ERROR_UNTRUSTED,
                               "the other side's certificate has expired, or the clock of this "
                               "device is ahead: it shows %s",
                               now);
    }
  else
    g_task_return_error (task, gc_http_error_from_transport (error));
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
 * @error: %GC_ERROR_UNREACHABLE, %GC_ERROR_UNTRUSTED, %GC_ERROR_UNAUTHORIZED (our certificate),
 *   %GC_ERROR_TOO_LARGE; an answer of any status is no error: see gc_http_error_from_answer()
 *
 * Returns: (transfer full) (nullable): the body, possibly empty
 */
GBytes *
gc_http_send_finish (SoupSession *session, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, session), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static int
code_from_problem (const char *type)
{
  const struct
  {
    const char *type;
    int code;
  } known[] = {
    { "urn:gridcast:token-unknown", GC_ERROR_UNAUTHORIZED },
    { "urn:gridcast:token-expired", GC_ERROR_EXPIRED },
    { "urn:gridcast:token-used", GC_ERROR_USED },
    { "urn:gridcast:request-invalid", GC_ERROR_INVALID },
    { "urn:gridcast:slow-down", GC_ERROR_BUSY },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_strcmp0 (type, known[i].type) == 0)
      return known[i].code;
  return -1;
}

static int
code_from_status (guint status)
{
  switch (status)
    {
    case SOUP_STATUS_UNAUTHORIZED:
    case SOUP_STATUS_FORBIDDEN:
      return GC_ERROR_UNAUTHORIZED;
    case SOUP_STATUS_NOT_FOUND:
    case SOUP_STATUS_GONE:
      return GC_ERROR_NOT_FOUND;
    case SOUP_STATUS_CONFLICT:
      return GC_ERROR_CONFLICT;
    case SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE:
      return GC_ERROR_TOO_LARGE;
    case 429:
    case SOUP_STATUS_SERVICE_UNAVAILABLE:
      return GC_ERROR_BUSY;
    case SOUP_STATUS_NOT_IMPLEMENTED:
    case SOUP_STATUS_METHOD_NOT_ALLOWED:
    case SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE:
    case SOUP_STATUS_NOT_ACCEPTABLE:
      return GC_ERROR_UNSUPPORTED;
    default:
      return status >= 500 ? GC_ERROR_FAILED : GC_ERROR_REFUSED;
    }
}

/* A stranger's text, for a log or a toast: one printable line. */
static char *
printable_line (const char *text, gsize length)
{
  g_autofree char *valid = g_utf8_make_valid (text, (gssize) MIN (length, TITLE_MAX_LENGTH));
  GString *line = g_string_new (NULL);

  for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar character = g_utf8_get_char (at);

      g_string_append_unichar (line, g_unichar_isprint (character) ? character : ' ');
    }
  g_strstrip (line->str);
  return g_string_free (line, FALSE);
}

static gboolean
is_text (SoupMessage *message)
{
  const char *type
      = soup_message_headers_get_content_type (soup_message_get_response_headers (message), NULL);

  return type == NULL || g_ascii_strcasecmp (type, "text/plain") == 0;
}

/* RFC 9110 section 10.2.3; the form with a date is of no use to a clock that is wrong. */
static guint
read_retry_after_s (SoupMessage *message)
{
  const char *text
      = soup_message_headers_get_one (soup_message_get_response_headers (message), "Retry-After");
  guint64 seconds = 0;

  if (text == NULL || !g_ascii_string_to_unsigned (text, 10, 1, RETRY_MAX_S, &seconds, NULL))
    return 0;
  return (guint) seconds;
}

static char *
dup_reason (SoupMessage *message, JsonObject *problem, const char *text, gsize length)
{
  const char *phrase = soup_message_get_reason_phrase (message);
  const char *title
      = problem != NULL ? gc_json_get_string (problem, "title", TITLE_MAX_LENGTH, NULL) : NULL;
  char *reason = NULL;

  if (title != NULL)
    reason = printable_line (title, strlen (title));
  else if (problem == NULL && length > 0 && is_text (message))
    reason = printable_line (text, length);
  if (reason != NULL && reason[0] != '\0')
    return reason;
  g_free (reason);
  return printable_line (phrase != NULL ? phrase : "", phrase != NULL ? strlen (phrase) : 0);
}

/**
 * gc_http_error_from_answer:
 * @message: a request that was answered
 * @body: (nullable): its answer
 *
 * Turns a refusal into an error: problem details (RFC 9457) if there are, else the status, with
 * what the server wrote as plain text. Any thread.
 *
 * Returns: (transfer full) (nullable): %NULL if the status is 2xx
 */
GError *
gc_http_error_from_answer (SoupMessage *message, GBytes *body)
{
  guint status = soup_message_get_status (message);
  gsize length = 0;
  const char *text = body != NULL ? g_bytes_get_data (body, &length) : NULL;
  g_autoptr (JsonObject) problem = NULL;
  g_autofree char *reason = NULL;
  guint wait_s;
  int code = -1;

  if (SOUP_STATUS_IS_SUCCESSFUL (status))
    return NULL;
  if (length > 0)
    problem = gc_json_parse_object (text, (gssize) length, PROBLEM_MAX_LENGTH, NULL);
  if (problem != NULL)
    code = code_from_problem (gc_json_get_string (problem, "type", TITLE_MAX_LENGTH, NULL));
  if (code < 0)
    code = code_from_status (status);
  reason = dup_reason (message, problem, text, length);
  wait_s = code == GC_ERROR_BUSY ? read_retry_after_s (message) : 0;
  if (wait_s > 0)
    return g_error_new (GC_ERROR, code, "%s (%u); try again in %u s", reason, status, wait_s);
  return g_error_new (GC_ERROR, code, "%s (%u)", reason, status);
}
