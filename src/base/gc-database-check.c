/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/gc-database.h"

#include "base/gc-error.h"

#include <string.h>

static gpointer
check (GcDatabase *database, gpointer path, GError **error)
{
  g_autoptr (GcRows) rows = gc_database_query (database, error, "PRAGMA quick_check (1)", "");

  if (rows != NULL && gc_rows_next (rows, error) && strcmp (gc_rows_text (rows, 0), "ok") != 0)
    g_set_error (error, GC_ERROR, GC_ERROR_DAMAGED, "the database %s is damaged: %s",
                 (const char *) path, gc_rows_text (rows, 0));
  return NULL;
}

static GcDatabase *
open_once (const char *path, const char *const *migrations, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcDatabase) database = gc_database_open (path, migrations, error);

  if (database == NULL)
    return NULL;
  gc_database_run (database, check, (gpointer) path, &local_error);
  if (local_error == NULL)
    return g_steal_pointer (&database);
  g_propagate_error (error, g_steal_pointer (&local_error));
  return NULL;
}

/**
 * gc_database_open_checked:
 * @path: where the file is or will be; its folder exists
 * @migrations: (array zero-terminated=1): as for gc_database_open()
 * @error: as gc_database_open()
 *
 * As gc_database_open(), but looks at every page first: some seconds for each gigabyte. Blocks; any
 * thread.
 *
 * Returns: (transfer full) (nullable): the database
 */
GcDatabase *
gc_database_open_checked (const char *path, const char *const *migrations, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  GcDatabase *database;

  g_return_val_if_fail (path != NULL && migrations != NULL, NULL);

  database = open_once (path, migrations, &local_error);
  /* To SQLite's check a page that could not be read is a damaged one. Where only that moment was
   * bad, as without memory, a second look finds nothing. */
  if (g_error_matches (local_error, GC_ERROR, GC_ERROR_DAMAGED))
    return open_once (path, migrations, error);
  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  return database;
}
