/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-live"

/* How a publication is connected, and how it is lost: gc-publication.c is the object. */

#include "live/gc-publication-private.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "rtc/gc-rtc-route.h"

/* From the answer to the first packet, at most; ICE itself would try for half a minute. */
#define CONNECT_TIMEOUT_MS 12000
/* Less for who is in a hurry; but DTLS alone takes two round trips. */
#define CONNECT_PATIENCE_RATIO 2

static void
lose (GcPublication *self, GError *error)
{
  g_clear_handle_id (&self->deadline, g_source_remove);
  if (self->error == NULL)
    self->error = error;
  else
    g_error_free (error);
  gc_publication_set_state (self, GC_PUBLICATION_LOST);
}

static void
lose_peer (GcPublication *self)
{
  lose (self, g_error_new_literal (GC_ERROR, GC_ERROR_UNREACHABLE,
                                   self->state == GC_PUBLICATION_CONNECTED
                                       ? "the connection was lost"
                                       : "no media gets to the media server from this network"));
}

static gboolean
on_bus (GstBus *bus, GstMessage *message, gpointer user_data)
{
  GcPublication *self = user_data;
  g_autoptr (GError) error = NULL;

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR)
    return G_SOURCE_CONTINUE;
  gst_message_parse_error (message, &error, NULL);
  lose (self, g_error_new (GC_ERROR, GC_ERROR_FAILED, "the connection broke: %s", error->message));
  return G_SOURCE_CONTINUE;
}

static gboolean
on_deadline (gpointer user_data)
{
  GcPublication *self = user_data;

  self->deadline = 0;
  lose_peer (self);
  return G_SOURCE_REMOVE;
}

static void
set_deadline (GcPublication *self, guint ms)
{
  g_clear_handle_id (&self->deadline, g_source_remove);
  self->deadline = g_timeout_add (ms, on_deadline, self);
}

static void
on_rtc_state (GcRtcBin *rtc, GParamSpec *pspec, gpointer user_data)
{
  GcPublication *self = user_data;

  switch (gc_rtc_bin_get_state (rtc))
    {
    case GC_RTC_CONNECTED:
      g_clear_handle_id (&self->deadline, g_source_remove);
      if (!self->held)
        gc_feed_open (self->feed);
      gc_publication_set_state (self, GC_PUBLICATION_CONNECTED);
      break;
    case GC_RTC_FAILED:
      lose_peer (self);
      break;
    case GC_RTC_NEW:
    case GC_RTC_CONNECTING:
    case GC_RTC_DISCONNECTED: /* it may come back; whether we wait for it is not decided here */
    default:
      break;
    }
}

static gboolean
build (GcPublication *self)
{
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();
  g_autoptr (GstBus) bus = NULL;

  self->pipeline = gst_object_ref_sink (gst_pipeline_new ("publication"));
  gst_pipeline_use_clock (GST_PIPELINE (self->pipeline), clock);
  gst_element_set_start_time (self->pipeline, GST_CLOCK_TIME_NONE);
  gst_element_set_base_time (self->pipeline, 0);
  self->rtc = gc_rtc_bin_new (gc_whip_client_is_local (self->client));
  gst_bin_add (GST_BIN (self->pipeline), gc_rtc_bin_get_element (self->rtc));
  g_signal_connect_object (self->rtc, "notify::state", G_CALLBACK (on_rtc_state), self, 0);
  bus = gst_element_get_bus (self->pipeline);
  self->bus_watch = gst_bus_add_watch (bus, on_bus, self);
  if (self->path != NULL)
    gc_rtc_bin_bind_interface (self->rtc, self->path->interface,
                               (const char *const *) self->path->addresses);
  self->feed = gc_feed_new (self->encoder, &self->identity, self->max_bps);
  gc_feed_set_muted (self->feed, self->muted);
  if (!gc_feed_attach (self->feed, GST_BIN (self->pipeline), self->rtc))
    return FALSE;
  return gst_element_set_state (self->pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE;
}

/* --- the steps, in the order in which they run --- */

static gboolean
step_failed (GcPublication *self, GError *error)
{
  if (error == NULL)
    return FALSE;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_error_free (error);
  else
    lose (self, error);
  return TRUE;
}

static void
on_answer_applied (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcPublication) self = user_data;
  GError *error = NULL;

  gc_rtc_bin_apply_answer_finish (GC_RTC_BIN (source), result, &error);
  if (!step_failed (self, error) && self->state == GC_PUBLICATION_CONNECTING)
    set_deadline (self, MIN (self->patience_ms * CONNECT_PATIENCE_RATIO, CONNECT_TIMEOUT_MS));
}

static void
on_published (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcPublication) self = user_data;
  GError *error = NULL;
  g_autoptr (GBytes) answer
      = gc_whip_client_publish_finish (GC_WHIP_CLIENT (source), result, &error);
  gsize length;
  const char *text;

  if (step_failed (self, error))
    return;
  /* The offer and its answer took one at least. */
  gc_rtc_bin_hasten (self->rtc, gc_clock_monotonic_ms () - self->offered_ms);
  text = g_bytes_get_data (answer, &length);
  gc_rtc_bin_apply_answer_async (self->rtc, text, length, self->cancellable, on_answer_applied,
                                 g_object_ref (self));
}

static void
on_offer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcPublication) self = user_data;
  GError *error = NULL;
  g_autofree char *offer = gc_rtc_bin_create_finish (GC_RTC_BIN (source), result, &error);

  if (step_failed (self, error))
    return;
  self->offered_ms = gc_clock_monotonic_ms ();
  gc_whip_client_publish_async (self->client, offer, self->patience_ms, self->cancellable,
                                on_published, g_object_ref (self));
}

static void
offer (GcPublication *self)
{
  if (!build (self))
    {
      lose (self, g_error_new_literal (GC_ERROR, GC_ERROR_FAILED,
                                       "a GStreamer plugin for WebRTC is missing"));
      return;
    }
  gc_rtc_bin_add_ice_servers (self->rtc, self->ice_servers);
  gc_rtc_bin_create_offer_async (self->rtc, self->gathering_ms, self->cancellable, on_offer,
                                 g_object_ref (self));
}

static void
on_ice_servers (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcPublication) self = user_data;
  GError *error = NULL;
  GPtrArray *servers
      = gc_whip_client_get_ice_servers_finish (GC_WHIP_CLIENT (source), result, &error);

  if (step_failed (self, error))
    return;
  self->ice_servers = servers;
  if (!g_cancellable_is_cancelled (self->cancellable))
    offer (self);
}

/**
 * gc_publication_connect:
 * @self: a publication that has not begun
 *
 * Goes from step to step; the outcome is its state. Main context.
 */
void
gc_publication_connect (GcPublication *self)
{
  if (self->ice_servers != NULL)
    offer (self);
  else
    gc_whip_client_get_ice_servers_async (self->client, self->cancellable, on_ice_servers,
                                          g_object_ref (self));
}
