/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session/gc-session.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Where the worker takes a photo for a task. The page goes when the photo is on disk. */
#define GC_TYPE_PHOTO_PAGE (gc_photo_page_get_type ())
G_DECLARE_FINAL_TYPE (GcPhotoPage, gc_photo_page, GC, PHOTO_PAGE, AdwNavigationPage)

AdwNavigationPage *
gc_photo_page_new (GcSession *session, const char *task_id);

G_END_DECLS
