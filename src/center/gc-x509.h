/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <gnutls/x509.h>

G_BEGIN_DECLS

/* Keys, certificates and requests by GnuTLS, as far as the center's authority needs them. Any
 * thread. Errors are %GC_ERROR_FAILED where nothing else is said. */

G_DEFINE_AUTO_CLEANUP_FREE_FUNC (gnutls_x509_crt_t, gnutls_x509_crt_deinit, NULL)
G_DEFINE_AUTO_CLEANUP_FREE_FUNC (gnutls_x509_crq_t, gnutls_x509_crq_deinit, NULL)
G_DEFINE_AUTO_CLEANUP_FREE_FUNC (gnutls_x509_privkey_t, gnutls_x509_privkey_deinit, NULL)

/**
 * GcX509Role:
 * @GC_X509_AUTHORITY: signs the others
 * @GC_X509_SERVER: the center's own
 * @GC_X509_TERMINAL: a paired terminal's
 *
 * What a certificate is good for.
 */
typedef enum
{
  GC_X509_AUTHORITY,
  GC_X509_SERVER,
  GC_X509_TERMINAL,
} GcX509Role;

gboolean
gc_x509_check (int status, const char *what, GError **error);
gnutls_x509_privkey_t
gc_x509_key_new (GError **error);
gnutls_x509_privkey_t
gc_x509_key_from_pem (const char *pem, GError **error);
char *
gc_x509_key_to_pem (gnutls_x509_privkey_t key, GError **error);

gnutls_x509_crt_t
gc_x509_certificate_new (GcX509Role role, const char *name, guint days, GError **error);
gboolean
gc_x509_certificate_add_hosts (gnutls_x509_crt_t certificate,
                               const char *const *hosts,
                               GError **error);
gboolean
gc_x509_certificate_set_key_of (gnutls_x509_crt_t certificate,
                                gnutls_x509_crq_t request,
                                GError **error);
gboolean
gc_x509_certificate_sign (gnutls_x509_crt_t certificate,
                          gnutls_x509_crt_t issuer,
                          gnutls_x509_privkey_t issuer_key,
                          GError **error);
gnutls_x509_crt_t
gc_x509_certificate_from_pem (const char *pem, GError **error);
gnutls_x509_crt_t
gc_x509_certificate_from_der (GBytes *der, GError **error);
char *
gc_x509_certificate_to_pem (gnutls_x509_crt_t certificate, GError **error);
GBytes *
gc_x509_certificate_to_der (gnutls_x509_crt_t certificate, GError **error);
gboolean
gc_x509_certificate_has_key (gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key);
char *
gc_x509_certificate_dup_name (gnutls_x509_crt_t certificate);

gnutls_x509_crq_t
gc_x509_request_parse (GBytes *der, GError **error);
char *
gc_x509_request_dup_name (gnutls_x509_crq_t request);

GBytes *
gc_x509_bundle (gnutls_x509_crt_t certificate, GError **error);

G_END_DECLS
