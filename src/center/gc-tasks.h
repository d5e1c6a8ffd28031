/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-console-events.h"
#include "center/gc-hub.h"

G_BEGIN_DECLS

/* Tasks between consoles and terminals. Main thread only. */

typedef struct _GcTasks GcTasks;

GcTasks *
gc_tasks_new (GcDatabase *database, GcHub *hub, GcRoster *roster, GcConsoleEvents *events);
void
gc_tasks_free (GcTasks *self);
void
gc_tasks_tell (GcTasks *self, const char *id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcTasks, gc_tasks_free)

G_END_DECLS
