/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store/gc-store.h"

G_BEGIN_DECLS

/* The contents of what dispatchers attached to tasks. They can be fetched again at any time, so the
 * database says nothing of them: a file that lies in the folder under its id is whole and what its
 * reference says, one with “.part” behind it is arriving. */

char *
gc_store_dup_attachments (GcStore *self);

char *
gc_attachment_name (const char *folder, const GcFileReference *file);
gboolean
gc_attachment_is_here (const char *folder, const GcFileReference *file);
gint64
gc_attachment_measure_part (const char *folder, const GcFileReference *file);
gboolean
gc_attachment_append (const char *folder,
                      const GcFileReference *file,
                      gint64 offset,
                      GBytes *bytes,
                      gboolean *whole,
                      GError **error);
void
gc_attachments_clear (const char *folder);

G_END_DECLS
