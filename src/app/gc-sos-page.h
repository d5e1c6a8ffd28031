/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session/gc-session.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* What has become of the worker's call for help, and a way to take it back. */
#define GC_TYPE_SOS_PAGE (gc_sos_page_get_type ())
G_DECLARE_FINAL_TYPE (GcSosPage, gc_sos_page, GC, SOS_PAGE, AdwNavigationPage)

AdwNavigationPage *
gc_sos_page_new (GcSession *session);

G_END_DECLS
