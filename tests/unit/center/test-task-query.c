/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises of the history of tasks:
 *  - read page by page it has every task once, the newest first, also while new ones come
 *  - a task is found by any part of what a person knows of it, in any case and width, also by what
 *    was written later; by a part of it that means something in SQL, too
 *  - what was kept by an older version is found as well
 *  - a question that makes no sense is refused
 *  - a table opens in a spreadsheet as it was written and runs nothing; a map is GeoJSON
 */

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "base/gc-id.h"
#include "center/gc-center-schema.h"
#include "center/gc-task-format.h"
#include "center/gc-task-query.h"
#include "center/gc-task-store.h"
#include "protocol/gc-json.h"

#include <glib/gstdio.h>

#define TERMINAL "3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11"
#define OTHER "3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a12"
#define MANY 234

typedef struct
{
  char *folder;
  char *path;
  GcDatabase *database;
} Fixture;

static void
open_with (Fixture *fixture, const char *const *schema)
{
  g_autoptr (GError) error = NULL;

  fixture->database = gc_database_open (fixture->path, schema, &error);
  g_assert_no_error (error);
}

static void
run (Fixture *fixture, GcDatabaseWork work, gpointer data)
{
  g_autoptr (GError) error = NULL;

  gc_database_run (fixture->database, work, data, &error);
  g_assert_no_error (error);
}

static gpointer
add_terminals (GcDatabase *database, gpointer data, GError **error)
{
  const char *const terminals[][2] = { { TERMINAL, "Zhang San" }, { OTHER, "李四" } };

  for (gsize i = 0; i < G_N_ELEMENTS (terminals); i++)
    gc_database_exec (database, error,
                      "INSERT INTO terminal (id, worker, device, fingerprint, paired_ms,"
                      "  last_seen_ms, stream) VALUES (?, ?, 'd', 'f', 1, 1, ?)",
                      "sss", terminals[i][0], terminals[i][1], terminals[i][0]);
  return NULL;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("gridcast-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->folder, "center.db", NULL);
  open_with (fixture, GC_CENTER_SCHEMA);
  run (fixture, add_terminals, NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->database);
  g_unlink (fixture->path);
  g_rmdir (fixture->folder);
  g_free (fixture->path);
  g_free (fixture->folder);
}

static char *
create (GcDatabase *database, const char *terminal, const char *form)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) parsed = gc_json_parse_object (form, -1, 10000, &error);
  g_autoptr (JsonObject) task = NULL;

  g_assert_no_error (error);
  task = gc_task_store_create (database, terminal, "dispatcher", parsed, &error);
  g_assert_no_error (error);
  return g_strdup (json_object_get_string_member (task, "id"));
}

static GHashTable *
parse_parameters (const char *text)
{
  GHashTable *parameters = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_auto (GStrv) pairs = g_strsplit (text, "&", -1);

  for (gsize i = 0; pairs[i] != NULL; i++)
    {
      char *equals = strchr (pairs[i], '=');

      if (equals != NULL)
        g_hash_table_replace (parameters, g_strndup (pairs[i], (gsize) (equals - pairs[i])),
                              g_strdup (equals + 1));
    }
  return parameters;
}

static GcTaskQuery *
query (const char *text)
{
  g_autoptr (GHashTable) parameters = parse_parameters (text);
  g_autoptr (GError) error = NULL;
  GcTaskQuery *made = gc_task_query_new (parameters, &error);

  g_assert_no_error (error);
  return made;
}

static guint
count (GcDatabase *database, const char *text)
{
  g_autoptr (GcTaskQuery) asked = query (text);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonArray) tasks = gc_task_query_read (asked, database, &error);

  g_assert_no_error (error);
  return json_array_get_length (tasks);
}

static gpointer
work_pages (GcDatabase *database, gpointer data, GError **error)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GcTaskQuery) asked = query ("state=all&limit=50");
  int expected = MANY - 1;

  for (int i = 0; i < MANY; i++)
    {
      g_autofree char *form
          = g_strdup_printf ("{\"title\": \"number %d\", \"urgency\": \"routine\"}", i);
      g_autofree char *id = create (database, TERMINAL, form);
    }
  do
    {
      g_autoptr (JsonArray) tasks = gc_task_query_read (asked, database, error);

      g_assert_nonnull (tasks);
      for (guint i = 0; i < json_array_get_length (tasks); i++)
        {
          JsonObject *task = json_array_get_object_element (tasks, i);
          g_autofree char *title = g_strdup_printf ("number %d", expected--);

          g_assert_cmpstr (json_object_get_string_member (task, "title"), ==, title);
          g_assert_true (
              g_hash_table_add (seen, g_strdup (json_object_get_string_member (task, "id"))));
        }
      /* It is newer than what was read: it is for who begins now. */
      g_free (create (database, TERMINAL, "{\"title\": \"late\", \"urgency\": \"routine\"}"));
    }
  while (gc_task_query_get_next (asked) != 0);
  g_assert_cmpuint (g_hash_table_size (seen), ==, MANY);
  g_assert_cmpuint (count (database, "state=all&limit=7"), ==, 7);
  return NULL;
}

static void
test_pages (Fixture *fixture, gconstpointer data)
{
  run (fixture, work_pages, NULL);
}

static gpointer
work_find (GcDatabase *database, gpointer data, GError **error)
{
  static const struct
  {
    const char *parameters;
    guint found;
  } CASES[] = {
    { "find=水库", 1 },
    { "find=库大", 1 },
    { "find=pump b12", 1 },
    { "find=PUMP ｂ１２", 1 },
    { "find=三号泵站", 1 },
    { "find=san", 1 },
    { "find=李四", 1 },
    { "find=100%25", 0 },
    { "find=100%", 1 },
    { "find=%", 1 },
    { "find=_", 0 },
    { "find=' OR 1", 0 },
    { "find=水库 pump", 0 },
    { "find=", 2 },
    { "state=ended", 0 },
    { "terminal=" TERMINAL, 1 },
    { "terminal=" OTHER "&find=pump", 0 },
    { "from=2020-01-01T00:00:00Z", 2 },
    { "until=2020-01-01T00:00:00Z", 0 },
    { "from=2020-01-01T00:00:00Z&until=2999-01-01T00:00:00Z", 2 },
    { "unknown=1", 2 },
  };
  g_autofree char *pump
      = create (database, TERMINAL,
                "{\"title\": \"Check Pump Ｂ12\", \"description\": \"at 100%\", \"urgency\":"
                " \"urgent\", \"place\": {\"type\": \"Feature\", \"geometry\": null,"
                " \"properties\": {\"name\": \"三号泵站\"}}}");
  g_autofree char *dam
      = create (database, OTHER, "{\"title\": \"巡查水库大坝\", \"urgency\": \"routine\"}");
  g_autofree char *step_text
      = g_strdup_printf ("{\"task\": \"%s\", \"state\": \"done\", \"at\": \"2026-11-24T02:33:00Z\","
                         " \"note\": \"A Leak near the gate\"}",
                         pump);
  g_autoptr (JsonObject) step = gc_json_parse_object (step_text, -1, 10000, NULL);
  g_autofree char *id = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (CASES); i++)
    {
      g_test_message ("%s", CASES[i].parameters);
      g_assert_cmpuint (count (database, CASES[i].parameters), ==, CASES[i].found);
    }
  g_assert_cmpuint (count (database, "state=all&find=leak gate"), ==, 0);
  g_assert_true (gc_task_store_step (database, TERMINAL, step, &id, error));
  g_assert_cmpuint (count (database, "state=ended&find=leak gate"), ==, 1);
  g_assert_cmpuint (count (database, "find=leak gate"), ==, 0);
  g_assert_cmpuint (count (database, "state=all"), ==, 2);
  g_assert_cmpuint (count (database, ""), ==, 1);
  return NULL;
}

static void
test_find (Fixture *fixture, gconstpointer data)
{
  run (fixture, work_find, NULL);
}

static gpointer
work_old (GcDatabase *database, gpointer data, GError **error)
{
  add_terminals (database, data, error);
  gc_database_exec (database, error,
                    "INSERT INTO task (id, terminal, content, created_ms, state, open, state_ms)"
                    "  VALUES ('t1', ?, ?, 5, 'declined', 0, 6)",
                    "ss", TERMINAL,
                    "{\"id\": \"t1\", \"title\": \"Old Bridge 老桥\", \"urgency\": \"routine\"}");
  gc_database_exec (database, error,
                    "INSERT INTO task_step (task, state, at_ms, by, note, refused)"
                    "  VALUES ('t1', 'declined', 6, 'x', 'Road closed', 0)",
                    "");
  return NULL;
}

static gpointer
work_find_old (GcDatabase *database, gpointer data, GError **error)
{
  static const char *const FOUND[] = { "old bridge", "老桥", "zhang", "road closed" };

  for (gsize i = 0; i < G_N_ELEMENTS (FOUND); i++)
    {
      g_autofree char *parameters = g_strconcat ("state=all&find=", FOUND[i], NULL);

      g_assert_cmpuint (count (database, parameters), ==, 1);
    }
  return NULL;
}

static void
test_older_version (void)
{
  const char *const first[] = { GC_CENTER_SCHEMA[0], NULL };
  Fixture fixture = { g_dir_make_tmp ("gridcast-XXXXXX", NULL) };

  fixture.path = g_build_filename (fixture.folder, "center.db", NULL);
  open_with (&fixture, first);
  run (&fixture, work_old, NULL);
  g_clear_object (&fixture.database);
  open_with (&fixture, GC_CENTER_SCHEMA);
  run (&fixture, work_find_old, NULL);
  tear_down (&fixture, NULL);
}

static void
test_refused (void)
{
  static const char *const REFUSED[] = {
    "state=no",   "state=",    "terminal=x",     "from=yesterday", "until=2026-13-01",
    "limit=0",    "limit=501", "limit=-1",       "limit=x",        "before=0",
    "before=1e9", "before=",   "find=a b c d e", "find=\xff\xfe",  "before=99999999999999999999",
  };
  g_autofree char *novel = g_strdup_printf ("find=%0*d", 201, 0);
  g_autoptr (GHashTable) long_one = parse_parameters (novel);
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (REFUSED); i++)
    {
      g_autoptr (GHashTable) parameters = parse_parameters (REFUSED[i]);
      g_autoptr (GError) one = NULL;

      g_test_message ("%s", REFUSED[i]);
      g_assert_null (gc_task_query_new (parameters, &one));
      g_assert_error (one, GC_ERROR, GC_ERROR_INVALID);
    }
  g_assert_null (gc_task_query_new (long_one, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_INVALID);
}

#define TASK                                                                                       \
  "{\"id\": \"i\", \"title\": \"=HYPERLINK(1)\", \"description\": \"two\\nlines, "                 \
  "\\\"quoted\\\"\","                                                                              \
  " \"urgency\": \"urgent\", \"place\": {\"type\": \"Feature\", \"geometry\": {\"type\":"          \
  " \"Point\", \"coordinates\": [120.5, -30]}, \"properties\": {\"name\": \"泵站\"}},"             \
  " \"created_at\": \"2026-11-24T02:33:00.000Z\", \"created_by\": \"王芳\", \"terminal\": \"t\","  \
  " \"worker\": \"-1\", \"state\": \"sent\", \"state_at\": \"s\", \"note\": null,"                 \
  " \"file_count\": 2}"

static void
test_csv (void)
{
  g_autoptr (JsonObject) task = gc_json_parse_object (TASK, -1, 10000, NULL);
  g_autoptr (JsonObject) bare
      = gc_json_parse_object ("{\"id\": \"j\", \"place\": null}", -1, 99, NULL);
  g_autoptr (GString) text = g_string_new (NULL);

  GC_TASK_FORMAT_CSV.append (text, task);
  g_assert_cmpstr (text->str, ==,
                   "\"i\",\"'=HYPERLINK(1)\",\"two\nlines, \"\"quoted\"\"\",\"urgent\",\"sent\","
                   "\"s\",\"'-1\",\"t\",\"泵站\",120.5000000,-30.0000000,\"\","
                   "\"2026-11-24T02:33:00.000Z\",\"王芳\",\"\",2\r\n");
  g_string_truncate (text, 0);
  GC_TASK_FORMAT_CSV.append (text, bare);
  g_assert_cmpstr (text->str, ==,
                   "\"j\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",,,\"\",\"\",\"\",\"\",0\r\n");
}

static void
test_csv_formulas (void)
{
  static const char *const BEGINNINGS[]
      = { "=", "+", "-", "@", "\\t", "\\r", "\\n", "＝", "＋", "－", "＠" };

  for (gsize i = 0; i < G_N_ELEMENTS (BEGINNINGS); i++)
    {
      g_autofree char *json = g_strdup_printf ("{\"id\": \"%s1+1\"}", BEGINNINGS[i]);
      g_autoptr (JsonObject) task = gc_json_parse_object (json, -1, 99, NULL);
      g_autoptr (GString) text = g_string_new (NULL);

      GC_TASK_FORMAT_CSV.append (text, task);
      g_assert_true (g_str_has_prefix (text->str, "\"'"));
    }
}

static void
test_geojson (void)
{
  g_autoptr (JsonObject) task = gc_json_parse_object (TASK, -1, 10000, NULL);
  g_autoptr (JsonObject) bare
      = gc_json_parse_object ("{\"id\": \"j\", \"place\": null}", -1, 99, NULL);
  g_autoptr (GString) text = g_string_new (GC_TASK_FORMAT_GEOJSON.head);
  g_autoptr (JsonObject) collection = NULL;
  JsonArray *features;
  JsonObject *first;
  JsonObject *properties;

  GC_TASK_FORMAT_GEOJSON.append (text, task);
  g_string_append (text, GC_TASK_FORMAT_GEOJSON.separator);
  GC_TASK_FORMAT_GEOJSON.append (text, bare);
  g_string_append (text, GC_TASK_FORMAT_GEOJSON.tail);
  collection = gc_json_parse_object (text->str, -1, 10000, NULL);
  g_assert_cmpstr (json_object_get_string_member (collection, "type"), ==, "FeatureCollection");
  features = json_object_get_array_member (collection, "features");
  g_assert_cmpuint (json_array_get_length (features), ==, 2);
  first = json_array_get_object_element (features, 0);
  properties = json_object_get_object_member (first, "properties");
  g_assert_cmpstr (json_object_get_string_member (first, "id"), ==, "i");
  g_assert_cmpstr (json_object_get_string_member (properties, "place"), ==, "泵站");
  g_assert_cmpstr (json_object_get_string_member (properties, "title"), ==, "=HYPERLINK(1)");
  g_assert_false (json_object_has_member (properties, "id"));
  g_assert_cmpstr (
      json_object_get_string_member (json_object_get_object_member (first, "geometry"), "type"), ==,
      "Point");
  g_assert_true (
      json_object_get_null_member (json_array_get_object_element (features, 1), "geometry"));
}

#define ADD(name, func) g_test_add ("/task-query/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("every-task-once-newest-first", test_pages);
  ADD ("found-by-what-a-person-knows", test_find);
  g_test_add_func ("/task-query/older-versions-tasks-are-found", test_older_version);
  g_test_add_func ("/task-query/nonsense-is-refused", test_refused);
  g_test_add_func ("/task-format/csv", test_csv);
  g_test_add_func ("/task-format/csv-holds-no-formula", test_csv_formulas);
  g_test_add_func ("/task-format/geojson", test_geojson);
  return g_test_run ();
}
