/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises of pairing:
 *  - a code pairs one terminal, which the console then sees; used, expired, void and unknown codes
 *    are each refused with their own type
 *  - a request that cannot be granted leaves the code good
 *  - a certificate is renewed for who has it; the old one is good until the new one is used
 *  - guessing tokens is slowed down
 *  - the picture of the code is a picture of the code's text
 */

#include "center-fixture.h"
#include "center/gc-pairing.h"
#include "identity/gc-device-key.h"
#include "protocol/gc-pairing-code.h"

#include <string.h>

static char *
read_token (const char *code)
{
  g_autoptr (GcPairingCode) parsed = gc_pairing_code_parse (code, NULL);

  g_assert_nonnull (parsed);
  return g_strdup (parsed->token);
}

static char *
make_request (void)
{
  g_autofree char *key = gc_device_key_new (NULL);

  return gc_device_key_make_request (key, "Pixel 手机", NULL);
}

static Answer *
enrol_as (Fixture *fixture, const char *user, const char *token, const char *request)
{
  g_autoptr (SoupMessage) message
      = fixture_message (fixture, "POST", "/.well-known/est/simpleenroll");
  g_autofree char *credentials = g_strconcat (user, ":", token, NULL);
  g_autofree char *base64 = g_base64_encode ((guint8 *) credentials, strlen (credentials));
  g_autofree char *header = g_strconcat ("Basic ", base64, NULL);
  g_autoptr (GBytes) body = g_bytes_new (request, strlen (request));

  soup_message_headers_replace (soup_message_get_request_headers (message), "Authorization",
                                header);
  soup_message_add_flags (message, SOUP_MESSAGE_DO_NOT_USE_AUTH_CACHE);
  soup_message_set_request_body_from_bytes (message, "application/pkcs10", body);
  return fixture_send (fixture, message);
}

static Answer *
enrol (Fixture *fixture, const char *token, const char *request)
{
  return enrol_as (fixture, "pair", token, request);
}

static void
test_good (Fixture *fixture, gconstpointer data)
{
  g_autofree char *code = NULL;
  g_autofree char *token = NULL;
  g_autofree char *request = make_request ();
  g_autoptr (Answer) answer = NULL;
  g_autoptr (Answer) again = NULL;
  g_autoptr (Answer) list = NULL;
  g_autoptr (GPtrArray) certificates = NULL;
  g_autofree char *name = NULL;
  JsonObject *terminal;

  fixture_log_in (fixture);
  code = fixture_make_code (fixture, "李强");
  token = read_token (code);
  answer = enrol (fixture, token, request);
  g_assert_cmpuint (answer->status, ==, 200);
  certificates = gc_device_key_read_pkcs7 (answer->text, NULL);
  g_assert_cmpuint (certificates->len, ==, 1);
  name = gc_device_key_dup_common_name (g_ptr_array_index (certificates, 0));
  list = fixture_request (fixture, "GET", "/api/terminals", NULL);
  terminal
      = json_array_get_object_element (json_object_get_array_member (list->json, "terminals"), 0);
  g_assert_cmpstr (json_object_get_string_member (terminal, "id"), ==, name);
  g_assert_cmpstr (json_object_get_string_member (terminal, "worker"), ==, "李强");
  g_assert_cmpstr (json_object_get_string_member (terminal, "device"), ==, "Pixel 手机");
  g_assert_cmpstr (json_object_get_string_member (terminal, "state"), ==, "offline");
  again = enrol (fixture, token, request);
  assert_problem (again, 401, "token-used");
}

static void
test_refused_tokens (Fixture *fixture, gconstpointer data)
{
  g_autofree char *request = make_request ();
  g_autoptr (Answer) unknown = enrol (fixture, "AAAAAAAAAAAAAAAAAAAAAA", request);
  g_autoptr (Answer) other_user = NULL;
  g_autoptr (Answer) voided = NULL;
  g_autoptr (Answer) refused = NULL;
  g_autoptr (Answer) pairing = NULL;
  g_autofree char *token = NULL;
  g_autofree char *path = NULL;

  assert_problem (unknown, 401, "token-unknown");
  fixture_log_in (fixture);
  pairing = fixture_request (fixture, "POST", "/api/pairings", "{\"worker\": \"李强\"}");
  token = read_token (json_object_get_string_member (pairing->json, "code"));
  other_user = enrol_as (fixture, "admin", token, request);
  assert_problem (other_user, 401, "token-unknown");
  path = g_strconcat ("/api/pairings/", json_object_get_string_member (pairing->json, "id"), NULL);
  voided = fixture_request (fixture, "DELETE", path, NULL);
  g_assert_cmpuint (voided->status, ==, 204);
  answer_free (g_steal_pointer (&voided));
  voided = fixture_request (fixture, "GET", path, NULL);
  g_assert_cmpstr (json_object_get_string_member (voided->json, "state"), ==, "void");
  refused = enrol (fixture, token, request);
  assert_problem (refused, 401, "token-expired");
}

static void
test_bad_requests (Fixture *fixture, gconstpointer data)
{
  static const char *const REQUESTS[] = { "", "AAAA", "not base64!", "====", "MIIB", "\n\n" };
  g_autofree char *code = NULL;
  g_autofree char *token = NULL;
  g_autofree char *request = make_request ();
  g_autofree char *damaged = g_strdup (request);
  g_autofree char *long_request = g_strnfill (20000, 'A');
  g_autoptr (Answer) bad_signature = NULL;
  g_autoptr (Answer) too_long = NULL;
  g_autoptr (Answer) good = NULL;
  char *last;

  fixture_log_in (fixture);
  code = fixture_make_code (fixture, "李强");
  token = read_token (code);
  for (gsize i = 0; i < G_N_ELEMENTS (REQUESTS); i++)
    {
      g_autoptr (Answer) answer = enrol (fixture, token, REQUESTS[i]);

      assert_problem (answer, 400, "request-invalid");
    }
  last = damaged + strlen (damaged) - 12;
  *last = *last == 'A' ? 'B' : 'A';
  bad_signature = enrol (fixture, token, damaged);
  assert_problem (bad_signature, 400, "request-invalid");
  too_long = enrol (fixture, token, long_request);
  assert_problem (too_long, 400, "request-invalid");
  good = enrol (fixture, token, request);
  g_assert_cmpuint (good->status, ==, 200);
}

static Answer *
renew (Fixture *fixture, GTlsCertificate *certificate, const char *request)
{
  g_autoptr (SoupMessage) message
      = fixture_message (fixture, "POST", "/.well-known/est/simplereenroll");
  g_autoptr (GBytes) body = g_bytes_new (request, strlen (request));

  fixture_show_certificate (message, certificate);
  soup_message_set_request_body_from_bytes (message, "application/pkcs10", body);
  return fixture_send (fixture, message);
}

/* Renews with these, and makes credentials of the answer. */
static GcCredentials *
renew_well (Fixture *fixture, GcCredentials *credentials)
{
  g_autofree char *key = gc_device_key_new (NULL);
  g_autofree char *request = gc_device_key_make_request (key, "Pixel 手机", NULL);
  g_autoptr (Answer) answer
      = renew (fixture, gc_credentials_get_certificate (credentials), request);
  g_autoptr (GPtrArray) certificates = NULL;
  g_autofree char *pem = NULL;
  g_autoptr (GError) error = NULL;
  GcCredentials *renewed;

  g_assert_cmpuint (answer->status, ==, 200);
  certificates = gc_device_key_read_pkcs7 (answer->text, NULL);
  g_object_get (g_ptr_array_index (certificates, 0), "certificate-pem", &pem, NULL);
  renewed = gc_credentials_renew (credentials, pem, key, &error);
  g_assert_no_error (error);
  return renewed;
}

static void
assert_let_in (Fixture *fixture, GcCredentials *credentials, gboolean let_in)
{
  g_autoptr (Channel) channel = channel_new ();

  channel_connect (channel, fixture, gc_credentials_get_certificate (credentials));
  g_assert_cmpint (channel->socket != NULL, ==, let_in);
}

static void
test_renewal (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GcCredentials) first = NULL;
  g_autoptr (GcCredentials) lost = NULL;
  g_autoptr (GcCredentials) second = NULL;
  g_autofree char *request = make_request ();
  g_autoptr (Answer) nobody = NULL;
  g_autoptr (Answer) nonsense = NULL;
  g_autoptr (Answer) old = NULL;
  g_autoptr (Answer) audit = NULL;

  fixture_log_in (fixture);
  first = fixture_pair (fixture, "李强");
  nobody = renew (fixture, NULL, request);
  assert_problem (nobody, 403, "certificate-refused");
  nonsense = renew (fixture, gc_credentials_get_certificate (first), "AAAA");
  assert_problem (nonsense, 400, "request-invalid");
  /* The answer was lost on the way: the old one is good, and the latest will be. */
  lost = renew_well (fixture, first);
  assert_let_in (fixture, first, TRUE);
  second = renew_well (fixture, first);
  assert_let_in (fixture, lost, FALSE);
  fixture_restart (fixture);
  assert_let_in (fixture, first, TRUE);
  assert_let_in (fixture, second, TRUE);
  assert_let_in (fixture, first, FALSE);
  old = renew (fixture, gc_credentials_get_certificate (first), request);
  assert_problem (old, 403, "certificate-refused");
  fixture_restart (fixture);
  assert_let_in (fixture, second, TRUE);
  audit = fixture_request (fixture, "GET", "/api/audit", NULL);
  g_assert_nonnull (strstr (audit->text, "terminal.renew"));
}

static void
test_guessing_slows_down (Fixture *fixture, gconstpointer data)
{
  g_autofree char *request = make_request ();
  guint status = 0;

  for (int i = 0; i < 20 && status != 429; i++)
    {
      g_autoptr (Answer) answer = enrol (fixture, "AAAAAAAAAAAAAAAAAAAAAA", request);

      status = answer->status;
      if (status == 429)
        {
          assert_problem (answer, 429, "slow-down");
          g_assert_nonnull (soup_message_headers_get_one (answer->headers, "Retry-After"));
        }
    }
  g_assert_cmpuint (status, ==, 429);
}

static void
test_cacerts (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Answer) answer = fixture_request (fixture, "GET", "/.well-known/est/cacerts", NULL);
  g_autoptr (Answer) other
      = fixture_request (fixture, "GET", "/.well-known/est/serverkeygen", NULL);
  g_autoptr (GPtrArray) certificates = gc_device_key_read_pkcs7 (answer->text, NULL);

  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_cmpstr (soup_message_headers_get_content_type (answer->headers, NULL), ==,
                   "application/pkcs7-mime");
  g_assert_cmpuint (certificates->len, ==, 1);
  assert_problem (other, 404, "not-found");
}

static void
test_picture (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Answer) pairing = NULL;
  g_autoptr (Answer) later = NULL;
  g_autofree char *path = NULL;
  const char *svg;

  fixture_log_in (fixture);
  pairing = fixture_request (fixture, "POST", "/api/pairings", "{\"worker\": \"李强\"}");
  svg = json_object_get_string_member (pairing->json, "svg");
  g_assert_true (g_str_has_prefix (svg, "<svg xmlns=\"http://www.w3.org/2000/svg\""));
  g_assert_cmpstr (json_object_get_string_member (pairing->json, "state"), ==, "waiting");
  g_assert_cmpint (json_object_get_int_member (pairing->json, "expires_in_ms"), >, 0);
  path = g_strconcat ("/api/pairings/", json_object_get_string_member (pairing->json, "id"), NULL);
  later = fixture_request (fixture, "GET", path, NULL);
  g_assert_cmpuint (later->status, ==, 200);
  g_assert_false (json_object_has_member (later->json, "code"));
}

#define ADD(name, func) g_test_add (name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/center/enrolment/a-code-pairs-once", test_good);
  ADD ("/center/enrolment/refused-tokens", test_refused_tokens);
  ADD ("/center/enrolment/bad-request-leaves-the-code-good", test_bad_requests);
  ADD ("/center/enrolment/renewed-certificate-replaces-the-old-when-used", test_renewal);
  ADD ("/center/enrolment/guessing-slows-down", test_guessing_slows_down);
  ADD ("/center/enrolment/cacerts", test_cacerts);
  ADD ("/center/enrolment/picture", test_picture);
  return g_test_run ();
}
