/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-center-file.h"

#include "base/gc-error.h"
#include "base/gc-file.h"
#include "center/gc-center-schema.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>

#define PRIVATE_FILE_MODE 0600

/* SQLite gives the files beside it the same mode. */
static gboolean
make_private_file (const char *path, GError **error)
{
  int file = g_open (path, O_RDWR | O_CREAT | O_CLOEXEC, PRIVATE_FILE_MODE);

  if (file >= 0 && g_close (file, NULL))
    return TRUE;
  g_set_error (error, GC_ERROR, GC_ERROR_STORAGE, "the file %s cannot be used: %s", path,
               g_strerror (errno));
  return FALSE;
}

/* Who closes a database leaves no journal. */
static gboolean
was_closed (const char *path)
{
  g_autofree char *journal = g_strconcat (path, "-wal", NULL);
  gboolean there;

  return gc_file_look (journal, &there, NULL) && !there;
}

/**
 * gc_center_file_open:
 * @path: the file; it is made if need be, its folder exists
 * @error: %GC_ERROR_STORAGE, %GC_ERROR_UNSUPPORTED if a newer version wrote it, %GC_ERROR_DAMAGED:
 *   it is left as it is
 *
 * Opens the center's database; after a crash or a power cut every page is looked at. A damaged one
 * is not replaced by an empty one, as on a terminal: without accounts, the first to come would be
 * the master of this center, and none of its terminals would be known. Whoever runs the center has
 * a backup or decides. Blocks.
 *
 * Returns: (transfer full) (nullable): the database
 */
GcDatabase *
gc_center_file_open (const char *path, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  GcDatabase *database = NULL;

  g_return_val_if_fail (path != NULL, NULL);

  if (!make_private_file (path, error))
    return NULL;
  if (was_closed (path))
    database = gc_database_open (path, GC_CENTER_SCHEMA, &local_error);
  else
    database = gc_database_open_checked (path, GC_CENTER_SCHEMA, &local_error);
  if (g_error_matches (local_error, GC_ERROR, GC_ERROR_DAMAGED))
    g_prefix_error (&local_error,
                    "the center does not start over damaged data, and leaves them as they are. Move"
                    " %s away, with the files beside it that end in -wal and -shm, and put a backup"
                    " in its place, or what “sqlite3 FILE .recover” can read of it: ",
                    path);
  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  return database;
}
