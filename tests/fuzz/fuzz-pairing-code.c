/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "protocol/gc-pairing-code.h"

#include <stdint.h>
#include <string.h>

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (GcPairingCode) code = gc_pairing_code_parse (text, NULL);
  g_autofree char *printed = code != NULL ? gc_pairing_code_print (code) : NULL;
  g_autoptr (GcPairingCode) again = printed != NULL ? gc_pairing_code_parse (printed, NULL) : NULL;

  g_assert (code == NULL || (again != NULL && strcmp (code->name, again->name) == 0));
  return 0;
}
