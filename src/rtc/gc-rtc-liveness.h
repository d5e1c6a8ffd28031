/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "rtc/gc-crossing.h"

#include <gst/gst.h>

G_BEGIN_DECLS

/* Whether a peer is heard: shared by a bin and its streaming threads. */
typedef struct _GcRtcLiveness GcRtcLiveness;

GcRtcLiveness *
gc_rtc_liveness_new (GstElement *webrtc, GcCrossing *crossing, GcCrossingFunc on_closed);
guint
gc_rtc_liveness_get_silence_ms (GcRtcLiveness *self);
gboolean
gc_rtc_liveness_is_silent (GcRtcLiveness *self);
void
gc_rtc_liveness_inherit (GcRtcLiveness *self, GcRtcLiveness *predecessor);
gboolean
gc_rtc_liveness_has_reports (GcRtcLiveness *self);
void
gc_rtc_liveness_free (GcRtcLiveness *self);

G_END_DECLS
