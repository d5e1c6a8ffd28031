/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-frame-guard.h"

#include <stdint.h>

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* However the bytes are cut, the verdict is the same. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  GcFrameMeter whole = { .max_length = 1000 };
  GcFrameMeter cut = { .max_length = 1000 };
  gboolean whole_fits = gc_frame_meter_feed (&whole, data, size);
  gboolean cut_fits = TRUE;

  for (size_t i = 0; i < size && cut_fits; i++)
    cut_fits = gc_frame_meter_feed (&cut, data + i, 1);
  g_assert_true (whole_fits == cut_fits);
  g_assert_true (!cut_fits || cut.message_length <= cut.max_length);
  return 0;
}
