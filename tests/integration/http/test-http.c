/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - a pinned CA is the only trust: neither another CA nor the system's will do, any host name will
 *  - a handset whose clock is behind gets through; an expired certificate is told as such
 *  - our certificate is shown when it is asked for, to nobody else
 *  - answers over the limit, dripping and silent ones end; redirects are not followed
 *  - a network that fails is no stranger
 */

#include "base/gc-error.h"
#include "http/gc-http.h"
#include "test-authority.h"
#include "test-wait.h"

#include <string.h>

#define LIMIT 1000

typedef struct
{
  TestAuthority *authority;
  SoupServer *server;
  GBytes *body;
  guint requests;
  char *peer; /* subject of the client's certificate */
  guint drip;
  SoupServerMessage *dripping;
} Fixture;

static gboolean
on_drip (gpointer user_data)
{
  Fixture *fixture = user_data;

  soup_message_body_append (soup_server_message_get_response_body (fixture->dripping),
                            SOUP_MEMORY_STATIC, ".", 1);
  soup_server_message_unpause (fixture->dripping);
  return G_SOURCE_CONTINUE;
}

static void
begin_dripping (Fixture *fixture, SoupServerMessage *message)
{
  soup_message_headers_set_encoding (soup_server_message_get_response_headers (message),
                                     SOUP_ENCODING_CHUNKED);
  soup_server_message_set_status (message, 200, NULL);
  fixture->dripping = g_object_ref (message);
  fixture->drip = g_timeout_add (100, on_drip, fixture);
}

static void
on_request (SoupServer *server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer user_data)
{
  Fixture *fixture = user_data;
  GTlsCertificate *peer = soup_server_message_get_tls_peer_certificate (message);

  fixture->requests++;
  g_free (fixture->peer);
  fixture->peer = peer != NULL ? g_tls_certificate_get_subject_name (peer) : NULL;
  if (strcmp (path, "/moved") == 0)
    soup_server_message_set_redirect (message, 302, "/");
  else if (strcmp (path, "/drip") == 0)
    begin_dripping (fixture, message);
  else if (strcmp (path, "/silent") == 0)
    soup_server_message_pause (message);
  else
    {
      soup_server_message_set_status (message, 200, NULL);
      soup_message_body_append_bytes (soup_server_message_get_response_body (message),
                                      fixture->body);
    }
}

static gboolean
on_accept_client (SoupServerMessage *message,
                  GTlsCertificate *certificate,
                  GTlsCertificateFlags errors,
                  gpointer user_data)
{
  return TRUE;
}

static void
on_started (SoupServer *server, SoupServerMessage *message, gpointer user_data)
{
  g_signal_connect (message, "accept-certificate", G_CALLBACK (on_accept_client), NULL);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->authority = test_authority_new ("center");
  fixture->body = g_bytes_new_static ("hello", 5);
}

static void
listen_with (Fixture *fixture, GTlsCertificate *certificate)
{
  g_autoptr (GError) error = NULL;

  fixture->server = soup_server_new ("tls-certificate", certificate, "tls-auth-mode",
                                     G_TLS_AUTHENTICATION_REQUESTED, NULL);
  soup_server_add_handler (fixture->server, NULL, on_request, fixture, NULL);
  g_signal_connect (fixture->server, "request-started", G_CALLBACK (on_started), NULL);
  g_assert_true (soup_server_listen_local (fixture->server, 0, SOUP_SERVER_LISTEN_HTTPS, &error));
  g_assert_no_error (error);
}

static void
serve (Fixture *fixture, TestAuthority *authority, gint64 from_s, gint64 until_s)
{
  const TestCertificate what = { .common_name = "server",
                                 .server = TRUE,
                                 .from_s = from_s,
                                 .until_s = until_s,
                                 .dns_name = "localhost" };
  g_autoptr (GTlsCertificate) certificate = test_authority_issue_full (authority, &what);

  listen_with (fixture, certificate);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_handle_id (&fixture->drip, g_source_remove);
  g_clear_object (&fixture->dripping);
  /* libsoup's server must be done with the handshakes that clients broke off before it goes. */
  test_iterate (100);
  if (fixture->server != NULL)
    soup_server_disconnect (fixture->server);
  g_clear_object (&fixture->server);
  test_authority_free (fixture->authority);
  g_bytes_unref (fixture->body);
  g_free (fixture->peer);
}

static char *
dup_url (Fixture *fixture, const char *host, const char *path)
{
  GSList *uris = soup_server_get_uris (fixture->server);
  char *url = g_strdup_printf ("https://%s:%d%s", host, g_uri_get_port (uris->data), path);

  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  return url;
}

/* The body as text, or NULL with an error; a refusal is an error too. */
static char *
send_url (SoupSession *session, const char *url, GCancellable *cancellable, GError **error)
{
  g_autoptr (SoupMessage) message = soup_message_new (SOUP_METHOD_GET, url);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) body = NULL;
  GError *refusal;

  gc_http_send_async (session, message, LIMIT, cancellable, test_take_result, &result);
  test_wait_result (&result);
  body = gc_http_send_finish (session, result, error);
  if (body == NULL)
    return NULL;
  refusal = gc_http_error_from_answer (message, body);
  if (refusal != NULL)
    {
      g_propagate_error (error, refusal);
      return NULL;
    }
  return g_strndup (g_bytes_get_data (body, NULL), g_bytes_get_size (body));
}

static char *
fetch (Fixture *fixture, SoupSession *session, const char *path, GError **error)
{
  g_autofree char *url = dup_url (fixture, "127.0.0.1", path);

  return send_url (session, url, NULL, error);
}

static SoupSession *
pinned (Fixture *fixture)
{
  return gc_http_session_new (10, test_authority_get_anchors (fixture->authority), NULL);
}

static void
test_pinned (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SoupSession) session = pinned (fixture);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  serve (fixture, fixture->authority, 0, 0);
  text = fetch (fixture, session, "/", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "hello");
}

static void
test_other_ca (Fixture *fixture, gconstpointer data)
{
  g_autoptr (TestAuthority) other = test_authority_new ("center");
  g_autoptr (SoupSession) session = pinned (fixture);
  g_autoptr (GError) error = NULL;

  serve (fixture, other, 0, 0);
  g_assert_null (fetch (fixture, session, "/", &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_UNTRUSTED);
  g_assert_cmpuint (fixture->requests, ==, 0);
}

/* Somebody bought a certificate for the center's host name. */
static void
test_system_ca (Fixture *fixture, gconstpointer data)
{
  g_autoptr (TestAuthority) public = test_authority_new ("a CA that everybody trusts");
  GTlsBackend *backend = g_tls_backend_get_default ();
  g_autoptr (GTlsDatabase) system = g_tls_backend_get_default_database (backend);
  g_autoptr (SoupSession) session = pinned (fixture);
  g_autoptr (SoupSession) open = NULL;
  g_autofree char *url = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  g_tls_backend_set_default_database (backend, test_authority_get_anchors (public));
  serve (fixture, public, 0, 0);
  url = dup_url (fixture, "localhost", "/");
  g_assert_null (send_url (session, url, NULL, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_UNTRUSTED);
  g_clear_error (&error);
  open = gc_http_session_new (10, NULL, NULL);
  text = send_url (open, url, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "hello");
  g_tls_backend_set_default_database (backend, system);
}

static void
test_unpinned (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SoupSession) session = gc_http_session_new (10, NULL, NULL);
  g_autoptr (GError) error = NULL;

  serve (fixture, fixture->authority, 0, 0);
  g_assert_null (fetch (fixture, session, "/", &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_UNTRUSTED);
}

/* A certificate of the pinned CA that is for clients, as any terminal has one. */
static void
test_other_purpose (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GTlsCertificate) certificate
      = test_authority_issue (fixture->authority, "a terminal", FALSE);
  g_autoptr (SoupSession) session = pinned (fixture);
  g_autoptr (GError) error = NULL;

  listen_with (fixture, certificate);
  g_assert_null (fetch (fixture, session, "/", &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_UNTRUSTED);
}

static void
test_clock_behind (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SoupSession) session = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  test_authority_free (fixture->authority);
  fixture->authority = test_authority_new_for ("center", 86400, 172800);
  session = pinned (fixture);
  serve (fixture, fixture->authority, 86400, 172800);
  text = fetch (fixture, session, "/", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "hello");
}

static void
test_clock_behind_other_ca (Fixture *fixture, gconstpointer data)
{
  g_autoptr (TestAuthority) other = test_authority_new_for ("center", 86400, 172800);
  g_autoptr (SoupSession) session = pinned (fixture);
  g_autoptr (GError) error = NULL;

  serve (fixture, other, 86400, 172800);
  g_assert_null (fetch (fixture, session, "/", &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_UNTRUSTED);
}

static void
test_expired (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SoupSession) session = pinned (fixture);
  g_autoptr (GError) error = NULL;

  serve (fixture, fixture->authority, -172800, -86400);
  g_assert_null (fetch (fixture, session, "/", &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_CLOCK);
  g_assert_cmpuint (fixture->requests, ==, 0);
}

static void
test_client_certificate (Fixture *fixture, gconstpointer data)
{
  GTlsCertificate *client = test_authority_issue (fixture->authority, "terminal 7", FALSE);
  g_autoptr (SoupSession) session
      = gc_http_session_new (10, test_authority_get_anchors (fixture->authority), client);
  g_autoptr (SoupSession) anonymous = pinned (fixture);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  g_autofree char *again = NULL;

  /* The session keeps what it needs. */
  g_object_unref (client);
  serve (fixture, fixture->authority, 0, 0);
  text = fetch (fixture, session, "/", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (fixture->peer, ==, "CN=terminal 7");
  again = fetch (fixture, anonymous, "/", &error);
  g_assert_no_error (error);
  g_assert_null (fixture->peer);
}

static void
test_too_large (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SoupSession) session = pinned (fixture);
  g_autofree char *large = g_strnfill (LIMIT + 1, 'x');
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  serve (fixture, fixture->authority, 0, 0);
  g_bytes_unref (fixture->body);
  fixture->body = g_bytes_new (large, LIMIT + 1);
  g_assert_null (fetch (fixture, session, "/", &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_TOO_LARGE);
  g_clear_error (&error);
  g_bytes_unref (fixture->body);
  fixture->body = g_bytes_new (large, LIMIT);
  text = fetch (fixture, session, "/", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (strlen (text), ==, LIMIT);
}

static void
test_dripping (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SoupSession) session
      = gc_http_session_new (1, test_authority_get_anchors (fixture->authority), NULL);
  g_autoptr (GError) error = NULL;

  serve (fixture, fixture->authority, 0, 0);
  g_assert_null (fetch (fixture, session, "/drip", &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_UNREACHABLE);
}

static void
test_silent (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SoupSession) session
      = gc_http_session_new (1, test_authority_get_anchors (fixture->authority), NULL);
  g_autoptr (GError) error = NULL;

  serve (fixture, fixture->authority, 0, 0);
  g_assert_null (fetch (fixture, session, "/silent", &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_UNREACHABLE);
}

static gboolean
on_cancel (gpointer user_data)
{
  g_cancellable_cancel (user_data);
  return G_SOURCE_REMOVE;
}

static void
test_cancelled (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SoupSession) session = pinned (fixture);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *url = NULL;

  serve (fixture, fixture->authority, 0, 0);
  url = dup_url (fixture, "127.0.0.1", "/drip");
  g_timeout_add (300, on_cancel, cancellable);
  g_assert_null (send_url (session, url, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_null (send_url (session, url, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_redirect (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SoupSession) session = pinned (fixture);
  g_autoptr (GError) error = NULL;

  serve (fixture, fixture->authority, 0, 0);
  g_assert_null (fetch (fixture, session, "/moved", &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_REFUSED);
  g_assert_cmpuint (fixture->requests, ==, 1);
}

static void
test_nobody (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SoupSession) session = pinned (fixture);
  g_autofree char *url = NULL;
  g_autoptr (GError) error = NULL;

  serve (fixture, fixture->authority, 0, 0);
  url = dup_url (fixture, "127.0.0.1", "/");
  soup_server_disconnect (fixture->server);
  g_assert_null (send_url (session, url, NULL, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_UNREACHABLE);
}

static gboolean
on_incoming (GSocketService *service,
             GSocketConnection *connection,
             GObject *source,
             gpointer user_data)
{
  GBytes *answer = user_data;

  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)),
                             g_bytes_get_data (answer, NULL), g_bytes_get_size (answer), NULL, NULL,
                             NULL);
  return TRUE;
}

/* What is no TLS, and a line that is cut during the handshake. */
static void
test_no_tls (Fixture *fixture, gconstpointer data)
{
  const char *const answers[]
      = { "", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "\x16\x03" };

  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autoptr (SoupSession) session = pinned (fixture);
      g_autoptr (GSocketService) service = g_socket_service_new ();
      guint16 port = g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (service), NULL, NULL);
      g_autofree char *url = g_strdup_printf ("https://127.0.0.1:%u/", port);
      g_autoptr (GBytes) answer = g_bytes_new_static (answers[i], strlen (answers[i]));
      g_autoptr (GError) error = NULL;

      g_signal_connect (service, "incoming", G_CALLBACK (on_incoming), answer);
      g_assert_null (send_url (session, url, NULL, &error));
      g_assert_error (error, GC_ERROR, GC_ERROR_UNREACHABLE);
      g_socket_service_stop (service);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add ("/http/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("trust/pinned-ca-any-name", test_pinned);
  ADD ("trust/other-ca-refused", test_other_ca);
  ADD ("trust/system-ca-refused-when-pinned", test_system_ca);
  ADD ("trust/private-ca-refused-when-not-pinned", test_unpinned);
  ADD ("trust/a-terminal-is-no-server", test_other_purpose);
  ADD ("trust/clock-behind", test_clock_behind);
  ADD ("trust/clock-behind-excuses-no-other-ca", test_clock_behind_other_ca);
  ADD ("trust/expired-is-told", test_expired);
  ADD ("client-certificate", test_client_certificate);
  ADD ("bounded", test_too_large);
  ADD ("dripping-ends", test_dripping);
  ADD ("silence-ends", test_silent);
  ADD ("cancelled", test_cancelled);
  ADD ("redirect-not-followed", test_redirect);
  ADD ("nobody-there", test_nobody);
  ADD ("no-tls-is-no-stranger", test_no_tls);
  return g_test_run ();
}
