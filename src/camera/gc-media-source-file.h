/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "camera/gc-media-source.h"

G_BEGIN_DECLS

/* A virtual camera: whatever file lies at a path is what stands in front of it. A recording is
 * played at its own rate, a still is shown; when another file is moved to the path, the camera
 * sees that. */
#define GC_TYPE_MEDIA_SOURCE_FILE (gc_media_source_file_get_type ())
G_DECLARE_FINAL_TYPE (GcMediaSourceFile, gc_media_source_file, GC, MEDIA_SOURCE_FILE, GObject)

GcMediaSource *
gc_media_source_file_new (const char *path, gboolean audio);

G_END_DECLS
