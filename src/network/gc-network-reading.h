/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "network/gc-path.h"

G_BEGIN_DECLS

/**
 * GcNetworkReading:
 * @uplink: what carries the traffic
 * @metered: whether it costs
 * @roaming: whether it is a modem in a foreign network
 * @signal_percent: 0 to 100, -1 if unknown
 * @paths: (element-type GcPath): the kernel's
 * @interface: %NULL without a network, "" if it is not known which
 * @addresses: of the interface, of IPv4; %NULL if they are not known, or not known yet
 * @of_kernel: whether these two are the kernel's word
 *
 * What is known of the network at one moment.
 */
typedef struct
{
  GcUplink uplink;
  gboolean metered;
  gboolean roaming;
  int signal_percent;
  GPtrArray *paths;
  char *interface;
  char *addresses;
  gboolean of_kernel;
} GcNetworkReading;

void
gc_network_reading_correct (GcNetworkReading *reading, GPtrArray *paths);
gboolean
gc_network_reading_has_moved (const GcNetworkReading *reading, const GcNetworkReading *old);
gboolean
gc_network_reading_differs (const GcNetworkReading *reading, const GcNetworkReading *old);
void
gc_network_reading_clear (GcNetworkReading *reading);

G_END_DECLS
