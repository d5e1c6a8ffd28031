/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "live/gc-path-clock.h"

/* A path may become longer without a word, and clocks drift (50 ppm: 0.5 ms in this time): what was
 * the least is forgotten after one to two periods. */
#define PERIOD_US (10 * G_USEC_PER_SEC)
/* A packet cannot have waited longer than its round trip was longer than the shortest; feedback's
 * own wait is in both. Beyond this, one of the clocks was set. */
#define CLOCK_ERROR_US (500 * 1000)

/**
 * gc_path_clock_init:
 * @self: (out caller-allocates): a path of which nothing is known
 */
void
gc_path_clock_init (GcPathClock *self)
{
  *self = (GcPathClock) {
    .one_way_us = { G_MAXINT64, G_MAXINT64 },
    .round_trip_us = { G_MAXINT64, G_MAXINT64 },
    .period_start_us = G_MININT64,
  };
}

static void
begin_period (GcPathClock *self, gint64 now_us)
{
  self->one_way_us[1] = self->one_way_us[0];
  self->round_trip_us[1] = self->round_trip_us[0];
  self->one_way_us[0] = G_MAXINT64;
  self->round_trip_us[0] = G_MAXINT64;
  self->period_start_us = now_us;
}

/**
 * gc_path_clock_add:
 * @self: a path
 * @now_us: when feedback of the packet came, by our clock
 * @sent_us: when the packet was sent, by our clock
 * @received_us: when it arrived, by the receiver's clock
 */
void
gc_path_clock_add (GcPathClock *self, gint64 now_us, gint64 sent_us, gint64 received_us)
{
  if (self->period_start_us == G_MININT64 || now_us - self->period_start_us > PERIOD_US)
    begin_period (self, now_us);
  self->one_way_us[0] = MIN (self->one_way_us[0], received_us - sent_us);
  self->round_trip_us[0] = MIN (self->round_trip_us[0], now_us - sent_us);
}

/**
 * gc_path_clock_check:
 * @self: a path
 * @now_us: when feedback came
 * @sent_us: when the newest packet that it names was sent
 * @received_us: when that packet arrived
 *
 * Notices that the receiver's clock was set, and measures anew.
 */
void
gc_path_clock_check (GcPathClock *self, gint64 now_us, gint64 sent_us, gint64 received_us)
{
  gint64 queue_us = gc_path_clock_get_queue_us (self, sent_us, received_us);
  gint64 longer_us = now_us - sent_us - gc_path_clock_get_round_trip_us (self);

  if (queue_us <= longer_us + CLOCK_ERROR_US)
    return;
  self->one_way_us[0] = received_us - sent_us - MAX (longer_us, 0);
  self->one_way_us[1] = G_MAXINT64;
}

/**
 * gc_path_clock_get_queue_us:
 * @self: a path for which a packet has been added
 * @sent_us: when a packet was sent
 * @received_us: when it arrived
 *
 * Returns: how long it waited on the way, µs, not negative
 */
gint64
gc_path_clock_get_queue_us (const GcPathClock *self, gint64 sent_us, gint64 received_us)
{
  gint64 least_us = MIN (self->one_way_us[0], self->one_way_us[1]);

  return MAX (received_us - sent_us - least_us, 0);
}

/**
 * gc_path_clock_get_round_trip_us:
 * @self: a path
 *
 * Returns: the least time from sending a packet to feedback of it, µs; -1 if unknown
 */
gint64
gc_path_clock_get_round_trip_us (const GcPathClock *self)
{
  gint64 least_us = MIN (self->round_trip_us[0], self->round_trip_us[1]);

  return least_us == G_MAXINT64 ? -1 : least_us;
}
