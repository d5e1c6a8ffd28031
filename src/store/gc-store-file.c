/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/gc-store-file.h"

#include "base/gc-error.h"
#include "base/gc-file.h"
#include "base/gc-first-page.h"
#include "base/gc-id.h"
#include "store/gc-store-salvage.h"
#include "store/gc-store-schema.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* What stands behind the store's name: a new store while it is made of a damaged one, and when it
 * is complete. */
#define BEGUN ".salvaging"
#define SALVAGED ".salvaged"

struct _GcStoreFile
{
  char *path;
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
make_private (const char *path, GError **error)
{
  int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  gboolean made = fd >= 0 && fchmod (fd, 0600) == 0;

  if (!made)
    fail (error, path, "cannot be used");
  if (fd >= 0)
    close (fd);
  return made;
}

/* What there is of one database. The journal goes first: it means nothing without the file,
 * and would be taken for that of the next. */
static const char *const PARTS[] = { "-shm", "-wal", GC_FIRST_PAGE_SUFFIX, "" };

/* The first name that is free. The file itself goes there last: a device that died on the way finds
 * the same name again. */
static char *
choose_aside (GcStoreFile *self, GError **error)
{
  for (guint number = 1;; number++)
    {
      g_autofree char *name = g_strdup_printf ("%s.damaged-%u", self->path, number);
      gboolean taken = FALSE;

      if (!gc_file_look (name, &taken, error))
        return NULL;
      if (!taken)
        return g_steal_pointer (&name);
    }
}

static gboolean
set_aside (GcStoreFile *self, GError **error)
{
  g_autofree char *aside = choose_aside (self, error);

  if (aside == NULL)
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (PARTS); i++)
    {
      g_autofree char *from = g_strconcat (self->path, PARTS[i], NULL);
      g_autofree char *to = g_strconcat (aside, PARTS[i], NULL);

      if (g_rename (from, to) != 0 && errno != ENOENT)
        return fail (error, self->path, "are damaged and cannot be moved");
    }
  return TRUE;
}

static void
remove_parts (const char *path)
{
  for (gsize i = 0; i < G_N_ELEMENTS (PARTS); i++)
    {
      g_autofree char *name = g_strconcat (path, PARTS[i], NULL);

      g_unlink (name);
    }
}

/* That the names are on disk, too. */
static gboolean
sync_folder (GcStoreFile *self, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (self->path);
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean synced = fd >= 0 && (fsync (fd) == 0 || errno == EINVAL); /* not every one can */

  if (!synced)
    fail (error, self->path, "cannot be used");
  if (fd >= 0)
    close (fd);
  return synced;
}

/* If there is a complete new store, it takes the place of the damaged one: at once, or when the
 * device dies on the way the next time. Returns FALSE if there is none, too. */
static gboolean
switch_over (GcStoreFile *self, GError **error)
{
  g_autofree char *salvaged = g_strconcat (self->path, SALVAGED, NULL);
  gboolean complete = FALSE;

  if (!gc_file_look (salvaged, &complete, error) || !complete || !set_aside (self, error)
      || !sync_folder (self, error))
    return FALSE;
  if (g_rename (salvaged, self->path) != 0)
    return fail (error, self->path, "are damaged and cannot be replaced");
  return sync_folder (self, error);
}

/* Nothing is moved before everything is saved: where that is not possible now, as with a full
 * disk, it is the next time. */
static gboolean
salvage (GcStoreFile *self, GError **error)
{
  g_autofree char *begun = g_strconcat (self->path, BEGUN, NULL);
  g_autofree char *salvaged = g_strconcat (self->path, SALVAGED, NULL);
  g_autofree char *aside = choose_aside (self, error);
  gboolean made;

  if (aside == NULL)
    return FALSE;
  g_message ("the stored data are damaged, and will be kept as %s", aside);
  remove_parts (begun);
  made = make_private (begun, error) && gc_store_salvage (self->path, aside, begun, error)
         && (g_rename (begun, salvaged) == 0 || fail (error, self->path, "cannot be salvaged"))
         && sync_folder (self, error);
  if (!made)
    remove_parts (begun);
  return made && switch_over (self, error);
}

static gboolean
is_sound (GcRows *rows)
{
  const char *peer = gc_rows_text (rows, 1);

  return gc_id_is_valid (gc_rows_text (rows, 0)) && (peer == NULL || gc_id_is_valid (peer))
         && gc_rows_int64 (rows, 2) != 0;
}

/* A page may be whole and say what cannot be. What is exchanged with the center depends on this. */
static gpointer
check_stream (GcDatabase *database, gpointer path, GError **error)
{
  g_autoptr (GcRows) rows
      = gc_database_query (database, error,
                           "SELECT own, peer, typeof (committed) = 'integer' AND committed >= 0"
                           " AND typeof (acknowledged) = 'integer' AND acknowledged >= 0"
                           " AND typeof (last_seq) = 'integer'"
                           " AND last_seq - acknowledged = (SELECT count (*) FROM outbox)"
                           " AND last_seq - acknowledged = (SELECT count (*) FROM outbox"
                           "  WHERE seq > acknowledged AND seq <= last_seq) FROM stream",
                           "");

  /* A new file has none yet. */
  if (rows != NULL && gc_rows_next (rows, error) && !is_sound (rows))
    g_set_error (error, GC_ERROR, GC_ERROR_DAMAGED,
                 "the database %s is damaged: its outbox does not fit its stream",
                 (const char *) path);
  return NULL;
}

static GcDatabase *
open_sound (GcStoreFile *self, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcDatabase) database = gc_database_open_checked (self->path, GC_STORE_SCHEMA, error);

  if (database == NULL)
    return NULL;
  gc_database_run (database, check_stream, self->path, &local_error);
  if (local_error == NULL)
    return g_steal_pointer (&database);
  g_propagate_error (error, g_steal_pointer (&local_error));
  return NULL;
}

static gpointer
keep_first_page (GcDatabase *database, gpointer path, GError **error)
{
  gc_first_page_keep (database, path, error);
  return NULL;
}

/* In case that the page gets lost one day: what fails now is tried again the next time. */
static void
prepare_for_damage (GcStoreFile *self, GcDatabase *database)
{
  g_autoptr (GError) error = NULL;

  gc_database_run (database, keep_first_page, self->path, &error);
  if (error != NULL)
    g_message ("%s", error->message);
}

static gboolean
open_or_salvage (GcStoreFile *self, GcDatabase **database, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (!switch_over (self, &local_error) && local_error == NULL)
    make_private (self->path, &local_error);
  if (local_error == NULL)
    *database = open_sound (self, &local_error);
  if (g_error_matches (local_error, GC_ERROR, GC_ERROR_DAMAGED))
    {
      g_message ("%s", local_error->message);
      g_clear_error (&local_error);
      if (salvage (self, &local_error))
        *database = open_sound (self, &local_error);
    }
  if (local_error == NULL)
    {
      prepare_for_damage (self, *database);
      return TRUE;
    }
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

/**
 * gc_store_file_open:
 * @path: the file; it and its folders are made if need be
 * @database: (out) (transfer full): the open database
 * @error: %GC_ERROR_STORAGE, %GC_ERROR_BUSY if another process has it open,
 *   %GC_ERROR_UNSUPPORTED if a newer version wrote it
 *
 * Opens the store's file. One that is damaged is set aside, and what can be read of it is brought
 * into a new one, under a new stream. Blocks.
 *
 * Returns: (transfer full) (nullable): the file
 */
GcStoreFile *
gc_store_file_open (const char *path, GcDatabase **database, GError **error)
{
  g_autoptr (GcStoreFile) self = g_new0 (GcStoreFile, 1);
  g_autofree char *folder = g_path_get_dirname (path);

  self->path = g_strdup (path);
  self->lock_fd = -1;
  if (g_mkdir_with_parents (folder, 0700) != 0)
    {
      fail (error, path, "cannot be used");
      return NULL;
    }
  if (!lock (self, error) || !open_or_salvage (self, database, error))
    return NULL;
  return g_steal_pointer (&self);
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
  g_free (self);
}
