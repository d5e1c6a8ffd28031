/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* A picture over all of the screen, which two fingers, a double tap or the buttons make larger. */
#define GC_TYPE_PICTURE_PAGE (gc_picture_page_get_type ())
G_DECLARE_FINAL_TYPE (GcPicturePage, gc_picture_page, GC, PICTURE_PAGE, AdwNavigationPage)

AdwNavigationPage *
gc_picture_page_new (const char *path, const char *name);

G_END_DECLS
