/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-authority.h"

#include "http/gc-anchors.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>

#define LIFE_S 3600

struct _TestAuthority
{
  gnutls_x509_privkey_t key;
  gnutls_x509_crt_t certificate;
  char *pem;
  GTlsDatabase *anchors;
  guint8 serial;
};

static gnutls_x509_privkey_t
make_key (void)
{
  gnutls_x509_privkey_t key;

  g_assert_cmpint (gnutls_x509_privkey_init (&key), ==, 0);
  g_assert_cmpint (gnutls_x509_privkey_generate (
                       key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0),
                   ==, 0);
  return key;
}

static gnutls_x509_crt_t
make_certificate (gnutls_x509_privkey_t key, const char *name, guint8 serial)
{
  gnutls_x509_crt_t certificate;

  g_assert_cmpint (gnutls_x509_crt_init (&certificate), ==, 0);
  gnutls_x509_crt_set_version (certificate, 3);
  gnutls_x509_crt_set_serial (certificate, &serial, 1);
  gnutls_x509_crt_set_activation_time (certificate, time (NULL) - LIFE_S);
  gnutls_x509_crt_set_expiration_time (certificate, time (NULL) + LIFE_S);
  gnutls_x509_crt_set_dn_by_oid (certificate, GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                 (unsigned) strlen (name));
  g_assert_cmpint (gnutls_x509_crt_set_key (certificate, key), ==, 0);
  return certificate;
}

static char *
export_certificate (gnutls_x509_crt_t certificate)
{
  gnutls_datum_t pem;
  char *text;

  g_assert_cmpint (gnutls_x509_crt_export2 (certificate, GNUTLS_X509_FMT_PEM, &pem), ==, 0);
  text = g_strndup ((char *) pem.data, pem.size);
  gnutls_free (pem.data);
  return text;
}

TestAuthority *
test_authority_new (const char *name)
{
  TestAuthority *self = g_new0 (TestAuthority, 1);
  g_autoptr (GError) error = NULL;

  self->key = make_key ();
  self->serial = 1;
  self->certificate = make_certificate (self->key, name, self->serial);
  gnutls_x509_crt_set_ca_status (self->certificate, 1);
  gnutls_x509_crt_set_key_usage (self->certificate, GNUTLS_KEY_KEY_CERT_SIGN);
  g_assert_cmpint (
      gnutls_x509_crt_sign2 (self->certificate, self->certificate, self->key, GNUTLS_DIG_SHA256, 0),
      ==, 0);
  self->pem = export_certificate (self->certificate);
  self->anchors = gc_anchors_new (self->pem, &error);
  g_assert_no_error (error);
  return self;
}

void
test_authority_free (TestAuthority *self)
{
  gnutls_x509_crt_deinit (self->certificate);
  gnutls_x509_privkey_deinit (self->key);
  g_object_unref (self->anchors);
  g_free (self->pem);
  g_free (self);
}

const char *
test_authority_get_pem (TestAuthority *self)
{
  return self->pem;
}

GTlsDatabase *
test_authority_get_anchors (TestAuthority *self)
{
  return self->anchors;
}

GTlsCertificate *
test_authority_issue (TestAuthority *self, const char *common_name, gboolean server)
{
  gnutls_x509_privkey_t key = make_key ();
  gnutls_x509_crt_t certificate = make_certificate (key, common_name, ++self->serial);
  g_autofree char *certificate_pem = NULL;
  g_autofree char *pem = NULL;
  g_autoptr (GError) error = NULL;
  GTlsCertificate *issued;
  gnutls_datum_t key_pem;

  gnutls_x509_crt_set_key_usage (certificate, GNUTLS_KEY_DIGITAL_SIGNATURE);
  gnutls_x509_crt_set_key_purpose_oid (
      certificate, server ? GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT, 0);
  g_assert_cmpint (
      gnutls_x509_crt_sign2 (certificate, self->certificate, self->key, GNUTLS_DIG_SHA256, 0), ==,
      0);
  certificate_pem = export_certificate (certificate);
  g_assert_cmpint (gnutls_x509_privkey_export2_pkcs8 (key, GNUTLS_X509_FMT_PEM, NULL,
                                                      GNUTLS_PKCS_PLAIN, &key_pem),
                   ==, 0);
  pem = g_strdup_printf ("%s%.*s", certificate_pem, (int) key_pem.size, (char *) key_pem.data);
  issued = g_tls_certificate_new_from_pem (pem, -1, &error);
  g_assert_no_error (error);
  gnutls_free (key_pem.data);
  gnutls_x509_crt_deinit (certificate);
  gnutls_x509_privkey_deinit (key);
  return issued;
}
