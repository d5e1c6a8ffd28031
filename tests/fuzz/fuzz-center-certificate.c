/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What the center reads from the certificate that a client shows. */
#include "base/gc-id.h"
#include "center/gc-authority.h"
#include "center/gc-x509.h"

#include <stdint.h>
#include <string.h>

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) der = g_bytes_new_static (data, size);
  g_auto (gnutls_x509_crt_t) certificate = gc_x509_certificate_from_der (der, NULL);
  g_autofree char *name = certificate != NULL ? gc_x509_certificate_dup_name (certificate) : NULL;
  g_autofree char *fingerprint = gc_authority_fingerprint (der);

  g_assert_true (name == NULL || g_utf8_validate (name, -1, NULL));
  g_assert_true (!gc_id_is_valid (name) || strlen (name) == 36);
  return 0;
}
