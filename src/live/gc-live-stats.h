/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/**
 * GcLiveStats:
 * @video_bps: sent picture in the last second, bit/s, with payload headers
 * @audio_bps: sent sound in the last second, bit/s
 * @target_bps: what the encoder was told, bit/s
 * @fps: sent frames in the last second
 * @frames: sent frames since the publisher started
 * @key_frames: sent key frames since the publisher started
 * @key_requests: key frames that the other side asked for
 * @nacks: packets that the other side missed and asked for again, since the connection was made
 * @path: kind of our ICE candidate that is in use (RFC 8445): “host”, “srflx”, “prflx” or “relay”;
 * “?” if unknown
 * @reconnects: how many times the connection was made again
 * @width: pixels
 * @height: pixels
 * @rtt_ms: round trip, ms, -1 if unknown
 * @loss: share of packets lost as the other side reports it, 0 to 1
 *
 * What a live session does, sampled once a second.
 */
typedef struct
{
  gint64 video_bps;
  gint64 audio_bps;
  gint64 target_bps;
  guint fps;
  guint64 frames;
  guint64 key_frames;
  guint64 key_requests;
  guint64 nacks;
  const char *path;
  guint reconnects;
  int width;
  int height;
  double rtt_ms;
  double loss;
} GcLiveStats;

G_END_DECLS
