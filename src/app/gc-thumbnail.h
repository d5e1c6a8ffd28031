/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* A picture in a row of others, or an icon in its place. What it shows stands beside it in words,
 * so that a screen reader passes it over. */
#define GC_TYPE_THUMBNAIL (gc_thumbnail_get_type ())
G_DECLARE_FINAL_TYPE (GcThumbnail, gc_thumbnail, GC, THUMBNAIL, AdwBin)

GcThumbnail *
gc_thumbnail_new (void);
void
gc_thumbnail_show_icon (GcThumbnail *self, const char *icon_name);
void
gc_thumbnail_show_file (GcThumbnail *self, const char *path);

G_END_DECLS
