/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-live"

#include "live/gc-publication.h"

#include "base/gc-error.h"
#include "live/gc-feed.h"
#include "rtc/gc-rtc-bin.h"

/* Host candidates are there at once; a relay takes two round trips, and only a server that does not
 * answer takes all of this. */
#define GATHERING_MS 2000
/* From the answer to the first packet; ICE itself would try for half a minute. */
#define CONNECT_TIMEOUT_MS 12000
/* libnice calls a silent peer disconnected early; many come back at once. */
#define DISCONNECTED_MS 2500

struct _GcPublication
{
  GObject parent_instance;

  GcEncoder *encoder;
  GcWhipClient *client;
  gint64 max_bps;
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
      gc_feed_open (self->feed);
      set_state (self, GC_PUBLICATION_CONNECTED);
      break;
    case GC_RTC_DISCONNECTED:
      set_deadline (self, DISCONNECTED_MS);
      break;
    case GC_RTC_FAILED:
      lose_peer (self);
      break;
    case GC_RTC_NEW:
    case GC_RTC_CONNECTING:
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
  self->feed = gc_feed_new (self->encoder, self->max_bps);
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
    set_deadline (self, CONNECT_TIMEOUT_MS);
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
    gc_whip_client_publish_async (self->client, offer, self->cancellable, on_published,
                                  g_object_ref (self));
}

static void
on_ice_servers (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcPublication) self = user_data;
  GError *error = NULL;
  g_autoptr (GPtrArray) servers
      = gc_whip_client_get_ice_servers_finish (GC_WHIP_CLIENT (source), result, &error);

  if (step_failed (self, error) || g_cancellable_is_cancelled (self->cancellable))
    return;
  if (!build (self))
    {
      lose (self, g_error_new_literal (GC_ERROR, GC_ERROR_FAILED,
                                       "a GStreamer plugin for WebRTC is missing"));
      return;
    }
  gc_rtc_bin_add_ice_servers (self->rtc, servers);
  gc_rtc_bin_create_offer_async (self->rtc, GATHERING_MS, self->cancellable, on_offer,
                                 g_object_ref (self));
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
 * @max_bps: most that the picture may take, bit/s
 *
 * Main context.
 *
 * Returns: (transfer full): a publication that has not started
 */
GcPublication *
gc_publication_new (GcEncoder *encoder, GcWhipClient *client, gint64 max_bps)
{
  GcPublication *self = g_object_new (GC_TYPE_PUBLICATION, NULL);

  self->encoder = g_object_ref (encoder);
  self->client = g_object_ref (client);
  self->max_bps = max_bps;
  return self;
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

  gc_whip_client_get_ice_servers_async (self->client, self->cancellable, on_ice_servers,
                                        g_object_ref (self));
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
 * gc_publication_get_retry_after:
 * @self: a publication
 *
 * Returns: how long the server that refused it asks to be left alone, in seconds, 0 to 300
 */
guint
gc_publication_get_retry_after (GcPublication *self)
{
  return gc_whip_client_get_retry_after (self->client);
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
on_stats (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  GstStructure *stats = gc_rtc_bin_get_stats_finish (GC_RTC_BIN (source), result, &error);

  if (stats == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, stats, (GDestroyNotify) gst_structure_free);
}

/**
 * gc_publication_get_stats_async:
 * @self: a publication
 * @callback: called with the statistics
 * @user_data: for @callback
 *
 * Main context.
 */
void
gc_publication_get_stats_async (GcPublication *self,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  if (self->rtc == NULL)
    g_task_return_new_error (task, GC_ERROR, GC_ERROR_FAILED, "not connected");
  else
    gc_rtc_bin_get_stats_async (self->rtc, on_stats, g_steal_pointer (&task));
}

/**
 * gc_publication_get_stats_finish:
 * @self: a publication
 * @result: what the callback got
 * @error: %GC_ERROR_FAILED
 *
 * Returns: (transfer full) (nullable): webrtcbin's statistics
 */
GstStructure *
gc_publication_get_stats_finish (GcPublication *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
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
