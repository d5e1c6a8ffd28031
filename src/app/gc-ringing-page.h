/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session/gc-session.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* The center asks for live video; the worker says yes or why not. */

#define GC_TYPE_RINGING_PAGE (gc_ringing_page_get_type ())
G_DECLARE_FINAL_TYPE (GcRingingPage, gc_ringing_page, GC, RINGING_PAGE, AdwNavigationPage)

AdwNavigationPage *
gc_ringing_page_new (GcSession *session);

G_END_DECLS
