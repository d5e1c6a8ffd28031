/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "live/gc-allowance.h"

/* So much credit comes together at most, and so much debt, in pictures: what was not sent is not
 * made up for, and a key frame is paid for soon. */
#define MOST_CREDIT 2
#define MOST_DEBT 30
/* A picture that would get less than this share of an average one waits for the next. */
#define LEAST_SHARE 0.5

/**
 * gc_allowance_init:
 * @self: (out caller-allocates): an allowance
 * @bps: how much may be sent, bit/s; 0 for as much as one likes
 */
void
gc_allowance_init (GcAllowance *self, gint64 bps)
{
  *self = (GcAllowance) { .bps = bps };
}

/**
 * gc_allowance_set_rate:
 * @self: an allowance
 * @bps: how much may be sent from now on, bit/s; 0 for as much as one likes
 */
void
gc_allowance_set_rate (GcAllowance *self, gint64 bps)
{
  /* What was sent when nobody counted is no debt. */
  if (self->bps == 0)
    self->credit = 0;
  self->bps = bps;
}

/**
 * gc_allowance_spend:
 * @self: an allowance
 * @bytes: what is sent
 */
void
gc_allowance_spend (GcAllowance *self, gsize bytes)
{
  self->credit -= (double) bytes;
}

/**
 * gc_allowance_get:
 * @self: an allowance
 * @now_us: monotonic time, µs
 * @interval_us: from one picture to the next, µs, more than 0
 *
 * Returns: how large a picture may be now, bytes; 0 if it is best left out
 */
gsize
gc_allowance_get (GcAllowance *self, gint64 now_us, gint64 interval_us)
{
  double picture = (double) self->bps / 8 * (double) interval_us / G_USEC_PER_SEC;
  double came = (double) self->bps / 8 * (double) (now_us - self->since_us) / G_USEC_PER_SEC;

  self->since_us = now_us;
  if (self->bps == 0)
    return G_MAXSIZE;
  self->credit = CLAMP (self->credit + came, -MOST_DEBT * picture, MOST_CREDIT * picture);
  return self->credit < picture * LEAST_SHARE ? 0 : (gsize) MIN (picture, self->credit);
}

/**
 * gc_allowance_take:
 * @self: an allowance
 * @now_us: monotonic time, µs
 * @interval_us: from one picture to the next, µs, more than 0
 *
 * For who does not count what is sent: takes the picture to be as large as it may.
 *
 * Returns: how large a picture may be now, bytes; 0 if it is best left out
 */
gsize
gc_allowance_take (GcAllowance *self, gint64 now_us, gint64 interval_us)
{
  gsize grant = gc_allowance_get (self, now_us, interval_us);

  gc_allowance_spend (self, grant);
  return grant;
}
