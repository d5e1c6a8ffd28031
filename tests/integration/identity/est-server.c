/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "est-server.h"

#include "protocol/gc-certificate-pin.h"
#include "test-wait.h"

#include <gnutls/gnutls.h>
#include <gnutls/pkcs7.h>
#include <libsoup/soup.h>
#include <string.h>

#define TERMINAL "5f0c3f5e-3b0d-4c53-8a34-3a1a3c1b2d10"
#define TOKEN "abcdefghijklmnopqrstuv"
#define NOBODY "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"

char *
est_server_pack (GTlsCertificate *const *certificates, guint count)
{
  gnutls_pkcs7_t pkcs7;
  gnutls_datum_t der;
  char *base64;

  g_assert_cmpint (gnutls_pkcs7_init (&pkcs7), ==, 0);
  for (guint i = 0; i < count; i++)
    {
      g_autoptr (GByteArray) bytes = NULL;
      gnutls_datum_t datum;

      g_object_get (certificates[i], "certificate", &bytes, NULL);
      datum = (gnutls_datum_t) { bytes->data, bytes->len };
      g_assert_cmpint (gnutls_pkcs7_set_crt_raw (pkcs7, &datum), ==, 0);
    }
  g_assert_cmpint (gnutls_pkcs7_export2 (pkcs7, GNUTLS_X509_FMT_DER, &der), ==, 0);
  base64 = g_base64_encode (der.data, der.size);
  gnutls_free (der.data);
  gnutls_pkcs7_deinit (pkcs7);
  return base64;
}

static void
answer (SoupServerMessage *message, guint status, const char *type, const char *body)
{
  soup_server_message_set_status (message, status, NULL);
  soup_server_message_set_response (message, type, SOUP_MEMORY_COPY, body, strlen (body));
}

static void
answer_cacerts (EstServer *self, SoupServerMessage *message)
{
  GTlsCertificate *ca = test_authority_get_certificate (self->ca);
  g_autofree char *packed = est_server_pack (&ca, 1);

  answer (message, self->cacerts_status != 0 ? self->cacerts_status : 200, "application/pkcs7-mime",
          self->cacerts_body != NULL ? self->cacerts_body : packed);
}

/* The request must be what PROTOCOL.md, “Enrolment”, says: PKCS#10 with a P-256 key, self-signed.
 */
static void
certify (EstServer *self, SoupServerMessage *message)
{
  SoupMessageBody *body = soup_server_message_get_request_body (message);
  g_autoptr (GBytes) bytes = soup_message_body_flatten (body);
  g_autofree char *text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  TestCertificate what = { .common_name = self->common_name,
                           .server = self->for_server,
                           .until_s = self->until_s,
                           .key = self->for_key };
  g_autoptr (GTlsCertificate) issued = NULL;
  g_autofree char *packed = NULL;

  what.request = text;
  issued = test_authority_issue_full (self->signer != NULL ? self->signer : self->ca, &what);
  g_free (self->name);
  self->name = test_authority_read_request_name (text);
  packed = est_server_pack (&issued, 1);
  answer (message, 200, "application/pkcs7-mime; smime-type=certs-only", packed);
}

static void
answer_enrolment (EstServer *self, SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);

  self->enrolments++;
  g_free (self->authorization);
  self->authorization = g_strdup (soup_message_headers_get_one (headers, "Authorization"));
  g_assert_cmpstr (soup_message_headers_get_content_type (headers, NULL), ==, "application/pkcs10");
  g_assert_cmpstr (soup_message_headers_get_one (headers, "Content-Transfer-Encoding"), ==,
                   "base64");
  if (self->enrol_status != 0 || self->enrol_body != NULL)
    answer (message, self->enrol_status != 0 ? self->enrol_status : 200,
            self->enrol_type != NULL ? self->enrol_type : "application/pkcs7-mime",
            self->enrol_body != NULL ? self->enrol_body : "");
  else
    certify (self, message);
  if (self->enrol_status == 302)
    soup_server_message_set_redirect (message, 302, "http://example.org/");
}

static void
on_request (SoupServer *server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer user_data)
{
  const char *method = soup_server_message_get_method (message);

  if (strcmp (path, "/.well-known/est/cacerts") == 0 && strcmp (method, "GET") == 0)
    answer_cacerts (user_data, message);
  else if (strcmp (path, "/.well-known/est/simpleenroll") == 0 && strcmp (method, "POST") == 0)
    answer_enrolment (user_data, message);
  else
    soup_server_message_set_status (message, 404, NULL);
}

void
est_server_init (EstServer *self)
{
  *self = (EstServer) { .ca = test_authority_new ("center"), .common_name = TERMINAL };
}

void
est_server_start (EstServer *self)
{
  TestAuthority *tls = self->tls != NULL ? self->tls : self->ca;
  g_autoptr (GTlsCertificate) certificate = self->tls_certificate != NULL
                                                ? g_object_ref (self->tls_certificate)
                                                : test_authority_issue (tls, "server", TRUE);
  g_autoptr (GError) error = NULL;

  self->server = soup_server_new ("tls-certificate", certificate, NULL);
  soup_server_add_handler (self->server, NULL, on_request, self, NULL);
  g_assert_true (soup_server_listen_local (self->server, 0, SOUP_SERVER_LISTEN_HTTPS, &error));
  g_assert_no_error (error);
}

void
est_server_clear (EstServer *self)
{
  /* libsoup's server must be done with the handshakes that clients broke off before it goes. */
  test_iterate (100);
  if (self->server != NULL)
    soup_server_disconnect (self->server);
  g_clear_object (&self->server);
  g_clear_object (&self->tls_certificate);
  g_clear_pointer (&self->tls, test_authority_free);
  g_clear_pointer (&self->signer, test_authority_free);
  g_clear_pointer (&self->ca, test_authority_free);
  g_free (self->cacerts_body);
  g_free (self->enrol_body);
  g_free (self->authorization);
  g_free (self->name);
}

GcPairingCode *
est_server_make_code (EstServer *self)
{
  GSList *uris = soup_server_get_uris (self->server);
  g_autofree char *pin = gc_certificate_pin (test_authority_get_certificate (self->ca), NULL);
  GcPairingCode *code
      = gc_pairing_code_new ("127.0.0.1", (guint16) g_uri_get_port (uris->data),
                             self->wrong_pin ? NOBODY : pin, TOKEN, "临海县综治中心");

  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  return code;
}
