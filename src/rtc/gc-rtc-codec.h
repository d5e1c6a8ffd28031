/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gst/gst.h>
#include <gst/sdp/sdp.h>

G_BEGIN_DECLS

/* The codecs that both sides speak: "H264" (RFC 6184), "VP8" (RFC 7741), "OPUS" (RFC 7587). */

void
gc_rtc_codec_add_extension (GstCaps *caps, guint id, const char *uri);
guint
gc_rtc_codec_find_extension (const GstSDPMedia *media, const char *uri);
GstCaps *
gc_rtc_codec_caps (const char *encoding, int payload, gboolean transport_feedback);
GstCaps *
gc_rtc_codec_choose (const GstSDPMedia *media, const char *encoding);
GstCaps *
gc_rtc_codec_accepted (const GstSDPMedia *media);
GstElement *
gc_rtc_codec_make_payloader (const char *encoding, int payload);
GstElement *
gc_rtc_codec_make_source (guint max_buffers);

G_END_DECLS
