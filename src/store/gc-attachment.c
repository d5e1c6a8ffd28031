/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/gc-attachment.h"

#include "base/gc-error.h"
#include "base/gc-file.h"
#include "store/gc-store-files.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define FOLDER "attached"
#define PART ".part"
#define ID_LENGTH 36
#define FOLDER_MODE 0700
#define FILE_MODE 0600
#define BUFFER_LENGTH (64 * 1024)
/* What the worker does comes first: pictures leave it so much of the disk. */
#define ROOM_KEPT (200 * 1024 * 1024)

static gboolean
fail (GError **error, const char *path, const char *what)
{
  g_set_error (error, GC_ERROR, GC_ERROR_STORAGE, "%s cannot be %s: %s", path, what,
               g_strerror (errno));
  return FALSE;
}

/**
 * gc_store_dup_attachments:
 * @self: a store
 *
 * Returns: (transfer full): the folder where attachments are; it need not exist
 */
char *
gc_store_dup_attachments (GcStore *self)
{
  g_autofree char *data = g_path_get_dirname (gc_store_get_folder (self));

  return g_build_filename (data, FOLDER, NULL);
}

/**
 * gc_attachment_name:
 * @folder: where attachments are
 * @file: an attachment
 *
 * Any thread.
 *
 * Returns: (transfer full): where its content is, once it is here
 */
char *
gc_attachment_name (const char *folder, const GcFileReference *file)
{
  return g_build_filename (folder, file->id, NULL);
}

static char *
name_part (const char *folder, const GcFileReference *file)
{
  g_autofree char *name = g_strconcat (file->id, PART, NULL);

  return g_build_filename (folder, name, NULL);
}

static gint64
measure (const char *path)
{
  struct stat status;

  return lstat (path, &status) == 0 && S_ISREG (status.st_mode) ? status.st_size : -1;
}

/**
 * gc_attachment_is_here:
 * @folder: where attachments are
 * @file: an attachment
 *
 * Any thread.
 *
 * Returns: whether all of it is here
 */
gboolean
gc_attachment_is_here (const char *folder, const GcFileReference *file)
{
  g_autofree char *path = gc_attachment_name (folder, file);

  return measure (path) == file->size;
}

/**
 * gc_attachment_measure_part:
 * @folder: where attachments are
 * @file: an attachment that is not here
 *
 * Any thread.
 *
 * Returns: how much of it has arrived, bytes, less than all
 */
gint64
gc_attachment_measure_part (const char *folder, const GcFileReference *file)
{
  g_autofree char *path = name_part (folder, file);
  gint64 length = measure (path);

  return length > 0 && length < file->size ? length : 0;
}

/* --- what arrives --- */

static gboolean
check_room (const char *folder, GBytes *bytes, GError **error)
{
  struct statvfs status;

  if (g_mkdir_with_parents (folder, FOLDER_MODE) != 0)
    return fail (error, folder, "made");
  if (statvfs (folder, &status) != 0)
    return fail (error, folder, "looked at");
  if ((guint64) status.f_bavail * status.f_frsize >= g_bytes_get_size (bytes) + ROOM_KEPT)
    return TRUE;
  g_set_error (error, GC_ERROR, GC_ERROR_STORAGE, "there is no room for pictures in %s", folder);
  return FALSE;
}

/* A part need not outlive a crash: the hash tells, and what is lost is fetched again. */
static gboolean
write_part (const char *path, gint64 offset, GBytes *bytes, gboolean last, GError **error)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
  gboolean written;

  if (fd < 0)
    return fail (error, path, "written");
  written = ftruncate (fd, offset) == 0 && gc_file_write_at (fd, offset, bytes)
            && (!last || fsync (fd) == 0);
  if (!written)
    fail (error, path, "written");
  close (fd);
  return written;
}

static gboolean
refuse (GError **error)
{
  g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID,
                       "what arrived is not the file that was announced");
  return FALSE;
}

/* What the disk gives back counts, not what it was given. */
static gboolean
check (int fd, const char *path, const GcFileReference *file, GError **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guint8 *buffer = g_malloc (BUFFER_LENGTH);
  gboolean begun = FALSE;
  gssize length;

  while ((length = read (fd, buffer, BUFFER_LENGTH)) > 0)
    {
      if (!begun && !gc_file_reference_fits (file, buffer, (gsize) length))
        return refuse (error);
      begun = TRUE;
      g_checksum_update (checksum, buffer, length);
    }
  if (length < 0)
    return fail (error, path, "read");
  return g_str_equal (g_checksum_get_string (checksum), file->sha256) || refuse (error);
}

static gboolean
put_in_place (const char *folder, const GcFileReference *file, const char *part, GError **error)
{
  g_autofree char *path = gc_attachment_name (folder, file);
  g_autoptr (GError) why = NULL;
  int fd = open (part, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

  if (fd < 0)
    return fail (error, part, "read");
  check (fd, part, file, &why);
  close (fd);
  if (why == NULL)
    return g_rename (part, path) == 0 || fail (error, path, "saved");
  if (g_error_matches (why, GC_ERROR, GC_ERROR_INVALID))
    g_unlink (part);
  g_propagate_error (error, g_steal_pointer (&why));
  return FALSE;
}

/**
 * gc_attachment_append:
 * @folder: where attachments are; it is made if need be
 * @file: an attachment
 * @offset: where @bytes belong; what is behind that is forgotten
 * @bytes: a piece of it
 * @whole: (out): whether all of it is here now
 * @error: %GC_ERROR_INVALID if it is longer, or other than its reference says: then nothing of it
 * is left; %GC_ERROR_STORAGE
 *
 * Blocks; any thread, but one at a time.
 *
 * Returns: whether it is kept
 */
gboolean
gc_attachment_append (const char *folder,
                      const GcFileReference *file,
                      gint64 offset,
                      GBytes *bytes,
                      gboolean *whole,
                      GError **error)
{
  g_autofree char *part = name_part (folder, file);
  gint64 end = offset + (gint64) g_bytes_get_size (bytes);

  *whole = end == file->size;
  if (end > file->size)
    {
      g_unlink (part);
      g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID,
                           "the file is longer than was announced");
      return FALSE;
    }
  return check_room (folder, bytes, error) && write_part (part, offset, bytes, *whole, error)
         && (!*whole || put_in_place (folder, file, part, error));
}

/* --- what goes --- */

static gboolean
is_wanted (GcDatabase *database, const char *name, GError **error)
{
  g_autofree char *id = g_strndup (name, ID_LENGTH);
  g_autoptr (GcRows) rows
      = gc_database_query (database, error, "SELECT 1 FROM task WHERE instr (body, ?)", "s", id);

  return rows != NULL && gc_rows_next (rows, error);
}

/**
 * gc_attachments_sweep:
 * @database: inside a transaction
 * @files: the folder of the store's own files
 * @error: %GC_ERROR_STORAGE, of the database
 *
 * Removes attachments of tasks that are forgotten. When the store opens.
 *
 * Returns: whether the database could be asked
 */
gboolean
gc_attachments_sweep (GcDatabase *database, const char *files, GError **error)
{
  g_autofree char *data = g_path_get_dirname (files);
  g_autofree char *folder = g_build_filename (data, FOLDER, NULL);
  g_autoptr (GDir) entries = g_dir_open (folder, 0, NULL);
  g_autoptr (GError) why = NULL;
  const char *name;

  while (entries != NULL && (name = g_dir_read_name (entries)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      if (!is_wanted (database, name, &why) && why == NULL)
        g_unlink (path);
      if (why != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&why));
          return FALSE;
        }
    }
  return TRUE;
}

/**
 * gc_attachments_clear:
 * @folder: where attachments are
 *
 * Removes all of them. Blocks for a moment; any thread.
 */
void
gc_attachments_clear (const char *folder)
{
  g_autoptr (GDir) entries = g_dir_open (folder, 0, NULL);
  const char *name;

  while (entries != NULL && (name = g_dir_read_name (entries)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_unlink (path);
    }
}
