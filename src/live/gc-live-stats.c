/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "live/gc-live-stats.h"

/* Cameras that are asked for 30 pictures a second give 25 or 24 where the mains or the exposure
 * want it, and nobody sees that; fewer than this is a dark scene or a slow camera. */
#define CAMERA_FPS_MIN 20
/* Fewer of the camera's pictures than this share are left out by a path that is just probed. */
#define LEFT_OUT_SHARE 0.2
/* A picture this much smaller than it may be is what the camera gives, not what the path takes. */
#define SMALLER_SHARE 0.95
/* Lines are counted of a wide picture; others may have as much on their longer side. */
#define WIDE (16.0 / 9)
/* More than this on the way, or lost on it, is seen and heard. */
#define PATH_MAX_MS 300
#define LOSS_MAX 0.04
#define GRADE_OF_STILLS 1
#define RATIONED_SHARE 0.97

/**
 * gc_live_stats_init:
 * @self: (out caller-allocates): figures
 *
 * Nothing is known yet. Any thread.
 */
void
gc_live_stats_init (GcLiveStats *self)
{
  *self = (GcLiveStats) {
    .path = "?", .coding_ms = -1, .queue_ms = -1, .rtt_ms = -1, .delay_ms = -1, .grade = -1
  };
}

/* From the camera until it is there: half a round trip, and what waits in front of it. */
static double
find_delay_ms (const GcLiveStats *self)
{
  if (self->coding_ms < 0 || self->rtt_ms < 0)
    return -1;
  return self->coding_ms + MAX (self->queue_ms, 0) + self->rtt_ms / 2;
}

static gboolean
is_made_smaller (const GcLiveStats *self)
{
  return self->lines < self->lines_max
         && MAX (self->width, self->height) >= self->lines * WIDE * SMALLER_SHARE;
}

/* Whether more pictures were left out than are given up for the rate that there is. */
static gboolean
lacks_motion (const GcLiveStats *self)
{
  double given_up = self->fps_max > 0 ? MAX ((double) self->camera_fps - self->fps_max, 0) : 0;

  return self->left_out - given_up > self->camera_fps * LEFT_OUT_SHARE;
}

static gboolean
is_path_bad (const GcLiveStats *self)
{
  return self->stalled || self->stills || lacks_motion (self)
         || MAX (self->queue_ms, 0) + MAX (self->rtt_ms, 0) / 2 > PATH_MAX_MS
         || self->loss > LOSS_MAX;
}

/* Whether the path carries all that it is allowed to. */
static gboolean
is_rationed (const GcLiveStats *self)
{
  return self->max_bps > 0 && (double) self->target_bps >= (double) self->max_bps * RATIONED_SHARE;
}

static GcLiveLimit
find_limit (const GcLiveStats *self)
{
  if (is_path_bad (self))
    return GC_LIVE_LIMIT_NETWORK;
  if (self->frugal && self->lines >= gc_ladder_get_frugal (self->mode)->lines)
    return GC_LIVE_LIMIT_BATTERY;
  if (is_made_smaller (self) && self->slow)
    return GC_LIVE_LIMIT_ENCODER;
  if (is_made_smaller (self) || (self->fps_max > 0 && self->fps_max < CAMERA_FPS_MIN))
    return is_rationed (self) ? GC_LIVE_LIMIT_SETTING : GC_LIVE_LIMIT_NETWORK;
  if (self->camera_fps < CAMERA_FPS_MIN)
    return GC_LIVE_LIMIT_CAMERA;
  /* What the camera gave, the path would have taken, and was not sent. */
  if (self->fps + self->left_out < self->camera_fps * (1 - LEFT_OUT_SHARE))
    return GC_LIVE_LIMIT_ENCODER;
  return GC_LIVE_LIMIT_NOTHING;
}

/* One grade below the best for each threshold that is missed; 1 is the least. */
static int
grade (double value, double best, double good, double fair)
{
  return value >= best ? 4 : value >= good ? 3 : value >= fair ? 2 : 1;
}

/* A chain is as strong as its weakest link: whatever is worst about a picture is what one sees. */
static int
find_grade (const GcLiveStats *self)
{
  gboolean sharp = self->mode == GC_QUALITY_SHARP;
  int result = GC_LIVE_GRADE_MAX;

  /* Nothing more is to be expected, and nothing is stuck. */
  if (self->stills)
    return GRADE_OF_STILLS;
  if (self->stalled || self->fps == 0)
    return 0;
  if (self->delay_ms >= 0)
    result = MIN (result, grade (-self->delay_ms, -300, -600, -1200));
  if (self->lines_max > 0)
    result = MIN (result, grade ((double) self->lines / self->lines_max, 0.7, 0.45, 0.35));
  /* Who wants it sharp has given up motion. */
  result = MIN (result, sharp ? grade (self->fps, 8, 4, 2) : grade (self->fps, 18, 12, 6));
  return MIN (result, grade (-self->loss, -0.03, -0.1, -0.2));
}

/**
 * gc_live_stats_judge:
 * @self: figures, of which delay, limit and grade are found from the others
 *
 * Any thread.
 */
void
gc_live_stats_judge (GcLiveStats *self)
{
  self->delay_ms = find_delay_ms (self);
  self->limit = find_limit (self);
  self->grade = find_grade (self);
}

/**
 * gc_live_limit_to_string:
 * @limit: a limit
 *
 * Returns: (transfer none): the word of PROTOCOL.md for it
 */
const char *
gc_live_limit_to_string (GcLiveLimit limit)
{
  const char *const words[] = { "nothing", "network", "encoder", "camera", "battery", "setting" };

  return words[limit];
}

/* A number, or null if it is not known, which is said by a negative one. */
static void
append_known (GString *json, const char *name, double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_printf (json, "\"%s\": %s, ", name,
                          value < 0 ? "null" : g_ascii_formatd (text, sizeof text, "%.1f", value));
}

/**
 * gc_live_stats_append_json:
 * @self: figures
 * @json: where to
 *
 * Writes them as the members of an object, without its braces. Any thread.
 */
void
gc_live_stats_append_json (const GcLiveStats *self, GString *json)
{
  char loss[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_printf (
      json,
      "\"width\": %d, \"height\": %d, \"fps\": %u, \"camera_fps\": %u, \"left_out\": %u, "
      "\"video_bps\": %" G_GINT64_FORMAT ", \"audio_bps\": %" G_GINT64_FORMAT
      ", \"target_bps\": %" G_GINT64_FORMAT ", ",
      self->width, self->height, self->fps, self->camera_fps, self->left_out, self->video_bps,
      self->audio_bps, self->target_bps);
  append_known (json, "rtt_ms", self->rtt_ms);
  append_known (json, "queue_ms", self->queue_ms);
  append_known (json, "delay_ms", self->delay_ms);
  g_string_append_printf (
      json,
      "\"loss\": %s, \"frames\": %" G_GUINT64_FORMAT ", \"key_frames\": %" G_GUINT64_FORMAT
      ", \"key_requests\": %" G_GUINT64_FORMAT ", \"nacks\": %" G_GUINT64_FORMAT
      ", \"path\": \"%s\", \"reconnects\": %u, \"limit\": \"%s\", \"grade\": %d, \"stills\": %s",
      g_ascii_formatd (loss, sizeof loss, "%.4f", self->loss), self->frames, self->key_frames,
      self->key_requests, self->nacks, self->path, self->reconnects,
      gc_live_limit_to_string (self->limit), self->grade, self->stills ? "true" : "false");
}
