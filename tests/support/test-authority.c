/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-authority.h"

#include "http/gc-anchors.h"

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <string.h>

#define LIFE_S 3600

struct _TestAuthority
{
  gnutls_x509_privkey_t key;
  gnutls_x509_crt_t certificate;
  char *pem;
  GTlsCertificate *shown;
  GTlsDatabase *anchors;
  guint8 serial;
};

static gnutls_x509_privkey_t
make_key (const char *pem)
{
  const gnutls_datum_t datum = { (guint8 *) pem, pem != NULL ? (unsigned) strlen (pem) : 0 };
  gnutls_x509_privkey_t key;

  g_assert_cmpint (gnutls_x509_privkey_init (&key), ==, 0);
  if (pem != NULL)
    g_assert_cmpint (gnutls_x509_privkey_import2 (key, &datum, GNUTLS_X509_FMT_PEM, NULL, 0), ==,
                     0);
  else
    g_assert_cmpint (
        gnutls_x509_privkey_generate (key, GNUTLS_PK_ECDSA,
                                      GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0),
        ==, 0);
  return key;
}

static gnutls_x509_crt_t
make_certificate (gnutls_x509_privkey_t key, const TestCertificate *what, guint8 serial)
{
  gnutls_x509_crt_t certificate;

  g_assert_cmpint (gnutls_x509_crt_init (&certificate), ==, 0);
  gnutls_x509_crt_set_version (certificate, 3);
  gnutls_x509_crt_set_serial (certificate, &serial, 1);
  gnutls_x509_crt_set_activation_time (certificate,
                                       time (NULL) + (what->from_s != 0 ? what->from_s : -LIFE_S));
  gnutls_x509_crt_set_expiration_time (certificate,
                                       time (NULL) + (what->until_s != 0 ? what->until_s : LIFE_S));
  gnutls_x509_crt_set_dn_by_oid (certificate, GNUTLS_OID_X520_COMMON_NAME, 0, what->common_name,
                                 (unsigned) strlen (what->common_name));
  if (what->dns_name != NULL)
    gnutls_x509_crt_set_subject_alt_name (certificate, GNUTLS_SAN_DNSNAME, what->dns_name,
                                          (unsigned) strlen (what->dns_name), GNUTLS_FSAN_SET);
  g_assert_cmpint (gnutls_x509_crt_set_key (certificate, key), ==, 0);
  return certificate;
}

static void
sign (gnutls_x509_crt_t certificate, gnutls_x509_crt_t by, gnutls_x509_privkey_t key)
{
  g_assert_cmpint (gnutls_x509_crt_sign2 (certificate, by, key, GNUTLS_DIG_SHA256, 0), ==, 0);
}

static char *
take_text (gnutls_datum_t *datum)
{
  char *text = g_strndup ((char *) datum->data, datum->size);

  gnutls_free (datum->data);
  return text;
}

static char *
export_certificate (gnutls_x509_crt_t certificate)
{
  gnutls_datum_t pem;

  g_assert_cmpint (gnutls_x509_crt_export2 (certificate, GNUTLS_X509_FMT_PEM, &pem), ==, 0);
  return take_text (&pem);
}

static char *
export_key (gnutls_x509_privkey_t key)
{
  gnutls_datum_t pem;

  g_assert_cmpint (
      gnutls_x509_privkey_export2_pkcs8 (key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem),
      ==, 0);
  return take_text (&pem);
}

TestAuthority *
test_authority_new (const char *name)
{
  return test_authority_new_for (name, 0, 0);
}

TestAuthority *
test_authority_new_for (const char *name, gint64 from_s, gint64 until_s)
{
  TestAuthority *self = g_new0 (TestAuthority, 1);
  const TestCertificate what = { .common_name = name, .from_s = from_s, .until_s = until_s };
  g_autoptr (GError) error = NULL;

  self->key = make_key (NULL);
  self->serial = 1;
  self->certificate = make_certificate (self->key, &what, self->serial);
  gnutls_x509_crt_set_ca_status (self->certificate, 1);
  gnutls_x509_crt_set_key_usage (self->certificate, GNUTLS_KEY_KEY_CERT_SIGN);
  sign (self->certificate, self->certificate, self->key);
  self->pem = export_certificate (self->certificate);
  self->shown = g_tls_certificate_new_from_pem (self->pem, -1, &error);
  g_assert_no_error (error);
  self->anchors = gc_anchors_new (self->pem, &error);
  g_assert_no_error (error);
  return self;
}

void
test_authority_free (TestAuthority *self)
{
  gnutls_x509_crt_deinit (self->certificate);
  gnutls_x509_privkey_deinit (self->key);
  g_object_unref (self->shown);
  g_object_unref (self->anchors);
  g_free (self->pem);
  g_free (self);
}

const char *
test_authority_get_pem (TestAuthority *self)
{
  return self->pem;
}

GTlsCertificate *
test_authority_get_certificate (TestAuthority *self)
{
  return self->shown;
}

GTlsDatabase *
test_authority_get_anchors (TestAuthority *self)
{
  return self->anchors;
}

GTlsCertificate *
test_authority_issue (TestAuthority *self, const char *common_name, gboolean server)
{
  const TestCertificate what = { .common_name = common_name, .server = server };

  return test_authority_issue_full (self, &what);
}

static gnutls_x509_crq_t
read_request (const char *base64)
{
  gsize length;
  g_autofree guint8 *der = g_base64_decode (base64, &length);
  const gnutls_datum_t datum = { der, (unsigned) length };
  gnutls_x509_crq_t request;

  g_assert_cmpint (gnutls_x509_crq_init (&request), ==, 0);
  g_assert_cmpint (gnutls_x509_crq_import (request, &datum, GNUTLS_X509_FMT_DER), ==, 0);
  g_assert_cmpint (gnutls_x509_crq_verify (request, 0), ==, 0);
  return request;
}

char *
test_authority_read_request_name (const char *request)
{
  gnutls_x509_crq_t read = read_request (request);
  char name[300];
  size_t length = sizeof name;
  int status
      = gnutls_x509_crq_get_dn_by_oid (read, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &length);

  gnutls_x509_crq_deinit (read);
  return status < 0 ? NULL : g_strndup (name, length);
}

static void
set_key_of_request (gnutls_x509_crt_t certificate, const char *base64)
{
  gnutls_x509_crq_t request = read_request (base64);
  gnutls_pubkey_t key;

  g_assert_cmpint (gnutls_pubkey_init (&key), ==, 0);
  g_assert_cmpint (gnutls_pubkey_import_x509_crq (key, request, 0), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_set_pubkey (certificate, key), ==, 0);
  gnutls_pubkey_deinit (key);
  gnutls_x509_crq_deinit (request);
}

GTlsCertificate *
test_authority_issue_full (TestAuthority *self, const TestCertificate *what)
{
  gboolean for_request = what->request != NULL && what->key == NULL;
  gnutls_x509_privkey_t key = make_key (what->key);
  gnutls_x509_crt_t certificate = make_certificate (key, what, ++self->serial);
  g_autofree char *certificate_pem = NULL;
  g_autofree char *key_pem = for_request ? g_strdup ("") : export_key (key);
  g_autofree char *pem = NULL;
  g_autoptr (GError) error = NULL;
  GTlsCertificate *issued;

  if (for_request)
    set_key_of_request (certificate, what->request);
  gnutls_x509_crt_set_key_usage (certificate, GNUTLS_KEY_DIGITAL_SIGNATURE);
  gnutls_x509_crt_set_key_purpose_oid (
      certificate, what->server ? GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT, 0);
  sign (certificate, self->certificate, self->key);
  certificate_pem = export_certificate (certificate);
  pem = g_strconcat (certificate_pem, key_pem, NULL);
  issued = g_tls_certificate_new_from_pem (pem, -1, &error);
  g_assert_no_error (error);
  gnutls_x509_crt_deinit (certificate);
  gnutls_x509_privkey_deinit (key);
  return issued;
}
