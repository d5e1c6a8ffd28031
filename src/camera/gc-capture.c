/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-camera"

#include "camera/gc-capture.h"

#include "base/gc-backoff.h"
#include "base/gc-error.h"
#include "camera/gc-capture-run.h"

#define RETRY_BASE_MS 500
#define RETRY_CAP_MS 5000
/* How long a device may give nothing: until the first picture, which takes a phone's camera two
 * seconds, and between pictures. */
#define PATIENCE_FIRST_S 10
#define PATIENCE_S 5
/* PipeWire has been seen to hold on to a camera that was unplugged while it was opened. */
#define CLOSING_MAX_S 5

struct _GcCapture
{
  GObject parent_instance;

  GcMediaSource *source;
  gulong source_handler;
  GcCaptureRun *run;
  GcCaptureRun *closing; /* whose device is not free yet */
  guint overdue;
  guint retry;
  guint patience;
  GcBackoff backoff;
  gboolean wanted;
  gboolean active;

  GcFan *output;
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

static void
open_run (GcCapture *self);

static gboolean
on_retry (gpointer user_data)
{
  GcCapture *self = user_data;

  self->retry = 0;
  open_run (self);
  return G_SOURCE_REMOVE;
}

static void
let_go (GcCapture *self)
{
  g_clear_handle_id (&self->overdue, g_source_remove);
  if (self->closing != NULL)
    g_signal_handlers_disconnect_by_data (self->closing, self);
  g_clear_object (&self->closing);
}

static void
on_closed (GcCaptureRun *run, gpointer user_data)
{
  GcCapture *self = user_data;

  let_go (self);
  open_run (self);
}

static gboolean
on_overdue (gpointer user_data)
{
  GcCapture *self = user_data;

  g_message ("A device is not let go of, and is not waited for");
  self->overdue = 0;
  let_go (self);
  open_run (self);
  return G_SOURCE_REMOVE;
}

static void
close_run (GcCapture *self)
{
  g_clear_handle_id (&self->retry, g_source_remove);
  g_clear_handle_id (&self->patience, g_source_remove);
  if (self->run != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->run, self);
      g_signal_connect_object (self->run, "closed", G_CALLBACK (on_closed), self, 0);
      gc_capture_run_close (self->run);
      self->closing = g_steal_pointer (&self->run);
      self->overdue = g_timeout_add_seconds (CLOSING_MAX_S, on_overdue, self);
    }
  set_active (self, FALSE);
}

static void
fail (GcCapture *self, const GError *error)
{
  g_message ("%s", error->message);
  close_run (self);
  self->retry = g_timeout_add (gc_backoff_next_ms (&self->backoff), on_retry, self);
  g_signal_emit (self, signals[SIGNAL_FAILED], 0, error);
}

static gboolean
on_patience (gpointer user_data)
{
  GcCapture *self = user_data;
  g_autoptr (GError) error = NULL;

  if (gc_capture_run_take_seen (self->run))
    return G_SOURCE_CONTINUE;
  self->patience = 0;
  error = g_error_new (GC_ERROR, GC_ERROR_FAILED, "nothing comes from %s any more",
                       gc_media_source_get_name (self->source));
  fail (self, error);
  return G_SOURCE_REMOVE;
}

/* Whoever writes into a file or a FIFO may take his time, a device that gives nothing is broken:
 * not each of them says so. */
static void
expect_samples (GcCapture *self, guint seconds)
{
  g_clear_handle_id (&self->patience, g_source_remove);
  if (gc_media_source_is_endless (self->source))
    self->patience = g_timeout_add_seconds (seconds, on_patience, self);
}

static void
on_first_sample (GcCaptureRun *run, gpointer user_data)
{
  GcCapture *self = user_data;

  gc_backoff_reset (&self->backoff);
  expect_samples (self, PATIENCE_S);
  set_active (self, TRUE);
}

static void
on_ended (GcCaptureRun *run, gpointer user_data)
{
  GcCapture *self = user_data;
  g_autoptr (GError) error = NULL;

  if (!gc_capture_run_take_seen (run))
    {
      /* It would begin again without end. */
      error = g_error_new (GC_ERROR, GC_ERROR_FAILED, "%s holds no picture or no sound",
                           gc_media_source_get_name (self->source));
      fail (self, error);
      return;
    }
  if (gc_capture_run_rewind (run))
    return;
  /* Some formats cannot seek: play them anew. */
  close_run (self);
  open_run (self);
}

/* What PipeWire says of a node that is there but may not be linked is in its text alone. */
static gboolean
is_busy (const GError *error)
{
  g_autofree char *text = g_ascii_strdown (error->message, -1);

  return g_error_matches (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY)
         || strstr (text, "busy") != NULL || strstr (text, "target not found") != NULL
         || strstr (text, "no target node") != NULL;
}

static gboolean
is_no_film (const GError *error)
{
  return g_error_matches (error, GST_STREAM_ERROR, GST_STREAM_ERROR_TYPE_NOT_FOUND)
         || g_error_matches (error, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE)
         || g_error_matches (error, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE)
         || g_error_matches (error, GST_STREAM_ERROR, GST_STREAM_ERROR_DEMUX);
}

/* GStreamer's own words where they help. */
static GError *
explain (GcCapture *self, const GError *error)
{
  const char *reason = error->message;
  GcError code = GC_ERROR_FAILED;

  if (is_no_film (error))
    reason = "it is nothing that can be played";
  else if (g_error_matches (error, GST_PARSE_ERROR, GST_PARSE_ERROR_DELAYED_LINK))
    reason = "there is no picture or no sound in it";
  else if (g_error_matches (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED))
    reason = gc_media_source_is_endless (self->source) ? "it has stopped"
                                                       : "there is no picture or no sound in it";
  else if (is_busy (error))
    {
      code = GC_ERROR_BUSY;
      reason = "another program may be using it";
    }
  else if (g_error_matches (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED))
    {
      code = GC_ERROR_REFUSED;
      reason = "it may not be used";
    }
  return g_error_new (GC_ERROR, code, "nothing comes from %s: %s",
                      gc_media_source_get_name (self->source), reason);
}

static void
on_failed (GcCaptureRun *run, const GError *error, gpointer user_data)
{
  GcCapture *self = user_data;
  g_autoptr (GError) ours = explain (self, error);

  fail (self, ours);
}

/* One device cannot be opened twice: the next run waits until the last has let go of it. */
static void
open_run (GcCapture *self)
{
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GError) error = NULL;

  if (!self->wanted || self->source == NULL || self->run != NULL || self->closing != NULL
      || self->retry != 0)
    return;
  pipeline = gc_media_source_make_pipeline (self->source, &error);
  if (pipeline == NULL)
    {
      fail (self, error);
      return;
    }
  self->run
      = gc_capture_run_new (pipeline, !gc_media_source_is_endless (self->source), self->output);
  g_signal_connect (self->run, "first-sample", G_CALLBACK (on_first_sample), self);
  g_signal_connect (self->run, "ended", G_CALLBACK (on_ended), self);
  g_signal_connect (self->run, "failed", G_CALLBACK (on_failed), self);
  expect_samples (self, PATIENCE_FIRST_S);
}

static void
on_source_changed (GcMediaSource *source, gpointer user_data)
{
  GcCapture *self = user_data;

  close_run (self);
  gc_backoff_reset (&self->backoff);
  open_run (self);
}

static void
gc_capture_dispose (GObject *object)
{
  GcCapture *self = GC_CAPTURE (object);

  close_run (self);
  let_go (self);
  g_clear_signal_handler (&self->source_handler, self->source);
  g_clear_object (&self->source);
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
  close_run (self);
  g_clear_signal_handler (&self->source_handler, self->source);
  g_set_object (&self->source, source);
  if (source == NULL)
    return;
  self->source_handler = g_signal_connect (source, "changed", G_CALLBACK (on_source_changed), self);
  gc_backoff_reset (&self->backoff);
  open_run (self);
}

/**
 * gc_capture_start:
 * @self: a capture
 *
 * Main context.
 *
 * Returns: whether it did not run before
 */
gboolean
gc_capture_start (GcCapture *self)
{
  g_return_val_if_fail (GC_IS_CAPTURE (self), FALSE);

  if (self->wanted)
    return FALSE;
  self->wanted = TRUE;
  open_run (self);
  return TRUE;
}

/**
 * gc_capture_stop:
 * @self: a capture
 *
 * When it returns nothing comes any more; the device is closed then, or a moment later. Main
 * context.
 */
void
gc_capture_stop (GcCapture *self)
{
  g_return_if_fail (GC_IS_CAPTURE (self));

  self->wanted = FALSE;
  close_run (self);
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
