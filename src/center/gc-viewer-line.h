/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-viewer-gate.h"

#include <gst/gst.h>

G_BEGIN_DECLS

/* The line to one viewer: tells a gate what leaves on it and what the viewer reports, and asks it
 * about each picture, from whatever threads these are on. */

typedef struct _GcViewerLine GcViewerLine;

GcViewerLine *
gc_viewer_line_new (void);
void
gc_viewer_line_unref (GcViewerLine *self);
void
gc_viewer_line_watch (GcViewerLine *self, GstElement *payloader, gboolean feedback);
GcViewerGateVerdict
gc_viewer_line_judge (GcViewerLine *self, gboolean key_frame, gboolean *behind);

G_END_DECLS
