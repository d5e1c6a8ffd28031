/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "rtc/gc-crossing.h"

#include <gst/gst.h>

G_BEGIN_DECLS

/* When a peer was last heard: shared by a bin and its streaming threads. */
typedef struct _GcRtcEar GcRtcEar;

GcRtcEar *
gc_rtc_tame (GstElement *webrtc, gboolean loopback, GcCrossing *crossing, GcCrossingFunc on_closed);
guint
gc_rtc_ear_get_silence_ms (GcRtcEar *self);
void
gc_rtc_ear_free (GcRtcEar *self);

G_END_DECLS
