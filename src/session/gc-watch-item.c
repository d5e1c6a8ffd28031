/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/gc-watch-item.h"

struct _GcWatchItem
{
  GObject parent_instance;

  char *session;
  char *viewer;
  gint64 from_ms;
  gint64 until_ms;
};

G_DEFINE_FINAL_TYPE (GcWatchItem, gc_watch_item, G_TYPE_OBJECT)

enum
{
  PROP_VIEWER = 1,
  PROP_FROM_MS,
  PROP_UNTIL_MS,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void
gc_watch_item_finalize (GObject *object)
{
  GcWatchItem *self = GC_WATCH_ITEM (object);

  g_free (self->session);
  g_free (self->viewer);
  G_OBJECT_CLASS (gc_watch_item_parent_class)->finalize (object);
}

static void
gc_watch_item_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GcWatchItem *self = GC_WATCH_ITEM (object);

  if (id == PROP_VIEWER)
    g_value_set_string (value, self->viewer);
  else if (id == PROP_FROM_MS)
    g_value_set_int64 (value, self->from_ms);
  else if (id == PROP_UNTIL_MS)
    g_value_set_int64 (value, self->until_ms);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gc_watch_item_class_init (GcWatchItemClass *klass)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = gc_watch_item_finalize;
  object_class->get_property = gc_watch_item_get_property;
  properties[PROP_VIEWER] = g_param_spec_string ("viewer", NULL, NULL, NULL, flags);
  properties[PROP_FROM_MS]
      = g_param_spec_int64 ("from-ms", NULL, NULL, G_MININT64, G_MAXINT64, 0, flags);
  properties[PROP_UNTIL_MS]
      = g_param_spec_int64 ("until-ms", NULL, NULL, G_MININT64, G_MAXINT64, 0, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
gc_watch_item_init (GcWatchItem *self)
{
}

/**
 * gc_watch_item_new:
 * @session: the live session
 * @viewer: who
 * @from_ms: wall time, ms since 1970
 * @until_ms: wall time, 0 while still watching
 *
 * Returns: (transfer full): an item
 */
GcWatchItem *
gc_watch_item_new (const char *session, const char *viewer, gint64 from_ms, gint64 until_ms)
{
  GcWatchItem *self = g_object_new (GC_TYPE_WATCH_ITEM, NULL);

  self->session = g_strdup (session);
  self->viewer = g_strdup (viewer);
  self->from_ms = from_ms;
  self->until_ms = until_ms;
  return self;
}

/**
 * gc_watch_item_is:
 * @self: an item
 * @session: a live session
 * @viewer: who
 * @from_ms: since when
 *
 * Returns: whether it stands for this watch
 */
gboolean
gc_watch_item_is (GcWatchItem *self, const char *session, const char *viewer, gint64 from_ms)
{
  return self->from_ms == from_ms && g_strcmp0 (self->session, session) == 0
         && g_strcmp0 (self->viewer, viewer) == 0;
}

/**
 * gc_watch_item_set_until:
 * @self: an item
 * @until_ms: wall time, 0 while still watching
 */
void
gc_watch_item_set_until (GcWatchItem *self, gint64 until_ms)
{
  if (self->until_ms == until_ms)
    return;
  self->until_ms = until_ms;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_UNTIL_MS]);
}
