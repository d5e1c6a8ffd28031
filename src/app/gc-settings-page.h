/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session/gc-session.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* What this terminal belongs to, and the way to end that. */

#define GC_TYPE_SETTINGS_PAGE (gc_settings_page_get_type ())
G_DECLARE_FINAL_TYPE (GcSettingsPage, gc_settings_page, GC, SETTINGS_PAGE, AdwNavigationPage)

AdwNavigationPage *
gc_settings_page_new (GcSession *session);

G_END_DECLS
