/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gst/rtp/rtp.h>

G_BEGIN_DECLS

/* The URI of the playout delay extension. */
#define GC_RTC_PLAYOUT_DELAY_URI "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
/* The id under which our payloaders write it in descriptions that we offer. */
#define GC_RTC_PLAYOUT_DELAY_ID 6

/* Tells a receiver how long it may hold a picture back. The extension has no draft; it is described
 * in libwebrtc's docs/native-code/rtp-hdrext/playout-delay. */
#define GC_TYPE_RTC_PLAYOUT_DELAY (gc_rtc_playout_delay_get_type ())
G_DECLARE_FINAL_TYPE (
    GcRtcPlayoutDelay, gc_rtc_playout_delay, GC, RTC_PLAYOUT_DELAY, GstRTPHeaderExtension)

GstRTPHeaderExtension *
gc_rtc_playout_delay_new (guint id, guint min_ms, guint max_ms);
void
gc_rtc_playout_delay_add (GstElement *payloader, guint id, guint min_ms, guint max_ms);

G_END_DECLS
