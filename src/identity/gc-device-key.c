/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "identity/gc-device-key.h"

#include "base/gc-error.h"

#include <gnutls/abstract.h>
#include <gnutls/pkcs7.h>
#include <gnutls/x509.h>
#include <string.h>

#define REQUEST_MAX_BYTES 4096
/* PROTOCOL.md, “Enrolment”, step 3. */
#define DEVICE_MAX_CHARACTERS 64
#define PKCS7_MAX_LENGTH (64 * 1024)
#define CERTIFICATES_MAX 4
#define COMMON_NAME_MAX 128

typedef struct gnutls_x509_privkey_int PrivateKey;
typedef struct gnutls_x509_crq_int Request;
typedef struct gnutls_pkcs7_int Pkcs7;
typedef struct gnutls_x509_crt_int Certificate;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PrivateKey, gnutls_x509_privkey_deinit)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Request, gnutls_x509_crq_deinit)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pkcs7, gnutls_pkcs7_deinit)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Certificate, gnutls_x509_crt_deinit)

static gboolean
check (int status, const char *what, GError **error)
{
  if (status >= 0)
    return TRUE;
  g_set_error (error, GC_ERROR, GC_ERROR_INVALID, "%s: %s", what, gnutls_strerror (status));
  return FALSE;
}

static char *
take_text (gnutls_datum_t *datum)
{
  char *text = g_strndup ((const char *) datum->data, datum->size);

  gnutls_memset (datum->data, 0, datum->size);
  gnutls_free (datum->data);
  return text;
}

/**
 * gc_device_key_new:
 * @error: %GC_ERROR_INVALID if GnuTLS cannot make it
 *
 * Makes the key that never leaves this handset. Any thread; a few milliseconds.
 *
 * Returns: (transfer full) (nullable): PKCS#8 in PEM; wipe it with explicit_bzero() after use
 */
char *
gc_device_key_new (GError **error)
{
  g_autoptr (PrivateKey) key = NULL;
  gnutls_datum_t pem = { NULL, 0 };

  if (!check (gnutls_x509_privkey_init (&key), "no key", error)
      || !check (gnutls_x509_privkey_generate (
                     key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0),
                 "no key", error)
      || !check (gnutls_x509_privkey_export2_pkcs8 (key, GNUTLS_X509_FMT_PEM, NULL,
                                                    GNUTLS_PKCS_PLAIN, &pem),
                 "no key", error))
    return NULL;
  return take_text (&pem);
}

static gnutls_x509_privkey_t
read_key (const char *key_pem, GError **error)
{
  g_autoptr (PrivateKey) key = NULL;
  const gnutls_datum_t pem = { (guint8 *) key_pem, (unsigned int) strlen (key_pem) };

  if (!check (gnutls_x509_privkey_init (&key), "no key", error)
      || !check (
          gnutls_x509_privkey_import2 (key, &pem, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN),
          "the device key is damaged", error))
    return NULL;
  return g_steal_pointer (&key);
}

/* A name is only a suggestion: a device without one goes without. */
static int
set_name (gnutls_x509_crq_t request, const char *device)
{
  g_autofree char *valid = g_utf8_make_valid (device, -1);
  g_autofree char *name
      = g_utf8_substring (valid, 0, MIN (g_utf8_strlen (valid, -1), DEVICE_MAX_CHARACTERS));

  g_strstrip (name);
  if (name[0] == '\0')
    return 0;
  return gnutls_x509_crq_set_dn_by_oid (request, GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                        (unsigned int) strlen (name));
}

/**
 * gc_device_key_make_request:
 * @key_pem: from gc_device_key_new()
 * @device: what to call the device; cut after 64 characters, may be empty
 * @error: %GC_ERROR_INVALID if the key is damaged
 *
 * Makes the PKCS#10 request (RFC 2986) for EST's simpleenroll. Any thread.
 *
 * Returns: (transfer full) (nullable): base64 of the DER, RFC 7030 section 4.2.1
 */
char *
gc_device_key_make_request (const char *key_pem, const char *device, GError **error)
{
  g_autoptr (PrivateKey) key = read_key (key_pem, error);
  g_autoptr (Request) request = NULL;
  guint8 der[REQUEST_MAX_BYTES];
  size_t length = sizeof der;

  if (key == NULL || !check (gnutls_x509_crq_init (&request), "no request", error)
      || !check (gnutls_x509_crq_set_key (request, key), "no request", error)
      || !check (set_name (request, device), "no request", error)
      || !check (gnutls_x509_crq_set_version (request, 1), "no request", error)
      || !check (gnutls_x509_crq_sign2 (request, key, GNUTLS_DIG_SHA256, 0), "no request", error)
      || !check (gnutls_x509_crq_export (request, GNUTLS_X509_FMT_DER, der, &length), "no request",
                 error))
    return NULL;
  return g_base64_encode (der, length);
}

static GTlsCertificate *
read_nth (gnutls_pkcs7_t pkcs7, int index, GError **error)
{
  g_autoptr (Certificate) certificate = NULL;
  gnutls_datum_t der = { NULL, 0 };
  gnutls_datum_t pem = { NULL, 0 };
  g_autofree char *text = NULL;
  int status;

  if (!check (gnutls_pkcs7_get_crt_raw2 (pkcs7, (unsigned int) index, &der),
              "the answer is damaged", error))
    return NULL;
  status = gnutls_x509_crt_init (&certificate);
  if (status >= 0)
    status = gnutls_x509_crt_import (certificate, &der, GNUTLS_X509_FMT_DER);
  gnutls_free (der.data);
  if (!check (status, "a certificate in the answer is damaged", error)
      || !check (gnutls_x509_crt_export2 (certificate, GNUTLS_X509_FMT_PEM, &pem),
                 "a certificate in the answer is damaged", error))
    return NULL;
  text = take_text (&pem);
  return g_tls_certificate_new_from_pem (text, -1, error);
}

/**
 * gc_device_key_read_pkcs7:
 * @base64: a certs-only PKCS#7 in base64, RFC 7030 section 4.1.3; hostile until read
 * @error: %GC_ERROR_INVALID, %GC_ERROR_TOO_LARGE
 *
 * Any thread.
 *
 * Returns: (transfer full) (element-type GTlsCertificate) (nullable): 1 to 4 certificates
 */
GPtrArray *
gc_device_key_read_pkcs7 (const char *base64, GError **error)
{
  g_autoptr (GPtrArray) certificates = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (Pkcs7) pkcs7 = NULL;
  g_autofree guint8 *der = NULL;
  gsize length = strlen (base64);
  gnutls_datum_t datum;
  int count;

  if (length > PKCS7_MAX_LENGTH)
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_TOO_LARGE, "the answer is too large");
      return NULL;
    }
  der = g_base64_decode (base64, &length);
  datum = (gnutls_datum_t) { der, (unsigned int) length };
  if (length == 0)
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "the answer holds no certificate");
      return NULL;
    }
  if (!check (gnutls_pkcs7_init (&pkcs7), "the answer is damaged", error)
      || !check (gnutls_pkcs7_import (pkcs7, &datum, GNUTLS_X509_FMT_DER), "the answer is damaged",
                 error))
    return NULL;
  count = gnutls_pkcs7_get_crt_count (pkcs7);
  if (count < 1 || count > CERTIFICATES_MAX)
    {
      g_set_error (error, GC_ERROR, GC_ERROR_INVALID, "the answer holds %d certificates",
                   MAX (count, 0));
      return NULL;
    }
  for (int i = 0; i < count; i++)
    {
      GTlsCertificate *certificate = read_nth (pkcs7, i, error);

      if (certificate == NULL)
        return NULL;
      g_ptr_array_add (certificates, certificate);
    }
  return g_steal_pointer (&certificates);
}

static gnutls_x509_crt_t
read_certificate (GTlsCertificate *certificate, GError **error)
{
  g_autoptr (Certificate) parsed = NULL;
  g_autoptr (GByteArray) der = NULL;
  gnutls_datum_t datum;

  g_object_get (certificate, "certificate", &der, NULL);
  datum.data = der->data;
  datum.size = der->len;
  if (!check (gnutls_x509_crt_init (&parsed), "the certificate is damaged", error)
      || !check (gnutls_x509_crt_import (parsed, &datum, GNUTLS_X509_FMT_DER),
                 "the certificate is damaged", error))
    return NULL;
  return g_steal_pointer (&parsed);
}

/**
 * gc_device_key_check_certificate:
 * @key_pem: our key
 * @certificate: what a center issued
 * @error: %GC_ERROR_UNTRUSTED if it is for another key
 *
 * Any thread.
 *
 * Returns: whether the certificate is for our key
 */
gboolean
gc_device_key_check_certificate (const char *key_pem, GTlsCertificate *certificate, GError **error)
{
  g_autoptr (PrivateKey) key = read_key (key_pem, error);
  g_autoptr (Certificate) parsed = key != NULL ? read_certificate (certificate, error) : NULL;
  guint8 ours[32];
  guint8 theirs[32];
  size_t ours_length = sizeof ours;
  size_t theirs_length = sizeof theirs;

  if (parsed == NULL
      || !check (gnutls_x509_privkey_get_key_id (key, GNUTLS_KEYID_USE_SHA256, ours, &ours_length),
                 "the device key is damaged", error)
      || !check (
          gnutls_x509_crt_get_key_id (parsed, GNUTLS_KEYID_USE_SHA256, theirs, &theirs_length),
          "the certificate is damaged", error))
    return FALSE;
  if (memcmp (ours, theirs, sizeof ours) != 0)
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_UNTRUSTED,
                           "the center issued a certificate for another key");
      return FALSE;
    }
  return TRUE;
}

/**
 * gc_device_key_dup_common_name:
 * @certificate: a certificate
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): the subject's common name
 */
char *
gc_device_key_dup_common_name (GTlsCertificate *certificate)
{
  g_autoptr (Certificate) parsed = read_certificate (certificate, NULL);
  char name[COMMON_NAME_MAX];
  size_t length = sizeof name;

  if (parsed == NULL
      || gnutls_x509_crt_get_dn_by_oid (parsed, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &length)
             < 0)
    return NULL;
  return g_utf8_make_valid (name, (gssize) length);
}
