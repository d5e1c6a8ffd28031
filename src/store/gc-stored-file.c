/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/gc-stored-file.h"

G_DEFINE_BOXED_TYPE (GcStoredFile, gc_stored_file, gc_stored_file_copy, gc_stored_file_free)

/**
 * gc_stored_file_copy:
 * @file: a file of a task
 *
 * Returns: (transfer full): a copy
 */
GcStoredFile *
gc_stored_file_copy (const GcStoredFile *file)
{
  GcStoredFile *copy = g_memdup2 (file, sizeof *file);

  copy->task = g_strdup (file->task);
  copy->reference = gc_file_reference_copy (file->reference);
  copy->path = g_strdup (file->path);
  return copy;
}

/**
 * gc_stored_file_free:
 * @file: (transfer full): a file of a task
 */
void
gc_stored_file_free (GcStoredFile *file)
{
  g_free (file->task);
  gc_file_reference_free (file->reference);
  g_free (file->path);
  g_free (file);
}
