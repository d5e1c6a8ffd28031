/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-live"

#include "live/gc-picture-control.h"

#include "live/gc-frame-budget.h"

/* What cameras are asked for; for those that do not say what they give. */
#define USUAL_FPS 30
#define USUAL_INTERVAL_US (G_USEC_PER_SEC / USUAL_FPS)
/* Some encoders take 0 for as much as they like; the most is the largest limit there is. */
#define MIN_BPS 30000
#define MAX_BPS 50000000
/* Changes of the rate below this share are not worth the encoder's while. */
#define RATE_STEP 0.02
/* Cameras are not exact: a picture may come this much of an interval early. */
#define EARLY_SHARE 4
/* An encoder that takes longer than this share of the time it has, over this many pictures, is
 * given smaller ones; how long it took is averaged over the second number. */
#define SLOW_SHARE 0.85
#define SLOW_PICTURES 45
#define COST_MEMORY 15
/* The ladder has no smaller pictures. */
#define LEAST_LINES 180
/* The ladder counts the lines of a wide picture; upright ones, and squarer ones, get as much on
 * their longer side. */
#define WIDE_WIDTH 16
#define WIDE_LINES 9

struct _GcPictureControl
{
  GcEncoderPipeline *pipeline;
  GstPad *input; /* of its encoder */
  int max_width;
  int max_height;

  /* What follows is the encoder's thread's alone, but for the mode. */
  int mode;       /* atomic */
  int frugal;     /* atomic */
  int slow_lines; /* most that this machine codes in time */
  GcLadder ladder;
  const GcRung *rung; /* written atomically */
  GcFrameBudget budget;
  gint64 rate_bps;
  GstCaps *caps; /* of what the encoder was last seen to take */
  int fps;       /* by these */
  GstClockTime last_time;
  gint64 begun_us;
  double cost_us;
  int slow_pictures;
  int slow; /* atomic */
};

/**
 * gc_picture_control_new:
 * @max_width: pixels, 16 to 4096
 * @max_height: pixels, 16 to 4096
 *
 * Main context.
 *
 * Returns: (transfer full): a control of smooth mode, which has nothing to control yet
 */
GcPictureControl *
gc_picture_control_new (int max_width, int max_height)
{
  GcPictureControl *self = g_new0 (GcPictureControl, 1);

  self->max_width = max_width;
  self->max_height = max_height;
  self->mode = GC_QUALITY_SMOOTH;
  self->fps = USUAL_FPS;
  self->last_time = GST_CLOCK_TIME_NONE;
  self->slow_lines = MAX (max_width, max_height) * WIDE_LINES / WIDE_WIDTH;
  gc_ladder_init (&self->ladder, GC_QUALITY_SMOOTH, self->slow_lines);
  gc_frame_budget_init (&self->budget);
  return self;
}

static void
forget_encoder (GcPictureControl *self)
{
  gst_clear_caps (&self->caps);
  g_clear_object (&self->input);
  g_clear_pointer (&self->pipeline, gc_encoder_pipeline_unref);
}

/**
 * gc_picture_control_free:
 * @self: (transfer full): a control whose encoder has stopped
 */
void
gc_picture_control_free (GcPictureControl *self)
{
  forget_encoder (self);
  g_free (self);
}

/**
 * gc_picture_control_set_mode:
 * @self: a control
 * @mode: what to give up first
 * @frugal: whether to make no more of pictures than gc_ladder_get_frugal()
 *
 * Any thread.
 */
void
gc_picture_control_set_mode (GcPictureControl *self, GcQualityMode mode, gboolean frugal)
{
  g_atomic_int_set (&self->mode, (int) mode);
  g_atomic_int_set (&self->frugal, frugal);
}

static const GcRung *
get_frugal (GcPictureControl *self)
{
  return g_atomic_int_get (&self->frugal)
             ? gc_ladder_get_frugal ((GcQualityMode) g_atomic_int_get (&self->mode))
             : NULL;
}

/* Encoders share their bits out by the frame rate of their caps, whatever really comes. */
static int
get_caps_fps (GcPictureControl *self)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (self->input);
  int numerator = 0;
  int denominator = 1;

  if (caps == NULL || caps == self->caps)
    return self->fps;
  gst_caps_replace (&self->caps, caps);
  gst_structure_get_fraction (gst_caps_get_structure (caps, 0), "framerate", &numerator,
                              &denominator);
  self->fps = numerator > 0 ? MAX (numerator / denominator, 1) : USUAL_FPS;
  return self->fps;
}

/**
 * gc_picture_control_set_rate:
 * @self: a control
 * @bps: for the picture, bit/s, 30,000 to 50,000,000
 *
 * On the encoder's thread, or before it starts.
 */
void
gc_picture_control_set_rate (GcPictureControl *self, gint64 bps)
{
  bps = CLAMP (bps, MIN_BPS, MAX_BPS);
  if (ABS (bps - self->rate_bps) <= (gint64) ((double) self->rate_bps * RATE_STEP))
    return;
  self->rate_bps = bps;
  self->pipeline->kind->set_rate (self->pipeline->video_encoder, bps, get_caps_fps (self));
}

static gint64
get_interval_us (GcPictureControl *self)
{
  const GcRung *frugal = get_frugal (self);
  gint64 interval_us
      = self->rung != NULL ? gc_rung_get_interval_us (self->rung) : USUAL_INTERVAL_US;

  return frugal != NULL ? MAX (interval_us, gc_rung_get_interval_us (frugal)) : interval_us;
}

static void
apply_size (GcPictureControl *self)
{
  int longer = self->rung->lines * WIDE_WIDTH / WIDE_LINES;
  int width = MIN (self->max_width, longer) & ~1;
  int height = MIN (self->max_height, longer) & ~1;
  g_autofree char *description
      = g_strdup_printf ("video/x-raw,format=%s,width=[16,%d,2],height=[16,%d,2],"
                         "pixel-aspect-ratio=1/1",
                         self->pipeline->kind->format, width, height);
  g_autoptr (GstCaps) caps = gst_caps_from_string (description);

  g_debug ("picture: at most %dx%d at %d/s", width, height, self->rung->fps);
  g_object_set (self->pipeline->size_filter, "caps", caps, NULL);
}

/**
 * gc_picture_control_use:
 * @self: a control; what it controlled before has stopped
 * @pipeline: what it controls from now on; does not run yet
 *
 * Main context.
 */
void
gc_picture_control_use (GcPictureControl *self, GcEncoderPipeline *pipeline)
{
  gint64 rate_bps = self->rate_bps;

  forget_encoder (self);
  self->pipeline = gc_encoder_pipeline_ref (pipeline);
  self->input = gst_element_get_static_pad (pipeline->video_encoder, "sink");
  self->begun_us = 0;
  gc_frame_budget_init (&self->budget);
  self->rate_bps = 0;
  if (rate_bps != 0)
    gc_picture_control_set_rate (self, rate_bps);
  if (self->rung != NULL)
    apply_size (self);
}

static void
climb (GcPictureControl *self, gint64 target_bps)
{
  GcQualityMode mode = (GcQualityMode) g_atomic_int_get (&self->mode);
  const GcRung *frugal = get_frugal (self);
  const GcRung *rung;
  gboolean resized;
  int max_lines;

  max_lines = frugal != NULL ? MIN (frugal->lines, self->slow_lines) : self->slow_lines;
  if (mode != self->ladder.mode || max_lines != self->ladder.max_lines)
    gc_ladder_init (&self->ladder, mode, max_lines);
  rung = gc_ladder_update (&self->ladder, g_get_monotonic_time (), target_bps);
  if (rung == self->rung)
    return;
  resized = self->rung == NULL || rung->lines != self->rung->lines;
  g_atomic_pointer_set (&self->rung, rung);
  if (resized)
    apply_size (self);
}

/**
 * gc_picture_control_begin:
 * @self: a control
 * @time: of a raw picture
 *
 * On the encoder's thread.
 *
 * Returns: µs from one picture to the next; 0 if this one comes too early to be coded
 */
gint64
gc_picture_control_begin (GcPictureControl *self, GstClockTime time)
{
  gint64 interval_us = get_interval_us (self);
  GstClockTime interval = (GstClockTime) interval_us * GST_USECOND;

  if (interval_us > USUAL_INTERVAL_US && GST_CLOCK_TIME_IS_VALID (time)
      && GST_CLOCK_TIME_IS_VALID (self->last_time) && time > self->last_time
      && time - self->last_time < interval - interval / EARLY_SHARE)
    return 0;
  return interval_us;
}

/**
 * gc_picture_control_prepare:
 * @self: a control
 * @time: of the raw picture
 * @grant: how large it may be when it is coded, bytes, more than 0
 * @target_bps: what pictures may take in the long run, bit/s
 *
 * The picture goes to the encoder next. On the encoder's thread.
 */
void
gc_picture_control_prepare (GcPictureControl *self,
                            GstClockTime time,
                            gsize grant,
                            gint64 target_bps)
{
  climb (self, target_bps);
  self->last_time = time;
  self->begun_us = g_get_monotonic_time ();
  /* A driver's own control is only disturbed by another rate for each picture. */
  if (self->pipeline->kind->hardware)
    gc_picture_control_set_rate (self, target_bps);
  else
    gc_picture_control_set_rate (self, (gint64) gc_frame_budget_ask (&self->budget, grant) * 8
                                           * get_caps_fps (self));
}

static void
notice_cost (GcPictureControl *self)
{
  gint64 interval_us = get_interval_us (self);
  double took_us = (double) (g_get_monotonic_time () - self->begun_us);

  self->cost_us += (took_us - self->cost_us) / COST_MEMORY;
  self->slow_pictures
      = self->cost_us > (double) interval_us * SLOW_SHARE ? self->slow_pictures + 1 : 0;
  if (self->slow_pictures < SLOW_PICTURES || self->rung == NULL)
    return;
  self->slow_pictures = 0;
  self->slow_lines = MAX (self->rung->lines * 3 / 4, LEAST_LINES);
  g_message ("Coding a picture takes %.0f ms: at most %d lines from now on", self->cost_us / 1000,
             self->slow_lines);
  g_atomic_int_set (&self->slow, TRUE);
}

/**
 * gc_picture_control_made:
 * @self: a control
 * @bytes: size of the coded picture
 *
 * On the encoder's thread.
 */
void
gc_picture_control_made (GcPictureControl *self, gsize bytes)
{
  if (self->begun_us != 0)
    notice_cost (self);
  self->begun_us = 0;
  gc_frame_budget_made (&self->budget, bytes);
}

/**
 * gc_picture_control_get_figures:
 * @self: a control
 * @figures: gets what pictures may be at present
 *
 * Any thread.
 */
void
gc_picture_control_get_figures (GcPictureControl *self, GcEncoderFigures *figures)
{
  const GcRung *rung = g_atomic_pointer_get (&self->rung);
  const GcRung *frugal = get_frugal (self);

  figures->mode = (GcQualityMode) g_atomic_int_get (&self->mode);
  figures->slow = g_atomic_int_get (&self->slow);
  figures->frugal = frugal != NULL;
  figures->lines_max = MAX (self->max_width, self->max_height) * WIDE_LINES / WIDE_WIDTH;
  figures->lines = rung != NULL ? MIN (rung->lines, figures->lines_max) : figures->lines_max;
  figures->fps_max = rung != NULL ? rung->fps : USUAL_FPS;
  if (frugal != NULL)
    figures->fps_max = MIN (figures->fps_max, frugal->fps);
}
