/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-live"

#include "live/gc-encoder.h"

#include "base/gc-error.h"
#include "live/gc-encoder-pipeline.h"
#include "live/gc-frame-limit.h"
#include "live/gc-key-requests.h"
#include "live/gc-picture-control.h"

#include <gst/app/app.h>

#define START_BPS 1500000 /* as long as nobody governs it: nobody is sent these pictures */
#define MAX_FPS 30        /* the ladder's most: more of them would each be coarser */
/* A picture that seems to have taken longer has a strange time. */
#define CODING_MAX_US (10 * G_USEC_PER_SEC)
/* Hardware that has been given pictures and made nothing of them for so long is stuck. */
#define STUCK_US (3 * G_USEC_PER_SEC)
#define WATCH_S 1

struct _GcEncoder
{
  GObject parent_instance;

  GcVideoCodec codec;
  int max_width;
  int max_height;
  gboolean audio;
  guint bus_watch;
  guint watch;

  GcFan *output;
  GcPictureControl *control;

  GMutex lock;                 /* what follows */
  GcEncoderPipeline *pipeline; /* changes in the main context alone */
  gint64 waiting_since_us;     /* for what becomes of a picture; 0: for nothing */
  GcKeyRequests key_requests;
  GcFrameLimit frame_limit;
  GcEncoderFigures figures;

  GMutex governor_lock; /* held while it is asked */
  GcEncoderGovernor governor;
  gpointer governor_data;
};

G_DEFINE_FINAL_TYPE (GcEncoder, gc_encoder, G_TYPE_OBJECT)

enum
{
  SIGNAL_FAILED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static GcEncoderPipeline *
ref_pipeline (GcEncoder *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return gc_encoder_pipeline_ref (self->pipeline);
}

/* How long it took from the camera to here; timestamps are of the system clock. */
static void
count_coded (GcEncoder *self, GstBuffer *buffer)
{
  gint64 took_us
      = g_get_monotonic_time () - (gint64) GST_TIME_AS_USECONDS (GST_BUFFER_PTS (buffer));
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->waiting_since_us = 0;
  if (!GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT))
    gc_key_requests_made (&self->key_requests);
  self->figures.coded++;
  self->figures.coding_us += CLAMP (took_us, 0, CODING_MAX_US);
}

static GstFlowReturn
hand_out (GcEncoder *self, GstAppSink *appsink, gboolean audio)
{
  g_autoptr (GstSample) sample = gc_encoder_pipeline_pull (appsink);

  if (sample == NULL)
    return GST_FLOW_EOS;
  if (!audio)
    {
      gc_picture_control_made (self->control, gst_buffer_get_size (gst_sample_get_buffer (sample)));
      count_coded (self, gst_sample_get_buffer (sample));
    }
  gc_fan_out (self->output, audio, sample);
  return GST_FLOW_OK;
}

static GstFlowReturn
on_video_sample (GstAppSink *appsink, gpointer user_data)
{
  return hand_out (user_data, appsink, FALSE);
}

static GstPadProbeReturn
leave_out (GcEncoder *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->figures.left_out++;
  return GST_PAD_PROBE_DROP;
}

static void
force_key_frame (GcEncoder *self)
{
  g_autoptr (GcEncoderPipeline) pipeline = ref_pipeline (self);

  gc_encoder_pipeline_force_key_frame (pipeline);
}

static GstPadProbeReturn
pass (GcEncoder *self)
{
  gint64 now_us = g_get_monotonic_time ();
  gboolean wants_key;

  g_mutex_lock (&self->lock);
  if (self->waiting_since_us == 0)
    self->waiting_since_us = now_us;
  wants_key = gc_key_requests_look (&self->key_requests, now_us);
  g_mutex_unlock (&self->lock);
  if (wants_key)
    force_key_frame (self);
  return GST_PAD_PROBE_OK;
}

/* Before anything is done with a picture: what cannot be sent now is not coded. */
static GstPadProbeReturn
on_raw_picture (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GcEncoder *self = user_data;
  GstClockTime time = GST_BUFFER_PTS (GST_PAD_PROBE_INFO_BUFFER (info));
  gint64 interval_us = gc_picture_control_begin (self->control, time);
  gint64 target_bps = 0;
  gboolean governed;
  gsize grant = 0;

  if (interval_us == 0)
    return leave_out (self);
  g_mutex_lock (&self->governor_lock);
  governed = self->governor != NULL;
  if (governed)
    grant = self->governor (interval_us, &target_bps, self->governor_data);
  g_mutex_unlock (&self->governor_lock);
  if (!governed)
    return pass (self);
  if (grant == 0)
    return leave_out (self);
  gc_picture_control_prepare (self->control, time, grant, target_bps);
  return pass (self);
}

static GstFlowReturn
on_audio_sample (GstAppSink *appsink, gpointer user_data)
{
  return hand_out (user_data, appsink, TRUE);
}

static void
break_down (GcEncoder *self, const GError *error);

static gboolean
on_bus (GstBus *bus, GstMessage *message, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR)
    return G_SOURCE_CONTINUE;
  gst_message_parse_error (message, &error, NULL);
  break_down (user_data, error);
  return G_SOURCE_CONTINUE;
}

static void
leave (GcEncoder *self)
{
  g_clear_handle_id (&self->bus_watch, g_source_remove);
  if (self->pipeline != NULL)
    gst_element_set_state (self->pipeline->pipeline, GST_STATE_NULL);
}

/* Takes the best kind of encoder that works now. */
static gboolean
equip (GcEncoder *self, GError **error)
{
  const GcEncoderKind *kind = gc_encoder_kind_choose (self->codec);
  g_autoptr (GcEncoderPipeline) old = NULL;
  GcEncoderPipeline *pipeline;
  g_autoptr (GstPad) raw = NULL;
  g_autoptr (GstBus) bus = NULL;

  if (kind == NULL)
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_NOT_FOUND, "no video encoder works here");
      return FALSE;
    }
  pipeline = gc_encoder_pipeline_new (kind, self->max_width, self->max_height, self->audio, error);
  if (pipeline == NULL)
    return FALSE;
  gc_encoder_pipeline_connect (pipeline, on_video_sample, on_audio_sample, self);
  raw = gst_element_get_static_pad (pipeline->video_in, "src");
  gst_pad_add_probe (raw, GST_PAD_PROBE_TYPE_BUFFER, on_raw_picture, self, NULL);
  bus = gst_element_get_bus (pipeline->pipeline);
  leave (self);
  self->bus_watch = gst_bus_add_watch (bus, on_bus, self);
  gc_picture_control_use (self->control, pipeline);
  g_mutex_lock (&self->lock);
  old = g_steal_pointer (&self->pipeline);
  self->pipeline = pipeline;
  self->waiting_since_us = 0;
  g_mutex_unlock (&self->lock);
  return TRUE;
}

/* Hardware that breaks is done without, and nobody who takes the output is the wiser. */
static gboolean
replace (GcEncoder *self, const char *why, GError **error)
{
  const GcEncoderKind *kind = self->pipeline->kind;

  if (!kind->hardware)
    return FALSE;
  gc_encoder_kind_abandon (kind);
  if (!equip (self, error))
    return FALSE;
  g_message ("%s is done without: %s; %s takes its place", kind->factory, why,
             self->pipeline->kind->factory);
  return gc_encoder_start (self, error);
}

static void
break_down (GcEncoder *self, const GError *error)
{
  g_autoptr (GcEncoder) alive = g_object_ref (self);
  g_autoptr (GError) local_error = NULL;

  if (replace (self, error->message, &local_error))
    return;
  if (local_error != NULL)
    error = local_error;
  g_message ("The encoder failed: %s", error->message);
  g_signal_emit (self, signals[SIGNAL_FAILED], 0, error);
}

static gboolean
on_watch (gpointer user_data)
{
  GcEncoder *self = user_data;
  g_autoptr (GError) error = NULL;
  gint64 since_us;

  g_mutex_lock (&self->lock);
  since_us = self->waiting_since_us;
  g_mutex_unlock (&self->lock);
  if (!self->pipeline->kind->hardware || since_us == 0
      || g_get_monotonic_time () - since_us < STUCK_US)
    return G_SOURCE_CONTINUE;
  error = g_error_new_literal (GC_ERROR, GC_ERROR_FAILED, "it makes nothing of its pictures");
  break_down (self, error);
  return G_SOURCE_CONTINUE;
}

static void
gc_encoder_dispose (GObject *object)
{
  GcEncoder *self = GC_ENCODER (object);

  leave (self);
  g_clear_handle_id (&self->watch, g_source_remove);
  g_clear_pointer (&self->pipeline, gc_encoder_pipeline_unref);
  G_OBJECT_CLASS (gc_encoder_parent_class)->dispose (object);
}

static void
gc_encoder_finalize (GObject *object)
{
  GcEncoder *self = GC_ENCODER (object);

  gc_fan_free (self->output);
  g_clear_pointer (&self->control, gc_picture_control_free);
  gc_frame_limit_clear (&self->frame_limit);
  g_mutex_clear (&self->governor_lock);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (gc_encoder_parent_class)->finalize (object);
}

static void
gc_encoder_class_init (GcEncoderClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = gc_encoder_dispose;
  G_OBJECT_CLASS (klass)->finalize = gc_encoder_finalize;
  /**
   * GcEncoder::failed:
   * @error: what the encoder said
   *
   * The encoder cannot go on: make another one.
   */
  signals[SIGNAL_FAILED] = g_signal_new ("failed", GC_TYPE_ENCODER, G_SIGNAL_RUN_LAST, 0, NULL,
                                         NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
gc_encoder_init (GcEncoder *self)
{
  g_mutex_init (&self->lock);
  g_mutex_init (&self->governor_lock);
  self->output = gc_fan_new ();
  gc_frame_limit_init (&self->frame_limit, MAX_FPS);
  gc_key_requests_init (&self->key_requests);
}

/**
 * gc_encoder_new:
 * @codec: how to code the picture
 * @max_width: pixels, 16 to 4096; larger pictures are scaled down
 * @max_height: pixels, 16 to 4096
 * @audio: whether there will be sound
 * @error: %GC_ERROR_NOT_FOUND if no encoder for the codec works, %GC_ERROR_FAILED
 *
 * Main context.
 *
 * Returns: (transfer full) (nullable): an encoder that has not started
 */
GcEncoder *
gc_encoder_new (GcVideoCodec codec, int max_width, int max_height, gboolean audio, GError **error)
{
  g_autoptr (GcEncoder) self = g_object_new (GC_TYPE_ENCODER, NULL);

  self->codec = codec;
  self->max_width = max_width;
  self->max_height = max_height;
  self->audio = audio;
  self->control = gc_picture_control_new (max_width, max_height);
  if (!equip (self, error))
    return NULL;
  gc_encoder_set_bitrate (self, START_BPS);
  return g_steal_pointer (&self);
}

/**
 * gc_encoder_start:
 * @self: an encoder
 * @error: %GC_ERROR_FAILED
 *
 * Main context.
 *
 * Returns: whether it runs
 */
gboolean
gc_encoder_start (GcEncoder *self, GError **error)
{
  g_return_val_if_fail (GC_IS_ENCODER (self), FALSE);

  if (gst_element_set_state (self->pipeline->pipeline, GST_STATE_PLAYING)
      != GST_STATE_CHANGE_FAILURE)
    {
      if (self->watch == 0)
        self->watch = g_timeout_add_seconds (WATCH_S, on_watch, self);
      return TRUE;
    }
  if (self->pipeline->kind->hardware)
    return replace (self, "it does not start", error);
  g_set_error_literal (error, GC_ERROR, GC_ERROR_FAILED, "the encoder does not start");
  return FALSE;
}

/**
 * gc_encoder_stop:
 * @self: an encoder
 *
 * Main context.
 */
void
gc_encoder_stop (GcEncoder *self)
{
  g_return_if_fail (GC_IS_ENCODER (self));

  g_clear_handle_id (&self->watch, g_source_remove);
  gst_element_set_state (self->pipeline->pipeline, GST_STATE_NULL);
  self->waiting_since_us = 0;
}

/**
 * gc_encoder_get_codec:
 * @self: an encoder
 *
 * Returns: how the picture is coded
 */
GcVideoCodec
gc_encoder_get_codec (GcEncoder *self)
{
  return self->codec;
}

/**
 * gc_encoder_has_audio:
 * @self: an encoder
 *
 * Returns: whether it takes sound
 */
gboolean
gc_encoder_has_audio (GcEncoder *self)
{
  return self->audio;
}

/**
 * gc_encoder_get_size:
 * @self: an encoder
 * @width: (out): pixels, 0 before the first picture
 * @height: (out): pixels, 0 before the first picture
 *
 * Any thread.
 */
void
gc_encoder_get_size (GcEncoder *self, int *width, int *height)
{
  g_autoptr (GcEncoderPipeline) pipeline = ref_pipeline (self);

  gc_encoder_pipeline_get_size (pipeline, width, height);
}

/**
 * gc_encoder_push_video:
 * @self: an encoder
 * @sample: a raw picture; its timestamp is of the system clock
 *
 * If the encoder is behind, the oldest picture that waits is dropped. Any thread.
 */
void
gc_encoder_push_video (GcEncoder *self, GstSample *sample)
{
  g_autoptr (GcEncoderPipeline) pipeline = ref_pipeline (self);
  g_autoptr (GstSample) passed = NULL;

  g_mutex_lock (&self->lock);
  passed = gc_frame_limit_pass (&self->frame_limit, sample);
  if (passed != NULL)
    self->figures.camera++;
  g_mutex_unlock (&self->lock);
  if (passed != NULL)
    gst_app_src_push_sample (GST_APP_SRC (pipeline->video_in), passed);
}

/**
 * gc_encoder_push_audio:
 * @self: an encoder
 * @sample: raw sound; its timestamp is of the system clock
 *
 * Any thread. Ignored by an encoder without sound.
 */
void
gc_encoder_push_audio (GcEncoder *self, GstSample *sample)
{
  g_autoptr (GcEncoderPipeline) pipeline = ref_pipeline (self);

  if (pipeline->audio_in != NULL)
    gst_app_src_push_sample (GST_APP_SRC (pipeline->audio_in), sample);
}

/**
 * gc_encoder_set_bitrate:
 * @self: an encoder that has not started
 * @bps: for the picture as long as nobody governs it, bit/s, 30,000 to 50,000,000
 *
 * Main context.
 */
void
gc_encoder_set_bitrate (GcEncoder *self, gint64 bps)
{
  g_return_if_fail (GC_IS_ENCODER (self));

  gc_picture_control_set_rate (self->control, bps);
}

/**
 * gc_encoder_set_sound:
 * @self: an encoder
 * @sound: how to code sound, if there is any, until the encoder is replaced
 *
 * Any thread.
 */
void
gc_encoder_set_sound (GcEncoder *self, const GcSoundRung *sound)
{
  g_autoptr (GcEncoderPipeline) pipeline = ref_pipeline (self);

  gc_encoder_pipeline_set_sound (pipeline, sound);
}

/**
 * gc_encoder_set_mode:
 * @self: an encoder
 * @mode: what to give up first when the network is thin
 * @frugal: whether to make no more of pictures than gc_ladder_get_frugal()
 *
 * Takes effect with the next picture that is governed. Any thread.
 */
void
gc_encoder_set_mode (GcEncoder *self, GcQualityMode mode, gboolean frugal)
{
  g_return_if_fail (GC_IS_ENCODER (self));

  gc_picture_control_set_mode (self->control, mode, frugal);
}

/**
 * gc_encoder_get_figures:
 * @self: an encoder
 * @figures: (out caller-allocates): what it has done so far
 *
 * Any thread.
 */
void
gc_encoder_get_figures (GcEncoder *self, GcEncoderFigures *figures)
{
  g_return_if_fail (GC_IS_ENCODER (self));

  g_mutex_lock (&self->lock);
  *figures = self->figures;
  g_mutex_unlock (&self->lock);
  gc_picture_control_get_figures (self->control, figures);
}

/**
 * gc_encoder_set_governor:
 * @self: an encoder
 * @governor: (scope notified): who is asked how large each picture may be
 * @data: for @governor
 *
 * The last one that is set governs. Any thread.
 */
void
gc_encoder_set_governor (GcEncoder *self, GcEncoderGovernor governor, gpointer data)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->governor_lock);

  self->governor = governor;
  self->governor_data = data;
}

/**
 * gc_encoder_remove_governor:
 * @self: an encoder
 * @data: what was given to gc_encoder_set_governor()
 *
 * Once it has returned, that governor is not asked any more. Any thread.
 */
void
gc_encoder_remove_governor (GcEncoder *self, gpointer data)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->governor_lock);

  if (self->governor_data == data)
    {
      self->governor = NULL;
      self->governor_data = NULL;
    }
}

/**
 * gc_encoder_request_key_frame:
 * @self: an encoder
 *
 * Makes the next picture a key frame, or where that would come too soon after the last one, the
 * first that may be one: requests of several viewers become one. Any thread.
 */
void
gc_encoder_request_key_frame (GcEncoder *self)
{
  gboolean due;

  g_mutex_lock (&self->lock);
  due = gc_key_requests_add (&self->key_requests, g_get_monotonic_time ());
  g_mutex_unlock (&self->lock);
  if (due)
    force_key_frame (self);
}

/**
 * gc_encoder_get_output:
 * @self: an encoder
 *
 * Returns: (transfer none): hands out each access unit, a #GstSample; the detail is 1 for sound, 0
 *   for the picture; the timestamps are those of the raw samples
 */
GcFan *
gc_encoder_get_output (GcEncoder *self)
{
  return self->output;
}
