/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/gc-database.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Who did what, for good. Inside a #GcDatabaseWork, in the transaction of what was done. */

/* Largest number of entries that one listing gives. */
#define GC_AUDIT_MAX_ENTRIES 1000

gboolean
gc_audit_add (GcDatabase *database,
              const char *who,
              const char *what,
              const char *about,
              const char *detail,
              GError **error);
JsonArray *
gc_audit_list (GcDatabase *database, guint limit, GError **error);
void
gc_audit_note (
    GcDatabase *database, const char *who, const char *what, const char *about, const char *detail);

G_END_DECLS
