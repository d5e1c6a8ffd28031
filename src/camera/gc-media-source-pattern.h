/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "camera/gc-media-source.h"

G_BEGIN_DECLS

/* A moving test picture, or a ticking test tone: runs without hardware. */
#define GC_TYPE_MEDIA_SOURCE_PATTERN (gc_media_source_pattern_get_type ())
G_DECLARE_FINAL_TYPE (
    GcMediaSourcePattern, gc_media_source_pattern, GC, MEDIA_SOURCE_PATTERN, GObject)

GcMediaSource *
gc_media_source_pattern_new (gboolean audio);

G_END_DECLS
