/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "protocol/gc-file-reference.h"

#include <glib-object.h>

G_BEGIN_DECLS

/**
 * GcStoredFile:
 * @task: the id of the task that it belongs to
 * @reference: what the center is told of it
 * @path: where its content is
 * @delivered: whether the center has all of it
 *
 * A file that the worker added to a task.
 */
typedef struct
{
  char *task;
  GcFileReference *reference;
  char *path;
  gboolean delivered;
} GcStoredFile;

#define GC_TYPE_STORED_FILE (gc_stored_file_get_type ())
GType
gc_stored_file_get_type (void);
GcStoredFile *
gc_stored_file_copy (const GcStoredFile *file);
void
gc_stored_file_free (GcStoredFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcStoredFile, gc_stored_file_free)

G_END_DECLS
