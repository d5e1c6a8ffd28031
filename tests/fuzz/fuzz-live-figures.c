/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What is taken can be passed on: printed, it is taken again. */
#include "protocol/gc-json.h"
#include "protocol/gc-live-figures.h"

#include <stdint.h>

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (JsonObject) body
      = gc_json_parse_object ((const char *) data, (gssize) size, 65536, NULL);
  g_autoptr (JsonObject) printed = NULL;
  GcLiveFigures figures;

  if (body == NULL || !gc_live_figures_parse (body, &figures, NULL))
    return 0;
  printed = gc_live_figures_print (&figures);
  g_assert_true (gc_live_figures_parse (printed, &figures, NULL));
  return 0;
}
