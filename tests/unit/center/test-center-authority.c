/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - the CA is made once and never again; a damaged one is an error and stays as it is
 *  - the server's certificate names the hosts, and is made anew when one is missing, or when its
 *    key is not the one that is there, as after a renewal that was cut short
 *  - a terminal's certificate holds the id that we chose, and is known again; one of another
 *    authority, or the server's own, is not
 *  - requests that are malformed, not signed by their key, or whose key is not EC P-256 are refused
 */

#include "base/gc-error.h"
#include "base/gc-id.h"
#include "center/gc-authority.h"
#include "center/gc-x509.h"
#include "identity/gc-device-key.h"

#include <glib/gstdio.h>
#include <gnutls/abstract.h>
#include <string.h>

static const char *const HOSTS[] = { "center.example", "192.0.2.7", "2001:db8::7", NULL };

typedef struct
{
  char *folder;
  GcAuthority *authority;
} Fixture;

static GcAuthority *
open_authority (const char *folder, const char *const *hosts)
{
  g_autoptr (GError) error = NULL;
  GcAuthority *authority = gc_authority_open (folder, "测试", hosts, &error);

  g_assert_no_error (error);
  return authority;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("gridcast-XXXXXX", NULL);
  fixture->authority = open_authority (fixture->folder, HOSTS);
}

static void
remove_folder (const char *folder)
{
  const char *const names[] = { "ca.key", "ca.pem", "server.key", "server.pem" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (folder, names[i], NULL);

      g_unlink (path);
    }
  g_rmdir (folder);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->authority);
  remove_folder (fixture->folder);
  g_free (fixture->folder);
}

static GBytes *
make_request (const char *key)
{
  g_autofree char *text = gc_device_key_make_request (key, "手机", NULL);
  gsize length;
  guint8 *der = g_base64_decode (text, &length);

  return g_bytes_new_take (der, length);
}

static GTlsCertificate *
wrap (GBytes *der)
{
  g_autofree char *base64 = g_base64_encode (g_bytes_get_data (der, NULL), g_bytes_get_size (der));
  g_autofree char *pem
      = g_strdup_printf ("-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n", base64);

  return g_tls_certificate_new_from_pem (pem, -1, NULL);
}

static void
test_made_once (Fixture *fixture, gconstpointer data)
{
  g_autofree char *pin = g_strdup (gc_authority_get_pin (fixture->authority));
  g_autofree char *path = g_build_filename (fixture->folder, "ca.pem", NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  g_clear_object (&fixture->authority);
  fixture->authority = open_authority (fixture->folder, HOSTS);
  g_assert_cmpstr (gc_authority_get_pin (fixture->authority), ==, pin);
  g_assert_cmpuint (strlen (pin), ==, 43);
  g_clear_object (&fixture->authority);
  g_assert_true (g_file_set_contents (path, "damaged", -1, NULL));
  g_assert_null (gc_authority_open (fixture->folder, "x", HOSTS, &error));
  g_assert_nonnull (error);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "damaged");
}

static GTlsCertificateFlags
verify_host (Fixture *fixture, const char *host)
{
  g_autoptr (GSocketConnectable) identity = g_network_address_new (host, 443);

  return g_tls_database_verify_chain (gc_authority_get_database (fixture->authority),
                                      gc_authority_get_server_certificate (fixture->authority),
                                      G_TLS_DATABASE_PURPOSE_AUTHENTICATE_SERVER, identity, NULL,
                                      G_TLS_DATABASE_VERIFY_NONE, NULL, NULL);
}

static void
test_hosts (Fixture *fixture, gconstpointer data)
{
  const char *const more[] = { "center.example", "192.0.2.8", NULL };

  for (gsize i = 0; HOSTS[i] != NULL; i++)
    g_assert_cmpint (verify_host (fixture, HOSTS[i]), ==, 0);
  g_assert_cmpint (verify_host (fixture, "192.0.2.8"), ==, G_TLS_CERTIFICATE_BAD_IDENTITY);
  g_clear_object (&fixture->authority);
  fixture->authority = open_authority (fixture->folder, more);
  g_assert_cmpint (verify_host (fixture, "192.0.2.8"), ==, 0);
}

static char *
read_file (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

static gboolean
server_has_its_key (const char *folder)
{
  g_autofree char *key_pem = read_file (folder, "server.key");
  g_autofree char *pem = read_file (folder, "server.pem");
  g_auto (gnutls_x509_privkey_t) key = gc_x509_key_from_pem (key_pem, NULL);
  g_auto (gnutls_x509_crt_t) certificate = gc_x509_certificate_from_pem (pem, NULL);

  return gc_x509_certificate_has_key (certificate, key);
}

static void
test_half_renewed (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "server.key", NULL);
  g_auto (gnutls_x509_privkey_t) key = gc_x509_key_new (NULL);
  g_autofree char *pem = gc_x509_key_to_pem (key, NULL);

  g_assert_true (server_has_its_key (fixture->folder));
  g_assert_true (g_file_set_contents (path, pem, -1, NULL));
  g_assert_false (server_has_its_key (fixture->folder));
  g_clear_object (&fixture->authority);
  fixture->authority = open_authority (fixture->folder, HOSTS);
  g_assert_true (server_has_its_key (fixture->folder));
}

static void
test_issue (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *id = gc_id_new ();
  g_autofree char *key = gc_device_key_new (NULL);
  g_autoptr (GBytes) request = make_request (key);
  g_autofree char *device = NULL;
  g_autoptr (GBytes) der = gc_authority_issue (fixture->authority, request, id, &device, &error);
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autofree char *fingerprint = NULL;
  g_autofree char *expected = NULL;
  g_autofree char *identified = NULL;

  g_assert_no_error (error);
  g_assert_cmpstr (device, ==, "手机");
  certificate = wrap (der);
  g_assert_true (gc_device_key_check_certificate (key, certificate, NULL));
  identified = gc_authority_identify (fixture->authority, certificate, &fingerprint);
  g_assert_cmpstr (identified, ==, id);
  expected = gc_authority_fingerprint (der);
  g_assert_cmpstr (fingerprint, ==, expected);
}

static void
test_not_identified (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = g_dir_make_tmp ("gridcast-XXXXXX", NULL);
  g_autoptr (GcAuthority) other = open_authority (folder, HOSTS);
  g_autofree char *id = gc_id_new ();
  g_autofree char *key = gc_device_key_new (NULL);
  g_autoptr (GBytes) request = make_request (key);
  g_autofree char *device = NULL;
  g_autoptr (GBytes) der = gc_authority_issue (other, request, id, &device, NULL);
  g_autoptr (GTlsCertificate) foreign = wrap (der);
  g_autofree char *fingerprint = NULL;

  g_assert_null (gc_authority_identify (fixture->authority, foreign, &fingerprint));
  g_assert_null (gc_authority_identify (fixture->authority, NULL, &fingerprint));
  g_assert_null (gc_authority_identify (
      fixture->authority, gc_authority_get_server_certificate (fixture->authority), &fingerprint));
  g_clear_object (&other);
  remove_folder (folder);
}

static GBytes *
make_request_with (gnutls_pk_algorithm_t algorithm, unsigned bits, gboolean sign_with_other)
{
  g_auto (gnutls_x509_privkey_t) key = NULL;
  g_auto (gnutls_x509_privkey_t) other = NULL;
  g_auto (gnutls_x509_crq_t) request = NULL;
  gnutls_datum_t der = { NULL, 0 };
  GBytes *bytes;

  gnutls_x509_privkey_init (&key);
  gnutls_x509_privkey_init (&other);
  gnutls_x509_crq_init (&request);
  g_assert_cmpint (gnutls_x509_privkey_generate (key, algorithm, bits, 0), ==, 0);
  g_assert_cmpint (gnutls_x509_privkey_generate (other, algorithm, bits, 0), ==, 0);
  g_assert_cmpint (gnutls_x509_crq_set_key (request, key), ==, 0);
  g_assert_cmpint (
      gnutls_x509_crq_sign2 (request, sign_with_other ? other : key, GNUTLS_DIG_SHA256, 0), ==, 0);
  g_assert_cmpint (gnutls_x509_crq_export2 (request, GNUTLS_X509_FMT_DER, &der), ==, 0);
  bytes = g_bytes_new (der.data, der.size);
  gnutls_free (der.data);
  return bytes;
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  g_autofree char *id = gc_id_new ();
  g_autofree char *key = gc_device_key_new (NULL);
  g_autoptr (GBytes) good = make_request (key);
  g_autoptr (GPtrArray) requests = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);

  g_ptr_array_add (requests, g_bytes_new (NULL, 0));
  g_ptr_array_add (requests, g_bytes_new_static ("nonsense", 8));
  g_ptr_array_add (requests, g_bytes_new_from_bytes (good, 0, g_bytes_get_size (good) - 1));
  g_ptr_array_add (requests, make_request_with (GNUTLS_PK_RSA, 2048, FALSE));
  g_ptr_array_add (requests,
                   make_request_with (GNUTLS_PK_ECDSA,
                                      GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP384R1), FALSE));
  g_ptr_array_add (
      requests,
      make_request_with (GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), TRUE));
  for (guint i = 0; i < requests->len; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *device = NULL;

      g_assert_null (gc_authority_issue (fixture->authority, g_ptr_array_index (requests, i), id,
                                         &device, &error));
      g_assert_error (error, GC_ERROR, GC_ERROR_INVALID);
    }
}

#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/center/authority/made-once", test_made_once);
  ADD ("/center/authority/hosts", test_hosts);
  ADD ("/center/authority/half-renewed", test_half_renewed);
  ADD ("/center/authority/issue", test_issue);
  ADD ("/center/authority/strangers-are-not-identified", test_not_identified);
  ADD ("/center/authority/bad-requests-are-refused", test_refused);
  return g_test_run ();
}
