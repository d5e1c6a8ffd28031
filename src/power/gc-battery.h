/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The handset's battery, from UPower. Properties: percent (int, -1 unknown), charging (gboolean).
 */
#define GC_TYPE_BATTERY (gc_battery_get_type ())
G_DECLARE_FINAL_TYPE (GcBattery, gc_battery, GC, BATTERY, GObject)

GcBattery *
gc_battery_new (void);
int
gc_battery_get_percent (GcBattery *self);
gboolean
gc_battery_is_charging (GcBattery *self);

G_END_DECLS
