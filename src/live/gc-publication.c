/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-live"

#include "live/gc-publication.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "live/gc-feed.h"
#include "rtc/gc-rtc-route.h"

/* From the answer to the first packet, at most; ICE itself would try for half a minute. */
#define CONNECT_TIMEOUT_MS 12000
/* Less for who is in a hurry; but DTLS alone takes two round trips. */
#define CONNECT_PATIENCE_RATIO 2
/* A key frame takes many packets, and half a round trip. */
#define KEY_FRAME_MS 300

struct _GcPublication
{
  GObject parent_instance;

  GcEncoder *encoder;
  GcWhipClient *client;
  GcFeedIdentity identity;
  gint64 max_bps;
  GcPath *path; /* to talk over alone; NULL: the kernel's choice */
  GPtrArray *ice_servers;
  guint patience_ms;
  guint gathering_ms;
  gboolean held;
  gint64 key_frame_ms; /* when the first one was seen to have been sent */
  GcPublicationState state;
  GError *error;
  GCancellable *cancellable;
  GstElement *pipeline;
  GcRtcBin *rtc;
  guint bus_watch;
  guint deadline;
  GcFeed *feed;
  gboolean muted;
};

G_DEFINE_FINAL_TYPE (GcPublication, gc_publication, G_TYPE_OBJECT)

enum
{
  PROP_STATE = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void
set_state (GcPublication *self, GcPublicationState state)
{
  if (self->state == state || self->state == GC_PUBLICATION_LOST)
    return;
  g_debug ("publication: state %d to %d", self->state, state);
  self->state = state;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

static void
lose (GcPublication *self, GError *error)
{
  g_clear_handle_id (&self->deadline, g_source_remove);
  if (self->error == NULL)
    self->error = error;
  else
    g_error_free (error);
  set_state (self, GC_PUBLICATION_LOST);
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
      set_state (self, GC_PUBLICATION_CONNECTED);
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

  if (!step_failed (self, error))
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

/* --- the object --- */

static void
tear_down (GcPublication *self)
{
  g_cancellable_cancel (self->cancellable);
  g_clear_handle_id (&self->deadline, g_source_remove);
  g_clear_handle_id (&self->bus_watch, g_source_remove);
  if (self->rtc != NULL)
    g_signal_handlers_disconnect_by_data (self->rtc, self);
  if (self->pipeline != NULL)
    gst_element_set_state (self->pipeline, GST_STATE_NULL);
  g_clear_pointer (&self->feed, gc_feed_free);
  g_clear_object (&self->rtc);
  gst_clear_object (&self->pipeline);
}

static void
gc_publication_dispose (GObject *object)
{
  GcPublication *self = GC_PUBLICATION (object);

  if (self->encoder != NULL)
    tear_down (self);
  g_clear_object (&self->encoder);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (gc_publication_parent_class)->dispose (object);
}

static void
gc_publication_finalize (GObject *object)
{
  GcPublication *self = GC_PUBLICATION (object);

  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->ice_servers, g_ptr_array_unref);
  g_clear_pointer (&self->path, gc_path_free);
  g_clear_error (&self->error);
  G_OBJECT_CLASS (gc_publication_parent_class)->finalize (object);
}

static void
gc_publication_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_STATE)
    g_value_set_int (value, GC_PUBLICATION (object)->state);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gc_publication_class_init (GcPublicationClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = gc_publication_dispose;
  object_class->finalize = gc_publication_finalize;
  object_class->get_property = gc_publication_get_property;
  /**
   * GcPublication:state:
   *
   * A #GcPublicationState.
   */
  properties[PROP_STATE]
      = g_param_spec_int ("state", NULL, NULL, GC_PUBLICATION_CONNECTING, GC_PUBLICATION_LOST,
                          GC_PUBLICATION_CONNECTING, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
gc_publication_init (GcPublication *self)
{
  self->cancellable = g_cancellable_new ();
}

/**
 * gc_publication_new:
 * @encoder: where picture and sound come from
 * @client: a client that has not published
 * @setup: how to connect
 *
 * Main context.
 *
 * Returns: (transfer full): a publication that has not started
 */
GcPublication *
gc_publication_new (GcEncoder *encoder, GcWhipClient *client, const GcPublicationSetup *setup)
{
  GcPublication *self = g_object_new (GC_TYPE_PUBLICATION, NULL);

  self->encoder = g_object_ref (encoder);
  self->client = g_object_ref (client);
  self->identity = setup->identity;
  self->max_bps = setup->max_bps;
  self->patience_ms = setup->patience_ms;
  self->gathering_ms = setup->gathering_ms;
  self->held = setup->held;
  if (setup->ice_servers != NULL)
    self->ice_servers = g_ptr_array_ref (setup->ice_servers);
  if (setup->path != NULL)
    {
      self->path = gc_path_copy (setup->path);
      gc_whip_client_bind_interface (client, self->path->interface);
    }
  return self;
}

/**
 * gc_publication_release:
 * @self: a publication
 *
 * Makes it send, now or as soon as it is connected, if it was held. Main context.
 */
void
gc_publication_release (GcPublication *self)
{
  g_return_if_fail (GC_IS_PUBLICATION (self));

  if (!self->held)
    return;
  self->held = FALSE;
  if (self->state == GC_PUBLICATION_CONNECTED)
    gc_feed_open (self->feed);
}

/**
 * gc_publication_start:
 * @self: a new publication
 *
 * Connects; the outcome is the property state. Main context.
 */
void
gc_publication_start (GcPublication *self)
{
  g_return_if_fail (GC_IS_PUBLICATION (self) && self->pipeline == NULL);

  if (self->ice_servers != NULL)
    offer (self);
  else
    gc_whip_client_get_ice_servers_async (self->client, self->cancellable, on_ice_servers,
                                          g_object_ref (self));
}

/**
 * gc_publication_refresh:
 * @self: a connected publication
 *
 * Sends a key frame next: what was sent of late did not arrive. Main context.
 */
void
gc_publication_refresh (GcPublication *self)
{
  g_return_if_fail (GC_IS_PUBLICATION (self));

  if (self->state == GC_PUBLICATION_CONNECTED && !self->held)
    gc_feed_open (self->feed);
}

/**
 * gc_publication_set_muted:
 * @self: a publication
 * @muted: whether sound stays on the handset
 *
 * Main context.
 */
void
gc_publication_set_muted (GcPublication *self, gboolean muted)
{
  self->muted = muted;
  if (self->feed != NULL)
    gc_feed_set_muted (self->feed, muted);
}

/**
 * gc_publication_get_state:
 * @self: a publication
 *
 * Returns: where it stands
 */
GcPublicationState
gc_publication_get_state (GcPublication *self)
{
  return self->state;
}

/**
 * gc_publication_get_error:
 * @self: a publication
 *
 * Returns: (transfer none) (nullable): why it is lost: the errors of
 *   gc_whip_client_publish_finish() and gc_rtc_bin_apply_answer_finish(), or
 *   %GC_ERROR_UNREACHABLE once media should have flowed
 */
const GError *
gc_publication_get_error (GcPublication *self)
{
  return self->error;
}

/**
 * gc_publication_get_client:
 * @self: a publication
 *
 * Returns: (transfer none): what speaks with the server
 */
GcWhipClient *
gc_publication_get_client (GcPublication *self)
{
  return self->client;
}

/**
 * gc_publication_get_rtc:
 * @self: a publication
 *
 * Returns: (transfer none) (nullable): the connection, %NULL before it is begun
 */
GcRtcBin *
gc_publication_get_rtc (GcPublication *self)
{
  return self->rtc;
}

/**
 * gc_publication_get_path:
 * @self: a publication
 *
 * Returns: (transfer none) (nullable): over which alone it talks; %NULL if the kernel chooses
 */
const GcPath *
gc_publication_get_path (GcPublication *self)
{
  return self->path;
}

/**
 * gc_publication_get_ice_servers:
 * @self: a publication
 *
 * Returns: (transfer none) (element-type GcIceServer) (nullable): what it uses, or would better
 * have used; %NULL before it knows
 */
GPtrArray *
gc_publication_get_ice_servers (GcPublication *self)
{
  GPtrArray *answered = gc_whip_client_get_answered_ice_servers (self->client);

  return answered != NULL && answered->len > 0 ? answered : self->ice_servers;
}

/**
 * gc_publication_is_received:
 * @self: a publication
 *
 * To be asked again and again. Main context.
 *
 * Returns: whether the server has had the first key frame, as far as can be told: a while has gone
 *   by since it was sent, and something has come back
 */
gboolean
gc_publication_is_received (GcPublication *self)
{
  gint64 now_ms = gc_clock_monotonic_ms ();
  GcFeedCounters counters;

  gc_publication_get_counters (self, &counters);
  if (counters.key_frames == 0)
    return FALSE;
  if (self->key_frame_ms == 0)
    self->key_frame_ms = now_ms;
  return now_ms > self->key_frame_ms + KEY_FRAME_MS
         && gc_rtc_liveness_get_silence_ms (gc_rtc_bin_get_liveness (self->rtc))
                < now_ms - self->key_frame_ms;
}

/**
 * gc_publication_get_counters:
 * @self: a publication
 * @counters: (out caller-allocates): the totals since the connection was made
 *
 * Main context.
 */
void
gc_publication_get_counters (GcPublication *self, GcFeedCounters *counters)
{
  *counters = (GcFeedCounters) { 0 };
  if (self->feed != NULL)
    gc_feed_get_counters (self->feed, counters);
}

/**
 * gc_publication_get_pacer:
 * @self: a publication
 *
 * Returns: (transfer none) (nullable): what its packets go through, once there is a connection
 */
GcPacer *
gc_publication_get_pacer (GcPublication *self)
{
  return self->feed != NULL ? gc_feed_get_pacer (self->feed) : NULL;
}

static void
on_deleted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (gc_whip_client_delete_finish (GC_WHIP_CLIENT (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/**
 * gc_publication_close_async:
 * @self: a publication
 * @callback: called when the server knows, or does not answer
 * @user_data: for @callback
 *
 * Stops sending at once, then tells the server. Main context.
 */
void
gc_publication_close_async (GcPublication *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_return_if_fail (GC_IS_PUBLICATION (self));

  tear_down (self);
  gc_whip_client_delete_async (self->client, on_deleted, g_steal_pointer (&task));
}

/**
 * gc_publication_close_finish:
 * @self: a publication
 * @result: what the callback got
 * @error: %GC_ERROR_UNREACHABLE
 *
 * Returns: whether the server has been told
 */
gboolean
gc_publication_close_finish (GcPublication *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
