/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session/gc-session.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* The photos of a task, small, each with whether the center has it; a touch shows one large. */
#define GC_TYPE_PHOTO_STRIP (gc_photo_strip_get_type ())
G_DECLARE_FINAL_TYPE (GcPhotoStrip, gc_photo_strip, GC, PHOTO_STRIP, AdwBin)

void
gc_photo_strip_show (GcPhotoStrip *self, GcSession *session, const char *task_id);

G_END_DECLS
