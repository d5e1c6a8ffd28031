/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/gc-reporter.h"

#include "base/gc-clock.h"

/* PROTOCOL.md, “status”. */
#define MIN_INTERVAL_MS 5000
#define MAX_INTERVAL_S 60

struct _GcReporter
{
  GObject parent_instance;

  GcChannel *channel;
  GcNetworkMonitor *network;
  GcBattery *battery;
  gint64 last_ms;
  guint soon;
  guint ticker;
};

G_DEFINE_FINAL_TYPE (GcReporter, gc_reporter, G_TYPE_OBJECT)

static JsonObject *
describe (GcReporter *self)
{
  JsonObject *body = json_object_new ();
  int percent = gc_battery_get_percent (self->battery);
  int signal_percent = gc_network_monitor_get_signal_percent (self->network);

  if (percent >= 0)
    {
      json_object_set_int_member (body, "battery_percent", percent);
      json_object_set_boolean_member (body, "charging", gc_battery_is_charging (self->battery));
    }
  json_object_set_string_member (
      body, "uplink", gc_uplink_to_string (gc_network_monitor_get_uplink (self->network)));
  json_object_set_boolean_member (body, "metered", gc_network_monitor_is_metered (self->network));
  if (signal_percent >= 0)
    json_object_set_int_member (body, "signal_percent", signal_percent);
  return body;
}

static void
report (GcReporter *self)
{
  g_autoptr (JsonObject) body = NULL;
  g_autoptr (GcEnvelope) envelope = NULL;

  g_clear_handle_id (&self->soon, g_source_remove);
  if (gc_channel_get_state (self->channel) != GC_CHANNEL_ONLINE)
    return;
  body = describe (self);
  envelope = gc_envelope_new (GC_MSG_STATUS, body);
  gc_channel_send (self->channel, envelope);
  self->last_ms = gc_clock_monotonic_ms ();
}

static gboolean
on_soon (gpointer user_data)
{
  GcReporter *self = user_data;

  self->soon = 0;
  report (self);
  return G_SOURCE_REMOVE;
}

static gboolean
on_tick (gpointer user_data)
{
  report (user_data);
  return G_SOURCE_CONTINUE;
}

static void
on_change (GcReporter *self)
{
  gint64 wait_ms = self->last_ms + MIN_INTERVAL_MS - gc_clock_monotonic_ms ();

  if (self->soon == 0)
    self->soon = g_timeout_add ((guint) CLAMP (wait_ms, 0, MIN_INTERVAL_MS), on_soon, self);
}

static void
on_channel_state (GcReporter *self)
{
  g_clear_handle_id (&self->ticker, g_source_remove);
  if (gc_channel_get_state (self->channel) != GC_CHANNEL_ONLINE)
    return;
  self->ticker = g_timeout_add_seconds (MAX_INTERVAL_S, on_tick, self);
  report (self);
}

static void
gc_reporter_dispose (GObject *object)
{
  GcReporter *self = GC_REPORTER (object);

  g_clear_handle_id (&self->soon, g_source_remove);
  g_clear_handle_id (&self->ticker, g_source_remove);
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
  self->last_ms = -MIN_INTERVAL_MS;
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
