/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* Whether everything that the terminal needs is there, purpose by purpose. */

#define GC_TYPE_SELF_CHECK_PAGE (gc_self_check_page_get_type ())
G_DECLARE_FINAL_TYPE (GcSelfCheckPage, gc_self_check_page, GC, SELF_CHECK_PAGE, AdwNavigationPage)

AdwNavigationPage *
gc_self_check_page_new (void);

G_END_DECLS
