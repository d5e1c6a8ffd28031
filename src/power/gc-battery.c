/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-power"

#include "power/gc-battery.h"

#include <math.h>

/* org.freedesktop.UPower.Device: State and Type. */
#define STATE_CHARGING 1
#define STATE_FULL 4
#define STATE_PENDING_CHARGE 5
#define TYPE_BATTERY 2

struct _GcBattery
{
  GObject parent_instance;

  GDBusProxy *device;
  GCancellable *cancellable;
  int percent;
  gboolean charging;
};

G_DEFINE_FINAL_TYPE (GcBattery, gc_battery, G_TYPE_OBJECT)

enum
{
  PROP_PERCENT = 1,
  PROP_CHARGING,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static guint32
get_uint (GDBusProxy *proxy, const char *name)
{
  g_autoptr (GVariant) value = g_dbus_proxy_get_cached_property (proxy, name);

  return value != NULL && g_variant_is_of_type (value, G_VARIANT_TYPE_UINT32)
             ? g_variant_get_uint32 (value)
             : 0;
}

static int
to_percent (double value)
{
  return value >= 0 && value <= 100 ? (int) lround (value) : -1;
}

static void
update (GcBattery *self)
{
  g_autoptr (GVariant) value = g_dbus_proxy_get_cached_property (self->device, "Percentage");
  guint32 state = get_uint (self->device, "State");
  gboolean charging
      = state == STATE_CHARGING || state == STATE_FULL || state == STATE_PENDING_CHARGE;
  int percent = -1;

  /* A service that went away leaves no properties behind. */
  if (get_uint (self->device, "Type") == TYPE_BATTERY && value != NULL
      && g_variant_is_of_type (value, G_VARIANT_TYPE_DOUBLE))
    percent = to_percent (g_variant_get_double (value));
  if (percent != self->percent)
    {
      self->percent = percent;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PERCENT]);
    }
  if (charging != self->charging)
    {
      self->charging = charging;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CHARGING]);
    }
}

static void
on_proxy (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcBattery) self = user_data;
  g_autoptr (GError) error = NULL;
  GDBusProxy *device = g_dbus_proxy_new_for_bus_finish (result, &error);

  if (device == NULL)
    {
      if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        g_debug ("no UPower: %s", error->message);
      return;
    }
  self->device = device;
  g_signal_connect_object (device, "g-properties-changed", G_CALLBACK (update), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (device, "notify::g-name-owner", G_CALLBACK (update), self,
                           G_CONNECT_SWAPPED);
  update (self);
}

static void
gc_battery_dispose (GObject *object)
{
  GcBattery *self = GC_BATTERY (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->device);
  G_OBJECT_CLASS (gc_battery_parent_class)->dispose (object);
}

static void
gc_battery_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GcBattery *self = GC_BATTERY (object);

  if (id == PROP_PERCENT)
    g_value_set_int (value, self->percent);
  else if (id == PROP_CHARGING)
    g_value_set_boolean (value, self->charging);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gc_battery_class_init (GcBatteryClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = gc_battery_dispose;
  object_class->get_property = gc_battery_get_property;
  properties[PROP_PERCENT]
      = g_param_spec_int ("percent", NULL, NULL, -1, 100, -1,
                          G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  properties[PROP_CHARGING]
      = g_param_spec_boolean ("charging", NULL, NULL, FALSE,
                              G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
gc_battery_init (GcBattery *self)
{
  self->percent = -1;
  self->cancellable = g_cancellable_new ();
}

/**
 * gc_battery_new:
 *
 * Watches the battery; without UPower it stays unknown. Main context.
 *
 * Returns: (transfer full): the battery
 */
GcBattery *
gc_battery_new (void)
{
  GcBattery *self = g_object_new (GC_TYPE_BATTERY, NULL);

  g_dbus_proxy_new_for_bus (
      G_BUS_TYPE_SYSTEM, G_DBUS_PROXY_FLAGS_NONE, NULL, "org.freedesktop.UPower",
      "/org/freedesktop/UPower/devices/DisplayDevice", "org.freedesktop.UPower.Device",
      self->cancellable, on_proxy, g_object_ref (self));
  return self;
}

/**
 * gc_battery_get_percent:
 * @self: a battery
 *
 * Returns: 0 to 100, -1 if unknown
 */
int
gc_battery_get_percent (GcBattery *self)
{
  g_return_val_if_fail (GC_IS_BATTERY (self), -1);

  return self->percent;
}

/**
 * gc_battery_is_charging:
 * @self: a battery
 *
 * Returns: whether a charger feeds it, though it may be full or waiting
 */
gboolean
gc_battery_is_charging (GcBattery *self)
{
  g_return_val_if_fail (GC_IS_BATTERY (self), FALSE);

  return self->charging;
}
