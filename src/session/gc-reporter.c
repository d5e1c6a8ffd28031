/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/gc-reporter.h"

#include "base/gc-clock.h"
#include "session/gc-status.h"

struct _GcReporter
{
  GObject parent_instance;

  GcChannel *channel;
  GcNetworkMonitor *network;
  GcBattery *battery;
  GcStatus told;
  gint64 told_ms;
  guint soon;
};

G_DEFINE_FINAL_TYPE (GcReporter, gc_reporter, G_TYPE_OBJECT)

static GcStatus
look (GcReporter *self)
{
  return (GcStatus) {
    .battery_percent = gc_battery_get_percent (self->battery),
    .charging = gc_battery_is_charging (self->battery),
    .uplink = gc_network_monitor_get_uplink (self->network),
    .metered = gc_network_monitor_is_metered (self->network),
    .signal_percent = gc_network_monitor_get_signal_percent (self->network),
  };
}

static gboolean
is_online (GcReporter *self)
{
  return gc_channel_get_state (self->channel) == GC_CHANNEL_ONLINE;
}

static void
report (GcReporter *self)
{
  g_autoptr (JsonObject) body = NULL;
  g_autoptr (GcEnvelope) envelope = NULL;

  self->told = look (self);
  self->told_ms = gc_clock_monotonic_ms ();
  body = gc_status_to_json (&self->told);
  envelope = gc_envelope_new (GC_MSG_STATUS, body);
  gc_channel_send (self->channel, envelope);
}

static gboolean
on_soon (gpointer user_data)
{
  GcReporter *self = user_data;

  self->soon = 0;
  report (self);
  return G_SOURCE_REMOVE;
}

static void
on_change (GcReporter *self)
{
  GcStatus now = look (self);
  guint interval_ms = gc_status_get_interval_ms (&self->told, &now);
  gint64 wait_ms = self->told_ms + interval_ms - gc_clock_monotonic_ms ();

  g_clear_handle_id (&self->soon, g_source_remove);
  if (interval_ms != 0 && is_online (self))
    self->soon = g_timeout_add ((guint) CLAMP (wait_ms, 0, interval_ms), on_soon, self);
}

static void
on_channel_state (GcReporter *self)
{
  g_clear_handle_id (&self->soon, g_source_remove);
  if (is_online (self))
    report (self);
}

static void
gc_reporter_dispose (GObject *object)
{
  GcReporter *self = GC_REPORTER (object);

  g_clear_handle_id (&self->soon, g_source_remove);
  g_clear_object (&self->channel);
  g_clear_object (&self->network);
  g_clear_object (&self->battery);
  G_OBJECT_CLASS (gc_reporter_parent_class)->dispose (object);
}

static void
gc_reporter_class_init (GcReporterClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = gc_reporter_dispose;
}

static void
gc_reporter_init (GcReporter *self)
{
}

/**
 * gc_reporter_new:
 * @channel: over which
 * @network: what it tells of
 * @battery: what it tells of
 *
 * Main context.
 *
 * Returns: (transfer full): a reporter that reports while the channel is online
 */
GcReporter *
gc_reporter_new (GcChannel *channel, GcNetworkMonitor *network, GcBattery *battery)
{
  GcReporter *self = g_object_new (GC_TYPE_REPORTER, NULL);

  self->channel = g_object_ref (channel);
  self->network = g_object_ref (network);
  self->battery = g_object_ref (battery);
  g_signal_connect_object (channel, "notify::state", G_CALLBACK (on_channel_state), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (network, "changed", G_CALLBACK (on_change), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (battery, "notify", G_CALLBACK (on_change), self, G_CONNECT_SWAPPED);
  return self;
}
