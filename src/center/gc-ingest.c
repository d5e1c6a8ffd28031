/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-relay"
#define GST_USE_UNSTABLE_API

#include "center/gc-ingest.h"

#include "base/gc-error.h"
#include "center/gc-feedback-cadence.h"
#include "rtc/gc-crossing.h"
#include "rtc/gc-rtc-codec.h"
#include "rtc/gc-sdp.h"

#include <gst/app/app.h>
#include <gst/video/video.h>
#include <gst/webrtc/webrtc.h>
#include <string.h>

/* Sound does not wait longer than this for a picture that was promised. */
#define PICTURE_PATIENCE_US G_USEC_PER_SEC

/* A terminal in a lift is heard again on the same connection, at once: to make a new one takes
 * longer. */
#define SILENCE_MAX_MS 15000

struct _GcIngest
{
  GObject parent_instance;

  GcRelayStream *stream;
  GcRelayPeer *peer;
  GcCrossing *crossing;
  GstSDPMessage *offer; /* these three are fixed before the pipeline starts */
  char *video;
  gboolean audio;
  gboolean playing;

  GMutex lock; /* what follows, between streaming threads and the main context */
  GstElement *video_out;
  gint64 sound_since_us;
  gboolean speaking;
};

G_DEFINE_FINAL_TYPE (GcIngest, gc_ingest, G_TYPE_OBJECT)

enum
{
  PROP_PLAYING = 1,
  PROP_LOST,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

/* --- media, on streaming threads --- */

static void
start_playing (gpointer target, gpointer data)
{
  GcIngest *self = target;

  self->playing = TRUE;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PLAYING]);
}

/* Whether viewers can show something from here on; called with the lock. */
static gboolean
is_beginning (GcIngest *self, gboolean audio, GstSample *sample)
{
  gint64 now_us = g_get_monotonic_time ();

  if (!audio)
    return !GST_BUFFER_FLAG_IS_SET (gst_sample_get_buffer (sample), GST_BUFFER_FLAG_DELTA_UNIT);
  if (self->sound_since_us == 0)
    self->sound_since_us = now_us;
  return self->video == NULL || now_us - self->sound_since_us > PICTURE_PATIENCE_US;
}

static GstFlowReturn
hand_out (GcIngest *self, GstAppSink *appsink, gboolean audio)
{
  g_autoptr (GstSample) sample = gst_app_sink_pull_sample (appsink);
  gboolean begins = FALSE;

  if (sample == NULL)
    return GST_FLOW_EOS;
  g_mutex_lock (&self->lock);
  if (!self->speaking && is_beginning (self, audio, sample))
    begins = self->speaking = TRUE;
  g_mutex_unlock (&self->lock);
  if (begins)
    {
      gc_relay_stream_set_source (self->stream, self);
      gc_crossing_call (self->crossing, start_playing, NULL, NULL);
    }
  gc_relay_stream_push (self->stream, self, audio, sample);
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
  /* Every key frame gets its parameter sets, for viewers who come late. */
  if (g_strcmp0 (encoding, "H264") == 0)
    return "rtph264depay request-keyframe=true wait-for-keyframe=true "
           "! h264parse config-interval=-1 ! video/x-h264,stream-format=byte-stream,alignment=au "
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
  gst_bin_add (gc_relay_peer_get_pipeline (self->peer), bin);
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
  encoding = gst_caps_is_empty (caps) || gst_caps_is_any (caps)
                 ? NULL
                 : gst_structure_get_string (gst_caps_get_structure (caps, 0), "encoding-name");
  if (launch_for (encoding) != NULL)
    attach (self, pad, encoding);
}

/* --- the offer --- */

static void
on_peer_state (GcRelayPeer *peer, GParamSpec *pspec, gpointer user_data)
{
  if (gc_relay_peer_get_state (peer) == GC_RELAY_PEER_LOST)
    g_object_notify_by_pspec (G_OBJECT (user_data), properties[PROP_LOST]);
}

static void
on_new_transceiver (GstElement *element, GstWebRTCRTPTransceiver *transceiver, gpointer user_data)
{
  GcIngest *self = user_data;
  guint section;
  g_autoptr (GstCaps) accepted = NULL;

  g_object_get (transceiver, "mlineindex", &section, NULL);
  g_return_if_fail (section < gst_sdp_message_medias_len (self->offer));

  accepted = gc_rtc_codec_accepted (gst_sdp_message_get_media (self->offer, section));
  g_object_set (transceiver, "do-nack", TRUE, "codec-preferences", accepted, "direction",
                GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY, NULL);
}

static void
on_deep_element_added (GstBin *bin, GstBin *sub_bin, GstElement *element, gpointer user_data)
{
  GstElementFactory *factory = gst_element_get_factory (element);

  if (factory != NULL && strcmp (GST_OBJECT_NAME (factory), "rtpsession") == 0)
    gc_feedback_cadence_keep (element);
}

static void
build (GcIngest *self)
{
  GstElement *element;

  self->peer = gc_relay_peer_new ("publisher", SILENCE_MAX_MS);
  element = gc_rtc_bin_get_element (gc_relay_peer_get_rtc (self->peer));
  g_signal_connect (element, "deep-element-added", G_CALLBACK (on_deep_element_added), NULL);
  g_signal_connect (element, "pad-added", G_CALLBACK (on_pad_added), self);
  g_signal_connect (element, "on-new-transceiver", G_CALLBACK (on_new_transceiver), self);
  g_signal_connect_object (self->peer, "notify::state", G_CALLBACK (on_peer_state), self,
                           G_CONNECT_DEFAULT);
}

static gboolean
refuse (GError **error, const char *message)
{
  g_set_error_literal (error, GC_ERROR, GC_ERROR_UNSUPPORTED, message);
  return FALSE;
}

static gboolean
read_video (GcIngest *self, const GstSDPMedia *media, GError **error)
{
  if (self->video != NULL)
    return refuse (error, "the offer has more than one picture");
  if (gc_sdp_find_codec (media, "H264") >= 0)
    self->video = g_strdup ("H264");
  else if (gc_sdp_find_codec (media, "VP8") >= 0)
    self->video = g_strdup ("VP8");
  else
    return refuse (error, "the offer has neither H.264 nor VP8");
  return TRUE;
}

static gboolean
read_audio (GcIngest *self, const GstSDPMedia *media, GError **error)
{
  if (self->audio)
    return refuse (error, "the offer has more than one sound");
  if (gc_sdp_find_codec (media, "OPUS") < 0)
    return refuse (error, "the offer has no Opus");
  self->audio = TRUE;
  return TRUE;
}

static gboolean
read_offer (GcIngest *self, GError **error)
{
  for (guint i = 0; i < gst_sdp_message_medias_len (self->offer); i++)
    {
      const GstSDPMedia *media = gst_sdp_message_get_media (self->offer, i);
      gboolean audio = strcmp (gst_sdp_media_get_media (media), "audio") == 0;

      if (gst_sdp_media_get_attribute_val (media, "recvonly") != NULL)
        return refuse (error, "the offer wants to receive: watching is by WHEP");
      if (gc_sdp_media_is_rejected (media))
        continue;
      if (!(audio ? read_audio (self, media, error) : read_video (self, media, error)))
        return FALSE;
    }
  if (self->video == NULL && !self->audio)
    return refuse (error, "the offer sends nothing");
  return TRUE;
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  char *answer = gc_relay_peer_answer_finish (GC_RELAY_PEER (source), result, &error);

  if (answer == NULL)
    g_task_return_error (task, error);
  else
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
  GError *error = NULL;

  g_return_if_fail (GC_IS_INGEST (self) && self->offer == NULL);

  self->offer = gc_sdp_parse (offer, length, &error);
  if (self->offer == NULL || !read_offer (self, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  build (self);
  gc_relay_peer_answer_async (self->peer, offer, length, on_answer, g_steal_pointer (&task));
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
 * Ends the connection; there are no more signals. Main context.
 */
void
gc_ingest_close (GcIngest *self)
{
  g_return_if_fail (GC_IS_INGEST (self));

  if (self->peer != NULL)
    gc_relay_peer_close (self->peer);
  gc_relay_stream_clear_source (self->stream, self);
  gst_clear_object (&self->video_out);
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

  g_clear_object (&self->peer);
  g_object_unref (self->stream);
  gc_crossing_unref (self->crossing);
  g_free (self->video);
  g_clear_pointer (&self->offer, gst_sdp_message_free);
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
    g_value_set_boolean (value, self->peer != NULL
                                    && gc_relay_peer_get_state (self->peer) == GC_RELAY_PEER_LOST);
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
   * Whether its media have come, and have taken the stream over.
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
  self->crossing = gc_crossing_new (self);
}

/**
 * gc_ingest_new:
 * @stream: (transfer none): what it takes over with its first key frame
 *
 * Main context.
 *
 * Returns: (transfer full): an ingest that waits for an offer
 */
GcIngest *
gc_ingest_new (GcRelayStream *stream)
{
  GcIngest *self = g_object_new (GC_TYPE_INGEST, NULL);

  self->stream = g_object_ref (stream);
  return self;
}

/**
 * gc_ingest_get_peer:
 * @self: an ingest that has answered
 *
 * Returns: (transfer none): its connection
 */
GcRelayPeer *
gc_ingest_get_peer (GcIngest *self)
{
  return self->peer;
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
  return self->video;
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
  return self->audio;
}

/**
 * gc_ingest_is_playing:
 * @self: an ingest
 *
 * Returns: whether its media have come
 */
gboolean
gc_ingest_is_playing (GcIngest *self)
{
  return self->playing;
}

/**
 * gc_ingest_request_key_frame:
 * @self: an ingest
 *
 * Asks the publisher by PLI (RFC 4585 section 6.3.1). Main context.
 */
void
gc_ingest_request_key_frame (GcIngest *self)
{
  g_autoptr (GstElement) out = NULL;

  g_mutex_lock (&self->lock);
  if (self->video_out != NULL)
    out = gst_object_ref (self->video_out);
  g_mutex_unlock (&self->lock);
  if (out != NULL)
    gst_element_send_event (
        out, gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, TRUE, 0));
}
