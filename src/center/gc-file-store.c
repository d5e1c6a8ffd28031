/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-file-store.h"

#include "base/gc-error.h"
#include "base/gc-file.h"
#include "base/gc-id.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define FOLDER_MODE 0700
#define FILE_MODE 0600
#define BUFFER_LENGTH (64 * 1024)
/* Photos leave the database room to go on: dispatch comes first. */
#define ROOM_KEPT (64 * 1024 * 1024)

struct _GcFileStore
{
  char *folder;
  char *parts;
};

static gboolean
fail (GError **error, const char *path, const char *what)
{
  gboolean full = errno == ENOSPC || errno == EDQUOT;

  g_set_error (error, GC_ERROR, full ? GC_ERROR_BUSY : GC_ERROR_STORAGE, "%s cannot be %s: %s",
               path, what, g_strerror (errno));
  return FALSE;
}

/* What was made, renamed or removed in a folder is so for good once the folder itself is written.
 */
static gboolean
save_folder (const char *path, GError **error)
{
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean saved = fd >= 0 && fsync (fd) == 0;

  if (!saved)
    fail (error, path, "saved");
  if (fd >= 0)
    close (fd);
  return saved;
}

static gboolean
make_folder (const char *path, const char *parent, GError **error)
{
  if (g_mkdir (path, FOLDER_MODE) == 0)
    return save_folder (parent, error);
  return errno == EEXIST || fail (error, path, "made");
}

/**
 * gc_file_store_open:
 * @data_dir: the center's data folder
 * @error: %GC_ERROR_STORAGE, or %GC_ERROR_BUSY if there is no room
 *
 * Returns: (transfer full) (nullable): the files in it
 */
GcFileStore *
gc_file_store_open (const char *data_dir, GError **error)
{
  g_autoptr (GcFileStore) self = g_atomic_rc_box_new0 (GcFileStore);

  self->folder = g_build_filename (data_dir, "files", NULL);
  self->parts = g_build_filename (self->folder, "parts", NULL);
  return make_folder (self->folder, data_dir, error)
                 && make_folder (self->parts, self->folder, error)
             ? g_steal_pointer (&self)
             : NULL;
}

/**
 * gc_file_store_ref:
 * @self: the files
 *
 * Returns: (transfer full): the same
 */
GcFileStore *
gc_file_store_ref (GcFileStore *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  GcFileStore *self = data;

  g_free (self->folder);
  g_free (self->parts);
}

/**
 * gc_file_store_unref:
 * @self: (transfer full): the files
 */
void
gc_file_store_unref (GcFileStore *self)
{
  g_atomic_rc_box_release_full (self, clear);
}

static char *
name_part (GcFileStore *self, const char *id)
{
  return g_build_filename (self->parts, id, NULL);
}

static char *
name_shelf (GcFileStore *self, const char *id)
{
  const char shelf[] = { id[0], id[1], '\0' };

  return g_build_filename (self->folder, shelf, NULL);
}

static char *
name_whole (GcFileStore *self, const char *id)
{
  g_autofree char *shelf = name_shelf (self, id);

  return g_build_filename (shelf, id, NULL);
}

/* -1 if there is none. */
static gboolean
measure (const char *path, gint64 *length, GError **error)
{
  struct stat status;

  *length = -1;
  if (lstat (path, &status) != 0)
    return errno == ENOENT || fail (error, path, "read");
  if (S_ISREG (status.st_mode))
    *length = status.st_size;
  return TRUE;
}

/* --- parts --- */

/**
 * gc_file_store_measure_part:
 * @self: the files
 * @id: a file's
 * @length: (out): how much of it is here, bytes; what lies behind that which was acknowledged may
 *   be anything
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: whether it is known
 */
gboolean
gc_file_store_measure_part (GcFileStore *self, const char *id, gint64 *length, GError **error)
{
  g_autofree char *path = name_part (self, id);

  if (!measure (path, length, error))
    return FALSE;
  *length = MAX (*length, 0);
  return TRUE;
}

static gboolean
check_room (GcFileStore *self, gsize length, GError **error)
{
  struct statvfs status;

  if (statvfs (self->parts, &status) != 0)
    return fail (error, self->parts, "looked at");
  if ((guint64) status.f_bavail * status.f_frsize >= length + ROOM_KEPT)
    return TRUE;
  g_set_error (error, GC_ERROR, GC_ERROR_BUSY, "the disk of %s is full", self->parts);
  return FALSE;
}

/* What a crash or a full disk left behind the offset makes room first. */
static gboolean
write_part (const char *path, gint64 offset, GBytes *bytes, GError **error)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
  gboolean written;

  if (fd < 0)
    return fail (error, path, "written");
  written = ftruncate (fd, offset) == 0 && gc_file_write_at (fd, offset, bytes) && fsync (fd) == 0;
  if (!written)
    {
      fail (error, path, "written");
      /* The room is somebody else's; if not even that succeeds, the next who comes does it. */
      if (ftruncate (fd, offset) != 0)
        g_debug ("%s cannot be cut: %s", path, g_strerror (errno));
    }
  close (fd);
  return written;
}

/**
 * gc_file_store_append:
 * @self: the files
 * @id: a file's, a valid id
 * @offset: where, bytes; what is behind it is overwritten
 * @bytes: what to add
 * @error: %GC_ERROR_BUSY if there is no room, or %GC_ERROR_STORAGE
 *
 * Returns: whether it is on disk
 */
gboolean
gc_file_store_append (
    GcFileStore *self, const char *id, gint64 offset, GBytes *bytes, GError **error)
{
  g_autofree char *path = NULL;

  g_return_val_if_fail (gc_id_is_valid (id), FALSE);

  path = name_part (self, id);
  return check_room (self, g_bytes_get_size (bytes), error)
         && write_part (path, offset, bytes, error)
         && (offset > 0 || save_folder (self->parts, error));
}

/**
 * gc_file_store_drop_part:
 * @self: the files
 * @id: a file's
 * @error: %GC_ERROR_STORAGE
 *
 * Throws away what is here of a file that is not whole.
 *
 * Returns: whether nothing is here
 */
gboolean
gc_file_store_drop_part (GcFileStore *self, const char *id, GError **error)
{
  g_autofree char *path = name_part (self, id);

  return g_unlink (path) == 0 || errno == ENOENT || fail (error, path, "deleted");
}

/**
 * gc_file_store_list_old_parts:
 * @self: the files
 * @before_ms: wall time
 * @error: a #GFileError
 *
 * Returns: (transfer full) (nullable) (element-type utf8): ids of the files of which a part is here
 *   to which nothing was added since then
 */
GPtrArray *
gc_file_store_list_old_parts (GcFileStore *self, gint64 before_ms, GError **error)
{
  g_autoptr (GDir) folder = g_dir_open (self->parts, 0, error);
  g_autoptr (GPtrArray) ids = NULL;
  const char *name;

  if (folder == NULL)
    return NULL;
  ids = g_ptr_array_new_with_free_func (g_free);
  while ((name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *path = name_part (self, name);
      struct stat status;

      if (gc_id_is_valid (name) && lstat (path, &status) == 0
          && (gint64) status.st_mtime * 1000 < before_ms)
        g_ptr_array_add (ids, g_strdup (name));
    }
  return g_steal_pointer (&ids);
}

/* --- whole files --- */

static char *
compute_hash (const char *path, GError **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guint8 *buffer = g_malloc (BUFFER_LENGTH);
  int fd = open (path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  gssize length = -1;

  if (fd < 0)
    {
      fail (error, path, "read");
      return NULL;
    }
  while ((length = read (fd, buffer, BUFFER_LENGTH)) > 0 || (length < 0 && errno == EINTR))
    g_checksum_update (checksum, buffer, MAX (length, 0));
  if (length < 0)
    fail (error, path, "read");
  close (fd);
  return length == 0 ? g_strdup (g_checksum_get_string (checksum)) : NULL;
}

static gboolean
put_in_place (GcFileStore *self, const char *id, const char *part, GError **error)
{
  g_autofree char *shelf = name_shelf (self, id);
  g_autofree char *path = name_whole (self, id);

  if (!make_folder (shelf, self->folder, error))
    return FALSE;
  if (g_rename (part, path) != 0)
    return fail (error, path, "saved");
  return save_folder (shelf, error) && save_folder (self->parts, error);
}

/**
 * gc_file_store_finish:
 * @self: the files
 * @reference: of a file whose last byte was appended
 * @error: %GC_ERROR_INVALID if it is another than the reference says: then nothing of it is left;
 *   %GC_ERROR_BUSY if there is no room, or %GC_ERROR_STORAGE
 *
 * Returns: whether the whole file is on disk
 */
gboolean
gc_file_store_finish (GcFileStore *self, const GcFileReference *reference, GError **error)
{
  g_autofree char *part = name_part (self, reference->id);
  g_autofree char *hash = compute_hash (part, error);

  if (hash == NULL)
    return FALSE;
  if (g_str_equal (hash, reference->sha256))
    return put_in_place (self, reference->id, part, error);
  if (gc_file_store_drop_part (self, reference->id, error))
    g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID,
                         "The file is not the one that was announced.");
  return FALSE;
}

/**
 * gc_file_store_look:
 * @self: the files
 * @id: a file's
 * @size: what its reference says, bytes
 * @whole: (out): whether all of it is here
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: whether it is known
 */
gboolean
gc_file_store_look (GcFileStore *self, const char *id, gint64 size, gboolean *whole, GError **error)
{
  g_autofree char *path = name_whole (self, id);
  gint64 length;

  if (!measure (path, &length, error))
    return FALSE;
  *whole = length == size;
  return TRUE;
}

/**
 * gc_file_store_remove:
 * @self: the files
 * @id: a file's, valid
 * @error: %GC_ERROR_STORAGE
 *
 * Throws away all that is here of a file, whole or not.
 *
 * Returns: whether nothing is here
 */
gboolean
gc_file_store_remove (GcFileStore *self, const char *id, GError **error)
{
  g_autofree char *path = NULL;

  g_return_val_if_fail (gc_id_is_valid (id), FALSE);

  path = name_whole (self, id);
  return gc_file_store_drop_part (self, id, error)
         && (g_unlink (path) == 0 || errno == ENOENT || fail (error, path, "deleted"));
}

static gboolean
read_all (int fd, guint8 *data, gsize length, gint64 offset)
{
  while (length > 0)
    {
      gssize got = pread (fd, data, length, offset);

      if (got == 0)
        errno = EIO;
      if (got == 0 || (got < 0 && errno != EINTR))
        return FALSE;
      data += MAX (got, 0);
      offset += MAX (got, 0);
      length -= (gsize) MAX (got, 0);
    }
  return TRUE;
}

/**
 * gc_file_store_read:
 * @self: the files
 * @id: of a whole file, a valid id
 * @offset: from where, bytes
 * @length: how many bytes, which are there
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: (transfer full) (nullable): a piece of it
 */
GBytes *
gc_file_store_read (GcFileStore *self, const char *id, gint64 offset, gsize length, GError **error)
{
  g_autofree char *path = NULL;
  g_autofree guint8 *data = g_malloc (length);
  int fd;
  gboolean read;

  g_return_val_if_fail (gc_id_is_valid (id), NULL);

  path = name_whole (self, id);
  fd = open (path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  read = fd >= 0 && read_all (fd, data, length, offset);
  if (!read)
    fail (error, path, "read");
  if (fd >= 0)
    close (fd);
  return read ? g_bytes_new_take (g_steal_pointer (&data), length) : NULL;
}
