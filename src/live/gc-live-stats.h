/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "live/gc-ladder.h"

G_BEGIN_DECLS

/**
 * GcLiveLimit:
 * @GC_LIVE_LIMIT_NOTHING: the picture is as large and as quick as was asked for
 * @GC_LIVE_LIMIT_NETWORK: the path does not carry more
 * @GC_LIVE_LIMIT_ENCODER: this machine does not code more
 * @GC_LIVE_LIMIT_CAMERA: the camera gives fewer pictures than it should
 * @GC_LIVE_LIMIT_BATTERY: the battery is to last
 * @GC_LIVE_LIMIT_SETTING: the worker allows it no more over this kind of network
 *
 * What keeps the picture from being better.
 */
typedef enum
{
  GC_LIVE_LIMIT_NOTHING,
  GC_LIVE_LIMIT_NETWORK,
  GC_LIVE_LIMIT_ENCODER,
  GC_LIVE_LIMIT_CAMERA,
  GC_LIVE_LIMIT_BATTERY,
  GC_LIVE_LIMIT_SETTING,
} GcLiveLimit;

/* Grades go from 0, nothing gets through, to this. */
#define GC_LIVE_GRADE_MAX 4

/**
 * GcLiveStats:
 * @video_bps: sent picture in the last second, bit/s, with payload headers
 * @audio_bps: sent sound in the last second, bit/s
 * @target_bps: what the picture may take, bit/s
 * @max_bps: what it may ever take, by what was asked for and by what the uplink may cost, bit/s
 * @fps: sent frames in the last second
 * @camera_fps: pictures from the camera in the last second
 * @left_out: pictures of the last second that were not coded, since the path would not take them
 * @frames: sent frames since the publisher started
 * @key_frames: sent key frames since the publisher started
 * @key_requests: key frames that the other side asked for
 * @nacks: packets that the other side missed and asked for again, since the connection was made
 * @path: kind of our ICE candidate that is in use (RFC 8445): “host”, “srflx”, “prflx” or “relay”;
 * “?” if unknown
 * @reconnects: how many times the connection was made again
 * @width: pixels
 * @height: pixels
 * @lines: most lines that a wide picture may have now, by what the path and this machine take;
 *   others may have as much on their longer side
 * @lines_max: most lines that it may ever have
 * @fps_max: most pictures a second that it may have now; 0 for one every few seconds
 * @stills: whether the path is so thin that it gets sound, and a picture every few seconds
 * @mode: what is given up first
 * @frugal: whether it is held back to spare the battery, see gc_ladder_get_frugal()
 * @slow: whether this machine, rather than the path, limits @lines
 * @stalled: whether nothing gets through at present
 * @coding_ms: from the camera until it was coded, ms, mean of the last second; -1 if unknown
 * @queue_ms: how long packets wait on the way, ms; -1 if unknown
 * @rtt_ms: round trip, ms, -1 if unknown
 * @delay_ms: from the camera until a picture has arrived, ms, by the three above; -1 if unknown
 * @loss: share of packets lost as the other side reports it, 0 to 1
 * @limit: what keeps the picture from being better
 * @grade: how good it is over there, 0 to %GC_LIVE_GRADE_MAX; -1 before it was judged
 *
 * What a live session does, sampled once a second.
 */
typedef struct
{
  gint64 video_bps;
  gint64 audio_bps;
  gint64 target_bps;
  gint64 max_bps;
  guint fps;
  guint camera_fps;
  guint left_out;
  guint64 frames;
  guint64 key_frames;
  guint64 key_requests;
  guint64 nacks;
  const char *path;
  guint reconnects;
  int width;
  int height;
  int lines;
  int lines_max;
  int fps_max;
  gboolean stills;
  GcQualityMode mode;
  gboolean frugal;
  gboolean slow;
  gboolean stalled;
  double coding_ms;
  double queue_ms;
  double rtt_ms;
  double delay_ms;
  double loss;
  GcLiveLimit limit;
  int grade;
} GcLiveStats;

void
gc_live_stats_init (GcLiveStats *self);
void
gc_live_stats_judge (GcLiveStats *self);
void
gc_live_stats_append_json (const GcLiveStats *self, GString *json);
const char *
gc_live_limit_to_string (GcLiveLimit limit);

G_END_DECLS
