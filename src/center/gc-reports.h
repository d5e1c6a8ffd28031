/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-console-events.h"
#include "center/gc-hub.h"

G_BEGIN_DECLS

/* What terminals tell about themselves: on duty or off, status, track, how their live
 * video fares. */

typedef struct _GcReports GcReports;

GcReports *
gc_reports_new (GcHub *hub, GcRoster *roster, GcConsoleEvents *events);
void
gc_reports_free (GcReports *self);

JsonObject *
gc_status_read (JsonObject *body);
GArray *
gc_track_store (GcDatabase *database, const char *terminal, JsonObject *body, GError **error);
JsonObject *
gc_track_print (GcDatabase *database, const char *terminal, int hours, GError **error);
gboolean
gc_track_forget (GcDatabase *database, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcReports, gc_reports_free)

G_END_DECLS
