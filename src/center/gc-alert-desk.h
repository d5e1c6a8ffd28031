/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-alert-form.h"
#include "center/gc-console-events.h"
#include "center/gc-hub.h"

G_BEGIN_DECLS

/* Alerts between consoles and terminals. Main thread only. */

typedef struct _GcAlertDesk GcAlertDesk;

GcAlertDesk *
gc_alert_desk_new (
    GcDatabase *database, GcHub *hub, GcConsoleEvents *events, const char *host, const char *name);
void
gc_alert_desk_free (GcAlertDesk *self);
const GcAlertOffice *
gc_alert_desk_get_office (GcAlertDesk *self);
void
gc_alert_desk_changed (GcAlertDesk *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcAlertDesk, gc_alert_desk_free)

G_END_DECLS
