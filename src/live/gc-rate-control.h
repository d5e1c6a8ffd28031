/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * GcRateControl:
 * @min_bps: never below, bit/s
 * @max_bps: never above, bit/s
 * @target_bps: what to send now, bit/s
 * @base_rtt_ms: the smallest round trip of this and the last half minute, ms; negative if unknown
 * @next_base_rtt_ms: the smallest round trip of this half minute, ms; negative if unknown
 * @age: seconds of this half minute that have passed
 *
 * How much video to send, from what receiver reports say once a second. A pure function of its
 * input; a controller on transport-wide feedback can take its place.
 */
typedef struct
{
  gint64 min_bps;
  gint64 max_bps;
  gint64 target_bps;
  double base_rtt_ms;
  double next_base_rtt_ms;
  guint age;
} GcRateControl;

void
gc_rate_control_init (GcRateControl *control, gint64 start_bps, gint64 max_bps);
void
gc_rate_control_set_max (GcRateControl *control, gint64 max_bps);
void
gc_rate_control_new_path (GcRateControl *control);
gint64
gc_rate_control_update (GcRateControl *control, double loss, double rtt_ms, gint64 sent_bps);

G_END_DECLS
