/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/gc-file.h"

#include "base/gc-error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define PRIVATE_MODE 0600

static gboolean
fail (GError **error, const char *path, const char *what)
{
  g_set_error (error, GC_ERROR, GC_ERROR_STORAGE, "the file %s cannot be %s: %s", path, what,
               g_strerror (errno));
  return FALSE;
}

/**
 * gc_file_look:
 * @path: a name
 * @exists: (out): whether a file has it
 * @error: %GC_ERROR_STORAGE if the disk does not say
 *
 * As g_file_test(), to which a file of which nothing can be learned now is none: whoever goes on
 * from there to make one may replace it. Blocks; any thread.
 *
 * Returns: whether it is known
 */
gboolean
gc_file_look (const char *path, gboolean *exists, GError **error)
{
  *exists = g_access (path, F_OK) == 0;
  if (*exists || errno == ENOENT || errno == ENOTDIR)
    return TRUE;
  return fail (error, path, "used");
}

static gboolean
write_all (int fd, GBytes *content)
{
  gsize left;
  const char *data = g_bytes_get_data (content, &left);

  while (left > 0)
    {
      gssize written = write (fd, data, left);

      if (written < 0 && errno != EINTR)
        return FALSE;
      data += MAX (written, 0);
      left -= (gsize) MAX (written, 0);
    }
  return TRUE;
}

static gboolean
write_new (const char *path, GBytes *content)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, PRIVATE_MODE);
  gboolean written;
  int why;

  if (fd < 0)
    return FALSE;
  written = write_all (fd, content) && fsync (fd) == 0;
  why = errno;
  close (fd);
  errno = why;
  return written;
}

static gboolean
save (const char *path, GBytes *content)
{
  g_autofree char *begun = g_strconcat (path, ".new", NULL);
  int why;

  /* Of somebody who died on the way. */
  g_unlink (begun);
  if (write_new (begun, content) && g_rename (begun, path) == 0)
    return TRUE;
  why = errno;
  g_unlink (begun);
  errno = why;
  return FALSE;
}

/**
 * gc_file_save:
 * @path: a file in a folder that exists
 * @text: what it shall contain; may be secret
 * @error: %GC_ERROR_STORAGE: then it is as it was
 *
 * Saves a file that only its owner can read, at once or not at all. g_file_set_contents_full()
 * leaves a file open when the disk fails under it. Blocks until it is on disk; any thread.
 *
 * Returns: whether it is saved
 */
gboolean
gc_file_save (const char *path, const char *text, GError **error)
{
  g_autoptr (GBytes) content = g_bytes_new_static (text, strlen (text));

  return save (path, content) || fail (error, path, "saved");
}

/* A name is on disk when its folder is. */
static gboolean
sync_folder (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean synced = fd >= 0 && fsync (fd) == 0;
  int why = errno;

  if (fd >= 0)
    close (fd);
  errno = why;
  return synced;
}

/**
 * gc_file_add:
 * @path: a name that no file has, in a folder that exists
 * @content: what it shall contain
 * @error: %GC_ERROR_STORAGE: then there is none
 *
 * gc_file_save() for a file that is new: its name is on disk, too. Blocks; any thread.
 *
 * Returns: whether it is saved
 */
gboolean
gc_file_add (const char *path, GBytes *content, GError **error)
{
  if (save (path, content) && sync_folder (path))
    return TRUE;
  fail (error, path, "saved");
  g_unlink (path);
  return FALSE;
}

/**
 * gc_file_write_at:
 * @fd: an open file
 * @offset: where, bytes
 * @content: what
 *
 * Writes all of it, whatever the system takes at a time. Blocks; any thread.
 *
 * Returns: whether all of it is written; errno says why not
 */
gboolean
gc_file_write_at (int fd, gint64 offset, GBytes *content)
{
  gsize left;
  const char *data = g_bytes_get_data (content, &left);

  while (left > 0)
    {
      gssize written = pwrite (fd, data, left, offset);

      if (written < 0 && errno != EINTR)
        return FALSE;
      data += MAX (written, 0);
      offset += MAX (written, 0);
      left -= (gsize) MAX (written, 0);
    }
  return TRUE;
}
