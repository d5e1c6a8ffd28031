/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises, when the store's file is damaged:
 *  - what can be read is kept: tasks, what is not sent, the track, who watched, the way to the
 *    center; whether the beginning, pages in the middle or the end are gone
 *  - the store is a new one to the center; what is left to send has its old ids and order, and
 *    numbers from 1
 *  - what came from the center before takes no second effect
 *  - what was damaged so that it cannot be sent keeps nothing else from being sent
 *  - whatever is damaged, the store opens, and what it says afterwards is sound
 *  - the damaged file is kept as it is, and where, is known until the worker was told
 *  - a handset that dies on the way leaves one or the other
 */

#include "protocol/gc-track-body.h"
#include "store-fixture.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define PEER "55555555-5555-4555-8555-555555555555"
#define PAGE_SIZE 4096
#define N_TASKS 60
#define N_REPORTS 200
#define N_POINTS 150
#define NEW_TASK                                                                                   \
  "{\"task\": {\"id\": \"%s\", \"title\": \"Look at the weir %d\", \"urgency\": \"urgent\","       \
  " \"description\": \"%s\", \"created_at\": \"2026-11-24T02:33:00Z\"}}"
#define VIEWER                                                                                     \
  "{\"session\": \"" PEER "\", \"viewer\": \"Wang\", \"event\": \"joined\","                       \
  " \"at\": \"2026-11-24T02:33:00Z\", \"watching\": 1}"

#define ADD(name, func)                                                                            \
  g_test_add ("/store/salvage/" name, StoreFixture, NULL, set_up, func, store_fixture_tear_down)

/* --- a shift that is worth keeping --- */

static void
fill_tasks (GcStore *store)
{
  g_autofree char *description = g_strnfill (600, 'd');

  for (int i = 0; i < N_TASKS; i++)
    {
      g_autofree char *id = g_uuid_string_random ();
      g_autofree char *body = g_strdup_printf (NEW_TASK, id, i, description);

      g_assert_cmpint (store_receive_text (store, i + 1, "task.new", body), ==, GC_RECEIPT_APPLIED);
    }
  g_assert_cmpint (store_receive_text (store, N_TASKS + 1, "live.viewer", VIEWER), ==,
                   GC_RECEIPT_APPLIED);
}

static void
fill_outbox (GcStore *store)
{
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < N_REPORTS; i++)
    {
      g_autofree char *text = g_strdup_printf ("%03d %0300d", i, 0);

      store_enqueue (store, "test", text, &error);
      g_assert_no_error (error);
    }
}

static void
fill_track (GcStore *store)
{
  g_autoptr (GError) error = NULL;

  gc_store_set_track_interval (store, G_MAXINT);
  store_set_duty (store, TRUE, &error);
  for (int i = 0; i < N_POINTS; i++)
    {
      GcFix fix = { 121 + i * 1e-4, 31, i, NAN, 1, NAN };

      gc_store_add_fix (store, &fix);
    }
  store_set_state (store, GC_STORE_CENTER, "{\"name\": \"中心\"}", &error);
  g_assert_no_error (error);
}

static void
close_store (StoreFixture *fixture)
{
  g_clear_pointer (&fixture->store, store_close);
}

/* Made once: it takes some time. */
static char *whole;
static gsize whole_length;

static void
make_whole (StoreFixture *fixture)
{
  g_autoptr (GError) error = NULL;

  fixture->store = store_open (fixture->path, &error);
  g_assert_no_error (error);
  store_meet (fixture->store, PEER, NULL, 0, &error);
  fill_outbox (fixture->store);
  fill_tasks (fixture->store);
  fill_track (fixture->store);
  store_acknowledge (fixture->store, 10, &error);
  g_assert_no_error (error);
  close_store (fixture);
  g_assert_true (g_file_get_contents (fixture->path, &whole, &whole_length, NULL));
}

static void
set_up (StoreFixture *fixture, gconstpointer data)
{
  store_fixture_set_up (fixture, data);
  close_store (fixture);
  if (whole == NULL)
    make_whole (fixture);
  g_assert_true (g_file_set_contents (fixture->path, whole, (gssize) whole_length, NULL));
}

/* --- damage --- */

static void
overwrite (const char *path, gsize offset, gsize length)
{
  g_autofree char *rubbish = g_strnfill (length, '\xa5');
  int fd = g_open (path, O_WRONLY | O_CLOEXEC, 0);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (pwrite (fd, rubbish, length, (off_t) offset), ==, length);
  close (fd);
}

/* The numbers of the pages on which rows of a table are, in the order of the rows. */
static GArray *
find_leaves (const char *path, const char *table)
{
  g_autofree char *sql
      = g_strdup_printf ("SELECT group_concat (pageno, ' ' ORDER BY path) FROM dbstat"
                         " WHERE name = '%s' AND pagetype = 'leaf'",
                         table);
  g_autofree char *text = store_query (path, sql);
  g_auto (GStrv) numbers = g_strsplit (text, " ", -1);
  GArray *leaves = g_array_new (FALSE, FALSE, sizeof (gsize));

  for (gsize i = 0; numbers[i] != NULL; i++)
    {
      gsize number = (gsize) g_ascii_strtoull (numbers[i], NULL, 10);

      g_array_append_val (leaves, number);
    }
  return leaves;
}

static void
overwrite_leaf (const char *path, GArray *leaves, guint index)
{
  g_assert_cmpuint (index, <, leaves->len);
  overwrite (path, (g_array_index (leaves, gsize, index) - 1) * PAGE_SIZE, PAGE_SIZE);
}

/* --- what must be so afterwards --- */

static char *
get_set_aside (GcStore *store)
{
  char *aside = NULL;

  g_object_get (store, "set-aside", &aside, NULL);
  return aside;
}

/* What is left over on the way is gone. */
static void
check_folder (StoreFixture *fixture)
{
  g_autofree char *folder = g_path_get_dirname (fixture->path);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    g_assert_true (g_str_equal (name, "store.db") || g_str_equal (name, "store.db.lock")
                   || g_str_equal (name, "store.db-wal") || g_str_equal (name, "store.db-shm")
                   || g_str_equal (name, "store.db-first")
                   || g_str_has_prefix (name, "store.db.damaged-"));
}

static guint
count_tasks (GcStore *store)
{
  g_autoptr (GPtrArray) tasks = store_list_tasks (store);

  return tasks->len;
}

/* Returns how many of the reports are there: in order, with numbers from 1. */
static guint
check_outbox (GcStore *store)
{
  g_autoptr (GPtrArray) outbox = store_read_outbox (store, 0, 10000);
  int last = -1;
  guint reports = 0;

  for (guint i = 0; i < outbox->len; i++)
    {
      const GcEnvelope *envelope = g_ptr_array_index (outbox, i);
      int number;

      g_assert_cmpint (envelope->seq, ==, i + 1);
      if (!g_str_equal (envelope->type, "test"))
        continue;
      number = (int) g_ascii_strtoll (json_object_get_string_member (envelope->body, "text"), NULL,
                                      10);
      g_assert_cmpint (number, >, last);
      last = number;
      reports++;
    }
  g_assert_cmpint (gc_store_get_last_seq (store), ==, outbox->len);
  g_assert_cmpint (gc_store_get_acknowledged (store), ==, 0);
  return reports;
}

static void
reopen_salvaged (StoreFixture *fixture)
{
  g_autofree char *aside = NULL;
  g_autoptr (GError) error = NULL;

  fixture->store = store_open (fixture->path, &error);
  g_assert_no_error (error);
  aside = get_set_aside (fixture->store);
  g_assert_nonnull (aside);
  g_assert_true (g_file_test (aside, G_FILE_TEST_EXISTS));
  check_folder (fixture);
}

static void
check_everything (StoreFixture *fixture)
{
  g_assert_cmpuint (check_outbox (fixture->store), ==, N_REPORTS - 10);
  g_assert_cmpuint (count_tasks (fixture->store), ==, N_TASKS);
  g_assert_cmpstr (gc_store_get_state (fixture->store, GC_STORE_CENTER), ==,
                   "{\"name\": \"中心\"}");
  g_assert_true (gc_store_get_on_duty (fixture->store));
  g_assert_cmpint (store_count (fixture->path, "SELECT count (*) FROM point"), ==, N_POINTS);
  g_assert_cmpint (store_count (fixture->path, "SELECT count (*) FROM task_step"), ==, N_TASKS);
  g_assert_cmpint (store_count (fixture->path, "SELECT count (*) FROM watch"), ==, 1);
}

/* --- the beginning --- */

static void
test_header (StoreFixture *fixture, gconstpointer data)
{
  overwrite (fixture->path, 0, 100);
  reopen_salvaged (fixture);
  check_everything (fixture);
}

static void
test_first_page (StoreFixture *fixture, gconstpointer data)
{
  overwrite (fixture->path, 0, PAGE_SIZE);
  reopen_salvaged (fixture);
  check_everything (fixture);
}

/* --- pages in the middle --- */

static void
test_leaves (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GArray) of_outbox = find_leaves (fixture->path, "outbox");
  g_autoptr (GArray) of_task = find_leaves (fixture->path, "task");
  g_autoptr (GArray) of_point = find_leaves (fixture->path, "point");
  guint reports;
  guint tasks;
  gint64 points;

  for (guint i = 0; i < 3; i++)
    {
      overwrite_leaf (fixture->path, of_outbox, 1 + 4 * i);
      overwrite_leaf (fixture->path, of_task, 1 + 4 * i);
    }
  overwrite_leaf (fixture->path, of_point, 1);
  reopen_salvaged (fixture);
  reports = check_outbox (fixture->store);
  tasks = count_tasks (fixture->store);
  points = store_count (fixture->path, "SELECT count (*) FROM point");
  g_test_message ("%u reports, %u tasks, %d points", reports, tasks, (int) points);
  /* A page holds about ten reports, three tasks or fifty points. */
  g_assert_cmpuint (reports, <, N_REPORTS - 10);
  g_assert_cmpuint (reports, >=, N_REPORTS - 10 - 3 * 12);
  g_assert_cmpuint (tasks, <, N_TASKS);
  g_assert_cmpuint (tasks, >=, N_TASKS - 3 * 5);
  g_assert_cmpint (points, <, N_POINTS);
  g_assert_cmpint (points, >=, N_POINTS - 70);
  g_assert_cmpint (store_count (fixture->path, "SELECT count (*) FROM task_step"), ==, tasks);
  g_assert_true (gc_store_get_on_duty (fixture->store));
}

static void
test_first_and_last_leaf (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GArray) leaves = find_leaves (fixture->path, "outbox");
  guint reports;

  overwrite_leaf (fixture->path, leaves, 0);
  overwrite_leaf (fixture->path, leaves, leaves->len - 1);
  reopen_salvaged (fixture);
  reports = check_outbox (fixture->store);
  g_assert_cmpuint (reports, <, N_REPORTS - 10);
  g_assert_cmpuint (reports, >=, N_REPORTS - 10 - 2 * 12);
  g_assert_cmpuint (count_tasks (fixture->store), ==, N_TASKS);
}

static void
test_all_but_the_beginning (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  GStatBuf info;

  g_assert_cmpint (g_stat (fixture->path, &info), ==, 0);
  overwrite (fixture->path, PAGE_SIZE, (gsize) info.st_size - PAGE_SIZE);
  reopen_salvaged (fixture);
  g_assert_cmpuint (check_outbox (fixture->store), ==, 0);
  g_assert_cmpint (store_enqueue (fixture->store, "duty", "x", &error), ==, 1);
}

/* --- the end --- */

static void
test_truncated (StoreFixture *fixture, gconstpointer data)
{
  GStatBuf info;
  guint reports;

  g_assert_cmpint (g_stat (fixture->path, &info), ==, 0);
  g_assert_cmpint (truncate (fixture->path, info.st_size / 2 / PAGE_SIZE * PAGE_SIZE), ==, 0);
  reopen_salvaged (fixture);
  reports = check_outbox (fixture->store);
  g_test_message ("%u reports, %u tasks", reports, count_tasks (fixture->store));
  g_assert_cmpuint (reports, >, N_REPORTS / 4);
}

/* --- what the new store is to the center --- */

static void
test_new_to_the_center (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *id = store_query (fixture->path, "SELECT id FROM outbox WHERE seq = 11");
  g_autofree char *stream = store_query (fixture->path, "SELECT own FROM stream");
  g_autofree char *task = store_query (fixture->path, "SELECT id FROM inbox WHERE number = 1");
  g_autoptr (GPtrArray) outbox = NULL;
  g_autoptr (GcEnvelope) again = gc_envelope_new ("task.new", NULL);
  g_autoptr (GError) error = NULL;

  overwrite (fixture->path, 0, 100);
  reopen_salvaged (fixture);
  g_assert_cmpstr (gc_store_get_stream (fixture->store), !=, stream);
  g_assert_null (gc_store_get_peer_stream (fixture->store));
  g_assert_cmpint (gc_store_get_committed (fixture->store), ==, 0);
  outbox = store_read_outbox (fixture->store, 0, 1);
  g_assert_cmpstr (((GcEnvelope *) g_ptr_array_index (outbox, 0))->id, ==, id);
  g_assert_true (store_meet (fixture->store, PEER, stream, 7, &error));
  g_assert_cmpuint (check_outbox (fixture->store), ==, N_REPORTS - 10);
  /* The center did not hear that it was taken, and sends it again. */
  g_free (again->id);
  again->id = g_strdup (task);
  again->seq = 1;
  g_assert_cmpint (store_receive (fixture->store, again), ==, GC_RECEIPT_IGNORED);
  g_assert_cmpint (gc_store_get_committed (fixture->store), ==, 1);
  g_assert_cmpint (store_count (fixture->path, "SELECT count (*) FROM inbox"), ==, N_TASKS + 1);
}

static void
test_damaged_content (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *contents = NULL;
  g_autoptr (GPtrArray) outbox = NULL;
  g_autoptr (GError) error = NULL;
  const GcEnvelope *track;
  g_autoptr (GArray) fixes = NULL;
  guint lost = 0;
  gsize length;
  char *at;

  /* A letter in the middle of a report: its JSON ends there, and the page looks good. */
  g_assert_true (g_file_get_contents (fixture->path, &contents, &length, NULL));
  at = memmem (contents, length, "{\"text\":\"050 ", 13);
  g_assert_nonnull (at);
  at[20] = '"';
  at = memmem (contents, length, "{\"lon\":", 7);
  g_assert_nonnull (at);
  at[0] = '\xff';
  g_assert_true (g_file_set_contents (fixture->path, contents, (gssize) length, NULL));
  fixture->store = store_open (fixture->path, &error);
  g_assert_no_error (error);
  g_assert_true (store_set_duty (fixture->store, FALSE, &error));
  outbox = store_read_outbox (fixture->store, 10, 1000);
  g_assert_cmpuint (outbox->len, ==, N_REPORTS - 10 + 3);
  for (guint i = 0; i < outbox->len; i++)
    {
      const GcEnvelope *envelope = g_ptr_array_index (outbox, i);

      g_assert_cmpint (envelope->seq, ==, 11 + i);
      lost += g_str_equal (envelope->type, "lost");
    }
  g_assert_cmpuint (lost, ==, 1);
  track = g_ptr_array_index (outbox, N_REPORTS - 10 + 1);
  g_assert_cmpstr (track->type, ==, "track");
  fixes = gc_track_body_parse (track->body, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (fixes->len, ==, N_POINTS - 1);
}

/* The place of each report is known from the numbers; nothing may be sent that cannot be. */
static void
check_sound (GcStore *store)
{
  gint64 acknowledged = gc_store_get_acknowledged (store);
  g_autoptr (GPtrArray) outbox = store_read_outbox (store, 0, 10000);
  g_autoptr (GError) error = NULL;
  gint64 seq = gc_store_get_last_seq (store);

  g_assert_cmpint (outbox->len, ==, seq - acknowledged);
  for (guint i = 0; i < outbox->len; i++)
    {
      const GcEnvelope *envelope = g_ptr_array_index (outbox, i);
      g_autofree char *text = gc_envelope_print (envelope);
      g_autoptr (GcEnvelope) parsed = gc_envelope_parse (text, strlen (text), &error);

      g_assert_no_error (error);
      g_assert_cmpint (parsed->seq, ==, acknowledged + 1 + i);
    }
  g_ptr_array_unref (store_list_tasks (store));
  g_ptr_array_unref (store_list_watches (store, 100));
}

static void
damage_somewhere (const char *contents, gsize length, const char *path)
{
  g_autofree char *damaged_contents = g_memdup2 (contents, length);
  int spots = g_test_rand_int_range (1, 20);

  for (int i = 0; i < spots; i++)
    {
      gsize at = (gsize) g_test_rand_int_range (0, (int) length);
      gsize size = (gsize) g_test_rand_int_range (1, 3000);

      for (gsize j = 0; j < size && at + j < length; j++)
        damaged_contents[at + j] = (char) g_test_rand_int_range (0, 256);
    }
  g_assert_true (g_file_set_contents (
      path, damaged_contents, (gssize) (length - (gsize) g_test_rand_int_range (0, 2) * length / 3),
      NULL));
}

static void
test_anything (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *contents = NULL;
  gsize length;

  g_assert_true (g_file_get_contents (fixture->path, &contents, &length, NULL));
  for (int round = 0; round < (g_test_slow () ? 1000 : 15); round++)
    {
      g_autoptr (GError) error = NULL;

      damage_somewhere (contents, length, fixture->path);
      fixture->store = store_open (fixture->path, &error);
      g_assert_no_error (error);
      check_sound (fixture->store);
      close_store (fixture);
    }
}

/* --- the file that was damaged --- */

static void
test_kept (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GArray) leaves = find_leaves (fixture->path, "outbox");
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autofree char *aside = NULL;
  g_autofree char *again = NULL;
  gsize length_before;
  gsize length_after;
  g_autoptr (GError) error = NULL;

  overwrite_leaf (fixture->path, leaves, 3);
  g_assert_true (g_file_get_contents (fixture->path, &before, &length_before, NULL));
  reopen_salvaged (fixture);
  aside = get_set_aside (fixture->store);
  g_assert_true (g_file_get_contents (aside, &after, &length_after, NULL));
  g_assert_cmpmem (before, length_before, after, length_after);
  close_store (fixture);
  fixture->store = store_open (fixture->path, &error);
  g_assert_no_error (error);
  again = get_set_aside (fixture->store);
  g_assert_cmpstr (again, ==, aside);
  g_assert_true (store_set_state (fixture->store, GC_STORE_SET_ASIDE, NULL, &error));
  g_clear_pointer (&again, g_free);
  again = get_set_aside (fixture->store);
  g_assert_null (again);
}

/* --- dying on the way --- */

static void
test_died_before_the_switch (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *salvaged = g_strconcat (fixture->path, ".salvaged", NULL);
  g_autofree char *journal = g_strconcat (fixture->path, "-wal", NULL);

  /* Complete, but not in its place; of the damaged one only the journal is left there. */
  g_assert_cmpint (g_rename (fixture->path, salvaged), ==, 0);
  g_assert_true (g_file_set_contents (journal, "rubbish", -1, NULL));
  fixture->store = store_open (fixture->path, NULL);
  g_assert_nonnull (fixture->store);
  check_folder (fixture);
  g_assert_cmpuint (count_tasks (fixture->store), ==, N_TASKS);
}

static void
test_died_on_the_way (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *begun = g_strconcat (fixture->path, ".salvaging", NULL);

  g_assert_true (g_file_set_contents (begun, "half of it", -1, NULL));
  overwrite (fixture->path, 0, 100);
  reopen_salvaged (fixture);
  check_everything (fixture);
}

int
main (int argc, char *argv[])
{
  int status;

  g_test_init (&argc, &argv, NULL);
  ADD ("header", test_header);
  ADD ("first-page", test_first_page);
  ADD ("leaves", test_leaves);
  ADD ("first-and-last-leaf", test_first_and_last_leaf);
  ADD ("all-but-the-beginning", test_all_but_the_beginning);
  ADD ("truncated", test_truncated);
  ADD ("new-to-the-center", test_new_to_the_center);
  ADD ("damaged-content", test_damaged_content);
  ADD ("anything", test_anything);
  ADD ("damaged-file-is-kept", test_kept);
  ADD ("died-before-the-switch", test_died_before_the_switch);
  ADD ("died-on-the-way", test_died_on_the_way);
  status = g_test_run ();
  g_free (whole);
  return status;
}
