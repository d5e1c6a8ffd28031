/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/gc-store-file.h"

#include "base/gc-error.h"
#include "store/gc-store-schema.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

struct _GcStoreFile
{
  char *path;
  char *set_aside;
  int lock_fd;
};

static gboolean
fail (GError **error, const char *path, const char *what)
{
  g_set_error (error, GC_ERROR, GC_ERROR_STORAGE, "the data in %s %s: %s", path, what,
               g_strerror (errno));
  return FALSE;
}

/* A lock of its own: SQLite's locks on the database itself are lost when any other descriptor of
 * that file is closed. */
static gboolean
lock (GcStoreFile *self, GError **error)
{
  g_autofree char *name = g_strconcat (self->path, ".lock", NULL);

  self->lock_fd = open (name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (self->lock_fd < 0)
    return fail (error, self->path, "cannot be used");
  if (flock (self->lock_fd, LOCK_EX | LOCK_NB) == 0)
    return TRUE;
  if (errno != EWOULDBLOCK)
    return fail (error, self->path, "cannot be used");
  g_set_error_literal (error, GC_ERROR, GC_ERROR_BUSY, "Gridcast is already running");
  return FALSE;
}

/* SQLite gives its journals the permissions of the database. */
static gboolean
make_private (GcStoreFile *self, GError **error)
{
  int fd = open (self->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  gboolean made = fd >= 0 && fchmod (fd, 0600) == 0;

  if (!made)
    fail (error, self->path, "cannot be used");
  if (fd >= 0)
    close (fd);
  return made;
}

static gboolean
set_aside (GcStoreFile *self, GError **error)
{
  static const char *const PARTS[] = { "", "-wal", "-shm" };
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *stamp = g_date_time_format (now, "%Y%m%dT%H%M%S.%f");

  self->set_aside = g_strconcat (self->path, ".damaged-", stamp, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (PARTS); i++)
    {
      g_autofree char *from = g_strconcat (self->path, PARTS[i], NULL);
      g_autofree char *to = g_strconcat (self->set_aside, PARTS[i], NULL);

      if (g_rename (from, to) != 0 && errno != ENOENT)
        return fail (error, self->path, "are damaged and cannot be moved");
    }
  g_message ("the stored data were damaged and are kept as %s", self->set_aside);
  return TRUE;
}

static gpointer
check (GcDatabase *database, gpointer data, GError **error)
{
  g_autoptr (GcRows) rows = gc_database_query (database, error, "PRAGMA quick_check (1)", "");

  if (rows != NULL && gc_rows_next (rows, error) && g_strcmp0 (gc_rows_text (rows, 0), "ok") != 0)
    g_set_error (error, GC_ERROR, GC_ERROR_DAMAGED, "the database is damaged: %s",
                 gc_rows_text (rows, 0));
  return NULL;
}

static GcDatabase *
open_checked (const char *path, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcDatabase) database = gc_database_open (path, GC_STORE_SCHEMA, error);

  if (database == NULL)
    return NULL;
  gc_database_run (database, check, NULL, &local_error);
  if (local_error == NULL)
    return g_steal_pointer (&database);
  g_propagate_error (error, g_steal_pointer (&local_error));
  return NULL;
}

/**
 * gc_store_file_open:
 * @path: the file; it and its folders are made if need be
 * @database: (out) (transfer full): the open database
 * @error: %GC_ERROR_STORAGE, %GC_ERROR_BUSY if another process has it open,
 *   %GC_ERROR_UNSUPPORTED if a newer version wrote it
 *
 * Opens the store's file; one that is damaged is set aside. Blocks.
 *
 * Returns: (transfer full) (nullable): the file
 */
GcStoreFile *
gc_store_file_open (const char *path, GcDatabase **database, GError **error)
{
  g_autoptr (GcStoreFile) self = g_new0 (GcStoreFile, 1);
  g_autofree char *folder = g_path_get_dirname (path);
  g_autoptr (GError) local_error = NULL;

  self->path = g_strdup (path);
  self->lock_fd = -1;
  if (g_mkdir_with_parents (folder, 0700) != 0)
    {
      fail (error, path, "cannot be used");
      return NULL;
    }
  if (!lock (self, error) || !make_private (self, error))
    return NULL;
  *database = open_checked (path, &local_error);
  if (g_error_matches (local_error, GC_ERROR, GC_ERROR_DAMAGED))
    {
      g_clear_error (&local_error);
      if (!set_aside (self, error) || !make_private (self, error))
        return NULL;
      *database = open_checked (path, &local_error);
    }
  if (local_error == NULL)
    return g_steal_pointer (&self);
  g_propagate_error (error, g_steal_pointer (&local_error));
  return NULL;
}

/**
 * gc_store_file_get_set_aside:
 * @self: a file
 *
 * Returns: (nullable) (transfer none): where the damaged one was moved, if there was one
 */
const char *
gc_store_file_get_set_aside (GcStoreFile *self)
{
  return self->set_aside;
}

/**
 * gc_store_file_unlock:
 * @self: a file
 *
 * Lets another process open the store.
 */
void
gc_store_file_unlock (GcStoreFile *self)
{
  if (self->lock_fd >= 0)
    close (self->lock_fd);
  self->lock_fd = -1;
}

/**
 * gc_store_file_free:
 * @self: (transfer full): a file
 *
 * Unlocks it; the database is closed by whoever has it.
 */
void
gc_store_file_free (GcStoreFile *self)
{
  gc_store_file_unlock (self);
  g_free (self->path);
  g_free (self->set_aside);
  g_free (self);
}
