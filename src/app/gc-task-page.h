/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session/gc-session.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Everything about one task, and the next step as one button. */

#define GC_TYPE_TASK_PAGE (gc_task_page_get_type ())
G_DECLARE_FINAL_TYPE (GcTaskPage, gc_task_page, GC, TASK_PAGE, AdwNavigationPage)

AdwNavigationPage *
gc_task_page_new (GcSession *session, GcTaskItem *item);

G_END_DECLS
