/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-relay"

#include "center/gc-viewer.h"

#include "base/gc-error.h"
#include "rtc/gc-rtc-bin.h"
#include "rtc/gc-rtc-codec.h"
#include "rtc/gc-sdp.h"

#include <gst/app/app.h>
#include <gst/video/video.h>
#include <string.h>

#define GATHERING_MS 300
#define CONNECT_TIMEOUT_MS 15000
#define DISCONNECTED_MS 8000
/* What may wait for a slow viewer; then its oldest frames go, and nobody else's. */
#define VIDEO_BUFFERS_MAX 60
#define AUDIO_BUFFERS_MAX 50

struct _GcViewer
{
  GObject parent_instance;

  GcFan *input; /* the session's */
  guint input_id;
  char *name;
  char *video;
  gboolean audio;
  GstElement *pipeline;
  GcRtcBin *rtc;
  guint bus_watch;
  guint deadline;
  gboolean joined;
  gboolean lost;

  GMutex lock; /* what follows, between the main context and streaming threads */
  GstElement *video_in;
  GstElement *audio_in;
  gboolean open;
  gboolean seen_key;
};

G_DEFINE_FINAL_TYPE (GcViewer, gc_viewer, G_TYPE_OBJECT)

enum
{
  PROP_JOINED = 1,
  PROP_LOST,
  N_PROPS
};

enum
{
  SIGNAL_KEY_FRAME_NEEDED,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

static void
lose (GcViewer *self)
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
  GcViewer *self = user_data;

  self->deadline = 0;
  lose (self);
  return G_SOURCE_REMOVE;
}

static void
set_deadline (GcViewer *self, guint ms)
{
  g_clear_handle_id (&self->deadline, g_source_remove);
  self->deadline = g_timeout_add (ms, on_deadline, self);
}

/* --- media, on streaming threads --- */

static gboolean
on_key_frame_needed (gpointer user_data)
{
  g_signal_emit (user_data, signals[SIGNAL_KEY_FRAME_NEEDED], 0);
  return G_SOURCE_REMOVE;
}

static void
need_key_frame (GcViewer *self)
{
  g_idle_add_full (G_PRIORITY_DEFAULT, on_key_frame_needed, g_object_ref (self), g_object_unref);
}

static gboolean
may_pass (GcViewer *self, gboolean audio, GstBuffer *buffer)
{
  if (!self->open)
    return FALSE;
  if (!audio && !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT))
    self->seen_key = TRUE;
  return audio || self->seen_key;
}

static void
on_sample (guint audio, gpointer sample, gpointer user_data)
{
  GcViewer *self = user_data;
  GstElement *in = NULL;

  g_mutex_lock (&self->lock);
  if (may_pass (self, audio, gst_sample_get_buffer (sample)))
    in = audio ? self->audio_in : self->video_in;
  if (in != NULL)
    gst_object_ref (in);
  g_mutex_unlock (&self->lock);
  if (in == NULL)
    return;
  gst_app_src_push_sample (GST_APP_SRC (in), sample);
  gst_object_unref (in);
}

static GstPadProbeReturn
on_upstream_event (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  if (!gst_video_event_is_force_key_unit (GST_PAD_PROBE_INFO_EVENT (info)))
    return GST_PAD_PROBE_OK;
  need_key_frame (user_data);
  return GST_PAD_PROBE_DROP;
}

/* --- connection --- */

static void
join (GcViewer *self)
{
  g_clear_handle_id (&self->deadline, g_source_remove);
  g_mutex_lock (&self->lock);
  self->open = TRUE;
  g_mutex_unlock (&self->lock);
  if (self->joined)
    return;
  self->joined = TRUE;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_JOINED]);
  need_key_frame (self);
}

static void
on_rtc_state (GcRtcBin *rtc, GParamSpec *pspec, gpointer user_data)
{
  GcViewer *self = user_data;

  switch (gc_rtc_bin_get_state (rtc))
    {
    case GC_RTC_CONNECTED:
      join (self);
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
  GcViewer *self = user_data;
  g_autoptr (GError) error = NULL;

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR)
    return G_SOURCE_CONTINUE;
  gst_message_parse_error (message, &error, NULL);
  g_message ("A viewer's connection broke: %s", error->message);
  self->bus_watch = 0;
  lose (self);
  return G_SOURCE_REMOVE;
}

static void
build (GcViewer *self)
{
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();
  g_autoptr (GstBus) bus = NULL;

  self->pipeline = gst_object_ref_sink (gst_pipeline_new ("viewer"));
  gst_pipeline_use_clock (GST_PIPELINE (self->pipeline), clock);
  gst_element_set_start_time (self->pipeline, GST_CLOCK_TIME_NONE);
  gst_element_set_base_time (self->pipeline, 0);
  self->rtc = gc_rtc_bin_new (TRUE);
  gst_bin_add (GST_BIN (self->pipeline), gc_rtc_bin_get_element (self->rtc));
  g_signal_connect_object (self->rtc, "notify::state", G_CALLBACK (on_rtc_state), self, 0);
  bus = gst_element_get_bus (self->pipeline);
  self->bus_watch = gst_bus_add_watch (bus, on_bus, self);
}

static GstElement *
add_sender (GcViewer *self, guint section, const char *encoding, GstCaps *codec, guint max_buffers)
{
  GstElement *source = gc_rtc_codec_make_source (max_buffers);
  GstElement *payloader;
  g_autoptr (GstPad) out = NULL;
  g_autoptr (GstPad) in = NULL;
  guint32 ssrc = g_random_int ();
  int payload = 0;

  gst_structure_get_int (gst_caps_get_structure (codec, 0), "payload", &payload);
  payloader = gc_rtc_codec_make_payloader (encoding, payload);
  /* The answer is made before media flow: unless it is told, webrtcbin names an SSRC that nobody
   * sends, and Chromium then shows nothing (RFC 5576). */
  g_object_set (payloader, "ssrc", ssrc, NULL);
  codec = gst_caps_make_writable (gst_caps_ref (codec));
  gst_caps_set_simple (codec, "ssrc", G_TYPE_UINT, ssrc, NULL);
  gst_bin_add_many (GST_BIN (self->pipeline), source, payloader, NULL);
  out = gst_element_get_static_pad (payloader, "src");
  in = gc_rtc_bin_add_sender (self->rtc, section, codec);
  gst_caps_unref (codec);
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

static gboolean
add_senders (GcViewer *self, const GstSDPMessage *offer, GError **error)
{
  for (guint i = 0; i < gst_sdp_message_medias_len (offer); i++)
    {
      const GstSDPMedia *media = gst_sdp_message_get_media (offer, i);
      const char *encoding = encoding_for (self, media);
      g_autoptr (GstCaps) codec = encoding != NULL ? gc_rtc_codec_choose (media, encoding) : NULL;
      gboolean audio = g_strcmp0 (encoding, "OPUS") == 0;
      g_autoptr (GstPad) pad = NULL;

      if (codec == NULL)
        continue;
      if (audio)
        {
          self->audio_in = add_sender (self, i, encoding, codec, AUDIO_BUFFERS_MAX);
          continue;
        }
      self->video_in = add_sender (self, i, encoding, codec, VIDEO_BUFFERS_MAX);
      pad = gst_element_get_static_pad (self->video_in, "src");
      gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_upstream_event, self, NULL);
    }
  if (self->video_in != NULL || self->audio_in != NULL)
    return TRUE;
  g_set_error (error, GC_ERROR, GC_ERROR_UNSUPPORTED,
               "the offer takes nothing of this session (%s%s)",
               self->video != NULL ? self->video : "no picture", self->audio ? ", Opus" : "");
  return FALSE;
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GcViewer *self = g_task_get_source_object (task);
  GError *error = NULL;
  char *answer = gc_rtc_bin_create_finish (GC_RTC_BIN (source), result, &error);

  if (answer == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  set_deadline (self, CONNECT_TIMEOUT_MS);
  self->input_id = gc_fan_add (self->input, on_sample, self);
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

  g_return_if_fail (GC_IS_VIEWER (self) && self->pipeline == NULL);

  sdp = gc_sdp_parse (offer, length, &error);
  if (sdp != NULL)
    build (self);
  if (sdp == NULL || !add_senders (self, sdp, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  gc_rtc_bin_create_answer_async (self->rtc, offer, length, GATHERING_MS, NULL, on_answer,
                                  g_steal_pointer (&task));
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
 * gc_viewer_add_candidate:
 * @self: a viewer that was answered
 * @section: index of the media section
 * @candidate: a trickled candidate
 *
 * Main context.
 *
 * Returns: whether it was taken
 */
gboolean
gc_viewer_add_candidate (GcViewer *self, guint section, const char *candidate)
{
  if (self->rtc == NULL)
    return FALSE;
  gc_rtc_bin_add_candidate (self->rtc, section, candidate);
  return TRUE;
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
 * gc_viewer_close:
 * @self: a viewer
 *
 * Ends the connection without a word of lost. Main context.
 */
void
gc_viewer_close (GcViewer *self)
{
  g_return_if_fail (GC_IS_VIEWER (self));

  self->lost = TRUE;
  gc_fan_remove (self->input, self->input_id);
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
gc_viewer_dispose (GObject *object)
{
  gc_viewer_close (GC_VIEWER (object));
  G_OBJECT_CLASS (gc_viewer_parent_class)->dispose (object);
}

static void
gc_viewer_finalize (GObject *object)
{
  GcViewer *self = GC_VIEWER (object);

  g_free (self->name);
  g_free (self->video);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (gc_viewer_parent_class)->finalize (object);
}

static void
gc_viewer_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GcViewer *self = GC_VIEWER (object);

  if (id == PROP_JOINED)
    g_value_set_boolean (value, self->joined);
  else if (id == PROP_LOST)
    g_value_set_boolean (value, self->lost);
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
  g_object_class_install_properties (object_class, N_PROPS, properties);
  /**
   * GcViewer::key-frame-needed:
   *
   * The viewer can show nothing before the next key frame.
   */
  signals[SIGNAL_KEY_FRAME_NEEDED] = g_signal_new (
      "key-frame-needed", GC_TYPE_VIEWER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
gc_viewer_init (GcViewer *self)
{
  g_mutex_init (&self->lock);
}

/**
 * gc_viewer_new:
 * @input: (transfer none): hands out access units as an ingest does; outlives the viewer
 * @name: who watches
 * @video: (nullable): "H264" or "VP8"
 * @audio: whether there is sound
 *
 * Main context.
 *
 * Returns: (transfer full): a viewer that has not been answered
 */
GcViewer *
gc_viewer_new (GcFan *input, const char *name, const char *video, gboolean audio)
{
  GcViewer *self = g_object_new (GC_TYPE_VIEWER, NULL);

  self->input = input;
  self->name = g_strdup (name);
  self->video = g_strdup (video);
  self->audio = audio;
  return self;
}
