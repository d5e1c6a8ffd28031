/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "network/gc-path.h"

#include <glib-object.h>

G_BEGIN_DECLS

/* The ways out that the kernel has, and a signal, changed, when they are others: milliseconds after
 * a cable was pulled, long before NetworkManager draws its conclusions. */
#define GC_TYPE_ROUTE_MONITOR (gc_route_monitor_get_type ())
G_DECLARE_FINAL_TYPE (GcRouteMonitor, gc_route_monitor, GC, ROUTE_MONITOR, GObject)

GcRouteMonitor *
gc_route_monitor_new (void);
GPtrArray *
gc_route_monitor_get_paths (GcRouteMonitor *self);

G_END_DECLS
