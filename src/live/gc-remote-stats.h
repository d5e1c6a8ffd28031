/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * GcRemoteStats:
 * @rtt_ms: round trip, ms, -1 if unknown
 * @loss: share of video packets lost as last reported, 0 to 1
 * @nacks: video packets asked for again
 * @path: as in #GcLiveStats
 *
 * What the other side reports about our stream.
 */
typedef struct
{
  double rtt_ms;
  double loss;
  guint64 nacks;
  const char *path;
} GcRemoteStats;

void
gc_remote_stats_read (const GstStructure *stats, GcRemoteStats *remote);

G_END_DECLS
