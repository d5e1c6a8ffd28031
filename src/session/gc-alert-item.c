/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/gc-alert-item.h"

struct _GcAlertItem
{
  GObject parent_instance;

  char *id;
  GcCap *cap;
  gint64 received_ms;
  gint64 expires_ms;
  gboolean loud;
};

G_DEFINE_FINAL_TYPE (GcAlertItem, gc_alert_item, G_TYPE_OBJECT)

enum
{
  PROP_LOUD = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void
gc_alert_item_finalize (GObject *object)
{
  GcAlertItem *self = GC_ALERT_ITEM (object);

  g_free (self->id);
  g_clear_pointer (&self->cap, gc_cap_unref);
  G_OBJECT_CLASS (gc_alert_item_parent_class)->finalize (object);
}

static void
gc_alert_item_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_LOUD)
    g_value_set_boolean (value, GC_ALERT_ITEM (object)->loud);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gc_alert_item_class_init (GcAlertItemClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = gc_alert_item_finalize;
  object_class->get_property = gc_alert_item_get_property;
  properties[PROP_LOUD]
      = g_param_spec_boolean ("loud", NULL, NULL, FALSE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
gc_alert_item_init (GcAlertItem *self)
{
}

/**
 * gc_alert_item_new:
 * @id: the center's name for it
 * @cap: what it says
 * @received_ms: when it came, wall time
 * @expires_ms: until when it is shown, wall time, 0 if this device's clock cannot tell
 * @loud: whether it concerns who is here
 *
 * Returns: (transfer full): an item
 */
GcAlertItem *
gc_alert_item_new (const char *id, GcCap *cap, gint64 received_ms, gint64 expires_ms, gboolean loud)
{
  GcAlertItem *self = g_object_new (GC_TYPE_ALERT_ITEM, NULL);

  self->id = g_strdup (id);
  self->cap = gc_cap_ref (cap);
  self->received_ms = received_ms;
  self->expires_ms = expires_ms;
  self->loud = loud;
  return self;
}

/**
 * gc_alert_item_get_id:
 * @self: an item
 *
 * Returns: (transfer none): the center's name for it
 */
const char *
gc_alert_item_get_id (GcAlertItem *self)
{
  return self->id;
}

/**
 * gc_alert_item_get_cap:
 * @self: an item
 *
 * Returns: (transfer none): the message
 */
const GcCap *
gc_alert_item_get_cap (GcAlertItem *self)
{
  return self->cap;
}

/**
 * gc_alert_item_get_info:
 * @self: an item
 *
 * Returns: (transfer none): what it says, in the worker's language if it is said in that
 */
const GcCapInfo *
gc_alert_item_get_info (GcAlertItem *self)
{
  return gc_cap_choose_info (self->cap, g_get_language_names ());
}

/**
 * gc_alert_item_get_title:
 * @self: an item
 *
 * Returns: (transfer none): it in one line
 */
const char *
gc_alert_item_get_title (GcAlertItem *self)
{
  const GcCapInfo *info = gc_alert_item_get_info (self);

  return info->headline != NULL ? info->headline : info->event;
}

/**
 * gc_alert_item_get_received_ms:
 * @self: an item
 *
 * Returns: when it came, wall time
 */
gint64
gc_alert_item_get_received_ms (GcAlertItem *self)
{
  return self->received_ms;
}

/**
 * gc_alert_item_get_expires_ms:
 * @self: an item
 *
 * Returns: until when it is shown, wall time, 0 if this device's clock cannot tell
 */
gint64
gc_alert_item_get_expires_ms (GcAlertItem *self)
{
  return self->expires_ms;
}

/**
 * gc_alert_item_get_loud:
 * @self: an item
 *
 * Returns: whether it concerns who is here
 */
gboolean
gc_alert_item_get_loud (GcAlertItem *self)
{
  return self->loud;
}

/**
 * gc_alert_item_set_loud:
 * @self: an item
 * @loud: whether it concerns who is here
 */
void
gc_alert_item_set_loud (GcAlertItem *self, gboolean loud)
{
  if (self->loud == loud)
    return;
  self->loud = loud;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LOUD]);
}
