/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session/gc-session.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Rings, shakes and notifies when something new comes while the worker looks elsewhere. */

#define GC_TYPE_ALERTS (gc_alerts_get_type ())
G_DECLARE_FINAL_TYPE (GcAlerts, gc_alerts, GC, ALERTS, GObject)

GcAlerts *
gc_alerts_new (GtkApplication *application, GcSession *session);

G_END_DECLS
