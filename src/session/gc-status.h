/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "network/gc-path.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * GcStatus:
 * @battery_percent: 0 to 100, -1 if unknown
 * @charging: whether the battery is
 * @uplink: what carries the traffic
 * @metered: whether that costs
 * @signal_percent: 0 to 100, -1 if unknown
 *
 * How a terminal fares: PROTOCOL.md, “status”.
 */
typedef struct
{
  int battery_percent;
  gboolean charging;
  GcUplink uplink;
  gboolean metered;
  int signal_percent;
} GcStatus;

JsonObject *
gc_status_to_json (const GcStatus *status);
guint
gc_status_get_interval_ms (const GcStatus *told, const GcStatus *now);

G_END_DECLS
