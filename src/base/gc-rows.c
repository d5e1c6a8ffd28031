/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/gc-database-private.h"

/* SQLite makes text of what it read when it is asked for it, and without memory says NULL: to
 * whoever asks, that would be a value that is not there. */
static gboolean
make_texts (GcRows *rows)
{
  for (int i = 0; i < sqlite3_data_count (rows->statement); i++)
    if (sqlite3_column_type (rows->statement, i) == SQLITE_TEXT
        && sqlite3_column_text (rows->statement, i) == NULL)
      return FALSE;
  return TRUE;
}

/**
 * gc_rows_next:
 * @rows: the rows
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: whether there is a (further) row; %FALSE with @error unset at the end
 */
gboolean
gc_rows_next (GcRows *rows, GError **error)
{
  int status = sqlite3_step (rows->statement);

  if ((status != SQLITE_ROW && status != SQLITE_DONE) || !make_texts (rows))
    return gc_database_fail (rows->database, error);
  return status == SQLITE_ROW;
}

/**
 * gc_rows_text:
 * @rows: the rows
 * @column: from 0
 *
 * Returns: (nullable) (transfer none): the text, until gc_rows_next()
 */
const char *
gc_rows_text (GcRows *rows, int column)
{
  return (const char *) sqlite3_column_text (rows->statement, column);
}

/**
 * gc_rows_int64:
 * @rows: the rows
 * @column: from 0
 *
 * Returns: the number, 0 for NULL
 */
gint64
gc_rows_int64 (GcRows *rows, int column)
{
  return sqlite3_column_int64 (rows->statement, column);
}

/**
 * gc_rows_double:
 * @rows: the rows
 * @column: from 0
 *
 * Returns: the number, 0 for NULL
 */
double
gc_rows_double (GcRows *rows, int column)
{
  return sqlite3_column_double (rows->statement, column);
}

/**
 * gc_rows_is_null:
 * @rows: the rows
 * @column: from 0
 *
 * Returns: whether the value is NULL
 */
gboolean
gc_rows_is_null (GcRows *rows, int column)
{
  return sqlite3_column_type (rows->statement, column) == SQLITE_NULL;
}

/**
 * gc_rows_bytes:
 * @rows: the rows
 * @column: from 0
 *
 * Returns: (transfer full): a copy of the value, empty for NULL
 */
GBytes *
gc_rows_bytes (GcRows *rows, int column)
{
  gconstpointer data = sqlite3_column_blob (rows->statement, column);

  return g_bytes_new (data, (gsize) sqlite3_column_bytes (rows->statement, column));
}

/**
 * gc_rows_free:
 * @rows: (transfer full): the rows
 *
 * Ends the query.
 */
void
gc_rows_free (GcRows *rows)
{
  gc_database_give_back (rows->database, rows->statement);
  g_free (rows);
}
