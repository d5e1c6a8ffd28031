/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What works do with a database. */

#include "base/gc-database-private.h"

#include <string.h>

static gboolean
bind (GcDatabase *self, sqlite3_stmt *statement, const char *types, va_list values, GError **error)
{
  g_assert (sqlite3_bind_parameter_count (statement) == (int) strlen (types));

  for (int i = 0; types[i] != '\0'; i++)
    {
      int status;

      if (types[i] == 's')
        status = sqlite3_bind_text (statement, i + 1, va_arg (values, const char *), -1,
                                    SQLITE_TRANSIENT);
      else if (types[i] == 'i')
        status = sqlite3_bind_int64 (statement, i + 1, va_arg (values, gint64));
      else if (types[i] == 'd')
        status = sqlite3_bind_double (statement, i + 1, va_arg (values, double));
      else
        {
          GBytes *bytes = va_arg (values, GBytes *);
          gsize length = 0;
          gconstpointer data = NULL;

          g_assert (types[i] == 'b');
          if (bytes != NULL)
            data = g_bytes_get_data (bytes, &length);
          status = sqlite3_bind_blob64 (statement, i + 1, data, length, SQLITE_TRANSIENT);
        }
      if (status != SQLITE_OK)
        return gc_database_fail (self, error);
    }
  return TRUE;
}

static sqlite3_stmt *
start (GcDatabase *self, const char *sql, const char *types, va_list values, GError **error)
{
  sqlite3_stmt *statement = gc_database_take_statement (self, sql, error);

  if (statement == NULL)
    return NULL;
  if (!bind (self, statement, types, values, error))
    {
      gc_database_give_back (self, statement);
      return NULL;
    }
  return statement;
}

/**
 * gc_database_exec:
 * @self: a database
 * @error: %GC_ERROR_STORAGE
 * @sql: one statement with a ? for each value
 * @types: a letter for each value: s (const char *, nullable), i (gint64), d (double), b (GBytes *,
 *   nullable)
 * @...: the values
 *
 * Runs a statement to its end. Inside a #GcDatabaseWork only.
 *
 * Returns: whether it succeeded
 */
gboolean
gc_database_exec (GcDatabase *self, GError **error, const char *sql, const char *types, ...)
{
  sqlite3_stmt *statement;
  va_list values;
  int status;

  va_start (values, types);
  statement = start (self, sql, types, values, error);
  va_end (values);
  if (statement == NULL)
    return FALSE;
  do
    status = sqlite3_step (statement);
  while (status == SQLITE_ROW);
  if (status != SQLITE_DONE)
    gc_database_fail (self, error);
  gc_database_give_back (self, statement);
  return status == SQLITE_DONE;
}

/**
 * gc_database_query:
 * @self: a database
 * @error: %GC_ERROR_STORAGE
 * @sql: one statement with a ? for each value
 * @types: as for gc_database_exec()
 * @...: the values
 *
 * Starts a query; gc_rows_next() moves to the first row. Inside a #GcDatabaseWork only.
 *
 * Returns: (transfer full) (nullable): the rows
 */
GcRows *
gc_database_query (GcDatabase *self, GError **error, const char *sql, const char *types, ...)
{
  sqlite3_stmt *statement;
  va_list values;
  GcRows *rows;

  va_start (values, types);
  statement = start (self, sql, types, values, error);
  va_end (values);
  if (statement == NULL)
    return NULL;
  rows = g_new0 (GcRows, 1);
  rows->database = self;
  rows->statement = statement;
  return rows;
}

/**
 * gc_database_changes:
 * @self: a database
 *
 * Inside a #GcDatabaseWork only.
 *
 * Returns: how many rows the last INSERT, UPDATE or DELETE touched
 */
gint64
gc_database_changes (GcDatabase *self)
{
  return sqlite3_changes64 (gc_database_get_handle (self));
}
