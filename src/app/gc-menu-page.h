/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session/gc-session.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* What this terminal belongs to, and the way to end that. */

#define GC_TYPE_MENU_PAGE (gc_menu_page_get_type ())
G_DECLARE_FINAL_TYPE (GcMenuPage, gc_menu_page, GC, MENU_PAGE, AdwNavigationPage)

AdwNavigationPage *
gc_menu_page_new (GcSession *session);

G_END_DECLS
