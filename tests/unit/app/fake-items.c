/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake-items.h"

#include <math.h>

G_DEFINE_FINAL_TYPE (GcTaskItem, gc_task_item, G_TYPE_OBJECT)
G_DEFINE_FINAL_TYPE (GcWatchItem, gc_watch_item, G_TYPE_OBJECT)

static void
gc_task_item_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GcTaskItem *self = GC_TASK_ITEM (object);

  if (id == 1)
    g_value_set_boxed (value, self->task);
  else if (id == 2)
    g_value_set_double (value, gc_task_item_get_distance_m (self));
  else
    g_value_set_boolean (value, self->sent);
}

static void
gc_task_item_finalize (GObject *object)
{
  gc_task_free (GC_TASK_ITEM (object)->task);
  G_OBJECT_CLASS (gc_task_item_parent_class)->finalize (object);
}

static void
gc_task_item_class_init (GcTaskItemClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  const double most = G_MAXDOUBLE;

  object_class->get_property = gc_task_item_get_property;
  object_class->finalize = gc_task_item_finalize;
  g_object_class_install_property (object_class, 1,
                                   g_param_spec_boxed ("task", NULL, NULL, GC_TYPE_TASK, flags));
  g_object_class_install_property (
      object_class, 2, g_param_spec_double ("distance-m", NULL, NULL, -most, most, 0, flags));
  g_object_class_install_property (object_class, 3,
                                   g_param_spec_boolean ("sent", NULL, NULL, TRUE, flags));
}

static void
gc_task_item_init (GcTaskItem *self)
{
  self->sent = TRUE;
}

const GcTask *
gc_task_item_get_task (GcTaskItem *self)
{
  return self->task;
}

double
gc_task_item_get_distance_m (GcTaskItem *self)
{
  return self->task->has_place ? 850 : NAN;
}

gboolean
gc_task_item_get_sent (GcTaskItem *self)
{
  return self->sent;
}

static void
gc_watch_item_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GcWatchItem *self = GC_WATCH_ITEM (object);

  if (id == 1)
    g_value_set_string (value, self->viewer);
  else
    g_value_set_int64 (value, id == 2 ? self->from_ms : self->until_ms);
}

static void
gc_watch_item_finalize (GObject *object)
{
  g_free (GC_WATCH_ITEM (object)->viewer);
  G_OBJECT_CLASS (gc_watch_item_parent_class)->finalize (object);
}

static void
gc_watch_item_class_init (GcWatchItemClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = gc_watch_item_get_property;
  object_class->finalize = gc_watch_item_finalize;
  g_object_class_install_property (object_class, 1,
                                   g_param_spec_string ("viewer", NULL, NULL, NULL, flags));
  g_object_class_install_property (
      object_class, 2, g_param_spec_int64 ("from-ms", NULL, NULL, 0, G_MAXINT64, 0, flags));
  g_object_class_install_property (
      object_class, 3, g_param_spec_int64 ("until-ms", NULL, NULL, 0, G_MAXINT64, 0, flags));
}

static void
gc_watch_item_init (GcWatchItem *self)
{
}
