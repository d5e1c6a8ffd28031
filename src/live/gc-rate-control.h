/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * GcRateControl:
 * @min_bps: never below, bit/s
 * @max_bps: never above, bit/s
 * @target_bps: what to send now, bit/s
 * @base_rtt_ms: the smallest round trip seen, ms
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
} GcRateControl;

void
gc_rate_control_init (GcRateControl *control, gint64 start_bps, gint64 max_bps);
gint64
gc_rate_control_update (GcRateControl *control, double loss, double rtt_ms);

G_END_DECLS
