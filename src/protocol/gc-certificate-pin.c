/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "protocol/gc-certificate-pin.h"

#include "base/gc-error.h"
#include "base/gc-id.h"

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#define PIN_BYTES 32

/**
 * gc_certificate_pin:
 * @certificate: an X.509 certificate
 * @error: %GC_ERROR_INVALID if its public key cannot be read
 *
 * The pin of a certificate: SHA-256 of its SubjectPublicKeyInfo in DER, as in RFC 7469 section 2.4,
 * but in base64url. Any thread.
 *
 * Returns: (transfer full) (nullable): 43 characters
 */
char *
gc_certificate_pin (GTlsCertificate *certificate, GError **error)
{
  g_autoptr (GByteArray) der = NULL;
  gnutls_x509_crt_t parsed = NULL;
  guint8 digest[PIN_BYTES];
  size_t length = sizeof digest;
  int status;

  g_return_val_if_fail (G_IS_TLS_CERTIFICATE (certificate), NULL);

  g_object_get (certificate, "certificate", &der, NULL);
  status = gnutls_x509_crt_init (&parsed);
  if (status == GNUTLS_E_SUCCESS)
    {
      gnutls_datum_t datum = { der->data, der->len };

      status = gnutls_x509_crt_import (parsed, &datum, GNUTLS_X509_FMT_DER);
      if (status == GNUTLS_E_SUCCESS)
        status = gnutls_x509_crt_get_key_id (parsed, GNUTLS_KEYID_USE_SHA256, digest, &length);
      gnutls_x509_crt_deinit (parsed);
    }
  if (status != GNUTLS_E_SUCCESS)
    {
      g_set_error (error, GC_ERROR, GC_ERROR_INVALID, "the certificate's key cannot be read: %s",
                   gnutls_strerror (status));
      return NULL;
    }
  return gc_base64url_encode (digest, length);
}
