/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Serves the console's files. */

typedef struct _GcStatic GcStatic;

GcStatic *
gc_static_new (const char *console_dir, const char *map_tiles);
void
gc_static_free (GcStatic *self);
void
gc_static_mount (GcStatic *self, SoupServer *server);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcStatic, gc_static_free)

G_END_DECLS
