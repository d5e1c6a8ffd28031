/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Transport-wide feedback as GStreamer's RTP session hands it out. */

gboolean
gc_feedback_is (const GstStructure *structure);
GArray *
gc_feedback_read (const GstStructure *structure);

G_END_DECLS
