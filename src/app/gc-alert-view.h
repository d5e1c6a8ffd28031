/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session/gc-session.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* An alert over all of the screen, in its colour, until the worker has read it: of several the one
 * that the session lists first. Quiet ones wait until they are opened.
 *
 * Properties, all read-only: active (gboolean: there is something to show), waiting (gboolean: a
 * quiet one waits), notice (string: it in one line, or NULL) */
#define GC_TYPE_ALERT_VIEW (gc_alert_view_get_type ())
G_DECLARE_FINAL_TYPE (GcAlertView, gc_alert_view, GC, ALERT_VIEW, AdwBin)

void
gc_alert_view_set_session (GcAlertView *self, GcSession *session);
void
gc_alert_view_open_notice (GcAlertView *self);

G_END_DECLS
