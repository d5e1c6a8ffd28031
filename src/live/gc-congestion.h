/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How much the path carries, and so how large the next picture may be: a pure function of what was
 * sent and what arrived, without clock, thread or I/O of its own. README.md in this folder explains
 * it. */

typedef struct _GcCongestion GcCongestion;

/* Pictures that are further apart than this, in µs, take their time on the way. */
#define GC_CONGESTION_STILL_US G_USEC_PER_SEC

/* In #GcArrival: the packet did not arrive. */
#define GC_CONGESTION_LOST G_GINT64_CONSTANT (-1)

/**
 * GcArrival:
 * @sequence: transport-wide sequence number
 * @received_us: when it arrived by the receiver's clock, µs from an epoch of its own, not negative;
 *   or %GC_CONGESTION_LOST
 *
 * What feedback says of one packet (draft-holmer-rmcat-transport-wide-cc-extensions-01).
 */
typedef struct
{
  guint16 sequence;
  gint64 received_us;
} GcArrival;

/**
 * GcCongestionState:
 * @GC_CONGESTION_BLIND: nothing has been fed back
 * @GC_CONGESTION_FLOWING: packets arrive as they should
 * @GC_CONGESTION_STALLED: feedback is overdue: nothing gets through
 */
typedef enum
{
  GC_CONGESTION_BLIND,
  GC_CONGESTION_FLOWING,
  GC_CONGESTION_STALLED,
} GcCongestionState;

/**
 * GcCongestionFigures:
 * @capacity_bps: what the path is thought to carry for sure, bit/s
 * @target_bps: the part of it that pictures may take, bit/s
 * @queue_us: how long the last packet waited on the way, µs
 * @rtt_us: the shortest round trip of the last seconds, feedback's own wait included, µs; -1 if
 *   unknown
 * @loss: share of packets lost in the last second, 0 to 1
 * @in_flight: bytes sent of which nothing has been heard yet
 */
typedef struct
{
  gint64 capacity_bps;
  gint64 target_bps;
  gint64 queue_us;
  gint64 rtt_us;
  double loss;
  gsize in_flight;
} GcCongestionFigures;

GcCongestion *
gc_congestion_new (gint64 max_bps);
void
gc_congestion_free (GcCongestion *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcCongestion, gc_congestion_free)

void
gc_congestion_set_max (GcCongestion *self, gint64 max_bps);
void
gc_congestion_sent (GcCongestion *self, gint64 now_us, guint16 sequence, gsize bytes);
void
gc_congestion_arrived (GcCongestion *self,
                       gint64 now_us,
                       const GcArrival *arrivals,
                       gsize n_arrivals);

gsize
gc_congestion_grant (GcCongestion *self, gint64 now_us, gint64 interval_us);
gint64
gc_congestion_get_pacing_bps (GcCongestion *self);
gint64
gc_congestion_get_still_bps (GcCongestion *self);
GcCongestionState
gc_congestion_get_state (GcCongestion *self, gint64 now_us);
gboolean
gc_congestion_wants_probe (GcCongestion *self, gint64 now_us);
void
gc_congestion_get_figures (GcCongestion *self, gint64 now_us, GcCongestionFigures *figures);

G_END_DECLS
