/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http/gc-certificate-check.h"

#include "base/gc-clock.h"

#include <gnutls/x509.h>

/* GIO may report one fault of a certificate and keep quiet about another, so that no fault can be
 * tolerated by looking at its flags: whoever needs to must ask GnuTLS. */

#define CHAIN_MAX 4

typedef struct gnutls_x509_trust_list_st TrustList;

static void
free_trust_list (TrustList *list)
{
  gnutls_x509_trust_list_deinit (list, 0);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TrustList, free_trust_list)

static void
free_certificate (gpointer certificate)
{
  gnutls_x509_crt_deinit (certificate);
}

static gnutls_x509_crt_t
import (GTlsCertificate *certificate)
{
  g_autoptr (GByteArray) der = NULL;
  gnutls_x509_crt_t imported = NULL;
  gnutls_datum_t datum;

  g_object_get (certificate, "certificate", &der, NULL);
  if (der == NULL || gnutls_x509_crt_init (&imported) < 0)
    return NULL;
  datum = (gnutls_datum_t) { der->data, der->len };
  if (gnutls_x509_crt_import (imported, &datum, GNUTLS_X509_FMT_DER) >= 0)
    return imported;
  gnutls_x509_crt_deinit (imported);
  return NULL;
}

static GPtrArray *
import_chain (GTlsCertificate *certificate)
{
  g_autoptr (GPtrArray) chain = g_ptr_array_new_with_free_func (free_certificate);

  for (; certificate != NULL; certificate = g_tls_certificate_get_issuer (certificate))
    {
      gnutls_x509_crt_t imported = chain->len < CHAIN_MAX ? import (certificate) : NULL;

      if (imported == NULL)
        return NULL;
      g_ptr_array_add (chain, imported);
    }
  return g_steal_pointer (&chain);
}

static gboolean
has_expired (gnutls_x509_crt_t certificate)
{
  return gnutls_x509_crt_get_expiration_time (certificate) < gc_clock_wall_ms () / 1000;
}

static gboolean
check_signatures (GPtrArray *chain, gnutls_x509_crt_t ca, const char *purpose)
{
  g_autoptr (TrustList) trust = NULL;
  gnutls_typed_vdata_st data = { GNUTLS_DT_KEY_PURPOSE_OID, (guint8 *) purpose, 0 };
  unsigned int faults = 0;

  return gnutls_x509_trust_list_init (&trust, 0) >= 0
         && gnutls_x509_trust_list_add_cas (trust, &ca, 1, 0) == 1
         && gnutls_x509_trust_list_verify_crt2 (trust, (gnutls_x509_crt_t *) chain->pdata,
                                                chain->len, &data, 1,
                                                GNUTLS_VERIFY_DISABLE_TIME_CHECKS, &faults, NULL)
                >= 0
         && faults == 0;
}

/**
 * gc_certificate_check:
 * @certificate: what the other side shows, with its issuers as far as it sent them
 * @ca: the pinned CA
 * @purpose: what it is shown for
 *
 * Whether @ca vouches for @certificate. It must not have expired: its key may have left its owner.
 * That it is not valid yet is no fault: then the clock of this device is behind, as after it lay
 * with an empty battery, and a private CA makes no certificates for the future. Names are not
 * compared (PROTOCOL.md, “Enrolment”, step 2). Any thread.
 *
 * Returns: %G_TLS_CERTIFICATE_NO_FLAGS if it may be trusted; else what is wrong with it:
 *   %G_TLS_CERTIFICATE_UNKNOWN_CA, %G_TLS_CERTIFICATE_EXPIRED, or
 *   %G_TLS_CERTIFICATE_GENERIC_ERROR if it cannot be read
 */
GTlsCertificateFlags
gc_certificate_check (GTlsCertificate *certificate,
                      GTlsCertificate *ca,
                      GcCertificatePurpose purpose)
{
  g_autoptr (GPtrArray) chain = NULL;
  g_autoptr (GPtrArray) root = NULL;

  g_return_val_if_fail (G_IS_TLS_CERTIFICATE (certificate) && G_IS_TLS_CERTIFICATE (ca),
                        G_TLS_CERTIFICATE_GENERIC_ERROR);

  chain = import_chain (certificate);
  root = import_chain (ca);
  if (chain == NULL || root == NULL)
    return G_TLS_CERTIFICATE_GENERIC_ERROR;
  if (!check_signatures (chain, g_ptr_array_index (root, 0),
                         purpose == GC_CERTIFICATE_SERVER ? GNUTLS_KP_TLS_WWW_SERVER
                                                          : GNUTLS_KP_TLS_WWW_CLIENT))
    return G_TLS_CERTIFICATE_UNKNOWN_CA;
  for (guint i = 0; i < chain->len; i++)
    if (has_expired (g_ptr_array_index (chain, i)))
      return G_TLS_CERTIFICATE_EXPIRED;
  return has_expired (g_ptr_array_index (root, 0)) ? G_TLS_CERTIFICATE_EXPIRED
                                                   : G_TLS_CERTIFICATE_NO_FLAGS;
}
