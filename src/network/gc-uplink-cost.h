/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "network/gc-path.h"

G_BEGIN_DECLS

/**
 * GcUplinkCost:
 * @GC_UPLINK_COST_FREE: nothing: Wi-Fi or a cable
 * @GC_UPLINK_COST_MOBILE: some of what the terminal's card has: a modem at home
 * @GC_UPLINK_COST_HIGH: money: a modem in a foreign network, or another network that is said to be
 *   metered, as another phone's hotspot
 *
 * What traffic over an uplink costs. A modem's is metered nearly always, so that this alone tells
 * nothing of it.
 */
typedef enum
{
  GC_UPLINK_COST_FREE,
  GC_UPLINK_COST_MOBILE,
  GC_UPLINK_COST_HIGH,
} GcUplinkCost;

#define GC_UPLINK_N_COSTS (GC_UPLINK_COST_HIGH + 1)

GcUplinkCost
gc_uplink_cost_find (GcUplink kind, gboolean metered, gboolean roaming);

G_END_DECLS
