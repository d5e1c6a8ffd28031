/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "protocol/gc-fix.h"
#include "protocol/gc-task.h"

#include <glib-object.h>

G_BEGIN_DECLS

/* A task as a list shows it. Properties: task (GcTask boxed), distance-m (double, NAN if unknown),
 * sent (gboolean: the center has acknowledged the last step). The item stays the same object when
 * the task changes. */
#define GC_TYPE_TASK_ITEM (gc_task_item_get_type ())
G_DECLARE_FINAL_TYPE (GcTaskItem, gc_task_item, GC, TASK_ITEM, GObject)

GcTaskItem *
gc_task_item_new (const GcTask *task, gboolean sent);
const GcTask *
gc_task_item_get_task (GcTaskItem *self);
double
gc_task_item_get_distance_m (GcTaskItem *self);
gboolean
gc_task_item_get_sent (GcTaskItem *self);
void
gc_task_item_set_task (GcTaskItem *self, const GcTask *task);
void
gc_task_item_set_sent (GcTaskItem *self, gboolean sent);
void
gc_task_item_set_fix (GcTaskItem *self, const GcFix *fix);

G_END_DECLS
