/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-file-store.h"
#include "center/gc-task-files.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Answers with the content of a file, to consoles and terminals. Main thread only. */

/**
 * GcFileLookup:
 * @database: the center's
 * @owner: who or what must have it
 * @id: of a file
 * @error: %GC_ERROR_NOT_FOUND if that is not so
 *
 * A function of #GcTaskFile's that finds a file, inside a #GcDatabaseWork.
 *
 * Returns: (transfer full) (nullable): the file
 */
typedef GcTaskFile *(*GcFileLookup) (GcDatabase *database,
                                     const char *owner,
                                     const char *id,
                                     GError **error);

void
gc_file_answer_start (SoupServerMessage *message,
                      GcFileStore *store,
                      GcDatabase *database,
                      GcFileLookup lookup,
                      const char *owner,
                      const char *id);

G_END_DECLS
