/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store/gc-store-private.h"

G_BEGIN_DECLS

/* The files of tasks, beside the database: what the store does with them when it opens. */

#define GC_FILES_FOLDER "files"

gboolean
gc_files_forget_old (GcDatabase *database, GError **error);
gboolean
gc_files_sweep (GcDatabase *database, const char *folder, GError **error);
gboolean
gc_attachments_sweep (GcDatabase *database, const char *files, GError **error);

G_END_DECLS
