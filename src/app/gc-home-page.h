/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session/gc-session.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* The shift: on duty or off, what is sent to whom, and the tasks. */

#define GC_TYPE_HOME_PAGE (gc_home_page_get_type ())
G_DECLARE_FINAL_TYPE (GcHomePage, gc_home_page, GC, HOME_PAGE, AdwNavigationPage)

AdwNavigationPage *
gc_home_page_new (GcSession *session);

G_END_DECLS
