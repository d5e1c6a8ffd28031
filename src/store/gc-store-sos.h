/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store/gc-store-private.h"

G_BEGIN_DECLS

/* The worker's calls for help. Everything here runs inside a transaction. */

gboolean
gc_sos_load (GcDatabase *database, GcSos **sos, GError **error);
gboolean
gc_sos_forget_old (GcDatabase *database, gint64 before_ms, GError **error);
gboolean
gc_sos_note_acknowledged (GcDatabase *database,
                          gint64 ack,
                          GcStoreOutcome *outcome,
                          GError **error);
gboolean
gc_sos_apply_state (
    GcDatabase *database, JsonObject *body, GcStoreOutcome *outcome, GError **why, GError **error);

G_END_DECLS
