/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/gc-database.h"
#include "protocol/gc-envelope.h"
#include "protocol/gc-task.h"

G_BEGIN_DECLS

/* What gc_task_store_read() reads; behind it stands which rows. CROSS says that SQLite is to find
 * the tasks first. */
#define GC_TASK_STORE_SELECT                                                                       \
  "SELECT task.id, content, terminal, worker, state, state_ms, note, task.rowid,"                  \
  "  (SELECT count(*) FROM task_file WHERE task_file.task = task.id)"                              \
  "  FROM task CROSS JOIN terminal ON terminal.id = task.terminal"
/* The column with a number that is higher for each newer task. */
#define GC_TASK_STORE_NUMBER 7

/* Tasks in the center's database. All of it is called inside a #GcDatabaseWork; every error is
 * %GC_ERROR_STORAGE where nothing else is said. A task is given as the TASK of API.md. */

JsonObject *
gc_task_store_create (
    GcDatabase *database, const char *terminal, const char *user, JsonObject *form, GError **error);
JsonObject *
gc_task_store_cancel (
    GcDatabase *database, const char *id, const char *user, const char *reason, GError **error);
JsonObject *
gc_task_store_assign (
    GcDatabase *database, const char *id, const char *terminal, const char *user, GError **error);
gboolean
gc_task_store_step (
    GcDatabase *database, const char *terminal, JsonObject *body, char **id, GError **error);
gboolean
gc_task_store_deliver (GcDatabase *database, const char *terminal, const char *id, GError **error);
gboolean
gc_task_store_send_again (GcDatabase *database, const char *terminal, GError **error);
JsonObject *
gc_task_store_print (GcDatabase *database, const char *id, gboolean history, GError **error);
JsonObject *
gc_task_store_read (GcRows *rows, GError **error);
gint64
gc_task_store_count_open (GcDatabase *database, const char *terminal, GError **error);

G_END_DECLS
