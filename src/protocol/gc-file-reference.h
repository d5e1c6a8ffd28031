/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "protocol/gc-fix.h"

G_BEGIN_DECLS

#define GC_FILE_MAX_SIZE 20000000
#define GC_FILE_MAX_PER_TASK 8
/* So many bytes of the beginning, or all there are, tell what is in a file. */
#define GC_FILE_HEAD_LENGTH 12

/**
 * GcFileReference:
 * @id: its UUID
 * @sha256: of the content, 64 hexadecimal digits in lower case
 * @size: of the content, in bytes, 1 to %GC_FILE_MAX_SIZE
 * @media_type: one of those that PROTOCOL.md names
 * @name: (nullable): what people call it
 * @taken_ms: when it was taken, wall time; 0 if unknown
 * @fix: (nullable): where it was taken
 *
 * What the channel says of a photo or document: PROTOCOL.md, “Files”.
 */
typedef struct
{
  char *id;
  char *sha256;
  gint64 size;
  char *media_type;
  char *name;
  gint64 taken_ms;
  GcFix *fix;
} GcFileReference;

#define GC_TYPE_FILE_REFERENCE (gc_file_reference_get_type ())
GType
gc_file_reference_get_type (void);
GcFileReference *
gc_file_reference_copy (const GcFileReference *file);
void
gc_file_reference_free (GcFileReference *file);

gboolean
gc_file_reference_allows_type (const char *media_type);
gboolean
gc_file_reference_fits (const GcFileReference *file, const guint8 *head, gsize length);
JsonObject *
gc_file_reference_print (const GcFileReference *file);
GcFileReference *
gc_file_reference_parse (JsonObject *object, GError **error);

JsonObject *
gc_task_file_print (const char *task_id, const GcFileReference *file);
GcFileReference *
gc_task_file_parse (JsonObject *body, const char **task_id, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcFileReference, gc_file_reference_free)

G_END_DECLS
