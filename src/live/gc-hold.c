/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "live/gc-hold.h"

/**
 * gc_hold_has_lasted:
 * @holds: whether a condition holds now
 * @since_us: (inout): since when, µs; 0 while it does not
 * @now_us: monotonic time, µs, more than 0
 * @after_us: how long it has to hold, µs
 *
 * Returns: whether the condition has held long enough
 */
gboolean
gc_hold_has_lasted (gboolean holds, gint64 *since_us, gint64 now_us, gint64 after_us)
{
  if (!holds)
    *since_us = 0;
  else if (*since_us == 0)
    *since_us = now_us;
  return holds && now_us - *since_us >= after_us;
}
