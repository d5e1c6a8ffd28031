/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/gc-database.h"
#include "protocol/gc-file-reference.h"

G_BEGIN_DECLS

/* Which files belong to which tasks, and how much of each is here, in the center's database. All of
 * it is called inside a #GcDatabaseWork; every error is %GC_ERROR_STORAGE where nothing else is
 * said. A file is given as the TASKFILE of API.md. */

/* Most files of a task that a worker may add. */
#define GC_TASK_FILES_MAX 64

/**
 * GcTaskFile:
 * @reference: what was said of it
 * @task: (nullable): the task that it belongs to, or one of them; %NULL of what a dispatcher has
 *   announced and no task has taken yet
 * @received: how much of it is on disk, bytes
 * @complete: whether all of it is, and is what the reference says
 *
 * A file of a task.
 */
typedef struct
{
  GcFileReference *reference;
  char *task;
  gint64 received;
  gboolean complete;
} GcTaskFile;

void
gc_task_file_free (GcTaskFile *file);

gboolean
gc_task_files_add (GcDatabase *database,
                   const char *terminal,
                   JsonObject *body,
                   JsonObject **news,
                   GError **error);
GcTaskFile *
gc_task_files_find_of (GcDatabase *database, const char *owner, const char *id, GError **error);
GcTaskFile *
gc_task_files_find_for_terminal (GcDatabase *database,
                                 const char *terminal,
                                 const char *id,
                                 GError **error);
GcTaskFile *
gc_task_files_find_of_task (GcDatabase *database, const char *task, const char *id, GError **error);
gboolean
gc_task_files_set_received (
    GcDatabase *database, const char *id, gint64 received, gboolean complete, GError **error);
gboolean
gc_task_files_forget_part (GcDatabase *database, const char *id, GError **error);
JsonObject *
gc_task_files_print (GcDatabase *database, const char *task, const char *id, GError **error);
JsonArray *
gc_task_files_list (GcDatabase *database, const char *task, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcTaskFile, gc_task_file_free)

G_END_DECLS
