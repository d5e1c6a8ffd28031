/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-authority.h"
#include "center/gc-console-events.h"
#include "center/gc-file-store.h"
#include "center/gc-roster.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Takes the contents of files from terminals at “/files/ID”, and gives them back: PROTOCOL.md,
 * “Files”; takes those that dispatchers attach to tasks, too. A thread of its own writes them. Main
 * thread only. */

typedef struct _GcFileUploads GcFileUploads;

GcFileUploads *
gc_file_uploads_new (GcFileStore *store,
                     GcDatabase *database,
                     GcAuthority *authority,
                     GcRoster *roster,
                     GcConsoleEvents *events);
void
gc_file_uploads_free (GcFileUploads *self);
void
gc_file_uploads_take (GcFileUploads *self,
                      SoupServerMessage *message,
                      const char *owner,
                      const char *id);
gsize
gc_file_uploads_let_arrive (GcFileUploads *self, const char *who, SoupServerMessage *message);
gsize
gc_file_uploads_allow (GcFileUploads *self, SoupServerMessage *message);
void
gc_file_uploads_mount (GcFileUploads *self, SoupServer *server);
void
gc_file_uploads_forget (GcFileUploads *self);
void
gc_file_uploads_finish (GcFileUploads *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcFileUploads, gc_file_uploads_free)

G_END_DECLS
