/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "identity/gc-device-key.h"

#include <stdint.h>

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_base64_encode (data, size);
  g_autofree char *raw = g_strndup ((const char *) data, size);
  g_autoptr (GPtrArray) decoded = gc_device_key_read_pkcs7 (text, NULL);
  g_autoptr (GPtrArray) certificates = gc_device_key_read_pkcs7 (raw, NULL);
  return 0;
}
