/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - every key is new, EC P-256, and its request is signed by it
 *  - a certificate is ours only with our key; damaged keys and credentials are refused, not crashed
 * on
 *  - credentials survive writing and reading
 */

#include "base/gc-error.h"
#include "base/gc-id.h"
#include "identity/gc-credentials.h"
#include "identity/gc-device-key.h"
#include "test-authority.h"

#include <gnutls/x509.h>
#include <string.h>

#define URL "https://[2001:db8::1]:8443"

static void
test_key (void)
{
  g_autofree char *pem = gc_device_key_new (NULL);
  g_autofree char *other = gc_device_key_new (NULL);
  const gnutls_datum_t datum = { (guint8 *) pem, (unsigned) strlen (pem) };
  gnutls_x509_privkey_t key;
  gnutls_ecc_curve_t curve;

  g_assert_cmpstr (pem, !=, other);
  g_assert_true (g_str_has_prefix (pem, "-----BEGIN PRIVATE KEY-----"));
  g_assert_cmpint (gnutls_x509_privkey_init (&key), ==, 0);
  g_assert_cmpint (gnutls_x509_privkey_import (key, &datum, GNUTLS_X509_FMT_PEM), ==, 0);
  g_assert_cmpint (gnutls_x509_privkey_export_ecc_raw (key, &curve, NULL, NULL, NULL), ==, 0);
  g_assert_cmpint (curve, ==, GNUTLS_ECC_CURVE_SECP256R1);
  gnutls_x509_privkey_deinit (key);
}

static void
test_request (void)
{
  g_autofree char *pem = gc_device_key_new (NULL);
  g_autofree char *request = gc_device_key_make_request (pem, "手机\n7", NULL);
  g_autofree char *nameless = gc_device_key_make_request (pem, "", NULL);
  g_autofree char *name = test_authority_read_request_name (request);
  g_autofree char *no_name = test_authority_read_request_name (nameless);

  g_assert_cmpstr (name, ==, "手机\n7");
  g_assert_null (no_name);
  g_assert_null (strpbrk (request, "-\r\n "));
}

static void
test_damaged_key (void)
{
  const char *const keys[]
      = { "", "x", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n" };

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (gc_device_key_make_request (keys[i], "phone", &error));
      g_assert_error (error, GC_ERROR, GC_ERROR_INVALID);
    }
}

static GTlsCertificate *
issue (TestAuthority *authority, const char *id, const char *key)
{
  const TestCertificate what = { .common_name = id, .key = key };

  return test_authority_issue_full (authority, &what);
}

static void
test_whose (void)
{
  g_autoptr (TestAuthority) authority = test_authority_new ("center");
  g_autofree char *ours = gc_device_key_new (NULL);
  g_autofree char *other = gc_device_key_new (NULL);
  g_autoptr (GTlsCertificate) certificate = issue (authority, "终端", ours);
  g_autofree char *name = gc_device_key_dup_common_name (certificate);
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (name, ==, "终端");
  g_assert_true (gc_device_key_check_certificate (ours, certificate, &error));
  g_assert_false (gc_device_key_check_certificate (other, certificate, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_UNTRUSTED);
}

static GcCredentials *
make_credentials (const char *id, const char *signing_key, const char *key, GError **error)
{
  g_autoptr (TestAuthority) authority = test_authority_new ("center");
  g_autoptr (GTlsCertificate) certificate = issue (authority, id, signing_key);
  g_autofree char *pem = NULL;

  g_object_get (certificate, "certificate-pem", &pem, NULL);
  return gc_credentials_new (URL, "中心", test_authority_get_pem (authority), pem, key, error);
}

static void
test_credentials (void)
{
  g_autofree char *id = gc_id_new ();
  g_autofree char *key = gc_device_key_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GcCredentials) credentials = make_credentials (id, key, key, &error);
  g_autofree char *text = gc_credentials_print (credentials);
  g_autoptr (GcCredentials) again = gc_credentials_parse (text, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (gc_credentials_get_terminal_id (again), ==, id);
  g_assert_cmpstr (gc_credentials_get_base_url (again), ==, URL);
  g_assert_cmpstr (gc_credentials_get_center_name (again), ==, "中心");
  g_assert_true (g_tls_certificate_is_same (gc_credentials_get_certificate (again),
                                            gc_credentials_get_certificate (credentials)));
}

static void
test_no_credentials (void)
{
  g_autofree char *id = gc_id_new ();
  g_autofree char *key = gc_device_key_new (NULL);
  g_autofree char *other = gc_device_key_new (NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (make_credentials (id, key, other, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_UNTRUSTED);
  g_clear_error (&error);
  g_assert_null (make_credentials ("terminal 7", key, key, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_INVALID);
  g_clear_error (&error);
  g_assert_null (make_credentials (id, key, "", &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_INVALID);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/identity/key/new-p256", test_key);
  g_test_add_func ("/identity/key/request", test_request);
  g_test_add_func ("/identity/key/damaged", test_damaged_key);
  g_test_add_func ("/identity/key/whose", test_whose);
  g_test_add_func ("/identity/credentials/round-trip", test_credentials);
  g_test_add_func ("/identity/credentials/refused", test_no_credentials);
  return g_test_run ();
}
