/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - a task survives writing and reading, with and without its optional parts
 *  - the files of a task come along, at most eight; one that cannot be used is left out, and the
 * task is there all the same
 *  - a task that does not fit is refused with the member's name
 *  - the life of a task goes forward only, and ends
 *  - a fix survives writing and reading; distances are right
 */

#include "base/gc-error.h"
#include "protocol/gc-fix.h"
#include "protocol/gc-json.h"
#include "protocol/gc-task.h"

#include <math.h>

#define ID "\"id\":\"5f0c3f5e-3b0d-4c53-8a34-3a1a3c1b2d10\""
#define GOOD ID ",\"title\":\"t\",\"urgency\":\"urgent\",\"created_at\":\"2026-11-24T02:33:00Z\""

static void
test_round_trip (void)
{
  g_autoptr (GcTask) task = gc_task_new ();
  g_autoptr (GcTask) again = NULL;
  g_autoptr (JsonObject) object = NULL;
  g_autoptr (GError) error = NULL;

  task->id = g_strdup ("5f0c3f5e-3b0d-4c53-8a34-3a1a3c1b2d10");
  task->title = g_strdup ("巡查水库");
  task->description = g_strdup ("看看溢洪道");
  task->urgency = GC_TASK_PRIORITY;
  task->has_place = TRUE;
  task->longitude = 121.123456;
  task->latitude = -28.5;
  task->place = g_strdup ("牛头山水库");
  task->deadline_ms = 1795487580123;
  task->created_ms = 1795480000000;
  task->created_by = g_strdup ("李");
  object = gc_task_to_json (task);
  again = gc_task_from_json (object, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (again->title, ==, task->title);
  g_assert_cmpstr (again->description, ==, task->description);
  g_assert_cmpint (again->urgency, ==, GC_TASK_PRIORITY);
  g_assert_true (again->has_place);
  g_assert_cmpfloat (again->longitude, ==, task->longitude);
  g_assert_cmpfloat (again->latitude, ==, task->latitude);
  g_assert_cmpstr (again->place, ==, task->place);
  g_assert_cmpint (again->deadline_ms, ==, task->deadline_ms);
  g_assert_cmpint (again->created_ms, ==, task->created_ms);
  g_assert_cmpstr (again->created_by, ==, "李");
}

static void
test_refuses (void)
{
  const char *const texts[] = {
    "{}",
    "{" GOOD ",\"deadline\":\"soon\"}",
    "{" GOOD ",\"place\":\"there\"}",
    "{" GOOD ",\"place\":{\"geometry\":{\"type\":\"Point\",\"coordinates\":[181,0]}}}",
    "{" GOOD ",\"place\":{\"geometry\":{\"type\":\"Point\",\"coordinates\":[1]}}}",
    "{" GOOD ",\"place\":{\"geometry\":{\"type\":\"Point\",\"coordinates\":[\"1\",null]}}}",
    "{" GOOD ",\"place\":{\"geometry\":{\"type\":\"Point\",\"coordinates\":[[],{}]}}}",
    "{" GOOD ",\"place\":{\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[1,2]}}}",
    "{" GOOD ",\"created_by\":[]}",
    "{" GOOD ",\"files\":{}}",
    "{" GOOD ",\"files\":\"x\"}",
    "{" ID ",\"title\":\"  \",\"urgency\":\"urgent\",\"created_at\":\"2026-11-24T02:33:00Z\"}",
    "{" ID ",\"title\":\"t\",\"urgency\":\"now\",\"created_at\":\"2026-11-24T02:33:00Z\"}",
    "{\"id\":\"7\",\"title\":\"t\",\"urgency\":\"urgent\",\"created_at\":\"2026-11-24T02:33:00Z\"}",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonObject) object = gc_json_parse_object (texts[i], -1, 4096, &error);

      g_assert_no_error (error);
      g_assert_null (gc_task_from_json (object, &error));
      g_assert_error (error, GC_ERROR, GC_ERROR_INVALID);
    }
}

static void
test_title_bounded (void)
{
  g_autofree char *title = g_strnfill (GC_TASK_TITLE_MAX_LENGTH + 1, 'x');
  g_autoptr (JsonObject) object = gc_json_parse_object ("{" GOOD "}", -1, 4096, NULL);
  g_autoptr (GError) error = NULL;

  json_object_set_string_member (object, "title", title);
  g_assert_null (gc_task_from_json (object, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_TOO_LARGE);
}

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define FILE_OF(id)                                                                                \
  "{\"id\":\"" id "\",\"sha256\":\"" HASH "\",\"size\":7,"                                         \
  "\"media_type\":\"image/png\",\"name\":\"平面图\"}"
#define FILE_1 "7e0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a01"
#define FILE_2 "7e0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a02"

static void
test_files (void)
{
  g_autoptr (JsonObject) object = gc_json_parse_object (
      "{" GOOD ",\"files\":[" FILE_OF (FILE_1) ",7,null,[],{}," FILE_OF (
          FILE_1) ","
                  "{\"id\":\"" FILE_2 "\",\"sha256\":\"" HASH
                  "\",\"size\":7,\"media_type\":\"image/new\"}," FILE_OF (FILE_2) "]}",
      -1, 4096, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GcTask) task = gc_task_from_json (object, &error);
  g_autoptr (GcTask) copy = NULL;
  g_autoptr (JsonObject) printed = NULL;
  g_autoptr (GcTask) again = NULL;

  g_assert_no_error (error);
  copy = gc_task_copy (task);
  g_clear_pointer (&task, gc_task_free);
  printed = gc_task_to_json (copy);
  again = gc_task_from_json (printed, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (again->files->len, ==, 2);
  g_assert_cmpstr (gc_task_find_file (again, FILE_1)->name, ==, "平面图");
  g_assert_cmpint (gc_task_find_file (again, FILE_2)->size, ==, 7);
  g_assert_null (gc_task_find_file (again, HASH));
}

static void
test_files_bounded (void)
{
  g_autoptr (JsonObject) object = gc_json_parse_object ("{" GOOD "}", -1, 4096, NULL);
  JsonArray *files = json_array_new ();
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i <= GC_FILE_MAX_PER_TASK; i++)
    json_array_add_object_element (files, gc_json_parse_object (FILE_OF (FILE_1), -1, 4096, NULL));
  json_object_set_array_member (object, "files", files);
  g_assert_null (gc_task_from_json (object, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_TOO_LARGE);
}

static void
test_life (void)
{
  for (int from = GC_TASK_SENT; from <= GC_TASK_CANCELLED; from++)
    for (int to = GC_TASK_SENT; to <= GC_TASK_CANCELLED; to++)
      {
        gboolean allowed = gc_task_state_allows (from, to);
        GcTaskState read;

        if (gc_task_state_is_final (from) || from == to)
          g_assert_false (allowed);
        if (to == GC_TASK_CANCELLED && !gc_task_state_is_final (from))
          g_assert_true (allowed);
        g_assert_true (gc_task_state_from_string (gc_task_state_to_string (from), &read, NULL));
        g_assert_cmpint (read, ==, from);
      }
  g_assert_true (gc_task_state_allows (GC_TASK_DELIVERED, GC_TASK_ACCEPTED));
  g_assert_true (gc_task_state_allows (GC_TASK_DELIVERED, GC_TASK_DECLINED));
  g_assert_false (gc_task_state_allows (GC_TASK_ACCEPTED, GC_TASK_DECLINED));
  g_assert_true (gc_task_state_allows (GC_TASK_ACCEPTED, GC_TASK_DONE));
  g_assert_false (gc_task_state_allows (GC_TASK_ARRIVED, GC_TASK_EN_ROUTE));
}

/* The worker goes on while the center's cancellation is under way; then each hears of the other. */
static void
test_crossing (void)
{
  static const GcTaskState steps[]
      = { GC_TASK_ACCEPTED, GC_TASK_DECLINED, GC_TASK_EN_ROUTE, GC_TASK_ARRIVED, GC_TASK_DONE };

  for (guint taken = 0; taken < 1 << G_N_ELEMENTS (steps); taken++)
    {
      GcTaskState terminal = GC_TASK_DELIVERED;
      GcTaskState center = GC_TASK_CANCELLED;

      for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
        if ((taken & 1u << i) && gc_task_state_allows (terminal, steps[i]))
          {
            terminal = steps[i];
            if (gc_task_state_yields (center, terminal))
              center = terminal;
          }
      if (gc_task_state_yields (terminal, GC_TASK_CANCELLED))
        terminal = GC_TASK_CANCELLED;
      g_assert_cmpint (terminal, ==, center);
      g_assert_cmpint (center == GC_TASK_DONE, ==,
                       (taken & 1u << 4) != 0 && ((taken & 1u << 1) == 0 || (taken & 1u) != 0));
    }
}

static void
test_fix (void)
{
  const GcFix fix = { 121.1234567, 28.7654321, 1795487580123, 4.5, NAN, 270 };
  g_autoptr (JsonObject) object = gc_fix_to_json (&fix);
  GcFix again;

  g_assert_true (gc_fix_from_json (object, &again, NULL));
  g_assert_cmpfloat_with_epsilon (again.longitude, fix.longitude, 1e-9);
  g_assert_cmpfloat_with_epsilon (again.latitude, fix.latitude, 1e-9);
  g_assert_cmpint (again.time_ms, ==, fix.time_ms);
  g_assert_cmpfloat (again.accuracy_m, ==, 4.5);
  g_assert_true (isnan (again.speed_mps));
  g_assert_cmpfloat_with_epsilon (gc_fix_distance_m (0, 0, 0, 1), 111195, 10);
  g_assert_cmpfloat_with_epsilon (gc_fix_distance_m (179.5, 0, -179.5, 0), 111195, 10);
  json_object_set_double_member (object, "lat", 91);
  g_assert_false (gc_fix_from_json (object, &again, NULL));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/protocol/task/round-trip", test_round_trip);
  g_test_add_func ("/protocol/task/refuses-malformed", test_refuses);
  g_test_add_func ("/protocol/task/title-bounded", test_title_bounded);
  g_test_add_func ("/protocol/task/files-come-along", test_files);
  g_test_add_func ("/protocol/task/files-bounded", test_files_bounded);
  g_test_add_func ("/protocol/task/life-goes-forward-and-ends", test_life);
  g_test_add_func ("/protocol/task/both-sides-end-at-the-same", test_crossing);
  g_test_add_func ("/protocol/fix/round-trip", test_fix);
  return g_test_run ();
}
