/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/gc-task-item.h"

#include <math.h>

/* Nobody needs to see a distance change by less. */
#define DISTANCE_STEP_M 5.0

struct _GcTaskItem
{
  GObject parent_instance;

  GcTask *task;
  double distance_m;
  gboolean sent;
};

G_DEFINE_FINAL_TYPE (GcTaskItem, gc_task_item, G_TYPE_OBJECT)

enum
{
  PROP_TASK = 1,
  PROP_DISTANCE_M,
  PROP_SENT,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void
gc_task_item_finalize (GObject *object)
{
  gc_task_free (GC_TASK_ITEM (object)->task);
  G_OBJECT_CLASS (gc_task_item_parent_class)->finalize (object);
}

static void
gc_task_item_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GcTaskItem *self = GC_TASK_ITEM (object);

  if (id == PROP_TASK)
    g_value_set_boxed (value, self->task);
  else if (id == PROP_DISTANCE_M)
    g_value_set_double (value, self->distance_m);
  else if (id == PROP_SENT)
    g_value_set_boolean (value, self->sent);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gc_task_item_class_init (GcTaskItemClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = gc_task_item_finalize;
  object_class->get_property = gc_task_item_get_property;
  properties[PROP_TASK] = g_param_spec_boxed ("task", NULL, NULL, GC_TYPE_TASK,
                                              G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  properties[PROP_DISTANCE_M]
      = g_param_spec_double ("distance-m", NULL, NULL, -G_MAXDOUBLE, G_MAXDOUBLE, 0,
                             G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  properties[PROP_SENT]
      = g_param_spec_boolean ("sent", NULL, NULL, FALSE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
gc_task_item_init (GcTaskItem *self)
{
  self->distance_m = NAN;
}

/**
 * gc_task_item_new:
 * @task: what the store holds
 * @sent: whether the center has acknowledged the last step
 *
 * Returns: (transfer full): an item
 */
GcTaskItem *
gc_task_item_new (const GcTask *task, gboolean sent)
{
  GcTaskItem *self = g_object_new (GC_TYPE_TASK_ITEM, NULL);

  self->task = gc_task_copy (task);
  self->sent = sent;
  return self;
}

/**
 * gc_task_item_get_task:
 * @self: an item
 *
 * Returns: (transfer none): the task, until it changes
 */
const GcTask *
gc_task_item_get_task (GcTaskItem *self)
{
  return self->task;
}

/**
 * gc_task_item_get_distance_m:
 * @self: an item
 *
 * Returns: metres from the worker to the place, NAN if one of them is unknown
 */
double
gc_task_item_get_distance_m (GcTaskItem *self)
{
  return self->distance_m;
}

/**
 * gc_task_item_get_sent:
 * @self: an item
 *
 * Returns: whether the center has acknowledged the last step
 */
gboolean
gc_task_item_get_sent (GcTaskItem *self)
{
  return self->sent;
}

/**
 * gc_task_item_set_task:
 * @self: an item
 * @task: what the store holds now
 */
void
gc_task_item_set_task (GcTaskItem *self, const GcTask *task)
{
  GcTask *old = self->task;

  self->task = gc_task_copy (task);
  gc_task_free (old);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TASK]);
}

/**
 * gc_task_item_set_sent:
 * @self: an item
 * @sent: whether the center has acknowledged the last step
 */
void
gc_task_item_set_sent (GcTaskItem *self, gboolean sent)
{
  if (self->sent == sent)
    return;
  self->sent = sent;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SENT]);
}

/**
 * gc_task_item_set_fix:
 * @self: an item
 * @fix: (nullable): where the worker is
 */
void
gc_task_item_set_fix (GcTaskItem *self, const GcFix *fix)
{
  double distance_m = NAN;

  if (fix != NULL && self->task->has_place)
    distance_m = gc_fix_distance_m (fix->longitude, fix->latitude, self->task->longitude,
                                    self->task->latitude);
  if ((isnan (distance_m) && isnan (self->distance_m))
      || fabs (distance_m - self->distance_m) < DISTANCE_STEP_M)
    return;
  self->distance_m = distance_m;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_DISTANCE_M]);
}
