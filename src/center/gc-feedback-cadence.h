/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* When a publisher gets transport-wide feedback
 * (draft-holmer-rmcat-transport-wide-cc-extensions-01): at the end of each picture, and in between
 * when the last is GC_FEEDBACK_CADENCE_MS old. */

/* More than there is between pictures, 30 a second; with the packets of sound, one in 20 ms,
 * feedback comes at least every 50 ms. */
#define GC_FEEDBACK_CADENCE_MS 35

void
gc_feedback_cadence_keep (GstElement *rtpsession);

G_END_DECLS
