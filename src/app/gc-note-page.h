/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session/gc-session.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* What the worker writes when a task is done or declined. What he has begun survives the app. */

#define GC_TYPE_NOTE_PAGE (gc_note_page_get_type ())
G_DECLARE_FINAL_TYPE (GcNotePage, gc_note_page, GC, NOTE_PAGE, AdwNavigationPage)

AdwNavigationPage *
gc_note_page_new (GcSession *session, GcTaskItem *item, GcTaskState state);

G_END_DECLS
