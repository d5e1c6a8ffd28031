/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * GcLiveFigures:
 * @session: (nullable): the live session's id; not owned
 * @video_bps: picture sent in the last second, bit/s
 * @audio_bps: sound sent in the last second, bit/s
 * @target_bps: what the picture might have taken, bit/s
 * @fps: pictures sent in the last second
 * @left_out: pictures of the last second that the path would not take
 * @width: pixels
 * @height: pixels
 * @rtt_ms: round trip, ms; -1 if unknown
 * @queue_ms: how long packets wait on the way, ms; -1 if unknown
 * @delay_ms: how old a picture is when it arrives, ms; -1 if unknown
 * @loss: share of packets lost, 0 to 1
 * @limit: (nullable): what keeps the picture from being better, a word of PROTOCOL.md; %NULL if it
 *   is none that is known here; not owned
 * @grade: how good the picture is over there, 0 to 4
 * @stills: whether the path takes sound, and a picture every few seconds
 * @sharp: whether motion is given up before detail
 *
 * How a live session fares: the body of live.figures in PROTOCOL.md.
 */
typedef struct
{
  const char *session;
  gint64 video_bps;
  gint64 audio_bps;
  gint64 target_bps;
  gint64 fps;
  gint64 left_out;
  gint64 width;
  gint64 height;
  double rtt_ms;
  double queue_ms;
  double delay_ms;
  double loss;
  const char *limit;
  gint64 grade;
  gboolean stills;
  gboolean sharp;
} GcLiveFigures;

JsonObject *
gc_live_figures_print (const GcLiveFigures *self);
gboolean
gc_live_figures_parse (JsonObject *body, GcLiveFigures *self, GError **error);

G_END_DECLS
