/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

void
gc_rtc_tame (GstElement *webrtc, gboolean loopback);

G_END_DECLS
