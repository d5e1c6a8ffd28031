/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-network"

#include "network/gc-modem-signal.h"

#define SERVICE "org.freedesktop.ModemManager1"
#define MODEM_PATH "/org/freedesktop/ModemManager1/Modem/"
#define MODEM_INTERFACE "org.freedesktop.ModemManager1.Modem"
#define CELL_INTERFACE MODEM_INTERFACE ".Modem3gpp"
/* Of MMModem3gppRegistrationState. */
#define STATE_ROAMING 5
#define STATE_ROAMING_SMS_ONLY 7
#define STATE_ROAMING_CSFB 10

struct _GcModemSignal
{
  GObject parent_instance;

  char *path;
  GDBusProxy *modem;
  GDBusProxy *cell;
  GCancellable *cancellable;
  int percent;
  gboolean roaming;
};

G_DEFINE_FINAL_TYPE (GcModemSignal, gc_modem_signal, G_TYPE_OBJECT)

enum
{
  PROP_PERCENT = 1,
  PROP_ROAMING,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static GVariant *
get_property (GDBusProxy *proxy, const char *name, const char *type)
{
  g_autoptr (GVariant) value
      = proxy != NULL ? g_dbus_proxy_get_cached_property (proxy, name) : NULL;

  return value != NULL && g_variant_is_of_type (value, (const GVariantType *) type)
             ? g_steal_pointer (&value)
             : NULL;
}

static int
read_percent (GcModemSignal *self)
{
  g_autoptr (GVariant) quality = get_property (self->modem, "SignalQuality", "(ub)");
  guint32 value;

  if (quality == NULL)
    return -1;
  g_variant_get (quality, "(ub)", &value, NULL);
  return (int) MIN (value, 100);
}

static gboolean
read_roaming (GcModemSignal *self)
{
  g_autoptr (GVariant) state = get_property (self->cell, "RegistrationState", "u");
  guint32 value = state != NULL ? g_variant_get_uint32 (state) : 0;

  return value == STATE_ROAMING || value == STATE_ROAMING_SMS_ONLY || value == STATE_ROAMING_CSFB;
}

static void
update (GcModemSignal *self)
{
  int percent = read_percent (self);
  gboolean roaming = read_roaming (self);

  if (percent != self->percent)
    {
      self->percent = percent;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PERCENT]);
    }
  if (roaming != self->roaming)
    {
      self->roaming = roaming;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ROAMING]);
    }
}

static void
adopt (GcModemSignal *self, GDBusProxy **slot, GAsyncResult *result)
{
  g_autoptr (GError) error = NULL;
  GDBusProxy *proxy = g_dbus_proxy_new_for_bus_finish (result, &error);

  if (proxy == NULL)
    {
      if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        g_debug ("no word from the modem: %s", error->message);
      return;
    }
  *slot = proxy;
  g_signal_connect_object (proxy, "g-properties-changed", G_CALLBACK (update), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (proxy, "notify::g-name-owner", G_CALLBACK (update), self,
                           G_CONNECT_SWAPPED);
  update (self);
}

static void
on_modem (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcModemSignal) self = user_data;

  adopt (self, &self->modem, result);
}

static void
on_cell (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcModemSignal) self = user_data;

  adopt (self, &self->cell, result);
}

static void
let_go_of (GcModemSignal *self, GDBusProxy **slot)
{
  if (*slot != NULL)
    g_signal_handlers_disconnect_by_data (*slot, self);
  g_clear_object (slot);
}

static void
let_go (GcModemSignal *self)
{
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  let_go_of (self, &self->modem);
  let_go_of (self, &self->cell);
  g_clear_pointer (&self->path, g_free);
}

static void
gc_modem_signal_dispose (GObject *object)
{
  let_go (GC_MODEM_SIGNAL (object));
  G_OBJECT_CLASS (gc_modem_signal_parent_class)->dispose (object);
}

static void
gc_modem_signal_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_PERCENT)
    g_value_set_int (value, GC_MODEM_SIGNAL (object)->percent);
  else if (id == PROP_ROAMING)
    g_value_set_boolean (value, GC_MODEM_SIGNAL (object)->roaming);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gc_modem_signal_class_init (GcModemSignalClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = gc_modem_signal_dispose;
  object_class->get_property = gc_modem_signal_get_property;
  properties[PROP_PERCENT]
      = g_param_spec_int ("percent", NULL, NULL, -1, 100, -1,
                          G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  properties[PROP_ROAMING]
      = g_param_spec_boolean ("roaming", NULL, NULL, FALSE,
                              G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
gc_modem_signal_init (GcModemSignal *self)
{
  self->percent = -1;
}

/**
 * gc_modem_signal_new:
 *
 * Main context.
 *
 * Returns: (transfer full): a signal of no modem
 */
GcModemSignal *
gc_modem_signal_new (void)
{
  return g_object_new (GC_TYPE_MODEM_SIGNAL, NULL);
}

/**
 * gc_modem_signal_set_modem:
 * @self: a signal
 * @path: (nullable): the modem's object in ModemManager, which NetworkManager calls its UDI;
 *   anything else is no modem that we know
 *
 * Watches that modem. Main context.
 */
void
gc_modem_signal_set_modem (GcModemSignal *self, const char *path)
{
  g_return_if_fail (GC_IS_MODEM_SIGNAL (self));

  if (path != NULL && (!g_str_has_prefix (path, MODEM_PATH) || !g_variant_is_object_path (path)))
    path = NULL;
  if (g_strcmp0 (path, self->path) == 0)
    return;
  let_go (self);
  update (self);
  if (path == NULL)
    return;
  self->path = g_strdup (path);
  self->cancellable = g_cancellable_new ();
  g_dbus_proxy_new_for_bus (G_BUS_TYPE_SYSTEM, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START, NULL, SERVICE,
                            path, MODEM_INTERFACE, self->cancellable, on_modem,
                            g_object_ref (self));
  g_dbus_proxy_new_for_bus (G_BUS_TYPE_SYSTEM, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START, NULL, SERVICE,
                            path, CELL_INTERFACE, self->cancellable, on_cell, g_object_ref (self));
}

/**
 * gc_modem_signal_get_percent:
 * @self: a signal
 *
 * Returns: 0 to 100, -1 if unknown
 */
int
gc_modem_signal_get_percent (GcModemSignal *self)
{
  g_return_val_if_fail (GC_IS_MODEM_SIGNAL (self), -1);

  return self->percent;
}

/**
 * gc_modem_signal_is_roaming:
 * @self: a signal
 *
 * Returns: whether the modem is known to be in a foreign network
 */
gboolean
gc_modem_signal_is_roaming (GcModemSignal *self)
{
  g_return_val_if_fail (GC_IS_MODEM_SIGNAL (self), FALSE);

  return self->roaming;
}
