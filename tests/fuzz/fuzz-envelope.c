/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "protocol/gc-envelope.h"

#include <stdint.h>
#include <string.h>

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GcEnvelope) envelope = gc_envelope_parse ((const char *) data, size, NULL);
  g_autofree char *text = envelope != NULL ? gc_envelope_print (envelope) : NULL;
  g_autoptr (GcEnvelope) again
      = text != NULL ? gc_envelope_parse (text, strlen (text), NULL) : NULL;

  /* What we read we can write, and read again, unless escapes made it longer than a frame. */
  g_assert (envelope == NULL || again != NULL || strlen (text) > GC_ENVELOPE_MAX_LENGTH);
  return 0;
}
