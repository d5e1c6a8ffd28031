/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-console-events.h"
#include "center/gc-hub.h"
#include "center/gc-relay.h"

G_BEGIN_DECLS

/* Live sessions: who asks whom, who sends, who watches. Main thread only. */

#define GC_TYPE_LIVE_DESK (gc_live_desk_get_type ())
G_DECLARE_FINAL_TYPE (GcLiveDesk, gc_live_desk, GC, LIVE_DESK, GObject)

GcLiveDesk *
gc_live_desk_new (
    GcDatabase *database, GcHub *hub, GcRoster *roster, GcConsoleEvents *events, GcRelay *relay);
JsonObject *
gc_live_desk_request (GcLiveDesk *self,
                      const char *terminal,
                      const char *user,
                      const char *reason,
                      const char *const *video,
                      gboolean sharp,
                      GError **error);
gboolean
gc_live_desk_end (GcLiveDesk *self, const char *session, const char *user, GError **error);
void
gc_live_desk_end_terminal (GcLiveDesk *self, const char *terminal, const char *reason);
JsonArray *
gc_live_desk_print_all (GcLiveDesk *self);

G_END_DECLS
