/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "protocol/gc-cap.h"

G_BEGIN_DECLS

/* An alert that the worker has not read. Property: loud (gboolean: it concerns who is here, and
 * wants all of the screen). */
#define GC_TYPE_ALERT_ITEM (gc_alert_item_get_type ())
G_DECLARE_FINAL_TYPE (GcAlertItem, gc_alert_item, GC, ALERT_ITEM, GObject)

GcAlertItem *
gc_alert_item_new (
    const char *id, GcCap *cap, gint64 received_ms, gint64 expires_ms, gboolean loud);
const char *
gc_alert_item_get_id (GcAlertItem *self);
const GcCap *
gc_alert_item_get_cap (GcAlertItem *self);
const GcCapInfo *
gc_alert_item_get_info (GcAlertItem *self);
const char *
gc_alert_item_get_title (GcAlertItem *self);
gint64
gc_alert_item_get_received_ms (GcAlertItem *self);
gint64
gc_alert_item_get_expires_ms (GcAlertItem *self);
gboolean
gc_alert_item_get_loud (GcAlertItem *self);
void
gc_alert_item_set_loud (GcAlertItem *self, gboolean loud);

G_END_DECLS
