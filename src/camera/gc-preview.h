/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "camera/gc-capture.h"

G_BEGIN_DECLS

/* Shows what a capture sees in a sink of the caller's, and never slows the capture. */
#define GC_TYPE_PREVIEW (gc_preview_get_type ())
G_DECLARE_FINAL_TYPE (GcPreview, gc_preview, GC, PREVIEW, GObject)

GcPreview *
gc_preview_new (GcCapture *capture, GstElement *sink);

G_END_DECLS
