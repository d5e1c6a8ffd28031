/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/gc-database.h"

#include <sqlite3.h>

G_BEGIN_DECLS

/* What gc-database.c, gc-database-statement.c and gc-rows.c share. */

struct _GcRows
{
  GcDatabase *database;
  sqlite3_stmt *statement;
};

sqlite3 *
gc_database_get_handle (GcDatabase *self);
gboolean
gc_database_fail (GcDatabase *self, GError **error);
sqlite3_stmt *
gc_database_take_statement (GcDatabase *self, const char *sql, GError **error);
void
gc_database_give_back (GcDatabase *self, sqlite3_stmt *statement);

G_END_DECLS
