/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "live/gc-frame-budget.h"

#include <math.h>

/* Pictures over which the encoder's habits are learnt: half a second. */
#define MEMORY 15
/* An encoder that makes less than it may, since the scene needs no more, is not asked for much
 * more: the next scene may. One that makes more is asked for less. */
#define LEAST_FIT 0.85
#define MOST_FIT 3.0
/* A picture that could not be made smaller says nothing about others. */
#define OUTLIER 4.0

/**
 * gc_frame_budget_init:
 * @self: (out caller-allocates): an encoder of which nothing is known
 */
void
gc_frame_budget_init (GcFrameBudget *self)
{
  *self = (GcFrameBudget) { .mean = 1 };
}

/**
 * gc_frame_budget_ask:
 * @self: an encoder
 * @grant: how large the next picture may be, bytes
 *
 * Returns: what to ask the encoder for, so that most of what it makes is no larger than @grant,
 * bytes
 */
gsize
gc_frame_budget_ask (GcFrameBudget *self, gsize grant)
{
  double fit = CLAMP (self->mean + self->deviation, LEAST_FIT, MOST_FIT);

  self->asked = (gsize) ((double) grant / fit);
  return self->asked;
}

/**
 * gc_frame_budget_made:
 * @self: an encoder
 * @bytes: size of the picture that was last asked for
 */
void
gc_frame_budget_made (GcFrameBudget *self, gsize bytes)
{
  double share;

  if (self->asked == 0)
    return;
  share = (double) bytes / (double) self->asked;
  self->asked = 0;
  if (share > OUTLIER)
    return;
  self->deviation += (fabs (share - self->mean) - self->deviation) / MEMORY;
  self->mean += (share - self->mean) / MEMORY;
}
