/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/gc-database.h"
#include "center/gc-file-store.h"

G_BEGIN_DECLS

/* Takes in the contents of files: keeps what the database says of them and what is on disk in step,
 * whatever happens in between. All of it blocks, on one thread that is not the main one. */

/**
 * GcFileIntake:
 * @store: where contents are
 * @database: the center's
 *
 * Where contents go; both outlive it.
 */
typedef struct
{
  GcFileStore *store;
  GcDatabase *database;
} GcFileIntake;

/**
 * GcFileProgress:
 * @offset: how much is on disk, bytes
 * @complete: whether that is all, and good
 * @news: (nullable): what consoles are told, the “file” of API.md
 *
 * How far a file has come.
 */
typedef struct
{
  gint64 offset;
  gboolean complete;
  JsonObject *news;
} GcFileProgress;

void
gc_file_progress_clear (GcFileProgress *progress);

gboolean
gc_file_intake_look (const GcFileIntake *self,
                     const char *owner,
                     const char *id,
                     GcFileProgress *progress,
                     GError **error);
gboolean
gc_file_intake_append (const GcFileIntake *self,
                       const char *owner,
                       const char *id,
                       gint64 offset,
                       GBytes *bytes,
                       gboolean last,
                       GcFileProgress *progress,
                       GError **error);
gboolean
gc_file_intake_forget (const GcFileIntake *self, gint64 before_ms, GError **error);
gboolean
gc_file_intake_sweep (const GcFileIntake *self, gint64 before_ms, GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GcFileProgress, gc_file_progress_clear)

G_END_DECLS
