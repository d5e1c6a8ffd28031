/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "live/gc-ladder.h"

#include "live/gc-hold.h"

/* A picture too large for its rate is mush. It is made smaller soon, but not for a rate that dips:
 * each change costs a key frame. */
#define DOWN_AFTER_US (700 * 1000)
/* Larger again once the rate has been enough for a while, with something to spare. */
#define UP_AFTER_US (4 * G_USEC_PER_SEC)
#define UP_MARGIN 1.3
/* Far too little is not waited out. */
#define FAR_BELOW 0.5
/* What hardly carries sound still shows where somebody is. A path is believed to be so thin when it
 * has been for longer than most outages last, and may be more at once: that costs no key frame. */
#define STILL_US (4 * G_USEC_PER_SEC)
#define STILLS_AFTER_US (2 * G_USEC_PER_SEC)

/* From the top; the last rung of each is for whatever is left. */
static const GcRung SMOOTH[] = {
  { 1080, 30, 2600000 }, { 720, 30, 650000 }, { 540, 30, 380000 },
  { 360, 30, 200000 },   { 270, 30, 120000 }, { 270, 15, 75000 },
  { 180, 15, 45000 },    { 180, 5, 36000 },   { 180, 0, 0 },
};
static const GcRung SHARP[] = {
  { 1080, 30, 2600000 }, { 1080, 15, 1400000 }, { 720, 30, 900000 }, { 720, 15, 420000 },
  { 720, 10, 280000 },   { 720, 5, 140000 },    { 540, 5, 80000 },   { 360, 5, 40000 },
  { 180, 5, 36000 },     { 180, 0, 0 },
};

/* For a handset that runs low: a seventh or so of the points that are coded at 720 lines, which
 * still show what happens, or let a sign be read; and the most that these can make use of. */
static const GcRung FRUGAL[] = {
  [GC_QUALITY_SMOOTH] = { 360, 15, 300000 },
  [GC_QUALITY_SHARP] = { 720, 5, 300000 },
};

static const GcRung *
get_rungs (GcQualityMode mode, guint *n_rungs)
{
  *n_rungs = mode == GC_QUALITY_SHARP ? G_N_ELEMENTS (SHARP) : G_N_ELEMENTS (SMOOTH);
  return mode == GC_QUALITY_SHARP ? SHARP : SMOOTH;
}

/* The first rung that is no larger than the picture may be. */
static guint
find_top (const GcLadder *self)
{
  guint n_rungs;
  const GcRung *rungs = get_rungs (self->mode, &n_rungs);
  guint top = 0;

  while (top + 1 < n_rungs && rungs[top].lines > self->max_lines)
    top++;
  return top;
}

/**
 * gc_ladder_get_frugal:
 * @mode: what to give up first
 *
 * Returns: (transfer none): the most that a handset shall do that runs low; its rate is the most
 *   that it shall send
 */
const GcRung *
gc_ladder_get_frugal (GcQualityMode mode)
{
  return &FRUGAL[mode];
}

/**
 * gc_rung_get_interval_us:
 * @rung: a rung
 *
 * Returns: from one picture to the next, µs
 */
gint64
gc_rung_get_interval_us (const GcRung *rung)
{
  return rung->fps > 0 ? G_USEC_PER_SEC / rung->fps : STILL_US;
}

/**
 * gc_ladder_init:
 * @self: (out caller-allocates): a ladder
 * @mode: what to give up first
 * @max_lines: most lines of the picture's shorter side, 16 or more
 *
 * Begins at the top. Any thread; use it from one at a time.
 */
void
gc_ladder_init (GcLadder *self, GcQualityMode mode, int max_lines)
{
  *self = (GcLadder) { .mode = mode, .max_lines = max_lines };
  self->rung = find_top (self);
}

/**
 * gc_ladder_update:
 * @self: a ladder
 * @now_us: monotonic time, µs, more than 0
 * @bps: what the picture may take now, bit/s
 *
 * Call it for each picture.
 *
 * Returns: (transfer none): how to make it
 */
const GcRung *
gc_ladder_update (GcLadder *self, gint64 now_us, gint64 bps)
{
  guint n_rungs;
  const GcRung *rungs = get_rungs (self->mode, &n_rungs);
  guint top = find_top (self);
  double rate = (double) bps;
  gboolean low = self->rung + 1 < n_rungs && bps < rungs[self->rung].least_bps;
  gboolean far_below = rate < (double) rungs[self->rung].least_bps * FAR_BELOW;
  gboolean high = self->rung > top && rate > (double) rungs[self->rung - 1].least_bps * UP_MARGIN;
  gint64 down_after_us = low && rungs[self->rung + 1].fps == 0 ? STILLS_AFTER_US
                         : far_below                           ? DOWN_AFTER_US / 2
                                                               : DOWN_AFTER_US;

  if (gc_hold_has_lasted (low, &self->low_since_us, now_us, down_after_us))
    {
      do
        self->rung++;
      while (bps < rungs[self->rung].least_bps && rungs[self->rung + 1].fps > 0);
      self->low_since_us = 0;
    }
  if (gc_hold_has_lasted (high, &self->high_since_us, now_us,
                          rungs[self->rung].fps > 0 ? UP_AFTER_US : 0))
    {
      self->rung--;
      self->high_since_us = 0;
    }
  return &rungs[self->rung];
}
