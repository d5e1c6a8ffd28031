/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http/gc-certificate-check.h"
#include "identity/gc-device-key.h"
#include "protocol/gc-certificate-pin.h"

#include <stdint.h>

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* All that enrolment does with certificates that it got. */
static void
use (GPtrArray *certificates)
{
  for (guint i = 0; certificates != NULL && i < certificates->len; i++)
    {
      GTlsCertificate *certificate = g_ptr_array_index (certificates, i);
      g_autofree char *pin = gc_certificate_pin (certificate, NULL);
      g_autofree char *name = gc_device_key_dup_common_name (certificate);

      g_assert (name == NULL || g_utf8_validate (name, -1, NULL));
      gc_certificate_check (certificate, g_ptr_array_index (certificates, 0),
                            GC_CERTIFICATE_CLIENT);
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_base64_encode (data, size);
  g_autofree char *raw = g_strndup ((const char *) data, size);
  g_autoptr (GPtrArray) decoded = gc_device_key_read_pkcs7 (text, NULL);
  g_autoptr (GPtrArray) certificates = gc_device_key_read_pkcs7 (raw, NULL);

  use (decoded);
  use (certificates);
  return 0;
}
