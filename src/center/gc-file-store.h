/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "protocol/gc-file-reference.h"

G_BEGIN_DECLS

/* The contents of files on the center's disk: whole ones under “files/ab/ID”, what has arrived of
 * others under “files/parts/ID”. What a function has done is on disk when it returns. All of it
 * blocks; any thread, but one at a time for the same file. */

typedef struct _GcFileStore GcFileStore;

GcFileStore *
gc_file_store_open (const char *data_dir, GError **error);
GcFileStore *
gc_file_store_ref (GcFileStore *self);
void
gc_file_store_unref (GcFileStore *self);

gboolean
gc_file_store_measure_part (GcFileStore *self, const char *id, gint64 *length, GError **error);
gboolean
gc_file_store_append (
    GcFileStore *self, const char *id, gint64 offset, GBytes *bytes, GError **error);
gboolean
gc_file_store_finish (GcFileStore *self, const GcFileReference *reference, GError **error);
gboolean
gc_file_store_drop_part (GcFileStore *self, const char *id, GError **error);
GPtrArray *
gc_file_store_list_old_parts (GcFileStore *self, gint64 before_ms, GError **error);

gboolean
gc_file_store_remove (GcFileStore *self, const char *id, GError **error);
gboolean
gc_file_store_look (
    GcFileStore *self, const char *id, gint64 size, gboolean *whole, GError **error);
GBytes *
gc_file_store_read (GcFileStore *self, const char *id, gint64 offset, gsize length, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcFileStore, gc_file_store_unref)

G_END_DECLS
