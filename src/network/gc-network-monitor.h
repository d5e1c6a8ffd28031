/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * GcUplink:
 * @GC_UPLINK_NONE: no network
 * @GC_UPLINK_WIFI: Wi-Fi
 * @GC_UPLINK_CELLULAR: a modem
 * @GC_UPLINK_ETHERNET: a cable
 * @GC_UPLINK_OTHER: some network, as a VPN
 *
 * What carries the handset's traffic.
 */
typedef enum
{
  GC_UPLINK_NONE,
  GC_UPLINK_WIFI,
  GC_UPLINK_CELLULAR,
  GC_UPLINK_ETHERNET,
  GC_UPLINK_OTHER,
} GcUplink;

/* Which uplink the handset has, from NetworkManager. One signal, changed (gboolean moved): moved is
 * TRUE when traffic goes another way now, so that connections are to be made again. */
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
int
gc_network_monitor_get_signal_percent (GcNetworkMonitor *self);
const char *
gc_uplink_to_string (GcUplink uplink);

G_END_DECLS
