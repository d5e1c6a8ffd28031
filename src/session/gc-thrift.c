/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-session"

#include "session/gc-thrift.h"

/* What is left is needed to call for help: at this share of the battery live video is held back,
 * and is so until a charger feeds it, or until it was changed for another. */
#define LOW_PERCENT 15
#define ENOUGH_PERCENT 20

struct _GcThrift
{
  GObject parent_instance;

  GcBattery *battery;
  GcStudio *studio;
  gboolean frugal;
  GcRateLimits limits;
  GcPublisher *publisher; /* while there is one */
};

G_DEFINE_FINAL_TYPE (GcThrift, gc_thrift, G_TYPE_OBJECT)

static void
apply (GcThrift *self)
{
  if (self->publisher == NULL)
    return;
  gc_publisher_set_limits (self->publisher, &self->limits);
  gc_publisher_set_max_bitrate (self->publisher,
                                self->frugal ? gc_ladder_get_frugal (GC_QUALITY_SMOOTH)->least_bps
                                             : GC_PUBLISHER_MAX_BPS);
}

static void
on_battery (GcThrift *self)
{
  int percent = gc_battery_get_percent (self->battery);
  gboolean frugal = percent >= 0 && percent <= (self->frugal ? ENOUGH_PERCENT - 1 : LOW_PERCENT)
                    && !gc_battery_is_charging (self->battery);

  if (frugal == self->frugal)
    return;
  g_message ("Live video %s", frugal ? "spares the battery" : "need not spare the battery");
  self->frugal = frugal;
  gc_studio_set_frugal (self->studio, frugal);
  apply (self);
}

static void
gc_thrift_dispose (GObject *object)
{
  GcThrift *self = GC_THRIFT (object);

  g_clear_object (&self->publisher);
  g_clear_object (&self->battery);
  g_clear_object (&self->studio);
  G_OBJECT_CLASS (gc_thrift_parent_class)->dispose (object);
}

static void
gc_thrift_class_init (GcThriftClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = gc_thrift_dispose;
}

static void
gc_thrift_init (GcThrift *self)
{
  gc_rate_limits_init (&self->limits);
}

/**
 * gc_thrift_new:
 * @battery: what is to last
 * @studio: whose encoder is held back when it runs low
 *
 * Main context.
 *
 * Returns: (transfer full): a thrift without limits of data
 */
GcThrift *
gc_thrift_new (GcBattery *battery, GcStudio *studio)
{
  GcThrift *self = g_object_new (GC_TYPE_THRIFT, NULL);

  self->battery = g_object_ref (battery);
  self->studio = g_object_ref (studio);
  g_signal_connect_object (battery, "notify", G_CALLBACK (on_battery), self, G_CONNECT_SWAPPED);
  on_battery (self);
  return self;
}

/**
 * gc_thrift_set_limit:
 * @self: a thrift
 * @cost: of which uplinks
 * @kbps: most that a stream may take over them, kbit/s; see gc_rate_limits_set()
 *
 * Holds at once. Main context.
 */
void
gc_thrift_set_limit (GcThrift *self, GcUplinkCost cost, guint kbps)
{
  g_return_if_fail (GC_IS_THRIFT (self));

  gc_rate_limits_set (&self->limits, cost, kbps);
  apply (self);
}

/**
 * gc_thrift_follow:
 * @self: a thrift
 * @publisher: (nullable): what it holds back from now on
 *
 * Main context.
 */
void
gc_thrift_follow (GcThrift *self, GcPublisher *publisher)
{
  g_return_if_fail (GC_IS_THRIFT (self));

  g_set_object (&self->publisher, publisher);
  apply (self);
}
