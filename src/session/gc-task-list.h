/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session/gc-task-item.h"
#include "store/gc-store.h"

G_BEGIN_DECLS

/* The tasks that the store holds, as a list model of GcTaskItem: open ones first, by urgency,
 * deadline and age. A row is there only after the store has committed it. Signals: arrived
 * (GcTaskItem *), changed-by-center (GcTaskItem *, const char *why). */
#define GC_TYPE_TASK_LIST (gc_task_list_get_type ())
G_DECLARE_FINAL_TYPE (GcTaskList, gc_task_list, GC, TASK_LIST, GObject)

GcTaskList *
gc_task_list_new (GcStore *store);
gboolean
gc_task_list_is_under_way (GcTaskList *self);
void
gc_task_list_set_fix (GcTaskList *self, const GcFix *fix);

G_END_DECLS
