/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/gc-uplink-cost.h"

/**
 * gc_uplink_cost_find:
 * @kind: what carries the traffic
 * @metered: whether it is said to cost
 * @roaming: whether the modem is in a foreign network
 *
 * Any thread.
 *
 * Returns: what it costs
 */
GcUplinkCost
gc_uplink_cost_find (GcUplink kind, gboolean metered, gboolean roaming)
{
  if (kind == GC_UPLINK_CELLULAR)
    return roaming ? GC_UPLINK_COST_HIGH : GC_UPLINK_COST_MOBILE;
  return metered ? GC_UPLINK_COST_HIGH : GC_UPLINK_COST_FREE;
}
