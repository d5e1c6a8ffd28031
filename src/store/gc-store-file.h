/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/gc-database.h"

G_BEGIN_DECLS

/* The store's file: private, opened by one process at a time, set aside when it is damaged. */

typedef struct _GcStoreFile GcStoreFile;

GcStoreFile *
gc_store_file_open (const char *path, GcDatabase **database, GError **error);
void
gc_store_file_unlock (GcStoreFile *self);
void
gc_store_file_free (GcStoreFile *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcStoreFile, gc_store_file_free)

G_END_DECLS
