/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* How much live video may take over which kind of network: the worker's choice. */

#define GC_TYPE_LIMITS_PAGE (gc_limits_page_get_type ())
G_DECLARE_FINAL_TYPE (GcLimitsPage, gc_limits_page, GC, LIMITS_PAGE, AdwNavigationPage)

AdwNavigationPage *
gc_limits_page_new (void);

G_END_DECLS
