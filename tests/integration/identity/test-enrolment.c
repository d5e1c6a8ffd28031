/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - pairing gives credentials that open a connection to that center and no other
 *  - nothing secret is sent before the CA's pin and the server's certificate were checked
 *  - every way in which pairing can fail has an error of its own
 *  - answers that are oversized, truncated or garbage are refused, as are certificates for another
 *    key, from another CA, for another purpose, expired, or without a terminal's id
 */

#include "base/gc-error.h"
#include "est-server.h"
#include "http/gc-http.h"
#include "identity/gc-device-key.h"
#include "identity/gc-enrolment.h"
#include "test-wait.h"

#include <string.h>

static void
set_up (EstServer *server, gconstpointer data)
{
  est_server_init (server);
}

static void
tear_down (EstServer *server, gconstpointer data)
{
  est_server_clear (server);
}

static GcCredentials *
enrol_as (EstServer *server, const char *device, GError **error)
{
  g_autoptr (GcPairingCode) code = est_server_make_code (server);
  g_autoptr (GAsyncResult) result = NULL;

  gc_enrolment_run_async (code, device, NULL, test_take_result, &result);
  test_wait_result (&result);
  return gc_enrolment_run_finish (result, error);
}

static void
assert_fails (EstServer *server, int code)
{
  g_autoptr (GError) error = NULL;

  est_server_start (server);
  g_assert_null (enrol_as (server, "phone", &error));
  g_assert_error (error, GC_ERROR, code);
  g_assert_cmpuint (strlen (error->message), >, 10);
}

/* What the credentials are for: mutual TLS with that center. */
static void
assert_opens (EstServer *server, GcCredentials *credentials)
{
  g_autoptr (SoupSession) session = gc_http_session_new (
      10, gc_credentials_get_anchors (credentials), gc_credentials_get_certificate (credentials));
  g_autofree char *url
      = g_strconcat (gc_credentials_get_base_url (credentials), "/.well-known/est/cacerts", NULL);
  g_autoptr (SoupMessage) message = soup_message_new (SOUP_METHOD_GET, url);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) body = NULL;
  g_autoptr (GError) error = NULL;

  gc_http_send_async (session, message, 65536, NULL, test_take_result, &result);
  test_wait_result (&result);
  body = gc_http_send_finish (session, result, &error);
  g_assert_no_error (error);
}

static void
test_good (EstServer *server, gconstpointer data)
{
  g_autoptr (GcCredentials) credentials = NULL;
  g_autoptr (GcCredentials) again = NULL;
  g_autofree char *stored = NULL;
  g_autoptr (GError) error = NULL;

  est_server_start (server);
  credentials = enrol_as (server, "小米 手机", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (gc_credentials_get_terminal_id (credentials), ==,
                   "5f0c3f5e-3b0d-4c53-8a34-3a1a3c1b2d10");
  g_assert_cmpstr (gc_credentials_get_center_name (credentials), ==, "临海县综治中心");
  g_assert_true (
      g_str_has_prefix (gc_credentials_get_base_url (credentials), "https://127.0.0.1:"));
  g_assert_cmpstr (server->authorization, ==, "Basic cGFpcjphYmNkZWZnaGlqa2xtbm9wcXJzdHV2");
  g_assert_cmpstr (server->name, ==, "小米 手机");
  assert_opens (server, credentials);
  stored = gc_credentials_print (credentials);
  again = gc_credentials_parse (stored, &error);
  g_assert_no_error (error);
  assert_opens (server, again);
}

static void
test_names (EstServer *server, gconstpointer data)
{
  g_autofree char *long_name = g_strnfill (1000, 'n');
  g_autofree char *zeros = g_strnfill (70, '0');
  g_auto (GStrv) pieces = g_strsplit (zeros, "0", -1);
  g_autofree char *chinese = g_strjoinv ("机", pieces);
  const char *const names[] = { "", "  ", long_name, "\xff\xfe", chinese };

  est_server_start (server);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GcCredentials) credentials = enrol_as (server, names[i], &error);

      g_assert_no_error (error);
      g_assert_nonnull (credentials);
      g_assert_true (server->name == NULL || g_utf8_validate (server->name, -1, NULL));
      g_assert_true (server->name == NULL || g_utf8_strlen (server->name, -1) <= 64);
    }
  g_assert_cmpint (g_utf8_strlen (server->name, -1), ==, 64);
}

static void
test_wrong_pin (EstServer *server, gconstpointer data)
{
  server->wrong_pin = TRUE;
  assert_fails (server, GC_ERROR_UNTRUSTED);
  g_assert_cmpuint (server->enrolments, ==, 0);
}

/* It shows the right CA, which anybody can, but has no certificate from it. */
static void
test_somebody_between (EstServer *server, gconstpointer data)
{
  server->tls = test_authority_new ("center");
  assert_fails (server, GC_ERROR_UNTRUSTED);
  g_assert_cmpuint (server->enrolments, ==, 0);
}

/* A terminal of that center plays its server. */
static void
test_terminal_as_server (EstServer *server, gconstpointer data)
{
  server->tls_certificate = test_authority_issue (server->ca, "terminal", FALSE);
  assert_fails (server, GC_ERROR_UNTRUSTED);
  g_assert_cmpuint (server->enrolments, ==, 0);
}

static void
test_clock_ahead (EstServer *server, gconstpointer data)
{
  const TestCertificate what
      = { .common_name = "server", .server = TRUE, .from_s = -90000, .until_s = -86400 };

  server->tls_certificate = test_authority_issue_full (server->ca, &what);
  assert_fails (server, GC_ERROR_CLOCK);
  g_assert_cmpuint (server->enrolments, ==, 0);
}

static void
test_clock_behind (EstServer *server, gconstpointer data)
{
  g_autoptr (GcCredentials) credentials = NULL;
  const TestCertificate what
      = { .common_name = "server", .server = TRUE, .from_s = 86400, .until_s = 172800 };
  g_autoptr (GError) error = NULL;

  test_authority_free (server->ca);
  server->ca = test_authority_new_for ("center", 86400, 172800);
  server->tls_certificate = test_authority_issue_full (server->ca, &what);
  est_server_start (server);
  credentials = enrol_as (server, "phone", &error);
  g_assert_no_error (error);
  assert_opens (server, credentials);
}

static char *
pack_many (EstServer *server, guint count)
{
  g_autoptr (GPtrArray) certificates = g_ptr_array_new ();

  for (guint i = 0; i < count; i++)
    g_ptr_array_add (certificates, test_authority_get_certificate (server->ca));
  return est_server_pack ((GTlsCertificate *const *) certificates->pdata, count);
}

static char *
cut (char *text, gsize length)
{
  text[length] = '\0';
  return text;
}

typedef struct
{
  const char *name;
  char *(*make) (EstServer *server);
  int code;
} Garbage;

static char *
make_empty (EstServer *server)
{
  return g_strdup ("");
}

static char *
make_page (EstServer *server)
{
  return g_strdup ("<!DOCTYPE html><title>Log in to the Wi-Fi</title>");
}

static char *
make_truncated (EstServer *server)
{
  char *text = pack_many (server, 1);

  return cut (text, strlen (text) / 2);
}

static char *
make_truncated_at_end (EstServer *server)
{
  char *text = pack_many (server, 1);

  return cut (text, strlen (text) - 8);
}

static char *
make_no_base64 (EstServer *server)
{
  return g_strdup ("\x30\x82\xff\xff\x01");
}

static char *
make_bare_certificate (EstServer *server)
{
  return g_strdup (test_authority_get_pem (server->ca));
}

/* A PKCS#7 that is right, but holds nothing. */
static char *
make_no_certificate (EstServer *server)
{
  return g_strdup ("MCMGCSqGSIb3DQEHAqAWMBQCAQExADALBgkqhkiG9w0BBwExAA==");
}

static char *
make_many (EstServer *server)
{
  return pack_many (server, 5);
}

static char *
make_oversized (EstServer *server)
{
  return g_strnfill (70000, 'A');
}

static const Garbage GARBAGE[] = {
  { "empty", make_empty, GC_ERROR_INVALID },
  { "page", make_page, GC_ERROR_INVALID },
  { "truncated", make_truncated, GC_ERROR_INVALID },
  { "truncated-at-end", make_truncated_at_end, GC_ERROR_INVALID },
  { "no-base64", make_no_base64, GC_ERROR_INVALID },
  { "bare-certificate", make_bare_certificate, GC_ERROR_INVALID },
  { "no-certificate", make_no_certificate, GC_ERROR_INVALID },
  { "too-many", make_many, GC_ERROR_INVALID },
  { "oversized", make_oversized, GC_ERROR_TOO_LARGE },
};

static void
test_garbage_ca (EstServer *server, gconstpointer data)
{
  const Garbage *garbage = data;

  server->cacerts_body = garbage->make (server);
  assert_fails (server, garbage->code);
  g_assert_cmpuint (server->enrolments, ==, 0);
}

static void
test_garbage_issued (EstServer *server, gconstpointer data)
{
  const Garbage *garbage = data;

  server->enrol_body = garbage->make (server);
  assert_fails (server, garbage->code);
}

static void
test_no_center (EstServer *server, gconstpointer data)
{
  server->cacerts_status = GPOINTER_TO_UINT (data);
  assert_fails (server, GC_ERROR_UNREACHABLE);
}

static void
test_busy_center (EstServer *server, gconstpointer data)
{
  server->cacerts_status = 503;
  assert_fails (server, GC_ERROR_BUSY);
}

typedef struct
{
  const char *name;
  guint status;
  const char *type;
  int code;
} Refusal;

static const Refusal REFUSALS[] = {
  { "unknown", 401, "urn:gridcast:token-unknown", GC_ERROR_UNAUTHORIZED },
  { "expired", 401, "urn:gridcast:token-expired", GC_ERROR_EXPIRED },
  { "used", 401, "urn:gridcast:token-used", GC_ERROR_USED },
  { "request", 400, "urn:gridcast:request-invalid", GC_ERROR_INVALID },
  { "slow-down", 429, "urn:gridcast:slow-down", GC_ERROR_BUSY },
  { "moved", 302, "", GC_ERROR_REFUSED },
  { "broken", 500, "", GC_ERROR_FAILED },
};

static void
test_refused (EstServer *server, gconstpointer data)
{
  const Refusal *refusal = data;

  server->enrol_status = refusal->status;
  server->enrol_type = "application/problem+json";
  server->enrol_body
      = g_strdup_printf ("{\"type\":\"%s\",\"title\":\"for a reason\"}", refusal->type);
  assert_fails (server, refusal->code);
  g_assert_cmpuint (server->enrolments, ==, 1);
}

static void
test_other_key (EstServer *server, gconstpointer data)
{
  g_autofree char *key = gc_device_key_new (NULL);

  server->for_key = key;
  assert_fails (server, GC_ERROR_UNTRUSTED);
}

static void
test_other_signer (EstServer *server, gconstpointer data)
{
  server->signer = test_authority_new ("center");
  assert_fails (server, GC_ERROR_UNTRUSTED);
}

static void
test_other_purpose (EstServer *server, gconstpointer data)
{
  server->for_server = TRUE;
  assert_fails (server, GC_ERROR_UNTRUSTED);
}

static void
test_expired (EstServer *server, gconstpointer data)
{
  server->until_s = -60;
  assert_fails (server, GC_ERROR_INVALID);
}

static void
test_no_id (EstServer *server, gconstpointer data)
{
  server->common_name = "terminal 7";
  assert_fails (server, GC_ERROR_INVALID);
}

static void
test_nobody (EstServer *server, gconstpointer data)
{
  g_autoptr (GcPairingCode) code = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  est_server_start (server);
  code = est_server_make_code (server);
  soup_server_disconnect (server->server);
  gc_enrolment_run_async (code, "phone", NULL, test_take_result, &result);
  test_wait_result (&result);
  g_assert_null (gc_enrolment_run_finish (result, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_UNREACHABLE);
}

static void
test_cancelled (EstServer *server, gconstpointer data)
{
  g_autoptr (GcPairingCode) code = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  est_server_start (server);
  code = est_server_make_code (server);
  gc_enrolment_run_async (code, "phone", cancellable, test_take_result, &result);
  g_cancellable_cancel (cancellable);
  test_wait_result (&result);
  g_assert_null (gc_enrolment_run_finish (result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (server->enrolments, ==, 0);
}

static void
add (const char *path, gconstpointer data, void (*func) (EstServer *server, gconstpointer data))
{
  g_autofree char *full = g_strconcat ("/identity/enrolment/", path, NULL);

  g_test_add_vtable (full, sizeof (EstServer), data, (GTestFixtureFunc) (void (*) (void)) set_up,
                     (GTestFixtureFunc) (void (*) (void)) func,
                     (GTestFixtureFunc) (void (*) (void)) tear_down);
}

static void
add_tables (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (GARBAGE); i++)
    {
      g_autofree char *ca = g_strconcat ("garbage-for-ca/", GARBAGE[i].name, NULL);
      g_autofree char *issued = g_strconcat ("garbage-for-certificate/", GARBAGE[i].name, NULL);

      add (ca, &GARBAGE[i], test_garbage_ca);
      add (issued, &GARBAGE[i], test_garbage_issued);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (REFUSALS); i++)
    {
      g_autofree char *path = g_strconcat ("refused/", REFUSALS[i].name, NULL);

      add (path, &REFUSALS[i], test_refused);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  add ("good", NULL, test_good);
  add ("names-of-devices", NULL, test_names);
  add ("nothing-secret/wrong-pin", NULL, test_wrong_pin);
  add ("nothing-secret/somebody-between", NULL, test_somebody_between);
  add ("nothing-secret/terminal-as-server", NULL, test_terminal_as_server);
  add ("nothing-secret/clock-ahead", NULL, test_clock_ahead);
  add ("clock-behind", NULL, test_clock_behind);
  add ("no-center/not-found", GUINT_TO_POINTER (404), test_no_center);
  add ("no-center/log-in-page", GUINT_TO_POINTER (302), test_no_center);
  add ("no-center/broken", GUINT_TO_POINTER (500), test_no_center);
  add ("busy-center", NULL, test_busy_center);
  add ("issued/other-key", NULL, test_other_key);
  add ("issued/other-signer", NULL, test_other_signer);
  add ("issued/other-purpose", NULL, test_other_purpose);
  add ("issued/expired", NULL, test_expired);
  add ("issued/no-id", NULL, test_no_id);
  add ("nobody-there", NULL, test_nobody);
  add ("cancelled", NULL, test_cancelled);
  add_tables ();
  return g_test_run ();
}
