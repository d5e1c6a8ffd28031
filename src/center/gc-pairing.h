/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/gc-database.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* One-time pairing tokens in the center's database, kept as hashes. All of it is called inside a
 * #GcDatabaseWork; every error is %GC_ERROR_STORAGE where nothing else is said. */

/* How long a code is good, ms. */
#define GC_PAIRING_LIFETIME_MS (300 * 1000)

char *
gc_pairing_create (GcDatabase *database,
                   const char *worker,
                   const char *user,
                   gint64 lifetime_ms,
                   char **token,
                   GError **error);
JsonObject *
gc_pairing_print (GcDatabase *database, const char *id, GError **error);
gboolean
gc_pairing_void (GcDatabase *database, const char *id, const char *user, GError **error);
gboolean
gc_pairing_redeem (GcDatabase *database,
                   const char *token,
                   const char *terminal,
                   char **id,
                   char **worker,
                   GError **error);
gboolean
gc_pairing_forget (GcDatabase *database, GError **error);

G_END_DECLS
