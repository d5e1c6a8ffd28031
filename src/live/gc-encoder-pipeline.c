/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "live/gc-encoder-pipeline.h"

#include "base/gc-error.h"

#include <gst/video/video.h>

/* Until GcSoundControl says otherwise, its best rung. */
#define OPUS_BPS 32000
/* Only to count the pictures between two key frames. */
#define MAX_FPS 30
/* Frames that wait for the encoder: one in work, one to come; older ones are of no use. */
#define RAW_FRAMES_MAX 2
/* Sound may wait for longer, since a gap is heard: half a second in buffers of 20 ms. */
#define RAW_AUDIO_MAX 25
/* What a receiver's SDP names, whatever it decodes. Payloaders refuse pictures that call themselves
 * more, as those of 1080 lines do, so they must not. */
#define COMMON_LEVEL "3.1"
/* A viewer who joins asks for a key frame; this is only for those whose request was lost. */
#define KEY_FRAME_SECONDS 60

static char *
describe_video (const GcEncoderKind *kind, int width, int height)
{
  g_autofree char *encoder = gc_encoder_kind_describe (kind, KEY_FRAME_SECONDS * MAX_FPS);

  return g_strdup_printf ("appsrc name=video-in is-live=true format=time max-buffers=%d "
                          "leaky-type=downstream ! videoscale ! videoconvert "
                          "! capsfilter name=size caps=\"video/x-raw,format=%s,width=[16,%d,2],"
                          "height=[16,%d,2],pixel-aspect-ratio=1/1\" ! %s "
                          "! appsink name=video-out sync=false async=false max-buffers=8",
                          RAW_FRAMES_MAX, kind->format, width, height, encoder);
}

static char *
describe_audio (void)
{
  return g_strdup_printf (
      "appsrc name=audio-in is-live=true format=time max-buffers=%d "
      "leaky-type=downstream ! audioconvert ! audioresample "
      "! audio/x-raw,rate=48000,channels=1 "
      "! opusenc name=sound-encoder audio-type=voice inband-fec=true packet-loss-percentage=10 "
      "bitrate=%d frame-size=20 "
      "! appsink name=audio-out sync=false async=false max-buffers=16",
      RAW_AUDIO_MAX, OPUS_BPS);
}

/* Every pipeline of ours lives in the system clock's own time, so that timestamps need no
 * translation between them. */
static void
use_system_time (GstElement *pipeline)
{
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();

  gst_pipeline_use_clock (GST_PIPELINE (pipeline), clock);
  gst_element_set_start_time (pipeline, GST_CLOCK_TIME_NONE);
  gst_element_set_base_time (pipeline, 0);
}

static void
clear (gpointer data)
{
  GcEncoderPipeline *self = data;

  gst_clear_object (&self->video_in);
  gst_clear_object (&self->audio_in);
  gst_clear_object (&self->size_filter);
  gst_clear_object (&self->video_encoder);
  gst_clear_object (&self->video_out);
  gst_clear_object (&self->audio_out);
  gst_clear_object (&self->pipeline);
}

/**
 * gc_encoder_pipeline_new:
 * @kind: what codes the picture
 * @max_width: pixels, 16 to 4096; larger pictures are scaled down
 * @max_height: pixels, 16 to 4096
 * @audio: whether there will be sound
 * @error: %GC_ERROR_FAILED
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): a pipeline that does not run
 */
GcEncoderPipeline *
gc_encoder_pipeline_new (
    const GcEncoderKind *kind, int max_width, int max_height, gboolean audio, GError **error)
{
  g_autofree char *video_launch = describe_video (kind, max_width, max_height);
  g_autofree char *audio_launch = audio ? describe_audio () : g_strdup ("");
  g_autofree char *launch = g_strconcat (video_launch, " ", audio_launch, NULL);
  g_autoptr (GError) local_error = NULL;
  GstElement *pipeline
      = gst_parse_launch_full (launch, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &local_error);
  GcEncoderPipeline *self;

  if (pipeline == NULL)
    {
      g_set_error (error, GC_ERROR, GC_ERROR_FAILED, "the encoder cannot be made: %s",
                   local_error->message);
      return NULL;
    }
  self = g_atomic_rc_box_new0 (GcEncoderPipeline);
  self->kind = kind;
  self->pipeline = gst_object_ref_sink (pipeline);
  use_system_time (pipeline);
  self->video_in = gst_bin_get_by_name (GST_BIN (pipeline), "video-in");
  self->size_filter = gst_bin_get_by_name (GST_BIN (pipeline), "size");
  self->video_encoder = gst_bin_get_by_name (GST_BIN (pipeline), "encoder");
  self->video_out = gst_bin_get_by_name (GST_BIN (pipeline), "video-out");
  if (audio)
    {
      self->audio_in = gst_bin_get_by_name (GST_BIN (pipeline), "audio-in");
      self->audio_out = gst_bin_get_by_name (GST_BIN (pipeline), "audio-out");
    }
  return self;
}

/**
 * gc_encoder_pipeline_ref:
 * @self: a pipeline
 *
 * Any thread.
 *
 * Returns: (transfer full): @self
 */
GcEncoderPipeline *
gc_encoder_pipeline_ref (GcEncoderPipeline *self)
{
  return g_atomic_rc_box_acquire (self);
}

/**
 * gc_encoder_pipeline_unref:
 * @self: (transfer full): a pipeline, which has been stopped if this is the last reference
 *
 * Any thread.
 */
void
gc_encoder_pipeline_unref (GcEncoderPipeline *self)
{
  g_atomic_rc_box_release_full (self, clear);
}

static void
connect_out (GstElement *out, GcEncoderPipelineFunc func, gpointer data)
{
  GstAppSinkCallbacks callbacks = { .new_sample = func };

  if (out != NULL)
    gst_app_sink_set_callbacks (GST_APP_SINK (out), &callbacks, data, NULL);
}

/**
 * gc_encoder_pipeline_connect:
 * @self: a pipeline that does not run
 * @on_video: (scope forever): called for each access unit
 * @on_audio: (scope forever): called for each packet of sound
 * @data: for both
 *
 * Who is called may gc_encoder_pipeline_pull(), on a thread of the pipeline.
 */
void
gc_encoder_pipeline_connect (GcEncoderPipeline *self,
                             GcEncoderPipelineFunc on_video,
                             GcEncoderPipelineFunc on_audio,
                             gpointer data)
{
  connect_out (self->video_out, on_video, data);
  connect_out (self->audio_out, on_audio, data);
}

/**
 * gc_encoder_pipeline_get_size:
 * @self: a pipeline
 * @width: (out): of its pictures, pixels, 0 before the first
 * @height: (out): pixels, 0 before the first
 *
 * Any thread.
 */
void
gc_encoder_pipeline_get_size (GcEncoderPipeline *self, int *width, int *height)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (self->video_encoder, "sink");
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  const GstStructure *structure = caps != NULL ? gst_caps_get_structure (caps, 0) : NULL;

  if (structure == NULL || !gst_structure_get_int (structure, "width", width)
      || !gst_structure_get_int (structure, "height", height))
    *width = *height = 0;
}

/**
 * gc_encoder_pipeline_set_sound:
 * @self: a pipeline
 * @sound: how to code sound, if there is any, from now on
 *
 * Any thread.
 */
void
gc_encoder_pipeline_set_sound (GcEncoderPipeline *self, const GcSoundRung *sound)
{
  g_autoptr (GstElement) opus = gst_bin_get_by_name (GST_BIN (self->pipeline), "sound-encoder");
  int bps;
  int frame_ms;

  if (opus == NULL)
    return;
  g_object_get (opus, "bitrate", &bps, "frame-size", &frame_ms, NULL);
  if (bps != sound->bps || frame_ms != sound->frame_ms)
    g_object_set (opus, "bitrate", sound->bps, "frame-size", sound->frame_ms, NULL);
}

/**
 * gc_encoder_pipeline_force_key_frame:
 * @self: a pipeline
 *
 * The next picture is to be a key frame. Any thread.
 */
void
gc_encoder_pipeline_force_key_frame (GcEncoderPipeline *self)
{
  gst_element_send_event (
      self->video_out, gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, TRUE, 0));
}

/**
 * gc_encoder_pipeline_pull:
 * @out: one of a pipeline's appsinks that has something
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): an access unit or a packet, with the time of what went in;
 *   some encoders shift the times of what they make, and say so in the segment alone. %NULL at
 *   the end
 */
GstSample *
gc_encoder_pipeline_pull (GstAppSink *out)
{
  g_autoptr (GstSample) sample = gst_app_sink_pull_sample (out);
  g_autoptr (GstBuffer) buffer = NULL;
  g_autoptr (GstCaps) caps = NULL;
  GstStructure *structure;
  GstSegment segment;

  if (sample == NULL)
    return NULL;
  caps = gst_caps_copy (gst_sample_get_caps (sample));
  structure = gst_caps_get_structure (caps, 0);
  if (gst_structure_has_field (structure, "level"))
    gst_structure_set (structure, "level", G_TYPE_STRING, COMMON_LEVEL, NULL);
  buffer = gst_buffer_copy (gst_sample_get_buffer (sample));
  GST_BUFFER_PTS (buffer) = gst_segment_to_running_time (gst_sample_get_segment (sample),
                                                         GST_FORMAT_TIME, GST_BUFFER_PTS (buffer));
  GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
  gst_segment_init (&segment, GST_FORMAT_TIME);
  return gst_sample_new (buffer, caps, &segment, NULL);
}
