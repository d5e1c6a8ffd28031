/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - a file of a task is on disk with its reference, which waits for the center, after a restart
 * too
 *  - it counts as undelivered until the center has all of it, and stays listed then
 *  - a task that is not there gets none; what could not be saved leaves nothing behind
 *  - files outlive their task until the center has them; what belongs to nothing is removed, but
 *    not at once
 *  - forgetting the center forgets them; a salvaged store keeps them
 */

#include "base/gc-error.h"
#include "store-fixture.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#define TASK "0c9a3b52-5d0e-4d15-9f3e-3d8f0e1a2b3c"
#define CONTENT "what the camera saw"
#define LONG_AGO (G_GINT64_CONSTANT (40) * 24 * 3600)

#define ADD(name, func)                                                                            \
  g_test_add ("/store/files/" name, StoreFixture, NULL, store_fixture_set_up, func,                \
              store_fixture_tear_down)

static void
receive_task (GcStore *store)
{
  g_assert_cmpint (store_receive_text (store, 1, GC_MSG_TASK_NEW,
                                       "{\"task\": {\"id\": \"" TASK "\", \"title\": \"t\","
                                       " \"urgency\": \"routine\","
                                       " \"created_at\": \"2026-11-24T02:33:00Z\"}}"),
                   ==, GC_RECEIPT_APPLIED);
}

static GcStoredFile *
add_file (GcStore *store)
{
  g_autoptr (GError) error = NULL;
  GcStoredFile *file = store_add_file (store, TASK, CONTENT, &error);

  g_assert_no_error (error);
  return file;
}

static void
assert_content (const GcStoredFile *file)
{
  g_autofree char *content = NULL;
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, CONTENT, -1);
  GStatBuf status;

  g_assert_true (g_file_get_contents (file->path, &content, NULL, NULL));
  g_assert_cmpstr (content, ==, CONTENT);
  g_assert_cmpstr (file->reference->sha256, ==, hash);
  g_assert_cmpint (file->reference->size, ==, strlen (CONTENT));
  g_assert_cmpint (g_stat (file->path, &status), ==, 0);
  g_assert_cmpuint (status.st_mode & 0777, ==, 0600);
}

static void
on_changed (GcStore *store, const GcStoredFile *file, gpointer user_data)
{
  guint *changes = user_data;

  g_assert_cmpstr (file->task, ==, TASK);
  (*changes)++;
}

static void
test_added (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GcStoredFile) file = NULL;
  g_autoptr (GPtrArray) files = NULL;
  g_autoptr (GPtrArray) outbox = NULL;
  const GcStoredFile *kept;
  const GcEnvelope *envelope;
  guint changes = 0;

  receive_task (fixture->store);
  g_signal_connect (fixture->store, "file-changed", G_CALLBACK (on_changed), &changes);
  file = add_file (fixture->store);
  g_assert_cmpuint (changes, ==, 1);
  store_fixture_reopen (fixture);
  files = store_list_files (fixture->store, TASK);
  outbox = store_read_outbox (fixture->store, 0, 10);
  g_assert_cmpuint (files->len, ==, 1);
  kept = g_ptr_array_index (files, 0);
  g_assert_cmpstr (kept->reference->id, ==, file->reference->id);
  g_assert_cmpfloat (kept->reference->fix->longitude, ==, 121.5);
  g_assert_false (kept->delivered);
  assert_content (kept);
  g_assert_cmpuint (outbox->len, ==, 1);
  envelope = g_ptr_array_index (outbox, 0);
  g_assert_cmpstr (envelope->type, ==, GC_MSG_TASK_FILE);
  g_assert_cmpstr (json_object_get_string_member (envelope->body, "task"), ==, TASK);
}

static void
test_delivered (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GcStoredFile) one = NULL;
  g_autoptr (GcStoredFile) two = NULL;
  g_autoptr (GPtrArray) waiting = NULL;
  g_autoptr (GPtrArray) all = NULL;
  g_autoptr (GError) error = NULL;

  receive_task (fixture->store);
  one = add_file (fixture->store);
  two = add_file (fixture->store);
  g_assert_cmpuint (gc_store_get_undelivered (fixture->store), ==, 2);
  g_assert_true (store_set_file_delivered (fixture->store, one->reference->id, &error));
  store_fixture_reopen (fixture);
  g_assert_cmpuint (gc_store_get_undelivered (fixture->store), ==, 1);
  waiting = store_list_files (fixture->store, NULL);
  all = store_list_files (fixture->store, TASK);
  g_assert_cmpuint (waiting->len, ==, 1);
  g_assert_cmpstr (((GcStoredFile *) g_ptr_array_index (waiting, 0))->reference->id, ==,
                   two->reference->id);
  g_assert_cmpuint (all->len, ==, 2);
  g_assert_true (((GcStoredFile *) g_ptr_array_index (all, 0))->delivered);
}

static char *
find_folder (StoreFixture *fixture)
{
  g_autofree char *folder = g_path_get_dirname (fixture->path);

  return g_build_filename (folder, "files", NULL);
}

static guint
count_contents (StoreFixture *fixture)
{
  g_autofree char *folder = find_folder (fixture);
  g_autoptr (GDir) entries = g_dir_open (folder, 0, NULL);
  guint count = 0;

  while (entries != NULL && g_dir_read_name (entries) != NULL)
    count++;
  return count;
}

static void
test_refused (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *folder = find_folder (fixture);
  g_autoptr (GError) no_task = NULL;
  g_autoptr (GError) no_folder = NULL;

  g_assert_null (store_add_file (fixture->store, TASK, CONTENT, &no_task));
  g_assert_error (no_task, GC_ERROR, GC_ERROR_NOT_FOUND);
  receive_task (fixture->store);
  g_assert_true (g_file_set_contents (folder, "in the way", -1, NULL));
  g_assert_null (store_add_file (fixture->store, TASK, CONTENT, &no_folder));
  g_assert_error (no_folder, GC_ERROR, GC_ERROR_STORAGE);
  g_assert_cmpuint (gc_store_get_undelivered (fixture->store), ==, 0);
  g_assert_cmpuint (gc_store_get_unsent (fixture->store), ==, 0);
  g_assert_cmpint (g_unlink (folder), ==, 0);
  gc_stored_file_free (add_file (fixture->store));
  g_assert_cmpuint (count_contents (fixture), ==, 1);
}

static void
make_old (const char *path)
{
  const gint64 then = g_get_real_time () / G_USEC_PER_SEC - LONG_AGO;
  const struct timespec times[] = { { then, 0 }, { then, 0 } };

  g_assert_cmpint (utimensat (AT_FDCWD, path, times, 0), ==, 0);
}

static void
test_swept (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GcStoredFile) file = NULL;
  g_autofree char *stray = NULL;
  g_autofree char *fresh = NULL;
  g_autoptr (GError) error = NULL;

  receive_task (fixture->store);
  file = add_file (fixture->store);
  stray = g_strconcat (file->path, ".new", NULL);
  fresh = g_strconcat (file->path, "-fresh", NULL);
  g_assert_true (g_file_set_contents (stray, "begun", -1, NULL));
  g_assert_true (g_file_set_contents (fresh, "begun", -1, NULL));
  make_old (stray);
  make_old (file->path);
  store_fixture_reopen (fixture);
  g_assert_cmpuint (count_contents (fixture), ==, 2);
  assert_content (file);
  g_assert_false (g_file_test (stray, G_FILE_TEST_EXISTS));
}

static void
delete_task (StoreFixture *fixture)
{
  g_clear_pointer (&fixture->store, store_close);
  g_free (store_query (fixture->path, "DELETE FROM outbox"));
  g_free (store_query (fixture->path, "DELETE FROM task"));
}

static void
test_outlives_its_task (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GcStoredFile) file = NULL;
  g_autoptr (GError) error = NULL;

  receive_task (fixture->store);
  file = add_file (fixture->store);
  delete_task (fixture);
  store_fixture_reopen (fixture);
  g_assert_cmpuint (gc_store_get_undelivered (fixture->store), ==, 1);
  g_assert_true (store_set_file_delivered (fixture->store, file->reference->id, &error));
  make_old (file->path);
  store_fixture_reopen (fixture);
  g_assert_cmpuint (count_contents (fixture), ==, 0);
}

static void
test_forgotten (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) files = NULL;
  g_autoptr (GError) error = NULL;

  receive_task (fixture->store);
  gc_stored_file_free (add_file (fixture->store));
  g_assert_cmpint (store_forget_center (fixture->store, &error), ==, 1);
  files = store_list_files (fixture->store, NULL);
  g_assert_cmpuint (files->len, ==, 0);
  g_assert_cmpuint (gc_store_get_undelivered (fixture->store), ==, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("added-is-on-disk", test_added);
  ADD ("delivered-is-remembered", test_delivered);
  ADD ("refused-leaves-nothing", test_refused);
  ADD ("strays-are-swept", test_swept);
  ADD ("outlives-its-task", test_outlives_its_task);
  ADD ("forgotten-with-the-center", test_forgotten);
  return g_test_run ();
}
