/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-relay"
#define GST_USE_UNSTABLE_API

#include "center/gc-viewer.h"

#include "base/gc-error.h"
#include "center/gc-viewer-line.h"
#include "rtc/gc-crossing.h"
#include "rtc/gc-rtc-codec.h"
#include "rtc/gc-rtc-playout-delay.h"
#include "rtc/gc-sdp.h"

#include <gst/app/app.h>
#include <gst/video/video.h>
#include <gst/webrtc/webrtc.h>
#include <string.h>

/* What may wait for this machine to send it; more is not sent. What waits on the way to the viewer
 * is up to the line. */
#define VIDEO_BUFFERS_MAX 30
#define AUDIO_BUFFERS_MAX 50
/* What is kept in case that the viewer asks for it again: nobody waits longer for a picture, and
 * the bytes of as much at 9 Mbit/s. */
#define REPETITION_MAX_MS 1000
#define REPETITION_PACKETS_MAX 1000

/* Nobody waits for a viewer, and he can come again. */
#define SILENCE_MAX_MS 8000

struct _GcViewer
{
  GObject parent_instance;

  GcRelayStream *stream;
  GcViewerLine *line;
  GcCrossing *crossing;
  guint input_id;
  char *name;
  char *video;
  gboolean audio;
  GcRelayPeer *peer;
  GstElement *video_in; /* these two are fixed before the pipeline starts */
  GstElement *audio_in;
  gboolean joined;
  gboolean behind;

  /* On the publisher's streaming threads, one at a time, see gc_relay_stream_push(). */
  gboolean showing; /* the viewer has had a key frame, and all since */
  gboolean told_behind;
};

G_DEFINE_FINAL_TYPE (GcViewer, gc_viewer, G_TYPE_OBJECT)

enum
{
  PROP_JOINED = 1,
  PROP_LOST,
  PROP_BEHIND,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

/* --- media, on streaming threads --- */

static void
fall_behind (gpointer target, gpointer data)
{
  GcViewer *self = target;

  self->behind = TRUE;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_BEHIND]);
}

static void
catch_up (gpointer target, gpointer data)
{
  GcViewer *self = target;

  self->behind = FALSE;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_BEHIND]);
}

static gboolean
has_room (GcViewer *self, gboolean key_frame)
{
  gboolean behind;
  GcViewerGateVerdict verdict = gc_viewer_line_judge (self->line, key_frame, &behind);

  if (behind != self->told_behind)
    gc_crossing_call (self->crossing, behind ? fall_behind : catch_up, NULL, NULL);
  self->told_behind = behind;
  if (verdict == GC_VIEWER_GATE_SKIP_AND_ASK)
    gc_relay_stream_want_key_frame (self->stream);
  if (verdict != GC_VIEWER_GATE_PASS)
    return FALSE;
  if (gst_app_src_get_current_level_buffers (GST_APP_SRC (self->video_in)) < VIDEO_BUFFERS_MAX)
    return TRUE;
  if (self->showing)
    gc_relay_stream_want_key_frame (self->stream);
  return FALSE;
}

/* The payloader numbers what it gets without gaps, so a viewer would not notice that a frame is
 * missing, and would show a torn picture. */
static gboolean
may_show (GcViewer *self, GstBuffer *buffer)
{
  gboolean key_frame = !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);

  self->showing = has_room (self, key_frame) && (key_frame || self->showing);
  return self->showing;
}

/* A publisher may come back with another codec; then the session ends its viewers. */
static gboolean
is_agreed (GcViewer *self, GstSample *sample)
{
  const GstStructure *type = gst_caps_get_structure (gst_sample_get_caps (sample), 0);

  return gst_structure_has_name (type, strcmp (self->video, "H264") == 0 ? "video/x-h264"
                                                                         : "video/x-vp8");
}

static void
on_sample (guint audio, gpointer sample, gpointer user_data)
{
  GcViewer *self = user_data;
  GstElement *in = audio ? self->audio_in : self->video_in;

  if (in == NULL)
    return;
  if (audio || (is_agreed (self, sample) && may_show (self, gst_sample_get_buffer (sample))))
    gst_app_src_push_sample (GST_APP_SRC (in), sample);
}

static GstPadProbeReturn
on_upstream_event (GstPad *pad, GstPadProbeInfo *info, gpointer stream)
{
  if (!gst_video_event_is_force_key_unit (GST_PAD_PROBE_INFO_EVENT (info)))
    return GST_PAD_PROBE_OK;
  gc_relay_stream_want_key_frame (stream);
  return GST_PAD_PROBE_DROP;
}

/* --- connection --- */

static void
join (GcViewer *self)
{
  self->joined = TRUE;
  /* Not before: what is sent to nobody is lost, and the key frame would be among it. */
  self->input_id = gc_relay_stream_add (self->stream, on_sample, self);
  if (self->video_in != NULL)
    gc_relay_stream_want_key_frame (self->stream);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_JOINED]);
}

static void
on_peer_state (GcRelayPeer *peer, GParamSpec *pspec, gpointer user_data)
{
  GcViewer *self = user_data;

  switch (gc_relay_peer_get_state (peer))
    {
    case GC_RELAY_PEER_CONNECTED:
      join (self);
      break;
    case GC_RELAY_PEER_LOST:
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LOST]);
      break;
    case GC_RELAY_PEER_CONNECTING:
    default:
      break;
    }
}

/* Has the viewer report what comes of the packets. */
static void
ask_for_feedback (GstElement *payloader, GstCaps *sent, const GstSDPMedia *media)
{
  guint id = gc_rtc_codec_find_extension (media, GC_RTC_TWCC_URI);

  if (id == 0)
    return;
  gc_rtc_codec_add_extension (sent, id, GC_RTC_TWCC_URI);
  gc_rtc_bin_add_transport_feedback (payloader, id);
}

/* Pictures of the field are about now: they are to be shown as soon as they are there. */
static void
show_at_once (GstElement *payloader, GstCaps *sent, const GstSDPMedia *media)
{
  guint id = gc_rtc_codec_find_extension (media, GC_RTC_PLAYOUT_DELAY_URI);

  if (id == 0 || strcmp (gst_sdp_media_get_media (media), "video") != 0)
    return;
  gc_rtc_codec_add_extension (sent, id, GC_RTC_PLAYOUT_DELAY_URI);
  gc_rtc_playout_delay_add (payloader, id, 0, 0);
}

static GstElement *
add_sender (GcViewer *self,
            guint section,
            const GstSDPMedia *media,
            const char *encoding,
            GstCaps *codec,
            guint max_buffers)
{
  GstBin *pipeline = gc_relay_peer_get_pipeline (self->peer);
  GstElement *source = gc_rtc_codec_make_source (max_buffers);
  GstElement *payloader;
  g_autoptr (GstPad) out = NULL;
  g_autoptr (GstPad) in = NULL;
  g_autoptr (GstCaps) sent = gst_caps_copy (codec);
  guint32 ssrc = g_random_int ();
  int payload = 0;

  gst_structure_get_int (gst_caps_get_structure (codec, 0), "payload", &payload);
  payloader = gc_rtc_codec_make_payloader (encoding, payload);
  /* The answer is made before media flow: unless it is told, webrtcbin names an SSRC that nobody
   * sends, and Chromium then shows nothing (RFC 5576). */
  g_object_set (payloader, "ssrc", ssrc, NULL);
  gst_caps_set_simple (sent, "ssrc", G_TYPE_UINT, ssrc, NULL);
  ask_for_feedback (payloader, sent, media);
  show_at_once (payloader, sent, media);
  gc_viewer_line_watch (self->line, payloader, self->video_in == NULL && self->audio_in == NULL);
  gst_bin_add_many (pipeline, source, payloader, NULL);
  out = gst_element_get_static_pad (payloader, "src");
  in = gc_rtc_bin_add_sender (gc_relay_peer_get_rtc (self->peer), section, sent);
  gst_element_link (source, payloader);
  gst_pad_link (out, in);
  return gst_object_ref (source);
}

/* Which of our streams a section of the offer takes. */
static const char *
encoding_for (GcViewer *self, const GstSDPMedia *media)
{
  if (gc_sdp_media_is_rejected (media)
      || gst_sdp_media_get_attribute_val (media, "sendonly") != NULL)
    return NULL;
  if (strcmp (gst_sdp_media_get_media (media), "audio") == 0)
    return self->audio && self->audio_in == NULL ? "OPUS" : NULL;
  return self->video_in == NULL ? self->video : NULL;
}

static void
add_senders (GcViewer *self, const GstSDPMessage *offer)
{
  for (guint i = 0; i < gst_sdp_message_medias_len (offer); i++)
    {
      const GstSDPMedia *media = gst_sdp_message_get_media (offer, i);
      const char *encoding = encoding_for (self, media);
      g_autoptr (GstCaps) codec = encoding != NULL ? gc_rtc_codec_choose (media, encoding) : NULL;
      g_autoptr (GstPad) pad = NULL;

      if (codec == NULL)
        continue;
      if (strcmp (encoding, "OPUS") == 0)
        {
          self->audio_in = add_sender (self, i, media, encoding, codec, AUDIO_BUFFERS_MAX);
          continue;
        }
      self->video_in = add_sender (self, i, media, encoding, codec, VIDEO_BUFFERS_MAX);
      pad = gst_element_get_static_pad (self->video_in, "src");
      gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_upstream_event,
                         g_object_ref (self->stream), g_object_unref);
    }
}

/* A section that we send nothing in, and in which nobody needs to send us anything either. */
static void
on_new_transceiver (GstElement *element, GstWebRTCRTPTransceiver *transceiver, gpointer user_data)
{
  g_object_set (transceiver, "direction", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_INACTIVE, NULL);
}

static void
on_deep_element_added (GstBin *bin, GstBin *sub_bin, GstElement *element, gpointer user_data)
{
  GstElementFactory *factory = gst_element_get_factory (element);

  if (factory != NULL && strcmp (GST_OBJECT_NAME (factory), "rtprtxsend") == 0)
    g_object_set (element, "max-size-time", REPETITION_MAX_MS, "max-size-packets",
                  REPETITION_PACKETS_MAX, NULL);
}

static void
build (GcViewer *self, const GstSDPMessage *offer)
{
  self->peer = gc_relay_peer_new ("viewer", SILENCE_MAX_MS);
  g_signal_connect (gc_relay_peer_get_pipeline (self->peer), "deep-element-added",
                    G_CALLBACK (on_deep_element_added), NULL);
  g_signal_connect_object (self->peer, "notify::state", G_CALLBACK (on_peer_state), self,
                           G_CONNECT_DEFAULT);
  add_senders (self, offer);
  g_signal_connect (gc_rtc_bin_get_element (gc_relay_peer_get_rtc (self->peer)),
                    "on-new-transceiver", G_CALLBACK (on_new_transceiver), NULL);
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
 * gc_viewer_accept_async:
 * @self: a new viewer
 * @offer: its offer, unchecked
 * @length: bytes
 * @callback: called with the answer
 * @user_data: for @callback
 *
 * Main context.
 */
void
gc_viewer_accept_async (GcViewer *self,
                        const char *offer,
                        gsize length,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  g_autoptr (GstSDPMessage) sdp = NULL;
  GError *error = NULL;

  g_return_if_fail (GC_IS_VIEWER (self) && self->peer == NULL);

  sdp = gc_sdp_parse (offer, length, &error);
  if (sdp == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  build (self, sdp);
  if (self->video_in == NULL && self->audio_in == NULL)
    g_task_return_new_error (
        task, GC_ERROR, GC_ERROR_UNSUPPORTED, "the offer takes nothing of this session (%s%s)",
        self->video != NULL ? self->video : "no picture", self->audio ? ", Opus" : "");
  else
    gc_relay_peer_answer_async (self->peer, offer, length, on_answer, g_steal_pointer (&task));
}

/**
 * gc_viewer_accept_finish:
 * @self: a viewer
 * @result: what the callback got
 * @error: %GC_ERROR_INVALID, %GC_ERROR_TOO_LARGE, %GC_ERROR_UNSUPPORTED: the offer;
 *   %GC_ERROR_FAILED
 *
 * Returns: (transfer full) (nullable): the answer
 */
char *
gc_viewer_accept_finish (GcViewer *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * gc_viewer_get_peer:
 * @self: a viewer that was answered
 *
 * Returns: (transfer none): its connection
 */
GcRelayPeer *
gc_viewer_get_peer (GcViewer *self)
{
  return self->peer;
}

/**
 * gc_viewer_get_name:
 * @self: a viewer
 *
 * Returns: (transfer none): who watches
 */
const char *
gc_viewer_get_name (GcViewer *self)
{
  return self->name;
}

/**
 * gc_viewer_has_joined:
 * @self: a viewer
 *
 * Returns: whether media have reached it
 */
gboolean
gc_viewer_has_joined (GcViewer *self)
{
  return self->joined;
}

/**
 * gc_viewer_is_behind:
 * @self: a viewer
 *
 * Returns: whether it is sent only key frames, or nothing, since its line does not carry more
 */
gboolean
gc_viewer_is_behind (GcViewer *self)
{
  return self->behind;
}

/**
 * gc_viewer_fits:
 * @self: a viewer
 * @video: (nullable): what is published, "H264" or "VP8"
 * @audio: whether sound is
 *
 * Returns: whether the viewer, as it was answered, can be sent that, and all of it
 */
gboolean
gc_viewer_fits (GcViewer *self, const char *video, gboolean audio)
{
  return (video == NULL || g_strcmp0 (video, self->video) == 0) && (!audio || self->audio);
}

/**
 * gc_viewer_close:
 * @self: a viewer
 *
 * Ends the connection; there are no more signals. Main context.
 */
void
gc_viewer_close (GcViewer *self)
{
  g_return_if_fail (GC_IS_VIEWER (self));

  gc_relay_stream_remove (self->stream, self->input_id);
  self->input_id = 0;
  if (self->peer != NULL)
    gc_relay_peer_close (self->peer);
}

static void
gc_viewer_dispose (GObject *object)
{
  gc_viewer_close (GC_VIEWER (object));
  G_OBJECT_CLASS (gc_viewer_parent_class)->dispose (object);
}

static void
gc_viewer_finalize (GObject *object)
{
  GcViewer *self = GC_VIEWER (object);

  gst_clear_object (&self->video_in);
  gst_clear_object (&self->audio_in);
  g_clear_object (&self->peer);
  g_object_unref (self->stream);
  gc_viewer_line_unref (self->line);
  gc_crossing_unref (self->crossing);
  g_free (self->name);
  g_free (self->video);
  G_OBJECT_CLASS (gc_viewer_parent_class)->finalize (object);
}

static void
gc_viewer_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GcViewer *self = GC_VIEWER (object);

  if (id == PROP_JOINED)
    g_value_set_boolean (value, self->joined);
  else if (id == PROP_LOST)
    g_value_set_boolean (value, self->peer != NULL
                                    && gc_relay_peer_get_state (self->peer) == GC_RELAY_PEER_LOST);
  else if (id == PROP_BEHIND)
    g_value_set_boolean (value, self->behind);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gc_viewer_class_init (GcViewerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = gc_viewer_dispose;
  object_class->finalize = gc_viewer_finalize;
  object_class->get_property = gc_viewer_get_property;
  /**
   * GcViewer:joined:
   *
   * Whether media can reach the viewer.
   */
  properties[PROP_JOINED] = g_param_spec_boolean ("joined", NULL, NULL, FALSE,
                                                  G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * GcViewer:lost:
   *
   * Whether the viewer is gone.
   */
  properties[PROP_LOST]
      = g_param_spec_boolean ("lost", NULL, NULL, FALSE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * GcViewer:behind:
   *
   * Whether the viewer misses pictures, see gc_viewer_is_behind().
   */
  properties[PROP_BEHIND] = g_param_spec_boolean ("behind", NULL, NULL, FALSE,
                                                  G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
gc_viewer_init (GcViewer *self)
{
  self->line = gc_viewer_line_new ();
  self->crossing = gc_crossing_new (self);
}

/**
 * gc_viewer_new:
 * @stream: (transfer none): what it watches
 * @name: who watches
 * @video: (nullable): "H264" or "VP8"
 * @audio: whether there is sound
 *
 * Main context.
 *
 * Returns: (transfer full): a viewer that has not been answered
 */
GcViewer *
gc_viewer_new (GcRelayStream *stream, const char *name, const char *video, gboolean audio)
{
  GcViewer *self = g_object_new (GC_TYPE_VIEWER, NULL);

  self->stream = g_object_ref (stream);
  self->name = g_strdup (name);
  self->video = g_strdup (video);
  self->audio = audio;
  return self;
}
