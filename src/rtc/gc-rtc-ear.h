/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "rtc/gc-crossing.h"

#include <gst/gst.h>

G_BEGIN_DECLS

/* Whether a peer is heard: shared by a bin and its streaming threads. */
typedef struct _GcRtcEar GcRtcEar;

GcRtcEar *
gc_rtc_ear_new (GstElement *webrtc, GcCrossing *crossing, GcCrossingFunc on_closed);
guint
gc_rtc_ear_get_silence_ms (GcRtcEar *self);
gboolean
gc_rtc_ear_hears_nothing (GcRtcEar *self);
void
gc_rtc_ear_free (GcRtcEar *self);

G_END_DECLS
