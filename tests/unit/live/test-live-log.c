/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises of the log of live video:
 *  - each sample is one line of JSON, with when and of which session it is
 *  - nobody else can read it; it does not grow without end
 *  - what cannot be written is told once, and again after it could be
 */

#include "live/gc-live-log.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>

#define SESSION "5f1d6a6e-7a54-4a34-9f0c-2d1f3a6f1f10"

typedef struct
{
  char *folder;
  char *path;
  char *older_path;
  GcLiveLog *log;
  GcLiveStats stats;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("gridcast-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->folder, "live.jsonl", NULL);
  fixture->older_path = g_build_filename (fixture->folder, "live.1.jsonl", NULL);
  fixture->log = gc_live_log_new (fixture->folder);
  gc_live_stats_init (&fixture->stats);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  gc_live_log_free (fixture->log);
  g_unlink (fixture->path);
  g_unlink (fixture->older_path);
  g_rmdir (fixture->folder);
  g_free (fixture->path);
  g_free (fixture->older_path);
  g_free (fixture->folder);
}

static void
write_one (Fixture *fixture, gint64 at_ms)
{
  gc_live_log_write (fixture->log, SESSION, at_ms, &fixture->stats);
}

static JsonObject *
parse (const char *line)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = json_from_string (line, &error);

  g_assert_no_error (error);
  return json_object_ref (json_node_get_object (node));
}

static void
test_lines (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (JsonObject) first = NULL;
  g_autoptr (JsonObject) second = NULL;
  GStatBuf status;

  fixture->stats.rtt_ms = 41.25;
  fixture->stats.loss = 0.03;
  fixture->stats.width = 640;
  write_one (fixture, 0);
  write_one (fixture, 1000);
  g_assert_true (g_file_get_contents (fixture->path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 3);
  g_assert_cmpstr (lines[2], ==, "");
  first = parse (lines[0]);
  second = parse (lines[1]);
  g_assert_cmpstr (json_object_get_string_member (first, "session"), ==, SESSION);
  g_assert_cmpstr (json_object_get_string_member (first, "at"), ==, "1970-01-01T00:00:00.000Z");
  g_assert_cmpstr (json_object_get_string_member (second, "at"), ==, "1970-01-01T00:00:01.000Z");
  g_assert_cmpint (json_object_get_int_member (first, "width"), ==, 640);
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (first, "rtt_ms"), 41.2, 0.11);
  g_assert_true (json_object_get_null_member (first, "queue_ms"));
  g_assert_cmpint (g_stat (fixture->path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
}

static void
test_bounded (Fixture *fixture, gconstpointer data)
{
  const goffset most = 4 * 1024 * 1024 + 1024;
  GStatBuf status;

  while (!g_file_test (fixture->older_path, G_FILE_TEST_EXISTS))
    for (int i = 0; i < 100; i++)
      write_one (fixture, 0);
  g_assert_cmpint (g_stat (fixture->older_path, &status), ==, 0);
  g_assert_cmpint (status.st_size, <, most);
  g_unlink (fixture->path);
  /* The next one takes its place. */
  g_assert_cmpint (g_rename (fixture->older_path, fixture->path), ==, 0);
  write_one (fixture, 0);
  g_assert_true (g_file_test (fixture->older_path, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (fixture->path, G_FILE_TEST_EXISTS));
}

static guint complaints;

static GLogWriterOutput
count_complaints (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  for (gsize i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].key, "MESSAGE") && strstr (fields[i].value, "not logged") != NULL)
      complaints++;
  return g_log_writer_default (level, fields, n_fields, data);
}

static void
test_unwritable (Fixture *fixture, gconstpointer data)
{
  for (guint round = 1; round <= 2; round++)
    {
      g_assert_cmpint (g_mkdir (fixture->path, 0700), ==, 0);
      write_one (fixture, 0);
      write_one (fixture, 0);
      g_assert_cmpuint (complaints, ==, round);
      g_assert_cmpint (g_rmdir (fixture->path), ==, 0);
      write_one (fixture, 0);
      g_assert_cmpint (g_unlink (fixture->path), ==, 0);
    }
}

#define ADD(name, function)                                                                        \
  g_test_add ("/live/log/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (count_complaints, NULL, NULL);
  ADD ("a-line-of-json-each", test_lines);
  ADD ("bounded", test_bounded);
  ADD ("unwritable", test_unwritable);
  return g_test_run ();
}
