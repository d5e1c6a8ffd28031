/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "network/gc-uplink-cost.h"

G_BEGIN_DECLS

/**
 * GcRateLimits:
 * @bps: most that a stream may take over an uplink of each #GcUplinkCost, with sound and headers,
 *   bit/s; 0 for no limit
 *
 * What live video may cost.
 */
typedef struct
{
  gint64 bps[GC_UPLINK_N_COSTS];
} GcRateLimits;

/* Less than this carries no stream. */
#define GC_RATE_LIMIT_MIN_BPS 50000
#define GC_RATE_LIMIT_MAX_BPS 50000000

void
gc_rate_limits_init (GcRateLimits *limits);
void
gc_rate_limits_set (GcRateLimits *limits, GcUplinkCost cost, gint64 kbps);
gint64
gc_rate_limits_get (const GcRateLimits *limits, GcUplinkCost cost);

G_END_DECLS
