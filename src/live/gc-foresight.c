/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "live/gc-foresight.h"

/* What is missing and asked for comes a round trip late. With a longer one than this, three ways
 * and the feedback's wait, no picture that lost a packet is younger than 400 ms. */
#define LONG_US 200000
/* Of pictures of ten packets, one in ten loses something at this loss; fewer are not worth half of
 * the path. */
#define LEAST_LOSS 0.01
/* Beyond this it is not the radio's: to send more would lose more. */
#define MOST_LOSS 0.15
/* Loss is uneven. */
#define MEMORY_US (10 * G_USEC_PER_SEC)

/**
 * gc_foresight_look:
 * @self: (inout): zeroes before the first time
 * @now_us: µs
 * @figures: what is known of the path now
 *
 * To be called with each feedback. Any thread.
 */
void
gc_foresight_look (GcForesight *self, gint64 now_us, const GcCongestionFigures *figures)
{
  if (figures->rtt_us < LONG_US || figures->loss > MOST_LOSS)
    self->until_us = 0;
  else if (figures->loss >= LEAST_LOSS)
    self->until_us = now_us + MEMORY_US;
}

/**
 * gc_foresight_is_wanted:
 * @self: what has been looked at
 * @now_us: µs
 *
 * Any thread.
 *
 * Returns: whether what can get lost is best sent twice, since the round trip is too long to ask
 *   for it
 */
gboolean
gc_foresight_is_wanted (const GcForesight *self, gint64 now_us)
{
  return now_us < self->until_us;
}
