/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "live/gc-sound-control.h"

#include "live/gc-hold.h"

/* More again once the path has carried it for a while, with something to spare. */
#define UP_AFTER_US (5 * G_USEC_PER_SEC)
#define UP_MARGIN 1.3
/* Less soon: what sound does not get waits in a queue, and all that comes after it. Far too little
 * is not waited out. */
#define DOWN_AFTER_US (1500 * 1000)
#define FAR_BELOW 0.5

/* A packet costs 58 bytes of headers, which is most of it when there are 50 a second: on the wire
 * these take 55, 28 and 16 kbit/s, about a third of what the path must carry for them. What the
 * last leaves out is music; a voice is understood. */
static const GcSoundRung RUNGS[] = {
  { 32000, 20, 170000 },
  { 16000, 40, 75000 },
  { 8000, 60, 0 },
};

/**
 * gc_sound_control_init:
 * @self: (out caller-allocates): a control
 *
 * Begins with the best. Any thread; use it from one at a time.
 */
void
gc_sound_control_init (GcSoundControl *self)
{
  *self = (GcSoundControl) { 0 };
}

/**
 * gc_sound_control_update:
 * @self: a control
 * @now_us: monotonic time, µs, more than 0
 * @bps: what the path carries, bit/s; 0 if that is not known
 *
 * To be called once a second.
 *
 * Returns: (transfer none): how to send sound
 */
const GcSoundRung *
gc_sound_control_update (GcSoundControl *self, gint64 now_us, gint64 bps)
{
  double rate = (double) bps;
  double least = (double) RUNGS[self->rung].least_bps;
  gboolean high = self->rung > 0 && rate > (double) RUNGS[self->rung - 1].least_bps * UP_MARGIN;

  if (bps <= 0)
    return &RUNGS[self->rung];
  if (gc_hold_has_lasted (rate < least, &self->low_since_us, now_us,
                          rate < least * FAR_BELOW ? 0 : DOWN_AFTER_US))
    {
      while (bps < RUNGS[self->rung].least_bps)
        self->rung++;
      self->low_since_us = 0;
    }
  if (gc_hold_has_lasted (high, &self->high_since_us, now_us, UP_AFTER_US))
    {
      self->rung--;
      self->high_since_us = 0;
    }
  return &RUNGS[self->rung];
}
