/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session/gc-session.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Who watched the worker's live video, and when. */

#define GC_TYPE_WATCHES_PAGE (gc_watches_page_get_type ())
G_DECLARE_FINAL_TYPE (GcWatchesPage, gc_watches_page, GC, WATCHES_PAGE, AdwNavigationPage)

AdwNavigationPage *
gc_watches_page_new (GcSession *session);

G_END_DECLS
