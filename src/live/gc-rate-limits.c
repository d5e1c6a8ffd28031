/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "live/gc-rate-limits.h"

/**
 * gc_rate_limits_init:
 * @limits: (out caller-allocates): limits
 *
 * There are none. Any thread.
 */
void
gc_rate_limits_init (GcRateLimits *limits)
{
  *limits = (GcRateLimits) { 0 };
}

/**
 * gc_rate_limits_set:
 * @limits: limits
 * @cost: of which uplinks
 * @kbps: most that a stream may take, kbit/s; 0 or less for no limit, and others are brought
 *   between 50 and 50,000
 *
 * Any thread.
 */
void
gc_rate_limits_set (GcRateLimits *limits, GcUplinkCost cost, gint64 kbps)
{
  g_return_if_fail (cost < GC_UPLINK_N_COSTS);

  limits->bps[cost]
      = kbps <= 0 ? 0
                  : CLAMP (kbps, GC_RATE_LIMIT_MIN_BPS / 1000, GC_RATE_LIMIT_MAX_BPS / 1000) * 1000;
}

/**
 * gc_rate_limits_get:
 * @limits: limits
 * @cost: of which uplinks
 *
 * Any thread.
 *
 * Returns: most that a stream may take over them, bit/s; 0 for no limit
 */
gint64
gc_rate_limits_get (const GcRateLimits *limits, GcUplinkCost cost)
{
  g_return_val_if_fail (cost < GC_UPLINK_N_COSTS, 0);

  return limits->bps[cost];
}
