/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - a store that an earlier version wrote is opened, with everything that was in it, and goes on
 *  - it is salvaged afterwards even if it loses its first page
 *  - of each version of the schema before the newest a file is kept, in data/
 *
 * When the schema gets another version, keep a file of the one that was the newest: before the
 * change, “test-store-migrations --make data/version-N.db”. */

#include "base/gc-error.h"
#include "store-fixture.h"
#include "store/gc-store-schema.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define MAKE_OPTION "--make"
#define TASK "11111111-1111-4111-8111-111111111111"
#define OTHER_TASK "22222222-2222-4222-8222-222222222222"
#define SESSION "33333333-3333-4333-8333-333333333333"
#define PEER "55555555-5555-4555-8555-555555555555"
#define NEW_TASK(id)                                                                               \
  "{\"task\": {\"id\": \"" id "\", \"title\": \"Look at the weir\", \"urgency\": \"urgent\","      \
  " \"description\": \"水位\", \"created_at\": \"2026-11-24T02:33:00Z\"}}"
#define VIEWER                                                                                     \
  "{\"session\": \"" SESSION "\", \"viewer\": \"Wang\", \"event\": \"joined\","                    \
  " \"at\": \"2026-11-24T02:33:00Z\", \"watching\": 1}"

/* A shift with a bit of everything. */
static void
make (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GcStore) store = store_open (path, &error);
  GcFix fix = { 121.5, 31.2, 1000, 5, NAN, NAN };

  g_assert_no_error (error);
  g_assert_true (store_meet (store, PEER, NULL, 0, &error));
  store_set_state (store, GC_STORE_CENTER, "{\"name\": \"中心\"}", &error);
  store_enqueue (store, "test", "acknowledged", &error);
  store_enqueue (store, "test", "waits", &error);
  store_acknowledge (store, 1, &error);
  store_receive_text (store, 1, "task.new", NEW_TASK (TASK));
  store_receive_text (store, 2, "task.new", NEW_TASK (OTHER_TASK));
  store_receive_text (store, 3, "live.viewer", VIEWER);
  store_receive_text (store, 4, "news", "{\"a\": 1}");
  gc_task_free (store_advance (store, TASK, GC_TASK_ACCEPTED, "好", &fix, &error));
  store_set_duty (store, TRUE, &error);
  gc_store_add_fix (store, &fix);
  gc_store_close (store);
  g_assert_no_error (error);
}

static void
check_stream (GcStore *store)
{
  static const char *const TYPES[] = { "test", "task.state", "duty" };
  g_autoptr (GPtrArray) outbox = store_read_outbox (store, 0, 100);

  g_assert_cmpstr (gc_store_get_peer_stream (store), ==, PEER);
  g_assert_cmpint (gc_store_get_committed (store), ==, 4);
  g_assert_cmpint (gc_store_get_acknowledged (store), ==, 1);
  g_assert_cmpuint (outbox->len, ==, G_N_ELEMENTS (TYPES));
  for (guint i = 0; i < outbox->len; i++)
    {
      const GcEnvelope *envelope = g_ptr_array_index (outbox, i);

      g_assert_cmpint (envelope->seq, ==, i + 2);
      g_assert_cmpstr (envelope->type, ==, TYPES[i]);
    }
}

static void
check_tasks (GcStore *store)
{
  g_autoptr (GPtrArray) tasks = store_list_tasks (store);

  g_assert_cmpuint (tasks->len, ==, 2);
  for (guint i = 0; i < tasks->len; i++)
    {
      const GcTask *task = g_ptr_array_index (tasks, i);
      gboolean first = strcmp (task->id, TASK) == 0;

      g_assert_cmpstr (task->title, ==, "Look at the weir");
      g_assert_cmpstr (task->description, ==, "水位");
      g_assert_cmpint (task->state, ==, first ? GC_TASK_ACCEPTED : GC_TASK_DELIVERED);
      g_assert_cmpstr (task->note, ==, first ? "好" : NULL);
      g_assert_cmpint (gc_store_task_is_sent (store, task->id), ==, !first);
    }
}

static void
check_rest (GcStore *store, const char *path)
{
  g_autoptr (GPtrArray) watches = store_list_watches (store, 10);
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (watches->len, ==, 1);
  g_assert_cmpstr (((GcWatch *) g_ptr_array_index (watches, 0))->viewer, ==, "Wang");
  g_assert_true (gc_store_get_on_duty (store));
  g_assert_cmpstr (gc_store_get_state (store, GC_STORE_CENTER), ==, "{\"name\": \"中心\"}");
  g_assert_cmpint (store_count (path, "SELECT count (*) FROM point"), ==, 1);
  g_assert_cmpint (store_count (path, "SELECT count (*) FROM task_step"), ==, 3);
  g_assert_cmpint (store_count (path, "SELECT count (body) FROM inbox"), ==, 1);
  g_assert_cmpint (store_enqueue (store, "test", "next", &error), ==, 5);
  g_assert_cmpint (store_receive_text (store, 5, "task.cancel",
                                       "{\"task\": \"" OTHER_TASK "\","
                                       " \"at\": \"2026-11-24T03:33:00Z\"}"),
                   ==, GC_RECEIPT_APPLIED);
}

static void
check (StoreFixture *fixture)
{
  g_autofree char *aside = NULL;

  g_object_get (fixture->store, "set-aside", &aside, NULL);
  g_assert_null (aside);
  check_stream (fixture->store);
  check_tasks (fixture->store);
  check_rest (fixture->store, fixture->path);
}

static void
replace_store (StoreFixture *fixture, const char *kept)
{
  g_autofree char *contents = NULL;
  gsize length;
  g_autoptr (GError) error = NULL;

  gc_store_close (fixture->store);
  g_clear_object (&fixture->store);
  g_assert_true (g_file_get_contents (kept, &contents, &length, &error));
  g_assert_true (g_file_set_contents (fixture->path, contents, (gssize) length, &error));
  fixture->store = store_open (fixture->path, &error);
  g_assert_no_error (error);
}

static void
test_version (StoreFixture *fixture, gconstpointer version)
{
  g_autofree char *name = g_strdup_printf ("version-%u.db", GPOINTER_TO_UINT (version));
  g_autofree char *kept = g_test_build_filename (G_TEST_DIST, "unit", "store", "data", name, NULL);

  replace_store (fixture, kept);
  check (fixture);
}

static void
lose_first_page (const char *path)
{
  guint8 rubbish[4096];
  int fd = g_open (path, O_WRONLY | O_CLOEXEC, 0);

  memset (rubbish, 0xa5, sizeof rubbish);
  g_assert_cmpint (pwrite (fd, rubbish, sizeof rubbish, 0), ==, sizeof rubbish);
  close (fd);
}

static void
test_first_page (StoreFixture *fixture, gconstpointer version)
{
  g_autofree char *aside = NULL;
  g_autoptr (GPtrArray) outbox = NULL;
  g_autoptr (GError) error = NULL;

  test_version (fixture, version);
  g_clear_pointer (&fixture->store, store_close);
  lose_first_page (fixture->path);
  fixture->store = store_open (fixture->path, &error);
  g_assert_no_error (error);
  g_object_get (fixture->store, "set-aside", &aside, NULL);
  g_assert_nonnull (aside);
  outbox = store_read_outbox (fixture->store, 0, 100);
  g_assert_cmpuint (outbox->len, ==, 4);
  g_assert_cmpstr (gc_store_get_state (fixture->store, GC_STORE_CENTER), ==,
                   "{\"name\": \"中心\"}");
  g_assert_cmpint (store_count (fixture->path, "SELECT count (*) FROM task"), ==, 2);
  g_assert_cmpint (store_count (fixture->path, "SELECT count (*) FROM watch"), ==, 1);
  g_assert_cmpint (store_count (fixture->path, "SELECT count (*) FROM point"), ==, 1);
}

/* What the kept files are made by still says what is looked for in them. */
static void
test_newest (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *made = g_build_filename (fixture->folder, "made.db", NULL);

  make (made);
  replace_store (fixture, made);
  check (fixture);
}

int
main (int argc, char *argv[])
{
  guint newest = g_strv_length ((char **) GC_STORE_SCHEMA);

  if (argc == 3 && strcmp (argv[1], MAKE_OPTION) == 0)
    {
      make (argv[2]);
      return 0;
    }
  g_test_init (&argc, &argv, NULL);
  for (guint version = 1; version < MAX (newest, 2); version++)
    {
      g_autofree char *name = g_strdup_printf ("/store/migrations/from-%u", version);

      g_autofree char *lost = g_strdup_printf ("/store/migrations/first-page-lost-of-%u", version);

      g_test_add (name, StoreFixture, GUINT_TO_POINTER (version), store_fixture_set_up,
                  test_version, store_fixture_tear_down);
      g_test_add (lost, StoreFixture, GUINT_TO_POINTER (version), store_fixture_set_up,
                  test_first_page, store_fixture_tear_down);
    }
  g_test_add ("/store/migrations/newest", StoreFixture, NULL, store_fixture_set_up, test_newest,
              store_fixture_tear_down);
  return g_test_run ();
}
