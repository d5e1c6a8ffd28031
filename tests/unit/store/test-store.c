/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - folders are 0700 and files 0600; a second process is told that the store is in use
 *  - what was set is there after reopening; the stream's id stays
 *  - a damaged file is set aside and never deleted; a newer version's file is left alone
 *  - a file that cannot be written is an error in words, and nothing is lost: when there is room
 *    again, things go on, and the points of the track meanwhile are saved
 *  - tasks take the steps that the rules allow, with a note where one is due, and no others
 *  - a task knows whether its last step was acknowledged
 *  - a cancel wins over a step under way, but not over what is done; one that comes twice or for
 *    nothing has no effect
 *  - fixes leave in order in batches of at most 200, before “off duty”, and never while off duty
 *  - who watched is kept, newest first, and also when the center is forgotten
 *  - forgetting the center removes what is its and says how much was unsent
 */

#include "base/gc-error.h"
#include "protocol/gc-track-body.h"
#include "protocol/gc-json.h"
#include "store-fixture.h"

#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#define TASK "11111111-1111-4111-8111-111111111111"
#define OTHER_TASK "22222222-2222-4222-8222-222222222222"
#define SESSION "33333333-3333-4333-8333-333333333333"
#define OTHER_SESSION "44444444-4444-4444-8444-444444444444"
#define PEER "55555555-5555-4555-8555-555555555555"
#define NEW_TASK(id)                                                                               \
  "{\"task\": {\"id\": \"" id "\", \"title\": \"Look at the weir\", \"urgency\": \"urgent\","      \
  " \"created_at\": \"2026-11-24T02:33:00Z\"}}"
#define CANCEL(id)                                                                                 \
  "{\"task\": \"" id "\", \"reason\": \"dry again\", \"at\": \"2026-11-24T03:33:00Z\"}"
#define VIEWER(session, name, event, watching)                                                     \
  "{\"session\": \"" session "\", \"viewer\": \"" name "\", \"event\": \"" event "\","             \
  " \"at\": \"2026-11-24T02:33:00Z\", \"watching\": " watching "}"

#define ADD(name, func)                                                                            \
  g_test_add ("/store/" name, StoreFixture, NULL, store_fixture_set_up, func,                      \
              store_fixture_tear_down)

static void
assert_mode (const char *path, mode_t mode)
{
  GStatBuf info;

  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, mode);
}

static void
test_private_files (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *folder = g_path_get_dirname (fixture->path);
  g_autofree char *journal = g_strconcat (fixture->path, "-wal", NULL);
  g_autoptr (GError) error = NULL;

  store_set_state (fixture->store, "a", "b", &error);
  g_assert_no_error (error);
  assert_mode (folder, 0700);
  assert_mode (fixture->path, 0600);
  assert_mode (journal, 0600);
}

static void
test_one_process (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (store_open (fixture->path, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_BUSY);
}

static void
test_state_stays (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *stream = g_strdup (gc_store_get_stream (fixture->store));
  g_autoptr (GError) error = NULL;

  g_assert_null (gc_store_get_state (fixture->store, GC_STORE_CENTER));
  g_assert_true (store_set_state (fixture->store, GC_STORE_CENTER, "{\"name\": \"中心\"}", &error));
  g_assert_true (store_set_state (fixture->store, "gone", "1", &error));
  g_assert_true (store_set_state (fixture->store, "gone", NULL, &error));
  store_fixture_reopen (fixture);
  g_assert_cmpstr (gc_store_get_state (fixture->store, GC_STORE_CENTER), ==,
                   "{\"name\": \"中心\"}");
  g_assert_null (gc_store_get_state (fixture->store, "gone"));
  g_assert_cmpstr (gc_store_get_stream (fixture->store), ==, stream);
}

static void
damage (const char *path, gboolean header)
{
  g_autofree char *contents = NULL;
  gsize length;

  g_assert_true (g_file_get_contents (path, &contents, &length, NULL));
  g_assert_cmpuint (length, >, 8192);
  if (header)
    memset (contents, 'x', 100);
  else
    memset (contents + 4096, 0xa5, length - 4096);
  g_assert_true (g_file_set_contents (path, contents, (gssize) length, NULL));
}

static void
check_set_aside (StoreFixture *fixture, gboolean header)
{
  g_autofree char *stream = g_strdup (gc_store_get_stream (fixture->store));
  g_autofree char *aside = NULL;
  g_autoptr (GError) error = NULL;

  gc_store_close (fixture->store);
  g_clear_object (&fixture->store);
  damage (fixture->path, header);
  fixture->store = store_open (fixture->path, &error);
  g_assert_no_error (error);
  g_object_get (fixture->store, "set-aside", &aside, NULL);
  g_assert_nonnull (aside);
  g_assert_true (g_file_test (aside, G_FILE_TEST_EXISTS));
  assert_mode (aside, 0600);
  g_assert_cmpstr (gc_store_get_stream (fixture->store), !=, stream);
  g_assert_cmpint (store_enqueue (fixture->store, "duty", "x", &error), ==, 1);
}

static void
test_broken_header (StoreFixture *fixture, gconstpointer data)
{
  check_set_aside (fixture, TRUE);
}

static void
test_broken_pages (StoreFixture *fixture, gconstpointer data)
{
  check_set_aside (fixture, FALSE);
}

static void
test_newer_version (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  gc_store_close (fixture->store);
  g_clear_object (&fixture->store);
  store_count (fixture->path, "PRAGMA user_version = 1000");
  g_assert_null (store_open (fixture->path, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_UNSUPPORTED);
  g_assert_true (g_file_test (fixture->path, G_FILE_TEST_EXISTS));
}

static void
test_folder_is_a_file (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->path, "store.db", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (store_open (path, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_STORAGE);
  g_assert_nonnull (strstr (error->message, "Not a directory"));
}

static void
test_after_close (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  gc_store_close (fixture->store);
  g_assert_cmpint (store_enqueue (fixture->store, "duty", "x", &error), ==, 0);
  g_assert_error (error, GC_ERROR, GC_ERROR_STORAGE);
}

static void
on_failed (GcStore *store, GError *error, gpointer user_data)
{
  g_assert_error (error, GC_ERROR, GC_ERROR_STORAGE);
  (*(guint *) user_data)++;
}

static GArray *
read_track (const GcEnvelope *envelope)
{
  g_autoptr (GError) error = NULL;
  GArray *fixes = gc_track_body_parse (envelope->body, &error);

  g_assert_no_error (error);
  return fixes;
}

static guint
count_points (const GcEnvelope *envelope)
{
  g_autoptr (GArray) fixes = read_track (envelope);

  return fixes->len;
}

static void
wait_for_unsent (GcStore *store, guint unsent)
{
  gint64 deadline_us = g_get_monotonic_time () + 30 * G_USEC_PER_SEC;

  while (gc_store_get_unsent (store) != unsent)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline_us);
      g_main_context_iteration (NULL, TRUE);
    }
}

/* A file that may not grow any more stands for a disk without room. */
static void
test_disk_full (StoreFixture *fixture, gconstpointer data)
{
  struct rlimit before, full = { 0 };
  GcFix fix = { 121, 31, 1000, NAN, NAN, NAN };
  guint failures = 0;
  g_autoptr (GPtrArray) outbox = NULL;
  g_autoptr (GError) error = NULL;

  store_set_duty (fixture->store, TRUE, &error);
  g_assert_no_error (error);
  g_signal_connect (fixture->store, "failed", G_CALLBACK (on_failed), &failures);
  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &before), ==, 0);
  full.rlim_max = before.rlim_max;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &full), ==, 0);
  gc_store_add_fix (fixture->store, &fix);
  g_assert_cmpint (store_enqueue (fixture->store, "test", "lost", &error), ==, 0);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &before), ==, 0);
  g_assert_error (error, GC_ERROR, GC_ERROR_STORAGE);
  g_clear_error (&error);
  g_assert_cmpuint (failures, ==, 1);
  g_assert_cmpuint (gc_store_get_unsent (fixture->store), ==, 1);
  g_assert_cmpint (store_enqueue (fixture->store, "test", "kept", &error), ==, 2);
  /* The point that found no room comes with the next. */
  gc_store_add_fix (fixture->store, &fix);
  store_fixture_reopen (fixture);
  g_assert_cmpuint (gc_store_get_unsent (fixture->store), ==, 2);
  gc_store_flush_track (fixture->store);
  wait_for_unsent (fixture->store, 3);
  outbox = store_read_outbox (fixture->store, 2, 1);
  g_assert_cmpuint (count_points (g_ptr_array_index (outbox, 0)), ==, 2);
}

/* --- Tasks --- */

static void
on_task_changed (
    GcStore *store, GcTask *task, gboolean by_center, gboolean is_new, gpointer user_data)
{
  GString *log = user_data;

  g_string_append_printf (log, "%s%s%s ", by_center ? "center:" : "",
                          gc_task_state_to_string (task->state), is_new ? "(new)" : "");
}

static void
on_task_sent (GcStore *store, const char *task_id, gpointer user_data)
{
  g_string_append_printf (user_data, "sent(%.1s) ", task_id);
}

static void
test_task_steps (StoreFixture *fixture, gconstpointer data)
{
  GcFix fix = { 121.5, 31.2, 1000, 5, NAN, NAN };
  g_autoptr (GString) log = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) tasks = NULL;
  g_autoptr (GPtrArray) outbox = NULL;
  const GcEnvelope *last;

  g_signal_connect (fixture->store, "task-changed", G_CALLBACK (on_task_changed), log);
  g_signal_connect (fixture->store, "task-sent", G_CALLBACK (on_task_sent), log);
  g_assert_cmpint (store_receive_text (fixture->store, 1, "task.new", NEW_TASK (TASK)), ==,
                   GC_RECEIPT_APPLIED);
  g_assert_true (gc_store_task_is_sent (fixture->store, TASK));
  gc_task_free (store_advance (fixture->store, TASK, GC_TASK_ACCEPTED, NULL, NULL, &error));
  g_assert_no_error (error);
  g_assert_false (gc_store_task_is_sent (fixture->store, TASK));
  gc_task_free (store_advance (fixture->store, TASK, GC_TASK_DONE, " 完成 ", &fix, &error));
  g_assert_no_error (error);

  g_assert_true (store_acknowledge (fixture->store, 1, &error));
  g_assert_false (gc_store_task_is_sent (fixture->store, TASK));
  store_fixture_reopen (fixture);
  g_assert_false (gc_store_task_is_sent (fixture->store, TASK));
  g_signal_connect (fixture->store, "task-sent", G_CALLBACK (on_task_sent), log);
  outbox = store_read_outbox (fixture->store, 0, 10);
  g_assert_cmpuint (outbox->len, ==, 1);
  last = g_ptr_array_index (outbox, 0);
  g_assert_cmpint (last->seq, ==, 2);
  g_assert_cmpstr (last->type, ==, "task.state");
  g_assert_cmpstr (json_object_get_string_member (last->body, "state"), ==, "done");
  g_assert_cmpstr (json_object_get_string_member (last->body, "note"), ==, "完成");
  g_assert_true (json_object_has_member (last->body, "position"));
  g_assert_true (store_acknowledge (fixture->store, 2, &error));
  g_assert_true (gc_store_task_is_sent (fixture->store, TASK));

  tasks = store_list_tasks (fixture->store);
  g_assert_cmpuint (tasks->len, ==, 1);
  g_assert_cmpint (((GcTask *) g_ptr_array_index (tasks, 0))->state, ==, GC_TASK_DONE);
  g_assert_cmpstr (((GcTask *) g_ptr_array_index (tasks, 0))->note, ==, "完成");
  g_assert_cmpstr (log->str, ==, "center:delivered(new) accepted done sent(1) ");
  gc_store_close (fixture->store);
  g_assert_cmpint (store_count (fixture->path, "SELECT COUNT(*) FROM task_step"), ==, 3);
}

static void
test_task_refusals (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *long_note = g_strnfill (GC_TASK_TEXT_MAX_LENGTH + 1, 'n');
  const struct
  {
    const char *task;
    GcTaskState state;
    const char *note;
    int code;
  } cases[] = {
    { OTHER_TASK, GC_TASK_ACCEPTED, NULL, GC_ERROR_NOT_FOUND },
    { TASK, GC_TASK_SENT, NULL, GC_ERROR_CONFLICT },
    { TASK, GC_TASK_DELIVERED, NULL, GC_ERROR_CONFLICT },
    { TASK, GC_TASK_CANCELLED, NULL, GC_ERROR_CONFLICT },
    { TASK, GC_TASK_DECLINED, NULL, GC_ERROR_INVALID },
    { TASK, GC_TASK_DECLINED, "  ", GC_ERROR_INVALID },
    { TASK, GC_TASK_ACCEPTED, "\xff", GC_ERROR_INVALID },
    { TASK, GC_TASK_ACCEPTED, long_note, GC_ERROR_TOO_LARGE },
  };

  store_receive_text (fixture->store, 1, "task.new", NEW_TASK (TASK));
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (store_advance (fixture->store, cases[i].task, cases[i].state, cases[i].note,
                                    NULL, &error));
      g_assert_error (error, GC_ERROR, cases[i].code);
    }
  g_assert_cmpuint (gc_store_get_unsent (fixture->store), ==, 0);
  g_assert_cmpint (gc_store_get_last_seq (fixture->store), ==, 0);
}

static void
test_cancel_wins (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GString) log = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  store_receive_text (fixture->store, 1, "task.new", NEW_TASK (TASK));
  gc_task_free (store_advance (fixture->store, TASK, GC_TASK_DECLINED, "n", NULL, &error));
  g_signal_connect (fixture->store, "task-changed", G_CALLBACK (on_task_changed), log);
  g_assert_cmpint (store_receive_text (fixture->store, 2, "task.cancel", CANCEL (TASK)), ==,
                   GC_RECEIPT_APPLIED);
  g_assert_cmpint (store_receive_text (fixture->store, 3, "task.cancel", CANCEL (TASK)), ==,
                   GC_RECEIPT_IGNORED);
  g_assert_cmpint (store_receive_text (fixture->store, 4, "task.cancel", CANCEL (OTHER_TASK)), ==,
                   GC_RECEIPT_IGNORED);
  g_assert_cmpint (store_receive_text (fixture->store, 5, "task.new", NEW_TASK (TASK)), ==,
                   GC_RECEIPT_IGNORED);
  g_assert_cmpstr (log->str, ==, "center:cancelled ");
  g_assert_null (store_advance (fixture->store, TASK, GC_TASK_DONE, NULL, NULL, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_CONFLICT);
}

static void
test_cancel_too_late (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GString) log = g_string_new (NULL);
  g_autoptr (GPtrArray) tasks = NULL;
  const GcTask *task;

  store_receive_text (fixture->store, 1, "task.new", NEW_TASK (TASK));
  gc_task_free (store_advance (fixture->store, TASK, GC_TASK_DONE, "all dry", NULL, NULL));
  g_signal_connect (fixture->store, "task-changed", G_CALLBACK (on_task_changed), log);
  g_assert_cmpint (store_receive_text (fixture->store, 2, "task.cancel", CANCEL (TASK)), ==,
                   GC_RECEIPT_APPLIED);
  g_assert_cmpstr (log->str, ==, "center:done ");
  store_fixture_reopen (fixture);
  tasks = store_list_tasks (fixture->store);
  task = g_ptr_array_index (tasks, 0);
  g_assert_cmpint (task->state, ==, GC_TASK_DONE);
  g_assert_cmpstr (task->note, ==, "all dry");
  g_assert_cmpstr (task->late_cancel, ==, "dry again");
}

/* --- Track and duty --- */

static void
add_fixes (GcStore *store, guint count)
{
  for (guint i = 0; i < count; i++)
    {
      GcFix fix = { 121 + i * 1e-4, 31, i, NAN, 1, NAN };

      gc_store_add_fix (store, &fix);
    }
}

static void
test_track_in_batches (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) outbox = NULL;
  g_autoptr (GError) error = NULL;
  guint points = 0;

  store_set_duty (fixture->store, TRUE, &error);
  add_fixes (fixture->store, 450);
  store_set_duty (fixture->store, FALSE, &error);
  add_fixes (fixture->store, 10);
  store_set_duty (fixture->store, FALSE, &error);
  g_assert_no_error (error);
  outbox = store_read_outbox (fixture->store, 0, 100);
  for (guint i = 0; i < outbox->len; i++)
    {
      const GcEnvelope *envelope = g_ptr_array_index (outbox, i);
      g_autoptr (GArray) fixes = NULL;

      g_assert_cmpstr (envelope->type, ==, i == 0 || i == outbox->len - 1 ? "duty" : "track");
      if (strcmp (envelope->type, "track") != 0)
        continue;
      fixes = read_track (envelope);
      g_assert_cmpuint (fixes->len, <=, 200);
      for (guint j = 0; j < fixes->len; j++, points++)
        g_assert_cmpint (g_array_index (fixes, GcFix, j).time_ms, ==, points);
    }
  g_assert_cmpuint (points, ==, 450);
  g_assert_false (gc_store_get_on_duty (fixture->store));
}

static void
test_track_waits_for_acknowledgement (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) outbox = NULL;
  g_autoptr (GError) error = NULL;

  gc_store_set_track_interval (fixture->store, 1);
  store_set_duty (fixture->store, TRUE, &error);
  add_fixes (fixture->store, 1);
  wait_for_unsent (fixture->store, 2);
  add_fixes (fixture->store, 5);
  for (int i = 0; i < 20; i++)
    store_set_state (fixture->store, "time", "passes", &error);
  add_fixes (fixture->store, 5);
  store_set_state (fixture->store, "time", "passes", &error);
  g_assert_cmpuint (gc_store_get_unsent (fixture->store), ==, 2);
  store_acknowledge (fixture->store, 2, &error);
  wait_for_unsent (fixture->store, 1);
  outbox = store_read_outbox (fixture->store, 0, 100);
  g_assert_cmpuint (count_points (g_ptr_array_index (outbox, 0)), ==, 10);
  /* Points that no batch took in are there after a restart. */
  add_fixes (fixture->store, 3);
  store_fixture_reopen (fixture);
  gc_store_flush_track (fixture->store);
  wait_for_unsent (fixture->store, 2);
}

/* --- Who watched --- */

static void
on_watch_changed (GcStore *store, GcWatch *watch, guint watching, gpointer user_data)
{
  g_string_append_printf (user_data, "%s%s%u ", watch->viewer, watch->until_ms == 0 ? "+" : "-",
                          watching);
}

static void
test_watches (StoreFixture *fixture, gconstpointer data)
{
  static const char *const bodies[] = {
    VIEWER (SESSION, "Wang", "joined", "1"),
    VIEWER (SESSION, "Li", "joined", "2"),
    VIEWER (SESSION, "Wang", "left", "1"),
    VIEWER (SESSION, "nobody", "left", "1"),
    VIEWER (SESSION, "Li", "looked", "1"),
    VIEWER ("no session", "Li", "left", "1"),
    "{}",
    VIEWER (OTHER_SESSION, "Zhao", "joined", "1"),
  };
  g_autoptr (GString) log = g_string_new (NULL);
  g_autoptr (GPtrArray) watches = NULL;
  g_autoptr (GError) error = NULL;

  g_signal_connect (fixture->store, "watch-changed", G_CALLBACK (on_watch_changed), log);
  for (gsize i = 0; i < G_N_ELEMENTS (bodies); i++)
    store_receive_text (fixture->store, (gint64) i + 1, "live.viewer", bodies[i]);
  g_assert_cmpstr (log->str, ==, "Wang+1 Li+2 Wang-1 Zhao+1 ");
  g_assert_cmpint (store_forget_center (fixture->store, &error), ==, 0);
  store_fixture_reopen (fixture);
  watches = store_list_watches (fixture->store, 10);
  g_assert_cmpuint (watches->len, ==, 3);
  for (guint i = 0; i < watches->len; i++)
    {
      static const char *const names[] = { "Zhao", "Li", "Wang" };
      const GcWatch *watch = g_ptr_array_index (watches, i);

      g_assert_cmpstr (watch->viewer, ==, names[i]);
      g_assert_cmpint (watch->until_ms == 0, ==, i == 0);
    }
}

static void
test_forget_center (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *stream = g_strdup (gc_store_get_stream (fixture->store));
  g_autoptr (GPtrArray) tasks = NULL;
  g_autoptr (GError) error = NULL;

  store_set_state (fixture->store, GC_STORE_CENTER, "{}", &error);
  g_assert_true (store_meet (fixture->store, PEER, NULL, 0, &error));
  store_set_duty (fixture->store, TRUE, &error);
  store_receive_text (fixture->store, 1, "task.new", NEW_TASK (TASK));
  gc_task_free (store_advance (fixture->store, TASK, GC_TASK_ACCEPTED, NULL, NULL, &error));
  g_assert_cmpint (store_forget_center (fixture->store, &error), ==, 2);
  g_assert_no_error (error);
  tasks = store_list_tasks (fixture->store);
  g_assert_cmpuint (tasks->len, ==, 0);
  g_assert_cmpuint (gc_store_get_unsent (fixture->store), ==, 0);
  g_assert_cmpint (gc_store_get_committed (fixture->store), ==, 0);
  g_assert_null (gc_store_get_state (fixture->store, GC_STORE_CENTER));
  g_assert_null (gc_store_get_peer_stream (fixture->store));
  g_assert_false (gc_store_get_on_duty (fixture->store));
  g_assert_cmpstr (gc_store_get_stream (fixture->store), !=, stream);
  g_assert_cmpint (store_enqueue (fixture->store, "duty", "x", &error), ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("file/private", test_private_files);
  ADD ("file/one-process", test_one_process);
  ADD ("file/newer-version-left-alone", test_newer_version);
  ADD ("file/broken-header-set-aside", test_broken_header);
  ADD ("file/broken-pages-set-aside", test_broken_pages);
  ADD ("file/unusable-folder", test_folder_is_a_file);
  ADD ("file/disk-full", test_disk_full);
  ADD ("file/closed", test_after_close);
  ADD ("state/stays", test_state_stays);
  ADD ("tasks/steps", test_task_steps);
  ADD ("tasks/refusals", test_task_refusals);
  ADD ("tasks/cancel-wins", test_cancel_wins);
  ADD ("tasks/cancel-loses-against-done", test_cancel_too_late);
  ADD ("track/batches", test_track_in_batches);
  ADD ("track/waits-for-acknowledgement", test_track_waits_for_acknowledgement);
  ADD ("watches/kept", test_watches);
  ADD ("center/forgotten", test_forget_center);
  return g_test_run ();
}
