/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * GcCertificatePurpose:
 * @GC_CERTIFICATE_SERVER: to prove who a server is
 * @GC_CERTIFICATE_CLIENT: to prove who a client is
 *
 * What a certificate is shown for.
 */
typedef enum
{
  GC_CERTIFICATE_SERVER,
  GC_CERTIFICATE_CLIENT,
} GcCertificatePurpose;

GTlsCertificateFlags
gc_certificate_check (GTlsCertificate *certificate,
                      GTlsCertificate *ca,
                      GcCertificatePurpose purpose);

G_END_DECLS
