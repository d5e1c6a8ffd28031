/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "channel/gc-channel.h"
#include "network/gc-network-monitor.h"
#include "power/gc-battery.h"

G_BEGIN_DECLS

/* Tells the center how the terminal fares: the status envelope of PROTOCOL.md. */
#define GC_TYPE_REPORTER (gc_reporter_get_type ())
G_DECLARE_FINAL_TYPE (GcReporter, gc_reporter, GC, REPORTER, GObject)

GcReporter *
gc_reporter_new (GcChannel *channel, GcNetworkMonitor *network, GcBattery *battery);

G_END_DECLS
