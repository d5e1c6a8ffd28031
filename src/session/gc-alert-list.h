/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session/gc-alert-item.h"
#include "store/gc-store.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* The alerts that hold and that the worker has not read, as a GListModel of GcAlertItem: those that
 * concern who is here first, then the worst, then the newest. Main context only.
 *
 * Signals:
 *   arrived (GcAlertItem *item)                 it is new, or has begun to concern who is here
 *   withdrawn (GcAlertItem *item, const char *why)   the center took it back; why may be NULL */
#define GC_TYPE_ALERT_LIST (gc_alert_list_get_type ())
G_DECLARE_FINAL_TYPE (GcAlertList, gc_alert_list, GC, ALERT_LIST, GObject)

GcAlertList *
gc_alert_list_new (GcStore *store);
void
gc_alert_list_set_fix (GcAlertList *self, const GcFix *fix);

G_END_DECLS
