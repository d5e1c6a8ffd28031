/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http/gc-http.h"

#include "base/gc-error.h"
#include "protocol/gc-json.h"

#include <string.h>

#define USER_AGENT "gridcast/" GC_VERSION
#define IDLE_TIMEOUT_S 30
#define READ_CHUNK 16384
#define PROBLEM_MAX_LENGTH 4096
#define TITLE_MAX_LENGTH 300

typedef struct
{
  SoupMessage *message;
  GInputStream *stream;
  GByteArray *body;
  gsize max_length;
} Exchange;

static void
exchange_free (gpointer data)
{
  Exchange *exchange = data;

  g_clear_object (&exchange->message);
  g_clear_object (&exchange->stream);
  g_clear_pointer (&exchange->body, g_byte_array_unref);
  g_free (exchange);
}

/**
 * gc_http_session_new:
 * @timeout_s: how long a connection may be silent, in seconds, 1 to 600
 *
 * Makes a client without proxy look-up of its own, cookies, or cache. Main thread.
 *
 * Returns: (transfer full): the client
 */
SoupSession *
gc_http_session_new (guint timeout_s)
{
  return soup_session_new_with_options ("user-agent", USER_AGENT, "timeout", timeout_s,
                                        "idle-timeout", IDLE_TIMEOUT_S, NULL);
}

/**
 * gc_http_anchors_new:
 * @ca_pem: one certificate in PEM
 * @error: %GC_ERROR_INVALID if it is none
 *
 * Makes the trust in one CA and nobody else. Any thread.
 *
 * Returns: (transfer full) (nullable): for gc_http_message_prepare()
 */
GTlsDatabase *
gc_http_anchors_new (const char *ca_pem, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GFileIOStream) io = NULL;
  g_autoptr (GFile) file = g_file_new_tmp ("gridcast-ca-XXXXXX.pem", &io, &local_error);
  g_autofree char *path = file != NULL ? g_file_get_path (file) : NULL;
  GTlsDatabase *anchors = NULL;

  /* GIO reads anchors from a file only; it is read at once, so the file need not stay. */
  if (file != NULL
      && g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (io)), ca_pem,
                                    strlen (ca_pem), NULL, NULL, &local_error))
    anchors = g_tls_file_database_new (path, &local_error);
  if (file != NULL)
    g_file_delete (file, NULL, NULL);
  if (anchors == NULL)
    g_set_error (error, GC_ERROR, GC_ERROR_INVALID, "the center's certificate cannot be used: %s",
                 local_error->message);
  return anchors;
}

/* PROTOCOL.md, “Enrolment”, step 2: a pinned CA serves one center only, whatever its address. */
static gboolean
on_accept_certificate (SoupMessage *message,
                       GTlsCertificate *certificate,
                       GTlsCertificateFlags errors,
                       gpointer user_data)
{
  GTlsDatabase *anchors = user_data;
  g_autoptr (GError) error = NULL;

  if (errors & ~(G_TLS_CERTIFICATE_BAD_IDENTITY | G_TLS_CERTIFICATE_UNKNOWN_CA))
    return FALSE;
  errors = g_tls_database_verify_chain (anchors, certificate,
                                        G_TLS_DATABASE_PURPOSE_AUTHENTICATE_SERVER, NULL, NULL,
                                        G_TLS_DATABASE_VERIFY_NONE, NULL, &error);
  return errors == 0 && error == NULL;
}

static gboolean
on_request_certificate (SoupMessage *message, GTlsClientConnection *connection, gpointer user_data)
{
  soup_message_set_tls_client_certificate (message, G_TLS_CERTIFICATE (user_data));
  return TRUE;
}

/**
 * gc_http_message_prepare:
 * @message: a request that has not been sent
 * @anchors: (nullable): trust this CA and no other, whatever the host's name; %NULL for the
 *   system's CAs with the usual comparison of names
 * @client: (nullable): certificate with key to show when the server asks
 *
 * Main thread.
 */
void
gc_http_message_prepare (SoupMessage *message, GTlsDatabase *anchors, GTlsCertificate *client)
{
  g_return_if_fail (SOUP_IS_MESSAGE (message));

  /* A redirect is for the caller to judge: it could lead a credential to a stranger. */
  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  if (anchors != NULL)
    g_signal_connect_data (message, "accept-certificate", G_CALLBACK (on_accept_certificate),
                           g_object_ref (anchors),
                           (GClosureNotify) (void (*) (void)) g_object_unref, 0);
  if (client != NULL)
    g_signal_connect_data (message, "request-certificate", G_CALLBACK (on_request_certificate),
                           g_object_ref (client), (GClosureNotify) (void (*) (void)) g_object_unref,
                           0);
}

/**
 * gc_http_error_from_transport:
 * @error: what libsoup or GIO reported
 *
 * Says in our terms why no answer came: %GC_ERROR_UNTRUSTED for TLS, %GC_ERROR_UNREACHABLE for the
 * network; a cancellation stays what it is. Any thread.
 *
 * Returns: (transfer full): the error
 */
GError *
gc_http_error_from_transport (const GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || error->domain == GC_ERROR)
    return g_error_copy (error);
  if (error->domain == G_TLS_ERROR)
    return g_error_new (GC_ERROR, GC_ERROR_UNTRUSTED, "no trust in the other side: %s",
                        error->message);
  return g_error_new (GC_ERROR, GC_ERROR_UNREACHABLE, "no answer: %s", error->message);
}

static void
fail (GTask *task, const GError *error)
{
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
                                   g_task_get_cancellable (task), on_chunk, g_object_ref (task));
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
                                   g_task_get_cancellable (task), on_chunk, g_object_ref (task));
}

/**
 * gc_http_send_async:
 * @session: from gc_http_session_new()
 * @message: a prepared request
 * @max_answer_length: how many bytes of answer are allowed, 0 to 16 MiB
 * @cancellable: (nullable): to give up
 * @callback: called when the whole answer is there
 * @user_data: for @callback
 *
 * Sends a request and reads the answer, whatever its status. Main thread.
 */
void
gc_http_send_async (SoupSession *session,
                    SoupMessage *message,
                    gsize max_answer_length,
                    GCancellable *cancellable,
                    GAsyncReadyCallback callback,
                    gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (session, cancellable, callback, user_data);
  Exchange *exchange = g_new0 (Exchange, 1);

  g_return_if_fail (SOUP_IS_SESSION (session) && SOUP_IS_MESSAGE (message));

  exchange->message = g_object_ref (message);
  exchange->body = g_byte_array_new ();
  exchange->max_length = max_answer_length;
  g_task_set_task_data (task, exchange, exchange_free);
  g_task_set_source_tag (task, gc_http_send_async);
  soup_session_send_async (session, message, G_PRIORITY_DEFAULT, cancellable, on_answer,
                           g_steal_pointer (&task));
}

/**
 * gc_http_send_finish:
 * @session: the client
 * @result: what the callback got
 * @error: %GC_ERROR_UNREACHABLE, %GC_ERROR_UNTRUSTED, %GC_ERROR_TOO_LARGE; an answer of any status
 *   is no error: see gc_http_error_from_answer()
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
  const char *title = NULL;
  int code = -1;

  if (SOUP_STATUS_IS_SUCCESSFUL (status))
    return NULL;
  if (length > 0)
    problem = gc_json_parse_object (text, (gssize) length, PROBLEM_MAX_LENGTH, NULL);
  if (problem != NULL)
    {
      code = code_from_problem (gc_json_get_string (problem, "type", TITLE_MAX_LENGTH, NULL));
      title = gc_json_get_string (problem, "title", TITLE_MAX_LENGTH, NULL);
    }
  if (title != NULL)
    reason = printable_line (title, strlen (title));
  else if (problem == NULL && length > 0 && is_text (message))
    reason = printable_line (text, length);
  if (reason == NULL || reason[0] == '\0')
    {
      const char *phrase = soup_message_get_reason_phrase (message);

      g_free (reason);
      reason = printable_line (phrase != NULL ? phrase : "", phrase != NULL ? strlen (phrase) : 0);
    }
  return g_error_new (GC_ERROR, code >= 0 ? code : code_from_status (status), "%s (%u)", reason,
                      status);
}
