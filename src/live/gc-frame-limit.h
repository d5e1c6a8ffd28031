/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * GcFrameLimit:
 * @max_fps: most frames a second
 * @next_due: when the next one may pass, in the time of the frames
 * @caps: (nullable): of the last frame
 * @limited_caps: (nullable): the same with a frame rate of @max_fps at most
 *
 * Drops frames that come too fast and leaves the times of all others alone: a camera slows down in
 * the dark whatever its caps say, so that no grid of times would fit.
 */
typedef struct
{
  int max_fps;
  GstClockTime next_due;
  GstCaps *caps;
  GstCaps *limited_caps;
} GcFrameLimit;

void
gc_frame_limit_init (GcFrameLimit *limit, int max_fps);
void
gc_frame_limit_clear (GcFrameLimit *limit);
GstSample *
gc_frame_limit_pass (GcFrameLimit *limit, GstSample *sample);

G_END_DECLS
