/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session/gc-session.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Makes an alert of the center heard until the worker has read it, and notifies of it while the
 * worker looks elsewhere. */
#define GC_TYPE_ALERT_BELL (gc_alert_bell_get_type ())
G_DECLARE_FINAL_TYPE (GcAlertBell, gc_alert_bell, GC, ALERT_BELL, GObject)

GcAlertBell *
gc_alert_bell_new (GtkApplication *application, GcSession *session, gboolean has_feedback);

G_END_DECLS
