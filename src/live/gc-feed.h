/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "live/gc-encoder.h"
#include "live/gc-pacer.h"
#include "rtc/gc-rtc-bin.h"

G_BEGIN_DECLS

/**
 * GcFeedCounters:
 * @video_bytes: sent, with RTP headers
 * @audio_bytes: sent, with RTP headers
 * @frames: sent
 * @key_frames: sent
 * @key_requests: received
 *
 * Totals since the feed was made.
 */
typedef struct
{
  guint64 video_bytes;
  guint64 audio_bytes;
  guint64 frames;
  guint64 key_frames;
  guint64 key_requests;
} GcFeedCounters;

/* Carries what a running encoder makes into one peer connection, beginning with a key frame, and
 * carries requests for key frames back. */
typedef struct _GcFeed GcFeed;

/**
 * GcFeedIdentity:
 * @ssrc: of the picture and of the sound
 * @timestamp: RTP timestamp at time 0 of the system clock, of the picture and of the sound
 *
 * What the packets of one stream have in common, over however many connections they go: whoever
 * receives them goes on in the same time.
 */
typedef struct
{
  guint32 ssrc[2];
  guint32 timestamp[2];
} GcFeedIdentity;

void
gc_feed_identity_init (GcFeedIdentity *identity);
GcFeed *
gc_feed_new (GcEncoder *encoder, const GcFeedIdentity *identity, gint64 max_bps);
void
gc_feed_free (GcFeed *feed);
gboolean
gc_feed_attach (GcFeed *feed, GstBin *pipeline, GcRtcBin *rtc);
void
gc_feed_open (GcFeed *feed);
GcPacer *
gc_feed_get_pacer (GcFeed *feed);
void
gc_feed_set_muted (GcFeed *feed, gboolean muted);
void
gc_feed_get_counters (GcFeed *feed, GcFeedCounters *counters);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcFeed, gc_feed_free)

G_END_DECLS
