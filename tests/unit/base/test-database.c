/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - what was committed is there after closing and opening again
 *  - work that fails leaves no trace, and the next work is not affected
 *  - works run in order; a cancelled one does not run
 *  - those that wait at the same time go to disk at once; one that fails takes no other with it,
 *    and a disk that is full takes all
 *  - migrations run once each; a file of a newer version is refused and left alone
 *  - a file that is no database is an error, not a crash; so is one of a version that cannot be
 */

#include "base/gc-database.h"
#include "base/gc-error.h"

#include <glib/gstdio.h>
#include <string.h>

static const char *const SCHEMA[]
    = { "CREATE TABLE word (text TEXT NOT NULL, weight REAL, data BLOB)",
        "ALTER TABLE word ADD COLUMN count INTEGER DEFAULT 3", NULL };

typedef struct
{
  char *folder;
  char *path;
  GcDatabase *database;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->folder = g_dir_make_tmp ("gridcast-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->folder, "test.db", NULL);
  fixture->database = gc_database_open (fixture->path, SCHEMA, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  const char *const endings[] = { "", "-wal", "-shm" };

  g_clear_object (&fixture->database);
  for (gsize i = 0; i < G_N_ELEMENTS (endings); i++)
    {
      g_autofree char *name = g_strconcat (fixture->path, endings[i], NULL);

      g_unlink (name);
    }
  g_rmdir (fixture->folder);
  g_free (fixture->folder);
  g_free (fixture->path);
}

static gpointer
add_word (GcDatabase *database, gpointer data, GError **error)
{
  gc_database_exec (database, error, "INSERT INTO word (text, weight, data) VALUES (?, ?, ?)",
                    "sdb", data, 1.5, NULL);
  return NULL;
}

static gpointer
add_word_and_fail (GcDatabase *database, gpointer data, GError **error)
{
  add_word (database, data, error);
  g_set_error_literal (error, GC_ERROR, GC_ERROR_CONFLICT, "no");
  return NULL;
}

static gpointer
count_words (GcDatabase *database, gpointer data, GError **error)
{
  g_autoptr (GcRows) rows
      = gc_database_query (database, error, "SELECT text, count, data FROM word", "");
  int count = 0;

  while (gc_rows_next (rows, error))
    {
      g_autoptr (GBytes) bytes = gc_rows_bytes (rows, 2);

      g_assert_nonnull (gc_rows_text (rows, 0));
      g_assert_cmpint (gc_rows_int64 (rows, 1), ==, 3);
      g_assert_true (gc_rows_is_null (rows, 2));
      g_assert_cmpuint (g_bytes_get_size (bytes), ==, 0);
      count++;
    }
  return GINT_TO_POINTER (count);
}

static void
assert_words (Fixture *fixture, int expected)
{
  g_autoptr (GError) error = NULL;
  int count = GPOINTER_TO_INT (gc_database_run (fixture->database, count_words, NULL, &error));

  g_assert_no_error (error);
  g_assert_cmpint (count, ==, expected);
}

static void
test_committed_survives (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  gc_database_run (fixture->database, add_word, (gpointer) "水库", &error);
  g_assert_no_error (error);
  g_clear_object (&fixture->database);
  fixture->database = gc_database_open (fixture->path, SCHEMA, &error);
  g_assert_no_error (error);
  assert_words (fixture, 1);
}

static void
test_failed_leaves_no_trace (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  gc_database_run (fixture->database, add_word_and_fail, (gpointer) "a", &error);
  g_assert_error (error, GC_ERROR, GC_ERROR_CONFLICT);
  g_clear_error (&error);
  gc_database_run (fixture->database, add_word, NULL, &error);
  g_assert_error (error, GC_ERROR, GC_ERROR_STORAGE);
  assert_words (fixture, 0);
}

static void
on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GPtrArray *outcomes = user_data;
  GError *error = NULL;

  gc_database_run_finish (GC_DATABASE (source), result, &error);
  g_ptr_array_add (outcomes, error);
}

static void
test_order_and_cancel (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) outcomes = g_ptr_array_new ();
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();

  g_cancellable_cancel (cancelled);
  for (int i = 0; i < 10; i++)
    gc_database_run_async (fixture->database, add_word, g_strdup ("w"), g_free, NULL,
                           i == 4 ? cancelled : NULL, on_done, outcomes);
  while (outcomes->len < 10)
    g_main_context_iteration (NULL, TRUE);
  for (guint i = 0; i < 10; i++)
    {
      g_autoptr (GError) error = g_ptr_array_index (outcomes, i);

      if (error != NULL)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    }
  assert_words (fixture, 9);
}

static void
free_outcome (gpointer error)
{
  if (error != NULL)
    g_error_free (error);
}

typedef struct
{
  GMutex lock;
  GCond changed;
  gboolean begun;
  gboolean may_end;
} Gate;

static gpointer
wait_at_gate (GcDatabase *database, gpointer data, GError **error)
{
  Gate *gate = data;

  g_mutex_lock (&gate->lock);
  gate->begun = TRUE;
  g_cond_signal (&gate->changed);
  while (!gate->may_end)
    g_cond_wait (&gate->changed, &gate->lock);
  g_mutex_unlock (&gate->lock);
  return NULL;
}

/* Has so many works wait behind one another, then lets them run. */
static void
run_behind_gate (Fixture *fixture, const GcDatabaseWork *works, guint count, GPtrArray *outcomes)
{
  Gate gate = { 0 };
  g_autoptr (GPtrArray) first = g_ptr_array_new ();

  gc_database_run_async (fixture->database, wait_at_gate, &gate, NULL, NULL, NULL, on_done, first);
  g_mutex_lock (&gate.lock);
  while (!gate.begun)
    g_cond_wait (&gate.changed, &gate.lock);
  for (guint i = 0; i < count; i++)
    gc_database_run_async (fixture->database, works[i], g_strdup ("w"), g_free, NULL, NULL, on_done,
                           outcomes);
  gate.may_end = TRUE;
  g_cond_signal (&gate.changed);
  g_mutex_unlock (&gate.lock);
  while (outcomes->len < count)
    g_main_context_iteration (NULL, TRUE);
  g_mutex_clear (&gate.lock);
  g_cond_clear (&gate.changed);
}

/* Commits in the write-ahead log, as https://sqlite.org/fileformat2.html#walformat has it: the last
 * page of each says how large the database is after it. */
static guint
count_commits (Fixture *fixture)
{
  g_autofree char *name = g_strconcat (fixture->path, "-wal", NULL);
  g_autofree char *log = NULL;
  guint32 page_size;
  gsize length;
  guint commits = 0;

  g_assert_true (g_file_get_contents (name, &log, &length, NULL));
  g_assert_cmpuint (length, >, 32);
  memcpy (&page_size, log + 8, sizeof page_size);
  for (gsize at = 32; at + 24 <= length; at += 24 + GUINT32_FROM_BE (page_size))
    {
      guint32 size_after;

      memcpy (&size_after, log + at + 4, sizeof size_after);
      commits += size_after != 0;
    }
  return commits;
}

static void
test_together (Fixture *fixture, gconstpointer data)
{
  const GcDatabaseWork works[]
      = { add_word, add_word, add_word_and_fail, add_word, count_words, add_word };
  g_autoptr (GPtrArray) outcomes = g_ptr_array_new_with_free_func (free_outcome);
  guint before = count_commits (fixture);

  run_behind_gate (fixture, works, G_N_ELEMENTS (works), outcomes);
  for (guint i = 0; i < outcomes->len; i++)
    {
      const GError *outcome = g_ptr_array_index (outcomes, i);

      if (works[i] == add_word_and_fail)
        g_assert_error (outcome, GC_ERROR, GC_ERROR_CONFLICT);
      else
        g_assert_no_error (outcome);
    }
  g_assert_cmpuint (count_commits (fixture), ==, before + 1);
  assert_words (fixture, 4);
}

static gpointer
fill_disk (GcDatabase *database, gpointer data, GError **error)
{
  gc_database_exec (database, error, "INSERT INTO word (text) VALUES (hex(zeroblob(1000000)))", "");
  return NULL;
}

static gpointer
limit_pages (GcDatabase *database, gpointer data, GError **error)
{
  g_autofree char *sql = g_strdup_printf ("PRAGMA max_page_count = %d", GPOINTER_TO_INT (data));
  g_autoptr (GcRows) rows = gc_database_query (database, error, sql, "");

  g_assert_true (gc_rows_next (rows, error));
  return NULL;
}

static void
test_full (Fixture *fixture, gconstpointer data)
{
  const GcDatabaseWork works[] = { add_word, fill_disk, add_word };
  g_autoptr (GPtrArray) outcomes = g_ptr_array_new_with_free_func (free_outcome);
  g_autoptr (GError) error = NULL;
  const GError *full;
  int told = 0;

  gc_database_run (fixture->database, limit_pages, GINT_TO_POINTER (50), &error);
  g_assert_no_error (error);
  run_behind_gate (fixture, works, G_N_ELEMENTS (works), outcomes);
  full = g_ptr_array_index (outcomes, 1);
  g_assert_error (full, GC_ERROR, GC_ERROR_STORAGE);
  for (guint i = 0; i < outcomes->len; i++)
    told += g_ptr_array_index (outcomes, i) == NULL;
  /* Neither more nor less than what was promised. */
  assert_words (fixture, told);
  gc_database_run (fixture->database, limit_pages, GINT_TO_POINTER (1000000), &error);
  gc_database_run (fixture->database, add_word, (gpointer) "w", &error);
  g_assert_no_error (error);
  assert_words (fixture, told + 1);
}

static void
test_newer_version_refused (Fixture *fixture, gconstpointer data)
{
  const char *const older[] = { SCHEMA[0], NULL };
  g_autoptr (GError) error = NULL;

  g_clear_object (&fixture->database);
  g_assert_null (gc_database_open (fixture->path, older, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_UNSUPPORTED);
}

static void
test_garbage_refused (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *garbage = g_strnfill (8192, 'x');

  g_clear_object (&fixture->database);
  g_assert_true (g_file_set_contents (fixture->path, garbage, 8192, NULL));
  g_assert_null (gc_database_open (fixture->path, SCHEMA, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_DAMAGED);
}

static gpointer
set_version (GcDatabase *database, gpointer sql, GError **error)
{
  gc_database_exec (database, error, sql, "");
  return NULL;
}

static void
test_impossible_version_refused (Fixture *fixture, gconstpointer data)
{
  const char *const versions[] = { "PRAGMA user_version = -5", "PRAGMA user_version = 2000000000" };

  for (gsize i = 0; i < G_N_ELEMENTS (versions); i++)
    {
      g_autofree char *path = g_strdup_printf ("%s-%d", fixture->path, (int) i);
      g_autoptr (GError) error = NULL;
      g_autoptr (GcDatabase) database = gc_database_open (path, SCHEMA, &error);

      gc_database_run (database, set_version, (gpointer) versions[i], &error);
      g_assert_no_error (error);
      g_clear_object (&database);
      g_assert_null (gc_database_open (path, SCHEMA, &error));
      g_assert_error (error, GC_ERROR, GC_ERROR_DAMAGED);
      g_unlink (path);
    }
}

#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/base/database/committed-survives", test_committed_survives);
  ADD ("/base/database/failed-leaves-no-trace", test_failed_leaves_no_trace);
  ADD ("/base/database/order-and-cancel", test_order_and_cancel);
  ADD ("/base/database/what-waits-is-committed-together", test_together);
  ADD ("/base/database/full", test_full);
  ADD ("/base/database/newer-version-refused", test_newer_version_refused);
  ADD ("/base/database/garbage-refused", test_garbage_refused);
  ADD ("/base/database/impossible-version-refused", test_impossible_version_refused);
  return g_test_run ();
}
