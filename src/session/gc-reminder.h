/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store/gc-store.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* Says when an open task's deadline is near and when it has passed, each once, whatever was off or
 * asleep then. Signal: due (GcTaskItem *item, gboolean overdue). */
#define GC_TYPE_REMINDER (gc_reminder_get_type ())
G_DECLARE_FINAL_TYPE (GcReminder, gc_reminder, GC, REMINDER, GObject)

GcReminder *
gc_reminder_new (GListModel *tasks, GcStore *store);
void
gc_reminder_set_active (GcReminder *self, gboolean active);

G_END_DECLS
