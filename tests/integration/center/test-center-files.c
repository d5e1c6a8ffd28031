/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises of files that a worker adds to a task (PROTOCOL.md, “Files”):
 *  - the console hears of a file as soon as the terminal has said that there is one
 *  - a file that comes twice is there once; a task has so many and no more; another's task, or one
 *    that nobody knows, gets none
 */

#include "base/gc-id.h"
#include "center-scene.h"
#include "center/gc-task-files.h"

#include <string.h>

#define HASH "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

/* --- references --- */

static void
send_reference (Channel *channel, gint64 seq, const char *task, const char *id)
{
  g_autofree char *body = g_strdup_printf (
      "{\"task\": \"%s\", \"file\": {\"id\": \"%s\", \"sha256\": \"" HASH "\", \"size\": 4,"
      " \"media_type\": \"image/jpeg\", \"name\": \"裂缝\", \"at\": \"2026-11-24T02:33:00.000Z\","
      " \"position\": {\"lon\": 120.1, \"lat\": 30.2, \"at\": \"2026-11-24T02:32:58.000Z\"}}}",
      task, id);

  channel_send (channel, GC_MSG_TASK_FILE, seq, 0, body);
}

static JsonArray *
get_files (Scene *scene, const char *task)
{
  g_autofree char *path = g_strconcat ("/api/tasks/", task, NULL);
  g_autoptr (Answer) answer = fixture_request (&scene->base, "GET", path, NULL);
  JsonArray *files;

  g_assert_cmpuint (answer->status, ==, 200);
  files = json_object_get_array_member (answer->json, "files");
  g_assert_cmpint (json_object_get_int_member (answer->json, "file_count"), ==,
                   json_array_get_length (files));
  return json_array_ref (files);
}

static void
assert_count (Scene *scene, const char *task, guint count)
{
  g_autoptr (JsonArray) files = get_files (scene, task);

  g_assert_cmpuint (json_array_get_length (files), ==, count);
}

static void
test_reference (Scene *scene, gconstpointer data)
{
  g_auto (Ear) ear = { NULL };
  g_autofree char *task = create_task (scene);
  g_autofree char *id = gc_id_new ();
  g_autoptr (JsonObject) event = NULL;
  g_autoptr (JsonArray) files = NULL;
  g_autoptr (Answer) csv = NULL;
  JsonObject *file;

  ear_connect (&ear, &scene->base, NULL);
  send_reference (scene->channel, 1, task, id);
  event = ear_wait (&ear, "file", "task", task);
  file = json_object_get_object_member (event, "file");
  g_assert_cmpstr (json_object_get_string_member (file, "id"), ==, id);
  g_assert_cmpint (json_object_get_int_member (file, "received"), ==, 0);
  g_assert_false (json_object_get_boolean_member (file, "complete"));
  ear_expect (&ear, "task", "id", task);
  files = get_files (scene, task);
  g_assert_cmpuint (json_array_get_length (files), ==, 1);
  file = json_array_get_object_element (files, 0);
  g_assert_cmpstr (json_object_get_string_member (file, "name"), ==, "裂缝");
  g_assert_cmpstr (json_object_get_string_member (file, "at"), ==, "2026-11-24T02:33:00.000Z");
  g_assert_cmpstr (json_object_get_string_member (file, "by"), ==, scene->terminal);
  csv = fixture_request (&scene->base, "GET", "/api/tasks.csv", NULL);
  g_assert_true (g_str_has_suffix (csv->text, ",1\r\n"));
}

static void
test_reference_twice (Scene *scene, gconstpointer data)
{
  g_autofree char *first = create_task (scene);
  g_autofree char *second = create_task (scene);
  g_autofree char *id = gc_id_new ();

  send_reference (scene->channel, 1, first, id);
  send_reference (scene->channel, 2, first, id);
  send_reference (scene->channel, 3, second, id);
  channel_wait_ack (scene->channel, 3);
  assert_count (scene, first, 1);
  assert_count (scene, second, 0);
}

static void
test_reference_bounds (Scene *scene, gconstpointer data)
{
  g_autofree char *task = create_task (scene);

  for (gint64 seq = 1; seq <= GC_TASK_FILES_MAX + 2; seq++)
    {
      g_autofree char *id = gc_id_new ();

      send_reference (scene->channel, seq, task, id);
      if (seq % GC_ENVELOPE_WINDOW == 0)
        channel_wait_ack (scene->channel, seq);
    }
  channel_wait_ack (scene->channel, GC_TASK_FILES_MAX + 2);
  assert_count (scene, task, GC_TASK_FILES_MAX);
}

static void
test_reference_of_others (Scene *scene, gconstpointer data)
{
  g_autofree char *task = create_task (scene);
  g_autofree char *nobodys = gc_id_new ();
  g_autofree char *id = gc_id_new ();
  g_autoptr (GcCredentials) credentials = fixture_pair (&scene->base, "赵敏");
  g_autoptr (Channel) other = channel_new ();

  channel_open (other, &scene->base, credentials);
  send_reference (other, 1, task, id);
  send_reference (other, 2, nobodys, id);
  channel_wait_ack (other, 2);
  assert_count (scene, task, 0);
  /* Nor has it taken the id. */
  send_reference (scene->channel, 1, task, id);
  channel_wait_ack (scene->channel, 1);
  assert_count (scene, task, 1);
}

#define ADD(name, func)                                                                            \
  g_test_add ("/center/files/" name, Scene, NULL, scene_set_up, func, scene_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("reference", test_reference);
  ADD ("reference-twice-is-one", test_reference_twice);
  ADD ("reference-bounded", test_reference_bounds);
  ADD ("reference-of-others-has-no-effect", test_reference_of_others);
  return g_test_run ();
}
