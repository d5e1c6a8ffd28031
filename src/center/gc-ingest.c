/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-relay"
#define GST_USE_UNSTABLE_API

#include "center/gc-ingest.h"

#include "base/gc-error.h"
#include "rtc/gc-rtc-bin.h"
#include "rtc/gc-rtc-codec.h"
#include "rtc/gc-sdp.h"

#include <gst/app/app.h>
#include <gst/video/video.h>
#include <gst/webrtc/webrtc.h>
#include <string.h>

#define GATHERING_MS 300
/* From the answer until media must flow. */
#define CONNECT_TIMEOUT_MS 15000
/* A terminal that changes networks makes a new connection long before. */
#define DISCONNECTED_MS 6000
/* Key frame requests of several viewers become one. */
#define KEY_FRAME_INTERVAL_US (500 * 1000)

struct _GcIngest
{
  GObject parent_instance;

  GcFan *output; /* the session's */
  GstElement *pipeline;
  GcRtcBin *rtc;
  guint bus_watch;
  guint deadline;
  char *offered_video;
  gboolean offered_audio;
  gboolean lost;
  gboolean playing;

  GMutex lock; /* what follows, between the main context and streaming threads */
  GstElement *video_out;
  gint64 last_key_request_us;
  gboolean media_seen;
};

G_DEFINE_FINAL_TYPE (GcIngest, gc_ingest, G_TYPE_OBJECT)

enum
{
  PROP_PLAYING = 1,
  PROP_LOST,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void
lose (GcIngest *self)
{
  g_clear_handle_id (&self->deadline, g_source_remove);
  if (self->lost)
    return;
  self->lost = TRUE;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LOST]);
}

static gboolean
on_deadline (gpointer user_data)
{
  GcIngest *self = user_data;

  self->deadline = 0;
  lose (self);
  return G_SOURCE_REMOVE;
}

static void
set_deadline (GcIngest *self, guint ms)
{
  g_clear_handle_id (&self->deadline, g_source_remove);
  self->deadline = g_timeout_add (ms, on_deadline, self);
}

/* --- media, on streaming threads --- */

static gboolean
on_media_seen (gpointer user_data)
{
  GcIngest *self = user_data;

  if (!self->lost && !self->playing)
    {
      self->playing = TRUE;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PLAYING]);
    }
  return G_SOURCE_REMOVE;
}

static GstFlowReturn
hand_out (GcIngest *self, GstAppSink *appsink, gboolean audio)
{
  g_autoptr (GstSample) sample = gst_app_sink_pull_sample (appsink);
  gboolean first;

  if (sample == NULL)
    return GST_FLOW_EOS;
  g_mutex_lock (&self->lock);
  first = !self->media_seen;
  self->media_seen = TRUE;
  g_mutex_unlock (&self->lock);
  if (first)
    g_idle_add_full (G_PRIORITY_DEFAULT, on_media_seen, g_object_ref (self), g_object_unref);
  gc_fan_out (self->output, audio, sample);
  return GST_FLOW_OK;
}

static GstFlowReturn
on_video_sample (GstAppSink *appsink, gpointer user_data)
{
  return hand_out (user_data, appsink, FALSE);
}

static GstFlowReturn
on_audio_sample (GstAppSink *appsink, gpointer user_data)
{
  return hand_out (user_data, appsink, TRUE);
}

static const char *
launch_for (const char *encoding)
{
  if (g_strcmp0 (encoding, "H264") == 0)
    return "rtph264depay request-keyframe=true wait-for-keyframe=true ! h264parse "
           "! video/x-h264,stream-format=byte-stream,alignment=au "
           "! appsink name=out sync=false async=false max-buffers=60 drop=true";
  if (g_strcmp0 (encoding, "VP8") == 0)
    return "rtpvp8depay request-keyframe=true wait-for-keyframe=true "
           "! appsink name=out sync=false async=false max-buffers=60 drop=true";
  if (g_strcmp0 (encoding, "OPUS") == 0)
    return "rtpopusdepay ! appsink name=out sync=false async=false max-buffers=50 drop=true";
  return NULL;
}

static void
attach (GcIngest *self, GstPad *pad, const char *encoding)
{
  gboolean audio = strcmp (encoding, "OPUS") == 0;
  GstAppSinkCallbacks callbacks = { .new_sample = audio ? on_audio_sample : on_video_sample };
  GstElement *bin = gst_parse_bin_from_description (launch_for (encoding), TRUE, NULL);
  g_autoptr (GstElement) out = NULL;
  g_autoptr (GstPad) in = NULL;

  if (bin == NULL)
    {
      g_warning ("A GStreamer plugin for %s is missing", encoding);
      return;
    }
  gst_bin_add (GST_BIN (self->pipeline), bin);
  out = gst_bin_get_by_name (GST_BIN (bin), "out");
  gst_app_sink_set_callbacks (GST_APP_SINK (out), &callbacks, self, NULL);
  in = gst_element_get_static_pad (bin, "sink");
  gst_element_sync_state_with_parent (bin);
  gst_pad_link (pad, in);
  if (audio)
    return;
  g_mutex_lock (&self->lock);
  gst_object_replace ((GstObject **) &self->video_out, GST_OBJECT (out));
  g_mutex_unlock (&self->lock);
}

static void
on_pad_added (GstElement *element, GstPad *pad, gpointer user_data)
{
  GcIngest *self = user_data;
  g_autoptr (GstCaps) caps = NULL;
  const char *encoding;

  if (GST_PAD_DIRECTION (pad) != GST_PAD_SRC)
    return;
  caps = gst_pad_get_current_caps (pad);
  if (caps == NULL)
    caps = gst_pad_query_caps (pad, NULL);
  encoding = gst_caps_is_empty (caps)
                 ? NULL
                 : gst_structure_get_string (gst_caps_get_structure (caps, 0), "encoding-name");
  if (launch_for (encoding) != NULL)
    attach (self, pad, encoding);
}

/* --- connection --- */

static void
on_rtc_state (GcRtcBin *rtc, GParamSpec *pspec, gpointer user_data)
{
  GcIngest *self = user_data;

  switch (gc_rtc_bin_get_state (rtc))
    {
    case GC_RTC_CONNECTED:
      g_clear_handle_id (&self->deadline, g_source_remove);
      break;
    case GC_RTC_DISCONNECTED:
      set_deadline (self, DISCONNECTED_MS);
      break;
    case GC_RTC_FAILED:
      lose (self);
      break;
    case GC_RTC_NEW:
    case GC_RTC_CONNECTING:
    default:
      break;
    }
}

static gboolean
on_bus (GstBus *bus, GstMessage *message, gpointer user_data)
{
  GcIngest *self = user_data;
  g_autoptr (GError) error = NULL;

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR)
    return G_SOURCE_CONTINUE;
  gst_message_parse_error (message, &error, NULL);
  g_message ("A publisher's connection broke: %s", error->message);
  self->bus_watch = 0;
  lose (self);
  return G_SOURCE_REMOVE;
}

static void
on_new_transceiver (GstElement *element, GstWebRTCRTPTransceiver *transceiver, gpointer user_data)
{
  GstWebRTCKind kind;
  g_autoptr (GstCaps) accepted = NULL;

  g_object_get (transceiver, "kind", &kind, NULL);
  accepted = gc_rtc_codec_accepted (kind == GST_WEBRTC_KIND_AUDIO ? "audio" : "video");
  g_object_set (transceiver, "do-nack", TRUE, "codec-preferences", accepted, "direction",
                GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY, NULL);
}

static void
build (GcIngest *self)
{
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();
  g_autoptr (GstBus) bus = NULL;

  self->pipeline = gst_object_ref_sink (gst_pipeline_new ("ingest"));
  gst_pipeline_use_clock (GST_PIPELINE (self->pipeline), clock);
  gst_element_set_start_time (self->pipeline, GST_CLOCK_TIME_NONE);
  gst_element_set_base_time (self->pipeline, 0);
  self->rtc = gc_rtc_bin_new (TRUE);
  gst_bin_add (GST_BIN (self->pipeline), gc_rtc_bin_get_element (self->rtc));
  g_signal_connect (gc_rtc_bin_get_element (self->rtc), "pad-added", G_CALLBACK (on_pad_added),
                    self);
  g_signal_connect (gc_rtc_bin_get_element (self->rtc), "on-new-transceiver",
                    G_CALLBACK (on_new_transceiver), self);
  g_signal_connect_object (self->rtc, "notify::state", G_CALLBACK (on_rtc_state), self, 0);
  bus = gst_element_get_bus (self->pipeline);
  self->bus_watch = gst_bus_add_watch (bus, on_bus, self);
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
}

/* --- the offer --- */

static gboolean
read_video (GcIngest *self, const GstSDPMedia *media, GError **error)
{
  const char *encoding = gc_sdp_find_codec (media, "H264") >= 0  ? "H264"
                         : gc_sdp_find_codec (media, "VP8") >= 0 ? "VP8"
                                                                 : NULL;

  if (self->offered_video != NULL || encoding == NULL)
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_UNSUPPORTED,
                           encoding == NULL ? "the offer has neither H.264 nor VP8"
                                            : "the offer has more than one picture");
      return FALSE;
    }
  self->offered_video = g_strdup (encoding);
  return TRUE;
}

static gboolean
read_audio (GcIngest *self, const GstSDPMedia *media, GError **error)
{
  if (self->offered_audio || gc_sdp_find_codec (media, "OPUS") < 0)
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_UNSUPPORTED,
                           self->offered_audio ? "the offer has more than one sound"
                                               : "the offer has no Opus");
      return FALSE;
    }
  self->offered_audio = TRUE;
  return TRUE;
}

static gboolean
read_offer (GcIngest *self, const GstSDPMessage *offer, GError **error)
{
  for (guint i = 0; i < gst_sdp_message_medias_len (offer); i++)
    {
      const GstSDPMedia *media = gst_sdp_message_get_media (offer, i);
      gboolean audio = strcmp (gst_sdp_media_get_media (media), "audio") == 0;

      if (gst_sdp_media_get_attribute_val (media, "recvonly") != NULL)
        {
          g_set_error_literal (error, GC_ERROR, GC_ERROR_UNSUPPORTED,
                               "the offer wants to receive: watching is by WHEP");
          return FALSE;
        }
      if (gc_sdp_media_is_rejected (media))
        continue;
      if (!(audio ? read_audio (self, media, error) : read_video (self, media, error)))
        return FALSE;
    }
  if (self->offered_video == NULL && !self->offered_audio)
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_UNSUPPORTED, "the offer sends nothing");
      return FALSE;
    }
  return TRUE;
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GcIngest *self = g_task_get_source_object (task);
  GError *error = NULL;
  char *answer = gc_rtc_bin_create_finish (GC_RTC_BIN (source), result, &error);

  if (answer == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  set_deadline (self, CONNECT_TIMEOUT_MS);
  g_task_return_pointer (task, answer, g_free);
}

/**
 * gc_ingest_accept_async:
 * @self: a new ingest
 * @offer: a publisher's offer, unchecked
 * @length: bytes
 * @callback: called with the answer
 * @user_data: for @callback
 *
 * Main context.
 */
void
gc_ingest_accept_async (GcIngest *self,
                        const char *offer,
                        gsize length,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  g_autoptr (GstSDPMessage) sdp = NULL;
  GError *error = NULL;

  g_return_if_fail (GC_IS_INGEST (self) && self->pipeline == NULL);

  sdp = gc_sdp_parse (offer, length, &error);
  if (sdp == NULL || !read_offer (self, sdp, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  build (self);
  gc_rtc_bin_create_answer_async (self->rtc, offer, length, GATHERING_MS, NULL, on_answer,
                                  g_steal_pointer (&task));
}

/**
 * gc_ingest_accept_finish:
 * @self: an ingest
 * @result: what the callback got
 * @error: %GC_ERROR_INVALID, %GC_ERROR_TOO_LARGE, %GC_ERROR_UNSUPPORTED: the offer;
 *   %GC_ERROR_FAILED
 *
 * Returns: (transfer full) (nullable): the answer
 */
char *
gc_ingest_accept_finish (GcIngest *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- the object --- */

/**
 * gc_ingest_close:
 * @self: an ingest
 *
 * Ends the connection without a word of lost. Main context.
 */
void
gc_ingest_close (GcIngest *self)
{
  g_return_if_fail (GC_IS_INGEST (self));

  self->lost = TRUE;
  g_clear_handle_id (&self->deadline, g_source_remove);
  g_clear_handle_id (&self->bus_watch, g_source_remove);
  if (self->rtc != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->rtc, self);
      g_signal_handlers_disconnect_by_data (gc_rtc_bin_get_element (self->rtc), self);
    }
  if (self->pipeline != NULL)
    gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_clear_object (&self->video_out);
  g_clear_object (&self->rtc);
  gst_clear_object (&self->pipeline);
}

static void
gc_ingest_dispose (GObject *object)
{
  gc_ingest_close (GC_INGEST (object));
  G_OBJECT_CLASS (gc_ingest_parent_class)->dispose (object);
}

static void
gc_ingest_finalize (GObject *object)
{
  GcIngest *self = GC_INGEST (object);

  g_free (self->offered_video);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (gc_ingest_parent_class)->finalize (object);
}

static void
gc_ingest_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GcIngest *self = GC_INGEST (object);

  if (id == PROP_PLAYING)
    g_value_set_boolean (value, self->playing);
  else if (id == PROP_LOST)
    g_value_set_boolean (value, self->lost);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gc_ingest_class_init (GcIngestClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = gc_ingest_dispose;
  object_class->finalize = gc_ingest_finalize;
  object_class->get_property = gc_ingest_get_property;
  /**
   * GcIngest:playing:
   *
   * Whether media have come.
   */
  properties[PROP_PLAYING] = g_param_spec_boolean ("playing", NULL, NULL, FALSE,
                                                   G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * GcIngest:lost:
   *
   * Whether the publisher is gone.
   */
  properties[PROP_LOST]
      = g_param_spec_boolean ("lost", NULL, NULL, FALSE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
gc_ingest_init (GcIngest *self)
{
  g_mutex_init (&self->lock);
  self->last_key_request_us = -KEY_FRAME_INTERVAL_US;
}

/**
 * gc_ingest_new:
 * @output: (transfer none): where access units go, as #GstSample, with detail 1 for sound; outlives
 *   the ingest
 *
 * Main context.
 *
 * Returns: (transfer full): an ingest that waits for an offer
 */
GcIngest *
gc_ingest_new (GcFan *output)
{
  GcIngest *self = g_object_new (GC_TYPE_INGEST, NULL);

  self->output = output;
  return self;
}

/**
 * gc_ingest_add_candidate:
 * @self: an ingest that has answered
 * @section: index of the media section
 * @candidate: a trickled candidate
 *
 * Main context.
 *
 * Returns: whether it was taken
 */
gboolean
gc_ingest_add_candidate (GcIngest *self, guint section, const char *candidate)
{
  if (self->rtc == NULL)
    return FALSE;
  gc_rtc_bin_add_candidate (self->rtc, section, candidate);
  return TRUE;
}

/**
 * gc_ingest_request_key_frame:
 * @self: an ingest
 *
 * Asks the publisher by PLI (RFC 4585 section 6.3.1), at most twice a second. Any thread.
 */
void
gc_ingest_request_key_frame (GcIngest *self)
{
  gint64 now_us = g_get_monotonic_time ();
  g_autoptr (GstElement) out = NULL;

  g_mutex_lock (&self->lock);
  if (self->video_out != NULL && now_us - self->last_key_request_us >= KEY_FRAME_INTERVAL_US)
    {
      self->last_key_request_us = now_us;
      out = gst_object_ref (self->video_out);
    }
  g_mutex_unlock (&self->lock);
  if (out != NULL)
    gst_element_send_event (
        out, gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, TRUE, 0));
}

/**
 * gc_ingest_get_video:
 * @self: an ingest that has answered
 *
 * Returns: (transfer none) (nullable): "H264" or "VP8"; %NULL if there is no picture
 */
const char *
gc_ingest_get_video (GcIngest *self)
{
  return self->offered_video;
}

/**
 * gc_ingest_has_audio:
 * @self: an ingest that has answered
 *
 * Returns: whether there is sound
 */
gboolean
gc_ingest_has_audio (GcIngest *self)
{
  return self->offered_audio;
}
