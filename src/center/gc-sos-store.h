/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/gc-database.h"
#include "protocol/gc-sos.h"

G_BEGIN_DECLS

/* Calls for help in the center's database. All of it is called inside a #GcDatabaseWork; every
 * error is %GC_ERROR_STORAGE where nothing else is said. An SOS is given as the SOS of API.md. */

gboolean
gc_sos_store_press (GcDatabase *database, const char *terminal, const GcSos *sos, GError **error);
gboolean
gc_sos_store_move (GcDatabase *database,
                   const char *terminal,
                   const GcSos *whereabouts,
                   GError **error);
gboolean
gc_sos_store_withdraw (GcDatabase *database, const char *terminal, const char *id, GError **error);
JsonObject *
gc_sos_store_answer (
    GcDatabase *database, const char *id, GcSosState state, const char *user, GError **error);
JsonObject *
gc_sos_store_print (GcDatabase *database, const char *id, GError **error);
JsonArray *
gc_sos_store_list (GcDatabase *database, GError **error);

G_END_DECLS
