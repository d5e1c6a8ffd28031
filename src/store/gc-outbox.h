/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store/gc-store-private.h"

G_BEGIN_DECLS

/* The sending end of the reliable stream. Everything here runs inside a transaction. */

gint64
gc_outbox_append (GcDatabase *database,
                  const GcEnvelope *envelope,
                  const char *task_id,
                  GError **error);
gboolean
gc_outbox_append_body (GcDatabase *database, const char *type, JsonObject *body, GError **error);
GPtrArray *
gc_outbox_read (GcDatabase *database, gint64 after_seq, guint limit, GError **error);
GPtrArray *
gc_outbox_read_urgent (GcDatabase *database, gint64 after_seq, guint limit, GError **error);
gboolean
gc_outbox_acknowledge (GcDatabase *database, gint64 ack, GcStoreOutcome *outcome, GError **error);
gboolean
gc_outbox_start_anew (GcDatabase *database, const char *peer_stream, GError **error);

G_END_DECLS
