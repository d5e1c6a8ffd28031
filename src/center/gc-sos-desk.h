/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-console-events.h"
#include "center/gc-hub.h"

G_BEGIN_DECLS

/* Calls for help between terminals and consoles. Main thread only. */

typedef struct _GcSosDesk GcSosDesk;

GcSosDesk *
gc_sos_desk_new (GcDatabase *database, GcHub *hub, GcConsoleEvents *events);
void
gc_sos_desk_free (GcSosDesk *self);
void
gc_sos_desk_answered (GcSosDesk *self, JsonObject *sos);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcSosDesk, gc_sos_desk_free)

G_END_DECLS
