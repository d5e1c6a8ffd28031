/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/gc-database.h"
#include "protocol/gc-task.h"

G_BEGIN_DECLS

/* What dispatchers attach to tasks, in the center's database: a file is announced, its content
 * arrives, and a new task takes it; what no task takes is thrown away. All of it is called inside a
 * #GcDatabaseWork; every error is %GC_ERROR_STORAGE where nothing else is said. */

/* Most files of a user that no task has taken yet. */
#define GC_ATTACHMENTS_LOOSE_MAX 64

JsonObject *
gc_attachments_announce (GcDatabase *database, const char *user, JsonObject *form, GError **error);
gboolean
gc_attachments_read (
    GcDatabase *database, const char *user, JsonObject *form, GcTask *task, GError **error);
gboolean
gc_attachments_copy (GcDatabase *database, const char *from, GcTask *task, GError **error);
gboolean
gc_attachments_save (GcDatabase *database, const char *user, const GcTask *task, GError **error);
GPtrArray *
gc_attachments_give_up (GcDatabase *database, gint64 before_ms, GError **error);
gboolean
gc_attachments_forget (GcDatabase *database, const char *id, GError **error);

G_END_DECLS
