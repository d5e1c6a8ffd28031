/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/gc-database.h"

G_BEGIN_DECLS

/* What can still be read out of a damaged SQLite file. It is read from a copy: the file itself
 * stays as it is. */

typedef struct _GcSalvage GcSalvage;

GcSalvage *
gc_salvage_new (const char *path, const char *const *migrations, GError **error);
GStrv
gc_salvage_list_tables (GcSalvage *self, GcDatabase *into, GError **error);
gboolean
gc_salvage_copy_table (
    GcSalvage *self, GcDatabase *into, const char *table, guint *kept, GError **error);
void
gc_salvage_free (GcSalvage *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcSalvage, gc_salvage_free)

G_END_DECLS
