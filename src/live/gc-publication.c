/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-live"

#include "live/gc-publication.h"

#include "base/gc-error.h"
#include "rtc/gc-rtc-bin.h"
#include "rtc/gc-rtc-codec.h"

#include <gst/app/app.h>
#include <gst/video/video.h>

/* Host candidates are there at once; STUN and TURN get this long. */
#define GATHERING_MS 400
/* From the answer to the first packet; ICE itself would try for half a minute. */
#define CONNECT_TIMEOUT_MS 12000
/* libnice calls a silent peer disconnected early; many come back at once. */
#define DISCONNECTED_MS 2500
#define VIDEO_BUFFERS_MAX 60
#define AUDIO_BUFFERS_MAX 25
#define H264_PAYLOAD 96
#define VP8_PAYLOAD 97
#define OPUS_PAYLOAD 111

struct _GcPublication
{
  GObject parent_instance;

  GcEncoder *encoder;
  GcWhipClient *client;
  GcPublicationState state;
  GError *error;
  GCancellable *cancellable;
  GstElement *pipeline;
  GcRtcBin *rtc;
  guint bus_watch;
  guint deadline;
  guint sink;

  GMutex lock; /* what follows, between the main context and streaming threads */
  GstElement *video_in;
  GstElement *audio_in;
  gboolean open;     /* the peer can take media */
  gboolean seen_key; /* a key frame has been sent: others may follow */
  gboolean muted;
  GcPublicationCounters counters;
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

/* --- media, on streaming threads --- */

static gboolean
may_pass (GcPublication *self, gboolean audio, GstBuffer *buffer)
{
  gboolean is_key = !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);

  if (!self->open)
    return FALSE;
  if (audio)
    return !self->muted;
  if (is_key)
    {
      self->seen_key = TRUE;
      self->counters.key_frames++;
    }
  if (self->seen_key)
    self->counters.frames++;
  return self->seen_key;
}

static void
on_encoded (guint audio, gpointer thing, gpointer user_data)
{
  GstSample *sample = thing;
  GcPublication *self = user_data;
  GstElement *in = NULL;

  g_mutex_lock (&self->lock);
  if (may_pass (self, audio, gst_sample_get_buffer (sample))
      && (audio ? self->audio_in : self->video_in))
    in = gst_object_ref (audio ? self->audio_in : self->video_in);
  g_mutex_unlock (&self->lock);
  if (in == NULL)
    return;
  gst_app_src_push_sample (GST_APP_SRC (in), sample);
  gst_object_unref (in);
}

static guint64
count_bytes (GstPadProbeInfo *info)
{
  GstBufferList *list;
  guint64 bytes = 0;

  if (info->type & GST_PAD_PROBE_TYPE_BUFFER)
    return gst_buffer_get_size (GST_PAD_PROBE_INFO_BUFFER (info));
  list = GST_PAD_PROBE_INFO_BUFFER_LIST (info);
  for (guint i = 0; i < gst_buffer_list_length (list); i++)
    bytes += gst_buffer_get_size (gst_buffer_list_get (list, i));
  return bytes;
}

static GstPadProbeReturn
on_video_packets (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GcPublication *self = user_data;

  g_mutex_lock (&self->lock);
  self->counters.video_bytes += count_bytes (info);
  g_mutex_unlock (&self->lock);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_audio_packets (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GcPublication *self = user_data;

  g_mutex_lock (&self->lock);
  self->counters.audio_bytes += count_bytes (info);
  g_mutex_unlock (&self->lock);
  return GST_PAD_PROBE_OK;
}

/* A PLI or FIR arrives here as an event on its way to the encoder, which is in another pipeline. */
static GstPadProbeReturn
on_upstream_event (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GcPublication *self = user_data;

  if (!gst_video_event_is_force_key_unit (GST_PAD_PROBE_INFO_EVENT (info)))
    return GST_PAD_PROBE_OK;
  g_mutex_lock (&self->lock);
  self->counters.key_requests++;
  g_mutex_unlock (&self->lock);
  gc_encoder_request_key_frame (self->encoder);
  return GST_PAD_PROBE_DROP;
}

/* --- the pipeline --- */

/* Makes source ! payloader ! webrtcbin. */
static GstElement *
add_sender (GcPublication *self,
            guint section,
            const char *encoding,
            int payload,
            guint max_buffers,
            GstPadProbeCallback on_packets)
{
  GstElement *source = gc_rtc_codec_make_source (max_buffers);
  GstElement *payloader = gc_rtc_codec_make_payloader (encoding, payload);
  g_autoptr (GstCaps) caps = gc_rtc_codec_caps (encoding, payload, TRUE);
  g_autoptr (GstPad) out = NULL;
  g_autoptr (GstPad) in = NULL;

  gst_bin_add (GST_BIN (self->pipeline), source);
  if (payloader == NULL)
    return NULL;
  gst_bin_add (GST_BIN (self->pipeline), payloader);
  gc_rtc_bin_add_transport_feedback (payloader);
  out = gst_element_get_static_pad (payloader, "src");
  in = gc_rtc_bin_add_sender (self->rtc, section, caps);
  gst_pad_add_probe (out, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, on_packets,
                     self, NULL);
  if (!gst_element_link (source, payloader) || gst_pad_link (out, in) != GST_PAD_LINK_OK)
    return NULL;
  return gst_object_ref (source);
}

static gboolean
add_video (GcPublication *self)
{
  gboolean is_vp8 = gc_encoder_get_codec (self->encoder) == GC_VIDEO_VP8;
  g_autoptr (GstPad) pad = NULL;

  self->video_in
      = add_sender (self, 0, is_vp8 ? "VP8" : "H264", is_vp8 ? VP8_PAYLOAD : H264_PAYLOAD,
                    VIDEO_BUFFERS_MAX, on_video_packets);
  if (self->video_in == NULL)
    return FALSE;
  pad = gst_element_get_static_pad (self->video_in, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_upstream_event, self, NULL);
  return TRUE;
}

static gboolean
add_audio (GcPublication *self)
{
  self->audio_in = add_sender (self, 1, "OPUS", OPUS_PAYLOAD, AUDIO_BUFFERS_MAX, on_audio_packets);
  return self->audio_in != NULL;
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
  lose (self, g_error_new_literal (GC_ERROR, GC_ERROR_UNREACHABLE,
                                   "the media server cannot be reached from this network"));
  return G_SOURCE_REMOVE;
}

static void
set_deadline (GcPublication *self, guint ms)
{
  g_clear_handle_id (&self->deadline, g_source_remove);
  self->deadline = g_timeout_add (ms, on_deadline, self);
}

static void
open_for_media (GcPublication *self)
{
  g_mutex_lock (&self->lock);
  self->open = TRUE;
  g_mutex_unlock (&self->lock);
  gc_encoder_request_key_frame (self->encoder);
}

static void
on_rtc_state (GcRtcBin *rtc, GParamSpec *pspec, gpointer user_data)
{
  GcPublication *self = user_data;

  switch (gc_rtc_bin_get_state (rtc))
    {
    case GC_RTC_CONNECTED:
      g_clear_handle_id (&self->deadline, g_source_remove);
      open_for_media (self);
      set_state (self, GC_PUBLICATION_CONNECTED);
      break;
    case GC_RTC_DISCONNECTED:
      set_deadline (self, DISCONNECTED_MS);
      break;
    case GC_RTC_FAILED:
      lose (self, g_error_new_literal (GC_ERROR, GC_ERROR_UNREACHABLE, "the connection was lost"));
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
  if (!add_video (self) || (gc_encoder_has_audio (self->encoder) && !add_audio (self)))
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
  gc_fan_remove (gc_encoder_get_output (self->encoder), self->sink);
  self->sink = 0;
  g_cancellable_cancel (self->cancellable);
  g_clear_handle_id (&self->deadline, g_source_remove);
  g_clear_handle_id (&self->bus_watch, g_source_remove);
  if (self->rtc != NULL)
    g_signal_handlers_disconnect_by_data (self->rtc, self);
  if (self->pipeline != NULL)
    gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_clear_object (&self->video_in);
  gst_clear_object (&self->audio_in);
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
  g_mutex_clear (&self->lock);
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
  g_mutex_init (&self->lock);
}

/**
 * gc_publication_new:
 * @encoder: where picture and sound come from
 * @client: a client that has not published
 *
 * Main context.
 *
 * Returns: (transfer full): a publication that has not started
 */
GcPublication *
gc_publication_new (GcEncoder *encoder, GcWhipClient *client)
{
  GcPublication *self = g_object_new (GC_TYPE_PUBLICATION, NULL);

  self->encoder = g_object_ref (encoder);
  self->client = g_object_ref (client);
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
  g_return_if_fail (GC_IS_PUBLICATION (self) && self->sink == 0);

  self->sink = gc_fan_add (gc_encoder_get_output (self->encoder), on_encoded, self);
  gc_whip_client_get_ice_servers_async (self->client, self->cancellable, on_ice_servers,
                                        g_object_ref (self));
}

/**
 * gc_publication_set_muted:
 * @self: a publication
 * @muted: whether sound stays on the handset
 *
 * Any thread.
 */
void
gc_publication_set_muted (GcPublication *self, gboolean muted)
{
  g_mutex_lock (&self->lock);
  self->muted = muted;
  g_mutex_unlock (&self->lock);
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
 * gc_publication_get_counters:
 * @self: a publication
 * @counters: (out caller-allocates): the totals
 *
 * Any thread.
 */
void
gc_publication_get_counters (GcPublication *self, GcPublicationCounters *counters)
{
  g_mutex_lock (&self->lock);
  *counters = self->counters;
  g_mutex_unlock (&self->lock);
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
