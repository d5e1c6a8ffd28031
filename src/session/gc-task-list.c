/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-session"

#include "session/gc-task-list.h"

#include <string.h>

struct _GcTaskList
{
  GObject parent_instance;

  GcStore *store;
  GListStore *items;
  GCancellable *cancellable;
  GcFix *fix;
};

static GType
get_item_type (GListModel *model)
{
  return GC_TYPE_TASK_ITEM;
}

static guint
get_n_items (GListModel *model)
{
  return g_list_model_get_n_items (G_LIST_MODEL (GC_TASK_LIST (model)->items));
}

static gpointer
get_item (GListModel *model, guint position)
{
  return g_list_model_get_item (G_LIST_MODEL (GC_TASK_LIST (model)->items), position);
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (GcTaskList,
                               gc_task_list,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

enum
{
  SIGNAL_ARRIVED,
  SIGNAL_CHANGED_BY_CENTER,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static int
compare_open (const GcTask *a, const GcTask *b)
{
  gint64 deadline_a = a->deadline_ms != 0 ? a->deadline_ms : G_MAXINT64;
  gint64 deadline_b = b->deadline_ms != 0 ? b->deadline_ms : G_MAXINT64;

  if (a->urgency != b->urgency)
    return (int) b->urgency - (int) a->urgency;
  if (deadline_a != deadline_b)
    return deadline_a < deadline_b ? -1 : 1;
  return a->created_ms < b->created_ms ? -1 : a->created_ms > b->created_ms;
}

static int
compare (gconstpointer item_a, gconstpointer item_b, gpointer user_data)
{
  const GcTask *a = gc_task_item_get_task ((GcTaskItem *) item_a);
  const GcTask *b = gc_task_item_get_task ((GcTaskItem *) item_b);
  gboolean a_ended = gc_task_state_is_final (a->state);
  gboolean b_ended = gc_task_state_is_final (b->state);

  if (a_ended != b_ended)
    return a_ended ? 1 : -1;
  if (a_ended)
    return a->state_ms > b->state_ms ? -1 : a->state_ms < b->state_ms;
  return compare_open (a, b);
}

static GcTaskItem *
find (GcTaskList *self, const char *id, guint *position)
{
  guint count = g_list_model_get_n_items (G_LIST_MODEL (self->items));

  for (guint i = 0; i < count; i++)
    {
      GcTaskItem *item = g_list_model_get_item (G_LIST_MODEL (self->items), i);

      if (strcmp (gc_task_item_get_task (item)->id, id) == 0)
        {
          *position = i;
          return item;
        }
      g_object_unref (item);
    }
  return NULL;
}

static GcTaskItem *
add (GcTaskList *self, const GcTask *task)
{
  GcTaskItem *item = gc_task_item_new (task, gc_store_task_is_sent (self->store, task->id));

  gc_task_item_set_fix (item, self->fix);
  g_list_store_insert_sorted (self->items, item, compare, NULL);
  return item;
}

static void
on_task_changed (
    GcStore *store, const GcTask *task, gboolean by_center, gboolean is_new, gpointer user_data)
{
  GcTaskList *self = user_data;
  guint position;
  g_autoptr (GcTaskItem) item = find (self, task->id, &position);

  if (item == NULL)
    {
      item = add (self, task);
      if (is_new)
        g_signal_emit (self, signals[SIGNAL_ARRIVED], 0, item);
      return;
    }
  gc_task_item_set_task (item, task);
  gc_task_item_set_sent (item, gc_store_task_is_sent (store, task->id));
  gc_task_item_set_fix (item, self->fix);
  g_list_store_sort (self->items, compare, NULL);
  if (by_center)
    g_signal_emit (self, signals[SIGNAL_CHANGED_BY_CENTER], 0, item, task->note);
}

static void
on_task_sent (GcStore *store, const char *id, gpointer user_data)
{
  guint position;
  g_autoptr (GcTaskItem) item = find (user_data, id, &position);

  if (item != NULL)
    gc_task_item_set_sent (item, TRUE);
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcTaskList) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) tasks = gc_store_list_tasks_finish (GC_STORE (source), result, &error);

  if (tasks == NULL)
    {
      g_message ("The tasks cannot be read: %s", error->message);
      return;
    }
  for (guint i = 0; i < tasks->len; i++)
    {
      const GcTask *task = g_ptr_array_index (tasks, i);
      guint position;
      g_autoptr (GcTaskItem) item = find (self, task->id, &position);

      if (item == NULL)
        g_object_unref (add (self, task));
    }
}

static void
on_items_changed (GListModel *model, guint position, guint removed, guint added, gpointer user_data)
{
  g_list_model_items_changed (G_LIST_MODEL (user_data), position, removed, added);
}

static void
gc_task_list_dispose (GObject *object)
{
  GcTaskList *self = GC_TASK_LIST (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->items);
  g_clear_object (&self->store);
  g_clear_pointer (&self->fix, gc_fix_free);
  G_OBJECT_CLASS (gc_task_list_parent_class)->dispose (object);
}

static void
gc_task_list_class_init (GcTaskListClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = gc_task_list_dispose;
  signals[SIGNAL_ARRIVED] = g_signal_new ("arrived", GC_TYPE_TASK_LIST, G_SIGNAL_RUN_LAST, 0, NULL,
                                          NULL, NULL, G_TYPE_NONE, 1, GC_TYPE_TASK_ITEM);
  signals[SIGNAL_CHANGED_BY_CENTER]
      = g_signal_new ("changed-by-center", GC_TYPE_TASK_LIST, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                      NULL, G_TYPE_NONE, 2, GC_TYPE_TASK_ITEM, G_TYPE_STRING);
}

static void
gc_task_list_init (GcTaskList *self)
{
  self->items = g_list_store_new (GC_TYPE_TASK_ITEM);
  self->cancellable = g_cancellable_new ();
  g_signal_connect_object (self->items, "items-changed", G_CALLBACK (on_items_changed), self, 0);
}

/**
 * gc_task_list_new:
 * @store: the store
 *
 * Main context.
 *
 * Returns: (transfer full): a list that fills itself
 */
GcTaskList *
gc_task_list_new (GcStore *store)
{
  GcTaskList *self = g_object_new (GC_TYPE_TASK_LIST, NULL);

  self->store = g_object_ref (store);
  g_signal_connect_object (store, "task-changed", G_CALLBACK (on_task_changed), self, 0);
  g_signal_connect_object (store, "task-sent", G_CALLBACK (on_task_sent), self, 0);
  gc_store_list_tasks_async (store, self->cancellable, on_listed, g_object_ref (self));
  return self;
}

/**
 * gc_task_list_is_under_way:
 * @self: a list
 *
 * Main context.
 *
 * Returns: whether the worker has said yes to a task that is not done yet
 */
gboolean
gc_task_list_is_under_way (GcTaskList *self)
{
  guint count = get_n_items (G_LIST_MODEL (self));

  for (guint i = 0; i < count; i++)
    {
      g_autoptr (GcTaskItem) item = get_item (G_LIST_MODEL (self), i);
      GcTaskState state = gc_task_item_get_task (item)->state;

      if (state == GC_TASK_ACCEPTED || state == GC_TASK_EN_ROUTE || state == GC_TASK_ARRIVED)
        return TRUE;
    }
  return FALSE;
}

/**
 * gc_task_list_set_fix:
 * @self: a list
 * @fix: (nullable): where the worker is
 *
 * Main context.
 */
void
gc_task_list_set_fix (GcTaskList *self, const GcFix *fix)
{
  guint count = g_list_model_get_n_items (G_LIST_MODEL (self->items));

  g_clear_pointer (&self->fix, gc_fix_free);
  if (fix != NULL)
    self->fix = gc_fix_copy (fix);
  for (guint i = 0; i < count; i++)
    {
      g_autoptr (GcTaskItem) item = g_list_model_get_item (G_LIST_MODEL (self->items), i);

      gc_task_item_set_fix (item, fix);
    }
}
