/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * GcPathClock:
 *
 * The least that a path takes, one way by two clocks that do not agree, and both ways by one; and
 * so how long a packet waited. The fields are private.
 */
typedef struct
{
  gint64 one_way_us[2]; /* the least of the present and of the last period */
  gint64 round_trip_us[2];
  gint64 period_start_us;
} GcPathClock;

void
gc_path_clock_init (GcPathClock *self);
void
gc_path_clock_add (GcPathClock *self, gint64 now_us, gint64 sent_us, gint64 received_us);
void
gc_path_clock_check (GcPathClock *self, gint64 now_us, gint64 sent_us, gint64 received_us);
gint64
gc_path_clock_get_queue_us (const GcPathClock *self, gint64 sent_us, gint64 received_us);
gint64
gc_path_clock_get_round_trip_us (const GcPathClock *self);

G_END_DECLS
