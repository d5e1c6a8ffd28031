/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "network/gc-uplink-cost.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* Which uplink the handset has: from the kernel, which is quick, and from NetworkManager, which
 * knows what it is and costs. One signal, changed (gboolean moved): moved is TRUE when traffic goes
 * another way now, so that connections are to be made again. */
#define GC_TYPE_NETWORK_MONITOR (gc_network_monitor_get_type ())
G_DECLARE_FINAL_TYPE (GcNetworkMonitor, gc_network_monitor, GC, NETWORK_MONITOR, GObject)

GcNetworkMonitor *
gc_network_monitor_new (void);
GcUplink
gc_network_monitor_get_uplink (GcNetworkMonitor *self);
gboolean
gc_network_monitor_is_available (GcNetworkMonitor *self);
gboolean
gc_network_monitor_is_metered (GcNetworkMonitor *self);
GcUplinkCost
gc_network_monitor_get_cost (GcNetworkMonitor *self, const GcPath *path);
int
gc_network_monitor_get_signal_percent (GcNetworkMonitor *self);
GPtrArray *
gc_network_monitor_get_paths (GcNetworkMonitor *self);

G_END_DECLS
