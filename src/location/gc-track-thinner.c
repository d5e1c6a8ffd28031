/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "location/gc-track-thinner.h"

#include <math.h>

/* Who stands still is there, which is news after so long. */
#define DENSE_MS 10000
#define SPARSE_MS 60000
/* A few steps; the width of a road with its houses. */
#define DENSE_M 5
#define SPARSE_M 15
/* Around a corner sooner: otherwise the track would cut it. */
#define TURN_DEG 45
#define TURN_M 7
/* What is within half of what a fix may be off is no movement; beyond this nothing is excused. */
#define EXCUSED_M 30

/**
 * gc_track_thinner_init:
 * @self: (out caller-allocates): a track without a fix
 */
void
gc_track_thinner_init (GcTrackThinner *self)
{
  *self = (GcTrackThinner) { 0 };
}

static gboolean
has_turned (const GcFix *from, const GcFix *to)
{
  /* Both may be unknown, then so is this. */
  return fabs (remainder (to->bearing_deg - from->bearing_deg, 360)) >= TURN_DEG;
}

static gboolean
has_moved (const GcFix *from, const GcFix *to, gboolean dense)
{
  double moved_m = gc_fix_distance_m (from->longitude, from->latitude, to->longitude, to->latitude);
  double excuse_m = isnan (to->accuracy_m) ? 0 : MIN (to->accuracy_m / 2, EXCUSED_M);
  double enough_m = dense ? DENSE_M : has_turned (from, to) ? TURN_M : SPARSE_M;

  return moved_m >= MAX (enough_m, excuse_m);
}

static gboolean
says_something (const GcTrackThinner *self, const GcFix *fix, gboolean dense)
{
  gint64 elapsed_ms = fix->time_ms - self->kept.time_ms;

  return !self->any
         || (dense && !self->dense)
         /* A clock that was set back starts anew. */
         || elapsed_ms < 0 || elapsed_ms >= (dense ? DENSE_MS : SPARSE_MS)
         || has_moved (&self->kept, fix, dense);
}

/**
 * gc_track_thinner_keeps:
 * @self: a track
 * @fix: where the worker is now
 * @dense: whether every few steps count, as while he is watched or on his way to a task
 *
 * Returns: whether @fix belongs to the track; the next ones are judged by it then
 */
gboolean
gc_track_thinner_keeps (GcTrackThinner *self, const GcFix *fix, gboolean dense)
{
  gboolean keeps = says_something (self, fix, dense);

  self->dense = dense;
  if (keeps)
    {
      self->kept = *fix;
      self->any = TRUE;
    }
  return keeps;
}
