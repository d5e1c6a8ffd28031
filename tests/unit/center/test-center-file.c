/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises of the center's database file:
 *  - nobody else can read it
 *  - a damaged one is refused, by name and with a way out, and left as it is
 *  - damage in the middle is looked for when the center was not stopped in order
 */

#include "base/gc-error.h"
#include "center/gc-center-file.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define PAGE_SIZE 4096

typedef struct
{
  char *folder;
  char *path;
  char *journal;
} Fixture;

static gpointer
fill (GcDatabase *database, gpointer data, GError **error)
{
  for (int i = 0; i < 100; i++)
    {
      g_autofree char *name = g_uuid_string_random ();

      gc_database_exec (database, error, "INSERT INTO account VALUES (?, 'h', 1)", "s", name);
    }
  return NULL;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GcDatabase) database = NULL;

  fixture->folder = g_dir_make_tmp ("gridcast-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->folder, "center.db", NULL);
  fixture->journal = g_strconcat (fixture->path, "-wal", NULL);
  database = gc_center_file_open (fixture->path, &error);
  g_assert_no_error (error);
  gc_database_run (database, fill, NULL, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autofree char *index = g_strconcat (fixture->path, "-shm", NULL);

  g_unlink (fixture->path);
  g_unlink (fixture->journal);
  g_unlink (index);
  g_rmdir (fixture->folder);
  g_free (fixture->folder);
  g_free (fixture->path);
  g_free (fixture->journal);
}

static void
overwrite (const char *path, gsize offset, gsize length)
{
  g_autofree char *rubbish = g_strnfill (length, '\xa5');
  int fd = g_open (path, O_WRONLY | O_CLOEXEC, 0);

  g_assert_cmpint (pwrite (fd, rubbish, length, (off_t) offset), ==, length);
  close (fd);
}

static void
assert_refused (Fixture *fixture)
{
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  gsize length_before;
  gsize length_after;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_get_contents (fixture->path, &before, &length_before, NULL));
  g_assert_null (gc_center_file_open (fixture->path, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_DAMAGED);
  g_assert_nonnull (strstr (error->message, fixture->path));
  g_assert_nonnull (strstr (error->message, "backup"));
  g_assert_true (g_file_get_contents (fixture->path, &after, &length_after, NULL));
  g_assert_cmpmem (before, length_before, after, length_after);
}

static void
test_private (Fixture *fixture, gconstpointer data)
{
  GStatBuf info;

  g_assert_cmpint (g_stat (fixture->path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);
}

static void
test_header (Fixture *fixture, gconstpointer data)
{
  overwrite (fixture->path, 0, 100);
  assert_refused (fixture);
}

static void
test_truncated (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpint (truncate (fixture->path, 3 * PAGE_SIZE), ==, 0);
  assert_refused (fixture);
}

static void
test_after_a_crash (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GcDatabase) database = NULL;

  g_assert_true (g_file_set_contents (fixture->journal, "", 0, NULL));
  database = gc_center_file_open (fixture->path, &error);
  g_assert_no_error (error);
  g_clear_object (&database);
  overwrite (fixture->path, 2 * PAGE_SIZE, 2 * PAGE_SIZE);
  g_assert_true (g_file_set_contents (fixture->journal, "", 0, NULL));
  assert_refused (fixture);
}

#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/center/file/private", test_private);
  ADD ("/center/file/damaged-beginning-refused", test_header);
  ADD ("/center/file/damaged-end-refused", test_truncated);
  ADD ("/center/file/looked-at-after-a-crash", test_after_a_crash);
  return g_test_run ();
}
