/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session/gc-session.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Finds a center's code, by camera or keyboard, and pairs once the worker has confirmed. */

#define GC_TYPE_PAIRING_PAGE (gc_pairing_page_get_type ())
G_DECLARE_FINAL_TYPE (GcPairingPage, gc_pairing_page, GC, PAIRING_PAGE, AdwNavigationPage)

AdwNavigationPage *
gc_pairing_page_new (GcSession *session);

G_END_DECLS
