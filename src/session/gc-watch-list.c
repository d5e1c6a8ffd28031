/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-session"

#include "session/gc-watch-list.h"

#define ITEMS_MAX 200

struct _GcWatchList
{
  GObject parent_instance;

  GListStore *items;
  GCancellable *cancellable;
  guint watching;
};

static GType
get_item_type (GListModel *model)
{
  return GC_TYPE_WATCH_ITEM;
}

static guint
get_n_items (GListModel *model)
{
  return g_list_model_get_n_items (G_LIST_MODEL (GC_WATCH_LIST (model)->items));
}

static gpointer
get_item (GListModel *model, guint position)
{
  return g_list_model_get_item (G_LIST_MODEL (GC_WATCH_LIST (model)->items), position);
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (GcWatchList,
                               gc_watch_list,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

enum
{
  PROP_WATCHING = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static gboolean
update_known (GcWatchList *self, const GcWatch *watch)
{
  guint count = g_list_model_get_n_items (G_LIST_MODEL (self->items));

  for (guint i = 0; i < count; i++)
    {
      g_autoptr (GcWatchItem) item = g_list_model_get_item (G_LIST_MODEL (self->items), i);

      if (!gc_watch_item_is (item, watch->session, watch->viewer, watch->from_ms))
        continue;
      gc_watch_item_set_until (item, watch->until_ms);
      return TRUE;
    }
  return FALSE;
}

static void
on_watch_changed (GcStore *store, const GcWatch *watch, guint watching, gpointer user_data)
{
  GcWatchList *self = user_data;

  if (!update_known (self, watch))
    {
      g_autoptr (GcWatchItem) item
          = gc_watch_item_new (watch->session, watch->viewer, watch->from_ms, watch->until_ms);

      g_list_store_insert (self->items, 0, item);
    }
  if (self->watching == watching)
    return;
  self->watching = watching;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_WATCHING]);
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcWatchList) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) watches = gc_store_list_watches_finish (GC_STORE (source), result, &error);

  if (watches == NULL)
    {
      g_message ("Who watched cannot be read: %s", error->message);
      return;
    }
  for (guint i = 0; i < watches->len; i++)
    {
      const GcWatch *watch = g_ptr_array_index (watches, i);
      g_autoptr (GcWatchItem) item = NULL;

      if (update_known (self, watch))
        continue;
      item = gc_watch_item_new (watch->session, watch->viewer, watch->from_ms, watch->until_ms);
      g_list_store_append (self->items, item);
    }
}

static void
on_items_changed (GListModel *model, guint position, guint removed, guint added, gpointer user_data)
{
  g_list_model_items_changed (G_LIST_MODEL (user_data), position, removed, added);
}

static void
gc_watch_list_dispose (GObject *object)
{
  GcWatchList *self = GC_WATCH_LIST (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->items);
  G_OBJECT_CLASS (gc_watch_list_parent_class)->dispose (object);
}

static void
gc_watch_list_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_WATCHING)
    g_value_set_uint (value, GC_WATCH_LIST (object)->watching);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gc_watch_list_class_init (GcWatchListClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = gc_watch_list_dispose;
  object_class->get_property = gc_watch_list_get_property;
  properties[PROP_WATCHING] = g_param_spec_uint ("watching", NULL, NULL, 0, G_MAXUINT, 0,
                                                 G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
gc_watch_list_init (GcWatchList *self)
{
  self->items = g_list_store_new (GC_TYPE_WATCH_ITEM);
  self->cancellable = g_cancellable_new ();
  g_signal_connect_object (self->items, "items-changed", G_CALLBACK (on_items_changed), self, 0);
}

/**
 * gc_watch_list_new:
 * @store: the store
 *
 * Main context.
 *
 * Returns: (transfer full): a list that fills itself
 */
GcWatchList *
gc_watch_list_new (GcStore *store)
{
  GcWatchList *self = g_object_new (GC_TYPE_WATCH_LIST, NULL);

  g_signal_connect_object (store, "watch-changed", G_CALLBACK (on_watch_changed), self, 0);
  gc_store_list_watches_async (store, ITEMS_MAX, self->cancellable, on_listed, g_object_ref (self));
  return self;
}

/**
 * gc_watch_list_get_watching:
 * @self: a list
 *
 * Returns: how many watch now
 */
guint
gc_watch_list_get_watching (GcWatchList *self)
{
  return self->watching;
}
