/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "rtc/gc-rtc-bin.h"

G_BEGIN_DECLS

/**
 * GcRtcSentFunc:
 * @pacer: what was given to gc_rtc_bin_set_pacer()
 * @sequence: the packet's transport-wide sequence number
 * @bytes: size of the RTP packet
 *
 * A packet leaves the RTP session. Called on the thread that sends.
 */
typedef void (*GcRtcSentFunc) (GstElement *pacer, guint16 sequence, gsize bytes);

void
gc_rtc_bin_set_pacer (GcRtcBin *self, GstElement *pacer, GcRtcSentFunc on_sent);
gboolean
gc_rtc_bin_find_repair (GcRtcBin *self, guint32 ssrc, guint32 *repair_ssrc, guint8 *payload);
gboolean
gc_rtc_bin_has_transport_feedback (GcRtcBin *self);

G_END_DECLS
