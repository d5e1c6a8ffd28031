/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session/gc-session.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* The one window: shows the page that the session's state asks for. */

#define GC_TYPE_WINDOW (gc_window_get_type ())
G_DECLARE_FINAL_TYPE (GcWindow, gc_window, GC, WINDOW, AdwApplicationWindow)

GtkWindow *
gc_window_new (GtkApplication *application, GcSession *session);
void
gc_window_show_task (GcWindow *self, const char *task_id);
void
gc_window_leave (GcWindow *self);

G_END_DECLS
