/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session/gc-session.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* The camera picture while it goes to the center, and who watches. */

#define GC_TYPE_LIVE_PAGE (gc_live_page_get_type ())
G_DECLARE_FINAL_TYPE (GcLivePage, gc_live_page, GC, LIVE_PAGE, AdwNavigationPage)

AdwNavigationPage *
gc_live_page_new (GcSession *session);

G_END_DECLS
