/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "live/gc-frame-limit.h"

/* Cameras are not exact: a frame may come this much of an interval early. */
#define EARLY_SHARE 4

/**
 * gc_frame_limit_init:
 * @limit: (out caller-allocates): the state
 * @max_fps: most frames a second, 1 to 240
 *
 * Any thread.
 */
void
gc_frame_limit_init (GcFrameLimit *limit, int max_fps)
{
  *limit = (GcFrameLimit) { .max_fps = max_fps };
}

/**
 * gc_frame_limit_clear:
 * @limit: the state
 *
 * Any thread.
 */
void
gc_frame_limit_clear (GcFrameLimit *limit)
{
  gst_clear_caps (&limit->caps);
  gst_clear_caps (&limit->limited_caps);
}

static gboolean
is_due (GcFrameLimit *limit, GstClockTime time)
{
  GstClockTime interval = GST_SECOND / (GstClockTime) limit->max_fps;

  if (time == GST_CLOCK_TIME_NONE)
    return TRUE;
  /* Also when time jumps back, as from one camera to another. */
  if (time + interval / EARLY_SHARE < limit->next_due && limit->next_due - time < GST_SECOND)
    return FALSE;
  if (limit->next_due + interval < time || limit->next_due > time + GST_SECOND)
    limit->next_due = time;
  limit->next_due += interval;
  return TRUE;
}

/* Encoders share out their bits by the frame rate of the caps. */
static void
set_caps (GcFrameLimit *limit, GstCaps *caps)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  int numerator = 0;
  int denominator = 1;

  gst_caps_replace (&limit->caps, caps);
  gst_structure_get_fraction (structure, "framerate", &numerator, &denominator);
  if (numerator > 0 && numerator <= limit->max_fps * denominator)
    {
      gst_caps_replace (&limit->limited_caps, caps);
      return;
    }
  gst_clear_caps (&limit->limited_caps);
  limit->limited_caps = gst_caps_copy (caps);
  gst_caps_set_simple (limit->limited_caps, "framerate", GST_TYPE_FRACTION, limit->max_fps, 1,
                       NULL);
}

/**
 * gc_frame_limit_pass:
 * @limit: the state
 * @sample: a raw picture
 *
 * One thread at a time.
 *
 * Returns: (transfer full) (nullable): the picture; %NULL if it comes too early
 */
GstSample *
gc_frame_limit_pass (GcFrameLimit *limit, GstSample *sample)
{
  GstCaps *caps = gst_sample_get_caps (sample);

  if (!is_due (limit, GST_BUFFER_PTS (gst_sample_get_buffer (sample))))
    return NULL;
  if (limit->caps == NULL || !gst_caps_is_equal (limit->caps, caps))
    set_caps (limit, caps);
  if (limit->limited_caps == limit->caps)
    return gst_sample_ref (sample);
  return gst_sample_new (gst_sample_get_buffer (sample), limit->limited_caps,
                         gst_sample_get_segment (sample), NULL);
}
