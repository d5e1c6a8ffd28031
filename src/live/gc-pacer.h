/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "live/gc-congestion.h"

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * GcPacerStreams:
 * @audio_ssrc: whose packets never wait; 0 without sound
 * @video_ssrc: the picture's
 * @repair_ssrc: where packets are repeated (RFC 4588), 0 if the peer does not take it
 * @repair_payload: payload type of repetitions
 * @unmeasured: the peer has said that it feeds nothing back
 *
 * What a #GcPacer tells packets apart by.
 */
typedef struct
{
  guint32 audio_ssrc;
  guint32 video_ssrc;
  guint32 repair_ssrc;
  guint8 repair_payload;
  gboolean unmeasured;
} GcPacerStreams;

/* Between webrtcbin's payloaders and its RTP session (signal request-aux-sender): lets packets go
 * no faster than the path takes them, sound first, then repetitions, then the picture; hears
 * transport-wide feedback; knows how large the next picture may be. */
#define GC_TYPE_PACER (gc_pacer_get_type ())
G_DECLARE_FINAL_TYPE (GcPacer, gc_pacer, GC, PACER, GstElement)

GcPacer *
gc_pacer_new (gint64 max_bps);
void
gc_pacer_set_streams (GcPacer *self, const GcPacerStreams *streams);
void
gc_pacer_set_max (GcPacer *self, gint64 max_bps, gint64 limit_bps);
void
gc_pacer_set_unmeasured_rate (GcPacer *self, gint64 bps);
void
gc_pacer_packet_sent (GcPacer *self, guint16 sequence, gsize bytes);
gsize
gc_pacer_grant (GcPacer *self, gint64 interval_us, gint64 *target_bps);
gboolean
gc_pacer_is_measured (GcPacer *self);
void
gc_pacer_get_figures (GcPacer *self, GcCongestionFigures *figures, GcCongestionState *state);

G_END_DECLS
