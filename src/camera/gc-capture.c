/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-camera"

#include "camera/gc-capture.h"

#include "base/gc-backoff.h"
#include "base/gc-error.h"

#include <gst/app/app.h>

#define RETRY_BASE_MS 500
#define RETRY_CAP_MS 5000

struct _GcCapture
{
  GObject parent_instance;

  GcMediaSource *source;
  gulong source_handler;
  GstElement *pipeline;
  GstClock *clock;
  guint bus_watch;
  guint retry;
  GcBackoff backoff;
  gboolean wanted;
  gboolean active;

  GcFan *output;
  gboolean restamp; /* set before streaming starts */
  int seen;         /* atomic: whether anything came since the source was opened or began again */
};

G_DEFINE_FINAL_TYPE (GcCapture, gc_capture, G_TYPE_OBJECT)

enum
{
  PROP_ACTIVE = 1,
  N_PROPS
};

enum
{
  SIGNAL_FAILED,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

static void
set_active (GcCapture *self, gboolean active)
{
  if (self->active == active)
    return;
  self->active = active;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ACTIVE]);
}

static gboolean
on_first_sample (gpointer user_data)
{
  GcCapture *self = user_data;

  /* Unless what it came from has been closed meanwhile. */
  if (self->pipeline != NULL && g_atomic_int_get (&self->seen))
    {
      gc_backoff_reset (&self->backoff);
      set_active (self, TRUE);
    }
  return G_SOURCE_REMOVE;
}

/* A recording is stamped with the moment at which it is shown, as a camera would. */
static GstSample *
stamp_now (GcCapture *self, GstSample *sample)
{
  GstBuffer *buffer = gst_buffer_copy (gst_sample_get_buffer (sample));
  GstSegment segment;
  GstSample *stamped;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  GST_BUFFER_PTS (buffer) = gst_clock_get_time (self->clock);
  GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
  stamped = gst_sample_new (buffer, gst_sample_get_caps (sample), &segment, NULL);
  gst_buffer_unref (buffer);
  return stamped;
}

static GstFlowReturn
on_sample (GstAppSink *appsink, gpointer user_data)
{
  GcCapture *self = user_data;
  g_autoptr (GstSample) sample = gst_app_sink_pull_sample (appsink);

  if (sample == NULL)
    return GST_FLOW_EOS;
  if (self->restamp)
    {
      GstSample *stamped = stamp_now (self, sample);

      gst_sample_unref (sample);
      sample = stamped;
    }
  if (g_atomic_int_compare_and_exchange (&self->seen, FALSE, TRUE))
    g_idle_add_full (G_PRIORITY_DEFAULT, on_first_sample, g_object_ref (self), g_object_unref);
  gc_fan_out (self->output, 0, sample);
  return GST_FLOW_OK;
}

static void
close_pipeline (GcCapture *self)
{
  g_clear_handle_id (&self->bus_watch, g_source_remove);
  g_clear_handle_id (&self->retry, g_source_remove);
  if (self->pipeline != NULL)
    gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_clear_object (&self->pipeline);
  set_active (self, FALSE);
}

static void
open_pipeline (GcCapture *self);

static gboolean
on_retry (gpointer user_data)
{
  GcCapture *self = user_data;

  self->retry = 0;
  open_pipeline (self);
  return G_SOURCE_REMOVE;
}

static void
fail (GcCapture *self, const GError *error)
{
  g_message ("%s", error->message);
  close_pipeline (self);
  self->retry = g_timeout_add (gc_backoff_next_ms (&self->backoff), on_retry, self);
  g_signal_emit (self, signals[SIGNAL_FAILED], 0, error);
}

static void
rewind_recording (GcCapture *self)
{
  g_autoptr (GError) error = NULL;

  if (!g_atomic_int_compare_and_exchange (&self->seen, TRUE, FALSE))
    {
      /* It would begin again without end. */
      error = g_error_new (GC_ERROR, GC_ERROR_FAILED, "%s holds no picture or no sound",
                           gc_media_source_get_name (self->source));
      fail (self, error);
      return;
    }
  if (gst_element_seek_simple (self->pipeline, GST_FORMAT_TIME,
                               GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT, 0))
    return;
  /* Some formats cannot seek: play them anew. */
  close_pipeline (self);
  open_pipeline (self);
}

/* GStreamer's own words where they help. */
static GError *
explain (GcCapture *self, const GError *error)
{
  const char *reason = error->message;

  if (g_error_matches (error, GST_STREAM_ERROR, GST_STREAM_ERROR_TYPE_NOT_FOUND)
      || g_error_matches (error, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE))
    reason = "it is nothing that can be played";
  else if (g_error_matches (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED))
    reason = "there is no picture or no sound in it";
  else if (g_error_matches (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY))
    reason = "another program uses it";
  return g_error_new (GC_ERROR, GC_ERROR_FAILED, "nothing comes from %s: %s",
                      gc_media_source_get_name (self->source), reason);
}

static gboolean
on_bus (GstBus *bus, GstMessage *message, gpointer user_data)
{
  GcCapture *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) ours = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    {
      gst_message_parse_error (message, &error, NULL);
      ours = explain (self, error);
      fail (self, ours);
      return G_SOURCE_REMOVE;
    }
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
    {
      guint watch = self->bus_watch;

      rewind_recording (self);
      return watch == self->bus_watch ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
    }
  return G_SOURCE_CONTINUE;
}

static void
open_pipeline (GcCapture *self)
{
  GstAppSinkCallbacks callbacks = { .new_sample = on_sample };
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) out = NULL;
  g_autoptr (GstBus) bus = NULL;

  g_assert (self->pipeline == NULL);

  self->pipeline = gc_media_source_make_pipeline (self->source, &error);
  if (self->pipeline == NULL)
    {
      fail (self, error);
      return;
    }
  g_atomic_int_set (&self->seen, FALSE);
  self->restamp = !gc_media_source_is_endless (self->source);
  gst_pipeline_use_clock (GST_PIPELINE (self->pipeline), self->clock);
  if (!self->restamp)
    {
      gst_element_set_start_time (self->pipeline, GST_CLOCK_TIME_NONE);
      gst_element_set_base_time (self->pipeline, 0);
    }
  out = gst_bin_get_by_name (GST_BIN (self->pipeline), "out");
  gst_app_sink_set_callbacks (GST_APP_SINK (out), &callbacks, self, NULL);
  bus = gst_element_get_bus (self->pipeline);
  self->bus_watch = gst_bus_add_watch (bus, on_bus, self);
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
}

static void
on_source_changed (GcMediaSource *source, gpointer user_data)
{
  GcCapture *self = user_data;

  if (!self->wanted)
    return;
  close_pipeline (self);
  gc_backoff_reset (&self->backoff);
  open_pipeline (self);
}

static void
gc_capture_dispose (GObject *object)
{
  GcCapture *self = GC_CAPTURE (object);

  close_pipeline (self);
  g_clear_signal_handler (&self->source_handler, self->source);
  g_clear_object (&self->source);
  gst_clear_object (&self->clock);
  G_OBJECT_CLASS (gc_capture_parent_class)->dispose (object);
}

static void
gc_capture_finalize (GObject *object)
{
  GcCapture *self = GC_CAPTURE (object);

  gc_fan_free (self->output);
  G_OBJECT_CLASS (gc_capture_parent_class)->finalize (object);
}

static void
gc_capture_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_ACTIVE)
    g_value_set_boolean (value, GC_CAPTURE (object)->active);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gc_capture_class_init (GcCaptureClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = gc_capture_dispose;
  object_class->finalize = gc_capture_finalize;
  object_class->get_property = gc_capture_get_property;
  /**
   * GcCapture:active:
   *
   * Whether samples come.
   */
  properties[PROP_ACTIVE] = g_param_spec_boolean ("active", NULL, NULL, FALSE,
                                                  G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  /**
   * GcCapture::failed:
   * @error: why nothing comes
   *
   * The source broke or cannot be opened; it is tried again after a while.
   */
  signals[SIGNAL_FAILED] = g_signal_new ("failed", GC_TYPE_CAPTURE, G_SIGNAL_RUN_LAST, 0, NULL,
                                         NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
gc_capture_init (GcCapture *self)
{
  self->output = gc_fan_new ();
  self->clock = gst_system_clock_obtain ();
  self->backoff = (GcBackoff) { .base_ms = RETRY_BASE_MS, .cap_ms = RETRY_CAP_MS };
}

/**
 * gc_capture_new:
 *
 * Main context.
 *
 * Returns: (transfer full): a capture without source
 */
GcCapture *
gc_capture_new (void)
{
  return g_object_new (GC_TYPE_CAPTURE, NULL);
}

/**
 * gc_capture_set_source:
 * @self: a capture
 * @source: (nullable): where pictures or sound come from now
 *
 * May be called while it runs: taps stay. Main context.
 */
void
gc_capture_set_source (GcCapture *self, GcMediaSource *source)
{
  g_return_if_fail (GC_IS_CAPTURE (self));

  if (self->source == source)
    return;
  close_pipeline (self);
  g_clear_signal_handler (&self->source_handler, self->source);
  g_set_object (&self->source, source);
  if (source == NULL)
    return;
  self->source_handler = g_signal_connect (source, "changed", G_CALLBACK (on_source_changed), self);
  if (self->wanted)
    open_pipeline (self);
}

/**
 * gc_capture_start:
 * @self: a capture
 *
 * Main context.
 */
void
gc_capture_start (GcCapture *self)
{
  g_return_if_fail (GC_IS_CAPTURE (self));

  if (self->wanted)
    return;
  self->wanted = TRUE;
  if (self->source != NULL)
    open_pipeline (self);
}

/**
 * gc_capture_stop:
 * @self: a capture
 *
 * Closes the device. Main context.
 */
void
gc_capture_stop (GcCapture *self)
{
  g_return_if_fail (GC_IS_CAPTURE (self));

  self->wanted = FALSE;
  close_pipeline (self);
}

/**
 * gc_capture_is_active:
 * @self: a capture
 *
 * Returns: whether samples come
 */
gboolean
gc_capture_is_active (GcCapture *self)
{
  return self->active;
}

/**
 * gc_capture_get_output:
 * @self: a capture
 *
 * Returns: (transfer none): hands out each raw picture or sound, a #GstSample whose timestamp is of
 *   the system clock
 */
GcFan *
gc_capture_get_output (GcCapture *self)
{
  return self->output;
}
