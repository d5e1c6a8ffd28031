/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - a center's database that an earlier version wrote is opened, with everything that was in it,
 *    and goes on
 *  - of each version of the schema before the newest a file is kept, in data/
 *
 * When the schema gets another version, keep a file of the one that was the newest: before the
 * change, “test-center-migrations --make data/version-N.db”. */

#include "base/gc-error.h"
#include "center/gc-audit.h"
#include "center/gc-center-schema.h"
#include "center/gc-channel-store.h"
#include "center/gc-pairing.h"
#include "center/gc-reports.h"
#include "center/gc-task-query.h"
#include "center/gc-task-store.h"
#include "protocol/gc-json.h"

#include <glib/gstdio.h>
#include <string.h>

#define MAKE_OPTION "--make"
#define TERMINAL "3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11"
#define STREAM "3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a13"
#define PEER "3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a14"

/* --- what is in it --- */

static gboolean
make_task (GcDatabase *database, const char *title, GError **error)
{
  g_autofree char *text = g_strdup_printf ("{\"title\": \"%s\", \"urgency\": \"routine\","
                                           " \"place\": {\"type\": \"Feature\", \"geometry\": null,"
                                           " \"properties\": {\"name\": \"水库\"}}}",
                                           title);
  g_autoptr (JsonObject) form = gc_json_parse_object (text, -1, 1000, NULL);
  JsonObject *task = gc_task_store_create (database, TERMINAL, "u", form, error);
  gboolean made = task != NULL;

  g_clear_pointer (&task, json_object_unref);
  return made;
}

static char *
find_task (GcDatabase *database, const char *title, GError **error)
{
  g_autoptr (GcRows) rows = gc_database_query (
      database, error, "SELECT id FROM task WHERE content ->> '$.title' = ?", "s", title);

  return rows != NULL && gc_rows_next (rows, error) ? g_strdup (gc_rows_text (rows, 0)) : NULL;
}

static gboolean
receive (GcDatabase *database, gint64 seq, const char *type, JsonObject *body, GError **error)
{
  g_autoptr (GcEnvelope) envelope = gc_envelope_new (type, body);
  gboolean fresh = FALSE;

  envelope->seq = seq;
  return gc_channel_store_receive (database, TERMINAL, envelope, &fresh, error)
         && (strcmp (type, "news") != 0
             || gc_channel_store_keep (database, TERMINAL, envelope, error));
}

static gboolean
take_step (GcDatabase *database, GError **error)
{
  g_autofree char *id = find_task (database, "first", error);
  g_autofree char *text = g_strdup_printf ("{\"task\": \"%s\", \"state\": \"accepted\","
                                           " \"at\": \"2026-11-24T02:33:00Z\", \"note\": \"好\"}",
                                           id);
  g_autoptr (JsonObject) body = gc_json_parse_object (text, -1, 1000, NULL);
  g_autofree char *stepped = NULL;

  return gc_task_store_deliver (database, TERMINAL, id, error)
         && receive (database, 1, GC_MSG_TASK_STATE, body, error)
         && gc_task_store_step (database, TERMINAL, body, &stepped, error);
}

static gboolean
add_track (GcDatabase *database, GError **error)
{
  g_autoptr (JsonObject) body = gc_json_parse_object (
      "{\"points\": [{\"lon\": 121, \"lat\": 31, \"at\": \"2026-11-24T02:33:00Z\"}]}", -1, 1000,
      NULL);
  g_autoptr (GArray) points = NULL;

  if (!receive (database, 2, GC_MSG_TRACK, body, error)
      || !receive (database, 3, "news", NULL, error))
    return FALSE;
  points = gc_track_store (database, TERMINAL, body, error);
  return points != NULL;
}

static gpointer
fill (GcDatabase *database, gpointer data, GError **error)
{
  g_autofree char *token = NULL;
  g_autofree char *pairing = NULL;

  if (gc_database_exec (database, error,
                        "INSERT INTO terminal (id, worker, device, fingerprint, paired_ms,"
                        "  last_seen_ms, duty, stream, peer_stream)"
                        "  VALUES (?, '李强', 'd', 'f', 1, 1, 1, ?, ?)",
                        "sss", TERMINAL, STREAM, PEER)
      && gc_database_exec (database, error, "INSERT INTO account VALUES ('u', 'hash', 1)", "")
      && gc_database_exec (database, error, "INSERT INTO login VALUES ('t', 'u', 2)", "")
      && make_task (database, "first", error) && make_task (database, "second", error)
      && take_step (database, error) && add_track (database, error))
    pairing = gc_pairing_create (database, "王芳", "u", 1000000, &token, error);
  return NULL;
}

static void
make (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GcDatabase) database = gc_database_open (path, GC_CENTER_SCHEMA, &error);

  g_assert_no_error (error);
  gc_database_run (database, fill, NULL, &error);
  g_assert_no_error (error);
}

/* --- whether it is still there --- */

static gpointer
check_tasks (GcDatabase *database, gpointer data, GError **error)
{
  g_autofree char *id = find_task (database, "first", error);
  g_autoptr (JsonObject) task = gc_task_store_print (database, id, TRUE, error);
  g_autoptr (GcTaskQuery) query = gc_task_query_new (NULL, NULL);
  g_autoptr (JsonArray) tasks = gc_task_query_read (query, database, error);

  g_assert_no_error (*error);
  g_assert_cmpstr (json_object_get_string_member (task, "worker"), ==, "李强");
  g_assert_cmpstr (json_object_get_string_member (task, "state"), ==, "accepted");
  g_assert_cmpstr (json_object_get_string_member (task, "note"), ==, "好");
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (task, "history")), ==, 3);
  g_assert_cmpuint (json_array_get_length (tasks), ==, 2);
  g_assert_cmpint (gc_task_store_count_open (database, TERMINAL, error), ==, 2);
  return NULL;
}

static gpointer
check_channel (GcDatabase *database, gpointer data, GError **error)
{
  g_autoptr (GcChannelMemory) memory = gc_channel_memory_load (database, TERMINAL, error);
  g_autoptr (GPtrArray) outbox
      = gc_channel_store_load (database, TERMINAL, 0, 64, G_MAXSIZE, error);

  g_assert_no_error (*error);
  g_assert_cmpstr (memory->stream, ==, STREAM);
  g_assert_cmpstr (memory->peer, ==, PEER);
  g_assert_cmpint (memory->received, ==, 3);
  g_assert_cmpint (memory->assigned, ==, 2);
  g_assert_cmpuint (outbox->len, ==, 2);
  return NULL;
}

static gpointer
check_rest (GcDatabase *database, gpointer data, GError **error)
{
  static const char *const COUNTS[][2] = {
    { "account", "1" }, { "login", "1" }, { "pairing", "1" },   { "recent", "3" },
    { "unknown", "1" }, { "track", "1" }, { "task_step", "4" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (COUNTS); i++)
    {
      g_autofree char *sql = g_strconcat ("SELECT count (*) FROM ", COUNTS[i][0], NULL);
      g_autoptr (GcRows) rows = gc_database_query (database, error, sql, "");

      g_assert_true (gc_rows_next (rows, error));
      g_assert_cmpstr (gc_rows_text (rows, 0), ==, COUNTS[i][1]);
    }
  g_assert_true (make_task (database, "third", error));
  return NULL;
}

static void
check (const char *path)
{
  const GcDatabaseWork checks[] = { check_tasks, check_channel, check_rest };
  g_autoptr (GError) error = NULL;
  g_autoptr (GcDatabase) database = gc_database_open_checked (path, GC_CENTER_SCHEMA, &error);

  g_assert_no_error (error);
  for (gsize i = 0; i < G_N_ELEMENTS (checks); i++)
    {
      gc_database_run (database, checks[i], NULL, &error);
      g_assert_no_error (error);
    }
}

/* --- the tests --- */

typedef struct
{
  char *folder;
  char *path;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("gridcast-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->folder, "center.db", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_unlink (fixture->path);
  g_rmdir (fixture->folder);
  g_free (fixture->path);
  g_free (fixture->folder);
}

static void
test_version (Fixture *fixture, gconstpointer version)
{
  g_autofree char *name = g_strdup_printf ("version-%u.db", GPOINTER_TO_UINT (version));
  g_autofree char *kept = g_test_build_filename (G_TEST_DIST, "unit", "center", "data", name, NULL);
  g_autofree char *contents = NULL;
  gsize length;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_get_contents (kept, &contents, &length, &error));
  g_assert_true (g_file_set_contents (fixture->path, contents, (gssize) length, &error));
  check (fixture->path);
}

/* What the kept files are made by still says what is looked for in them. */
static void
test_newest (Fixture *fixture, gconstpointer data)
{
  make (fixture->path);
  check (fixture->path);
}

int
main (int argc, char *argv[])
{
  guint newest = g_strv_length ((char **) GC_CENTER_SCHEMA);

  if (argc == 3 && strcmp (argv[1], MAKE_OPTION) == 0)
    {
      make (argv[2]);
      return 0;
    }
  g_test_init (&argc, &argv, NULL);
  for (guint version = 1; version < MAX (newest, 2); version++)
    {
      g_autofree char *name = g_strdup_printf ("/center/migrations/from-%u", version);

      g_test_add (name, Fixture, GUINT_TO_POINTER (version), set_up, test_version, tear_down);
    }
  g_test_add ("/center/migrations/newest", Fixture, NULL, set_up, test_newest, tear_down);
  return g_test_run ();
}
