/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store/gc-store.h"

G_BEGIN_DECLS

/* Delivers the files of tasks to the center, in parts, and goes on where it was after any break:
 * PROTOCOL.md, “Files”. Signal: paused (), when it waits after something has gone wrong. */
#define GC_TYPE_FILE_SENDER (gc_file_sender_get_type ())
G_DECLARE_FINAL_TYPE (GcFileSender, gc_file_sender, GC, FILE_SENDER, GObject)

GcFileSender *
gc_file_sender_new (GcStore *store,
                    const char *base_url,
                    GTlsDatabase *anchors,
                    GTlsCertificate *certificate);
void
gc_file_sender_set_online (GcFileSender *self, gboolean online);
gboolean
gc_file_sender_is_paused (GcFileSender *self);

G_END_DECLS
