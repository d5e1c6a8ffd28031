/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "protocol/gc-json.h"
#include "session/gc-live-offer.h"

#include <stdint.h>

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (JsonObject) body
      = gc_json_parse_object ((const char *) data, (gssize) size, 65536, NULL);
  g_autoptr (GcLiveOffer) offer = body != NULL ? gc_live_offer_parse (body, NULL) : NULL;
  return 0;
}
