/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "live/gc-path-rate.h"

#include <math.h>

/* Of busy time: LTE's schedulers change their mind within tens of ms, its cells within seconds. */
#define FAST_US 80000.0
#define SLOW_US 400000.0
/* The first packet after an outage would say that the path carries nothing; that it carries
 * something again is what counts. */
#define LONGEST_GAP_US 60000
/* How many standard deviations below the mean we trust the path: what may be late is what counts,
 * not what is mostly there. */
#define CAUTION 1.8
/* However unsteady the path, it is taken to carry this share of its mean. */
#define LEAST_SHARE 0.4

/**
 * gc_path_rate_init:
 * @self: (out caller-allocates): a path of which nothing is known
 */
void
gc_path_rate_init (GcPathRate *self)
{
  *self = (GcPathRate) { 0 };
}

static double
quotient (double bytes, double us)
{
  return us > 0 ? bytes / us : 0;
}

static void
add_to (double *bytes, double *us, double keep, double new_bytes, double new_us)
{
  *bytes = *bytes * keep + new_bytes;
  *us = *us * keep + new_us;
}

/**
 * gc_path_rate_add:
 * @self: a path
 * @gap_us: from the arrival of one packet to that of the next, µs, which waited behind it
 * @bytes: size of the second one on the wire
 */
void
gc_path_rate_add (GcPathRate *self, gint64 gap_us, gsize bytes)
{
  double gap = (double) CLAMP (gap_us, 1, LONGEST_GAP_US);
  double keep_slow = exp (-gap / SLOW_US);
  double before = gc_path_rate_get_mean (self);
  double apart;

  add_to (&self->fast_bytes, &self->fast_us, exp (-gap / FAST_US), (double) bytes, gap);
  add_to (&self->slow_bytes, &self->slow_us, keep_slow, (double) bytes, gap);
  apart = before > 0 ? quotient (self->fast_bytes, self->fast_us) - before : 0;
  self->variance = self->variance * keep_slow + (1 - keep_slow) * apart * apart;
}

/**
 * gc_path_rate_grow:
 * @self: a path
 * @factor: 1 to 2
 *
 * Nothing waited although everything that the path was thought to carry was sent: takes it to carry
 * more.
 */
void
gc_path_rate_grow (GcPathRate *self, double factor)
{
  self->fast_bytes *= factor;
  self->slow_bytes *= factor;
}

/**
 * gc_path_rate_is_known:
 * @self: a path
 *
 * Returns: whether there was a measurement
 */
gboolean
gc_path_rate_is_known (const GcPathRate *self)
{
  return self->slow_us > 0;
}

/**
 * gc_path_rate_get_mean:
 * @self: a path
 *
 * Returns: what it carries, bytes per µs
 */
double
gc_path_rate_get_mean (const GcPathRate *self)
{
  return quotient (self->slow_bytes, self->slow_us);
}

/**
 * gc_path_rate_get_sure:
 * @self: a path
 *
 * Returns: what it carries most of the time, bytes per µs
 */
double
gc_path_rate_get_sure (const GcPathRate *self)
{
  double mean = gc_path_rate_get_mean (self);
  double sure = MAX (mean - CAUTION * sqrt (self->variance), LEAST_SHARE * mean);

  return MIN (sure, quotient (self->fast_bytes, self->fast_us));
}

/**
 * gc_path_rate_get_peak:
 * @self: a path
 *
 * Returns: what it carries at its best, bytes per µs
 */
double
gc_path_rate_get_peak (const GcPathRate *self)
{
  return MAX (gc_path_rate_get_mean (self), quotient (self->fast_bytes, self->fast_us));
}
