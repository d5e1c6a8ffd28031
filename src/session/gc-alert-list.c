/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-session"

#include "session/gc-alert-list.h"

#include "base/gc-clock.h"

#include <math.h>
#include <string.h>

/* PROTOCOL.md, “Alerts”: a position that is older says nothing any more. */
#define FIX_AGE_MAX_MS (5 * 60 * 1000)
/* The clock may be set, and a suspended handset's timers stand still. */
#define WATCH_MAX_S 30
#define MS_PER_S 1000

struct _GcAlertList
{
  GObject parent_instance;

  GcStore *store;
  GListStore *items;
  GCancellable *cancellable;
  GcFix *fix;
  gint64 fix_at_ms; /* monotonic */
  guint watch_id;
};

static GType
get_item_type (GListModel *model)
{
  return GC_TYPE_ALERT_ITEM;
}

static guint
get_n_items (GListModel *model)
{
  return g_list_model_get_n_items (G_LIST_MODEL (GC_ALERT_LIST (model)->items));
}

static gpointer
get_item (GListModel *model, guint position)
{
  return g_list_model_get_item (G_LIST_MODEL (GC_ALERT_LIST (model)->items), position);
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (GcAlertList,
                               gc_alert_list,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

enum
{
  SIGNAL_ARRIVED,
  SIGNAL_WITHDRAWN,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static int
compare (gconstpointer item_a, gconstpointer item_b, gpointer user_data)
{
  GcAlertItem *a = (GcAlertItem *) item_a;
  GcAlertItem *b = (GcAlertItem *) item_b;
  const GcCapInfo *info_a = gc_alert_item_get_info (a);
  const GcCapInfo *info_b = gc_alert_item_get_info (b);
  gint64 received_a = gc_alert_item_get_received_ms (a);
  gint64 received_b = gc_alert_item_get_received_ms (b);

  if (gc_alert_item_get_loud (a) != gc_alert_item_get_loud (b))
    return gc_alert_item_get_loud (a) ? -1 : 1;
  if (info_a->severity != info_b->severity)
    return (int) info_a->severity - (int) info_b->severity;
  if (info_a->urgency != info_b->urgency)
    return (int) info_a->urgency - (int) info_b->urgency;
  return received_a > received_b ? -1 : received_a < received_b;
}

static GcAlertItem *
find (GcAlertList *self, const char *id, guint *position)
{
  for (guint i = 0; i < get_n_items (G_LIST_MODEL (self)); i++)
    {
      g_autoptr (GcAlertItem) item = get_item (G_LIST_MODEL (self), i);

      if (strcmp (gc_alert_item_get_id (item), id) != 0)
        continue;
      *position = i;
      return g_steal_pointer (&item);
    }
  return NULL;
}

/* --- time --- */

static gboolean
on_watch (gpointer user_data);

static void
watch_clock (GcAlertList *self)
{
  gint64 next_ms = G_MAXINT64;

  g_clear_handle_id (&self->watch_id, g_source_remove);
  for (guint i = 0; i < get_n_items (G_LIST_MODEL (self)); i++)
    {
      g_autoptr (GcAlertItem) item = get_item (G_LIST_MODEL (self), i);

      if (gc_alert_item_get_expires_ms (item) != 0)
        next_ms = MIN (next_ms, gc_alert_item_get_expires_ms (item));
    }
  if (next_ms == G_MAXINT64)
    return;
  next_ms = (next_ms - gc_clock_wall_ms ()) / MS_PER_S + 1;
  self->watch_id = g_timeout_add_seconds ((guint) CLAMP (next_ms, 1, WATCH_MAX_S), on_watch, self);
}

static gboolean
on_watch (gpointer user_data)
{
  GcAlertList *self = user_data;
  gint64 now_ms = gc_clock_wall_ms ();

  self->watch_id = 0;
  for (guint i = get_n_items (G_LIST_MODEL (self)); i-- > 0;)
    {
      g_autoptr (GcAlertItem) item = get_item (G_LIST_MODEL (self), i);
      gint64 expires_ms = gc_alert_item_get_expires_ms (item);

      if (expires_ms != 0 && expires_ms <= now_ms)
        g_list_store_remove (self->items, i);
    }
  watch_clock (self);
  return G_SOURCE_REMOVE;
}

/* --- who is concerned --- */

/* Whether the worker is known to be elsewhere. */
static gboolean
is_elsewhere (GcAlertList *self, const GcCap *cap)
{
  const GcCapInfo *info = gc_cap_choose_info (cap, g_get_language_names ());
  double margin_m;

  if (self->fix == NULL || gc_clock_monotonic_ms () - self->fix_at_ms > FIX_AGE_MAX_MS)
    return FALSE;
  margin_m = isfinite (self->fix->accuracy_m) ? self->fix->accuracy_m : 0;
  return !gc_cap_info_concerns (info, self->fix->longitude, self->fix->latitude, margin_m);
}

static void
add (GcAlertList *self, const GcAlert *alert, gboolean loud)
{
  g_autoptr (GcAlertItem) item
      = gc_alert_item_new (alert->id, alert->cap, alert->received_ms, alert->expires_ms, loud);

  g_list_store_insert_sorted (self->items, item, compare, NULL);
  watch_clock (self);
}

static void
take_new (GcAlertList *self, const GcAlert *alert)
{
  gboolean loud = !is_elsewhere (self, alert->cap);
  guint position;
  g_autoptr (GcAlertItem) item = find (self, alert->id, &position);

  if (item != NULL)
    return;
  add (self, alert, loud);
  if (!loud)
    gc_store_set_alert_quiet_async (self->store, alert->id, TRUE, NULL, NULL, NULL);
  item = find (self, alert->id, &position);
  g_signal_emit (self, signals[SIGNAL_ARRIVED], 0, item);
}

static void
take_ended (GcAlertList *self, const GcAlert *alert)
{
  guint position;
  g_autoptr (GcAlertItem) item = find (self, alert->id, &position);

  if (item != NULL)
    g_list_store_remove (self->items, position);
  else
    item = gc_alert_item_new (alert->id, alert->cap, alert->received_ms, alert->expires_ms, FALSE);
  watch_clock (self);
  if (alert->state == GC_ALERT_CANCELLED)
    g_signal_emit (self, signals[SIGNAL_WITHDRAWN], 0, item, alert->note);
}

static void
on_alert_changed (GcStore *store, const GcAlert *alert, gboolean is_new, gpointer user_data)
{
  if (is_new)
    take_new (user_data, alert);
  else
    take_ended (user_data, alert);
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcAlertList) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) alerts = gc_store_list_alerts_finish (GC_STORE (source), result, &error);

  if (alerts == NULL)
    {
      g_message ("The alerts cannot be read: %s", error->message);
      return;
    }
  for (guint i = 0; i < alerts->len && self->items != NULL; i++)
    {
      const GcAlert *alert = g_ptr_array_index (alerts, i);
      guint position;
      g_autoptr (GcAlertItem) item = find (self, alert->id, &position);

      if (item == NULL)
        add (self, alert, !alert->quiet);
    }
}

static void
on_items_changed (GListModel *model, guint position, guint removed, guint added, gpointer user_data)
{
  g_list_model_items_changed (G_LIST_MODEL (user_data), position, removed, added);
}

static void
gc_alert_list_dispose (GObject *object)
{
  GcAlertList *self = GC_ALERT_LIST (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_handle_id (&self->watch_id, g_source_remove);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->items);
  g_clear_object (&self->store);
  g_clear_pointer (&self->fix, gc_fix_free);
  G_OBJECT_CLASS (gc_alert_list_parent_class)->dispose (object);
}

static void
gc_alert_list_class_init (GcAlertListClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = gc_alert_list_dispose;
  signals[SIGNAL_ARRIVED] = g_signal_new ("arrived", GC_TYPE_ALERT_LIST, G_SIGNAL_RUN_LAST, 0, NULL,
                                          NULL, NULL, G_TYPE_NONE, 1, GC_TYPE_ALERT_ITEM);
  signals[SIGNAL_WITHDRAWN]
      = g_signal_new ("withdrawn", GC_TYPE_ALERT_LIST, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                      G_TYPE_NONE, 2, GC_TYPE_ALERT_ITEM, G_TYPE_STRING);
}

static void
gc_alert_list_init (GcAlertList *self)
{
  self->items = g_list_store_new (GC_TYPE_ALERT_ITEM);
  self->cancellable = g_cancellable_new ();
  g_signal_connect_object (self->items, "items-changed", G_CALLBACK (on_items_changed), self, 0);
}

/**
 * gc_alert_list_new:
 * @store: the store
 *
 * Returns: (transfer full): a list that fills itself
 */
GcAlertList *
gc_alert_list_new (GcStore *store)
{
  GcAlertList *self = g_object_new (GC_TYPE_ALERT_LIST, NULL);

  self->store = g_object_ref (store);
  g_signal_connect_object (store, "alert-changed", G_CALLBACK (on_alert_changed), self, 0);
  gc_store_list_alerts_async (store, self->cancellable, on_listed, g_object_ref (self));
  return self;
}

/* What the worker has come to be in the middle of. */
static void
wake (GcAlertList *self, GcAlertItem *item)
{
  gc_alert_item_set_loud (item, TRUE);
  gc_store_set_alert_quiet_async (self->store, gc_alert_item_get_id (item), FALSE, NULL, NULL,
                                  NULL);
  g_list_store_sort (self->items, compare, NULL);
  g_signal_emit (self, signals[SIGNAL_ARRIVED], 0, item);
}

/**
 * gc_alert_list_set_fix:
 * @self: a list
 * @fix: (nullable): where the worker is
 *
 * What the worker comes into concerns them from now on, until they have read it.
 */
void
gc_alert_list_set_fix (GcAlertList *self, const GcFix *fix)
{
  g_autoptr (GPtrArray) woken = g_ptr_array_new_with_free_func (g_object_unref);

  g_clear_pointer (&self->fix, gc_fix_free);
  if (fix == NULL)
    return;
  self->fix = gc_fix_copy (fix);
  self->fix_at_ms = gc_clock_monotonic_ms ();
  for (guint i = 0; i < get_n_items (G_LIST_MODEL (self)); i++)
    {
      g_autoptr (GcAlertItem) item = get_item (G_LIST_MODEL (self), i);

      if (!gc_alert_item_get_loud (item) && !is_elsewhere (self, gc_alert_item_get_cap (item)))
        g_ptr_array_add (woken, g_steal_pointer (&item));
    }
  for (guint i = 0; i < woken->len; i++)
    wake (self, g_ptr_array_index (woken, i));
}
