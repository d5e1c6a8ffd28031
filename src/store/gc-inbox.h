/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store/gc-store-private.h"

G_BEGIN_DECLS

/* The receiving end of the reliable stream. Everything here runs inside a transaction. */

GcReceipt
gc_inbox_receive (GcDatabase *database,
                  const GcEnvelope *envelope,
                  GcStoreOutcome *outcome,
                  GError **error);

/* What an envelope does. */
gboolean
gc_tasks_apply_new (
    GcDatabase *database, JsonObject *body, GcStoreOutcome *outcome, GError **why, GError **error);
gboolean
gc_tasks_apply_cancel (
    GcDatabase *database, JsonObject *body, GcStoreOutcome *outcome, GError **why, GError **error);
gboolean
gc_alerts_apply (
    GcDatabase *database, JsonObject *body, GcStoreOutcome *outcome, GError **why, GError **error);
gboolean
gc_alerts_forget (GcDatabase *database, GcStoreOutcome *outcome, GError **error);
gboolean
gc_watches_apply (
    GcDatabase *database, JsonObject *body, GcStoreOutcome *outcome, GError **why, GError **error);

G_END_DECLS
