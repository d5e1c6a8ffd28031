/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rtc/gc-sdp-frag.h"

#include <stdint.h>

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_auto (GStrv) candidates = gc_sdp_frag_parse ((const char *) data, size, NULL);
  return 0;
}
