/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-camera"

#include "camera/gc-capture-run.h"

#include <gst/app/app.h>

#define ABORT_INTERVAL_MS 50
/* What a device's timestamps may be off the system clock before they are not believed. */
#define LATE_MAX (2 * GST_SECOND)
#define EARLY_MAX (GST_SECOND / 10)

struct _GcCaptureRun
{
  GObject parent_instance;

  GstElement *pipeline;
  GstClock *clock;
  gboolean recording;
  GstClockTime last; /* of the last sample, for the streaming thread */
  guint bus_watch;
  guint aborting;

  GMutex lock; /* what follows */
  GCond cond;
  GcFan *output; /* NULL once nothing may come any more */
  gboolean started;
  gboolean closing;
  gboolean seen;
  gboolean announced;
};

G_DEFINE_FINAL_TYPE (GcCaptureRun, gc_capture_run, G_TYPE_OBJECT)

enum
{
  SIGNAL_FIRST_SAMPLE,
  SIGNAL_ENDED,
  SIGNAL_FAILED,
  SIGNAL_CLOSED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* --- samples --- */

static gboolean
on_first_sample (gpointer user_data)
{
  GcCaptureRun *self = user_data;

  if (self->bus_watch != 0)
    g_signal_emit (self, signals[SIGNAL_FIRST_SAMPLE], 0);
  return G_SOURCE_REMOVE;
}

/* Later than the one before, and about now. */
static gboolean
is_believable (GcCaptureRun *self, GstClockTime time, GstClockTime now)
{
  return GST_CLOCK_TIME_IS_VALID (time) && time > self->last && time + LATE_MAX > now
         && time < now + EARLY_MAX;
}

/* A recording is stamped with the moment at which it is shown, as a camera would; so is what comes
 * from a camera that stamps wrongly. */
static GstSample *
stamp (GcCaptureRun *self, GstSample *sample)
{
  GstClockTime now = gst_clock_get_time (self->clock);
  GstBuffer *buffer = gst_sample_get_buffer (sample);
  GstSegment segment;
  GstSample *stamped;

  if (!self->recording && is_believable (self, GST_BUFFER_PTS (buffer), now))
    {
      self->last = GST_BUFFER_PTS (buffer);
      return gst_sample_ref (sample);
    }
  self->last = MAX (now, self->last + 1);
  buffer = gst_buffer_copy (buffer);
  GST_BUFFER_PTS (buffer) = self->last;
  GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
  gst_segment_init (&segment, GST_FORMAT_TIME);
  stamped = gst_sample_new (buffer, gst_sample_get_caps (sample), &segment, NULL);
  gst_buffer_unref (buffer);
  return stamped;
}

static GstFlowReturn
on_sample (GstAppSink *appsink, gpointer user_data)
{
  GcCaptureRun *self = user_data;
  g_autoptr (GstSample) sample = gst_app_sink_pull_sample (appsink);
  g_autoptr (GstSample) stamped = NULL;

  if (sample == NULL)
    return GST_FLOW_EOS;
  stamped = stamp (self, sample);
  g_mutex_lock (&self->lock);
  if (self->output != NULL)
    {
      if (!self->announced)
        g_idle_add_full (G_PRIORITY_DEFAULT, on_first_sample, g_object_ref (self), g_object_unref);
      self->announced = self->seen = TRUE;
      gc_fan_out (self->output, 0, stamped);
    }
  g_mutex_unlock (&self->lock);
  return GST_FLOW_OK;
}

/* Besides errors: that a file holds nothing of what is wanted. A short one may end unnoticed then,
 * before whoever reads it finds that nobody takes it. */
static GError *
read_error (GstMessage *message)
{
  g_autoptr (GError) warning = NULL;
  GError *error = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, NULL);
  else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING)
    {
      gst_message_parse_warning (message, &warning, NULL);
      if (g_error_matches (warning, GST_PARSE_ERROR, GST_PARSE_ERROR_DELAYED_LINK))
        error = g_steal_pointer (&warning);
    }
  return error;
}

static gboolean
on_bus (GstBus *bus, GstMessage *message, gpointer user_data)
{
  g_autoptr (GcCaptureRun) self = g_object_ref (user_data);
  g_autoptr (GError) error = read_error (message);

  if (error != NULL)
    g_signal_emit (self, signals[SIGNAL_FAILED], 0, error);
  else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
    g_signal_emit (self, signals[SIGNAL_ENDED], 0);
  return self->bus_watch != 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* --- its thread --- */

static gboolean
on_closed (gpointer user_data)
{
  GcCaptureRun *self = user_data;
  GstAppSinkCallbacks none = { 0 };
  g_autoptr (GstElement) out = gst_bin_get_by_name (GST_BIN (self->pipeline), "out");

  gst_app_sink_set_callbacks (GST_APP_SINK (out), &none, NULL, NULL);
  g_clear_handle_id (&self->aborting, g_source_remove);
  g_signal_emit (self, signals[SIGNAL_CLOSED], 0);
  return G_SOURCE_REMOVE;
}

static gpointer
run (gpointer user_data)
{
  GcCaptureRun *self = user_data;

  /* Some devices only say that they do not start. */
  if (gst_element_set_state (self->pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
    GST_ELEMENT_ERROR (self->pipeline, RESOURCE, FAILED, ("it does not start"), (NULL));
  g_mutex_lock (&self->lock);
  self->started = TRUE;
  while (!self->closing)
    g_cond_wait (&self->cond, &self->lock);
  g_mutex_unlock (&self->lock);
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  g_idle_add_full (G_PRIORITY_DEFAULT, on_closed, self, g_object_unref);
  return NULL;
}

static void
send_flush (const GValue *item, gpointer user_data)
{
  GstElement *source = g_value_get_object (item);

  /* Whoever changes its state may hold this lock for as long as PipeWire does not answer: 30 s. */
  if (!GST_STATE_TRYLOCK (source))
    return;
  /* PipeWire's has nothing to flush before that, and does not look. */
  if (GST_STATE (source) >= GST_STATE_READY)
    gst_element_send_event (source, gst_event_new_flush_start ());
  GST_STATE_UNLOCK (source);
}

/* A source that waits for its device while it starts gives up when it is flushed; but not before it
 * waits, so it is told again until it has. */
static gboolean
on_abort (gpointer user_data)
{
  GcCaptureRun *self = user_data;
  GstIterator *sources;

  g_mutex_lock (&self->lock);
  if (self->started)
    {
      g_mutex_unlock (&self->lock);
      self->aborting = 0;
      return G_SOURCE_REMOVE;
    }
  sources = gst_bin_iterate_sources (GST_BIN (self->pipeline));
  gst_iterator_foreach (sources, send_flush, NULL);
  gst_iterator_free (sources);
  g_mutex_unlock (&self->lock);
  return G_SOURCE_CONTINUE;
}

/* --- the object --- */

static void
gc_capture_run_finalize (GObject *object)
{
  GcCaptureRun *self = GC_CAPTURE_RUN (object);

  gst_clear_object (&self->pipeline);
  gst_clear_object (&self->clock);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  G_OBJECT_CLASS (gc_capture_run_parent_class)->finalize (object);
}

static void
gc_capture_run_class_init (GcCaptureRunClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gc_capture_run_finalize;
  /**
   * GcCaptureRun::first-sample:
   *
   * Something has come; once in a run.
   */
  signals[SIGNAL_FIRST_SAMPLE] = g_signal_new (
      "first-sample", GC_TYPE_CAPTURE_RUN, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * GcCaptureRun::ended:
   *
   * The recording is over.
   */
  signals[SIGNAL_ENDED] = g_signal_new ("ended", GC_TYPE_CAPTURE_RUN, G_SIGNAL_RUN_LAST, 0, NULL,
                                        NULL, NULL, G_TYPE_NONE, 0);
  /**
   * GcCaptureRun::failed:
   * @error: GStreamer's
   *
   * Nothing will come any more: close it.
   */
  signals[SIGNAL_FAILED] = g_signal_new ("failed", GC_TYPE_CAPTURE_RUN, G_SIGNAL_RUN_LAST, 0, NULL,
                                         NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
  /**
   * GcCaptureRun::closed:
   *
   * The device is free for others.
   */
  signals[SIGNAL_CLOSED] = g_signal_new ("closed", GC_TYPE_CAPTURE_RUN, G_SIGNAL_RUN_LAST, 0, NULL,
                                         NULL, NULL, G_TYPE_NONE, 0);
}

static void
gc_capture_run_init (GcCaptureRun *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->clock = gst_system_clock_obtain ();
}

/**
 * gc_capture_run_new:
 * @pipeline: (transfer none): in state NULL, with an appsink named “out”
 * @recording: whether it is stamped with the time at which it is shown
 * @output: takes the samples; must live until gc_capture_run_close()
 *
 * Starts it. Main context.
 *
 * Returns: (transfer full): a run, which lives on until it has closed
 */
GcCaptureRun *
gc_capture_run_new (GstElement *pipeline, gboolean recording, GcFan *output)
{
  GcCaptureRun *self = g_object_new (GC_TYPE_CAPTURE_RUN, NULL);
  GstAppSinkCallbacks callbacks = { .new_sample = on_sample };
  g_autoptr (GstElement) out = gst_bin_get_by_name (GST_BIN (pipeline), "out");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);

  self->pipeline = gst_object_ref (pipeline);
  self->recording = recording;
  self->output = output;
  gst_pipeline_use_clock (GST_PIPELINE (pipeline), self->clock);
  if (!recording)
    {
      gst_element_set_start_time (pipeline, GST_CLOCK_TIME_NONE);
      gst_element_set_base_time (pipeline, 0);
    }
  gst_app_sink_set_callbacks (GST_APP_SINK (out), &callbacks, self, NULL);
  self->bus_watch = gst_bus_add_watch (bus, on_bus, self);
  g_thread_unref (g_thread_new ("gc-capture", run, g_object_ref (self)));
  return self;
}

/**
 * gc_capture_run_rewind:
 * @self: a run whose recording is over
 *
 * Main context.
 *
 * Returns: whether it plays again from its beginning; some formats cannot
 */
gboolean
gc_capture_run_rewind (GcCaptureRun *self)
{
  g_return_val_if_fail (GC_IS_CAPTURE_RUN (self), FALSE);

  return gst_element_seek_simple (self->pipeline, GST_FORMAT_TIME,
                                  GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT, 0);
}

/**
 * gc_capture_run_take_seen:
 * @self: a run
 *
 * Any thread.
 *
 * Returns: whether anything came since the start or the last call
 */
gboolean
gc_capture_run_take_seen (GcCaptureRun *self)
{
  gboolean seen;

  g_mutex_lock (&self->lock);
  seen = self->seen;
  self->seen = FALSE;
  g_mutex_unlock (&self->lock);
  return seen;
}

/**
 * gc_capture_run_close:
 * @self: a run that has not been closed
 *
 * When it returns nothing comes any more; #GcCaptureRun::closed follows when the device is free.
 * Main context.
 */
void
gc_capture_run_close (GcCaptureRun *self)
{
  gboolean started;

  g_return_if_fail (GC_IS_CAPTURE_RUN (self));

  g_clear_handle_id (&self->bus_watch, g_source_remove);
  g_mutex_lock (&self->lock);
  self->output = NULL;
  self->closing = TRUE;
  started = self->started;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
  if (!started)
    self->aborting = g_timeout_add_full (G_PRIORITY_DEFAULT, ABORT_INTERVAL_MS, on_abort,
                                         g_object_ref (self), g_object_unref);
}
