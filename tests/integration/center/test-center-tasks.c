/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises of the console's interface to tasks, as API.md has it:
 *  - a list ends with where to go on, and the last one does not
 *  - a file has every task, however many pages it takes; who took it is written down
 *  - who leaves in the middle of a file harms nobody
 */

#include "center-fixture.h"

#include <string.h>

#define TASKS 12

static void
create_tasks (Fixture *fixture)
{
  g_autoptr (GcCredentials) credentials = NULL;

  fixture_log_in (fixture);
  credentials = fixture_pair (fixture, "张三");
  for (int i = 0; i < TASKS; i++)
    {
      g_autofree char *body = g_strdup_printf (
          "{\"terminal\": \"%s\", \"title\": \"任务 %d\", \"urgency\": \"routine\"}",
          gc_credentials_get_terminal_id (credentials), i);
      g_autoptr (Answer) answer = fixture_request (fixture, "POST", "/api/tasks", body);

      g_assert_cmpuint (answer->status, ==, 201);
    }
}

static guint
count_tasks (const Answer *answer)
{
  g_assert_cmpuint (answer->status, ==, 200);
  return json_array_get_length (json_object_get_array_member (answer->json, "tasks"));
}

static void
test_list (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Answer) first = NULL;
  g_autoptr (Answer) second = NULL;
  g_autoptr (Answer) found = NULL;
  g_autofree char *path = NULL;

  create_tasks (fixture);
  first = fixture_request (fixture, "GET", "/api/tasks?limit=10", NULL);
  g_assert_cmpuint (count_tasks (first), ==, 10);
  path = g_strdup_printf ("/api/tasks?limit=10&before=%" G_GINT64_FORMAT,
                          json_object_get_int_member (first->json, "next"));
  second = fixture_request (fixture, "GET", path, NULL);
  g_assert_cmpuint (count_tasks (second), ==, TASKS - 10);
  g_assert_false (json_object_has_member (second->json, "next"));
  found
      = fixture_request (fixture, "GET", "/api/tasks?state=all&find=%E4%BB%BB%E5%8A%A1%2011", NULL);
  g_assert_cmpuint (count_tasks (found), ==, 1);
}

static guint
count_lines (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\r\n", -1);

  return g_strv_length (lines) - 1;
}

static void
test_files (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Answer) csv = NULL;
  g_autoptr (Answer) geojson = NULL;
  g_autoptr (Answer) head = NULL;
  g_autoptr (Answer) none = NULL;
  g_autoptr (Answer) audit = NULL;
  JsonObject *entry;

  create_tasks (fixture);
  csv = fixture_request (fixture, "GET", "/api/tasks.csv?state=all&limit=5", NULL);
  g_assert_cmpuint (csv->status, ==, 200);
  g_assert_cmpstr (soup_message_headers_get_content_type (csv->headers, NULL), ==, "text/csv");
  g_assert_cmpstr (soup_message_headers_get_one (csv->headers, "Content-Disposition"), ==,
                   "attachment; filename=\"tasks.csv\"");
  g_assert_cmpuint (count_lines (csv->text), ==, TASKS + 1);
  geojson = fixture_request (fixture, "GET", "/api/tasks.geojson?limit=1", NULL);
  g_assert_cmpuint (
      json_array_get_length (json_object_get_array_member (geojson->json, "features")), ==, TASKS);
  head = fixture_request (fixture, "HEAD", "/api/tasks.csv", NULL);
  g_assert_cmpuint (head->status, ==, 200);
  none = fixture_request (fixture, "GET", "/api/tasks.csv?state=ended", NULL);
  g_assert_cmpuint (count_lines (none->text), ==, 1);
  audit = fixture_request (fixture, "GET", "/api/audit?limit=1", NULL);
  entry = json_array_get_object_element (json_object_get_array_member (audit->json, "audit"), 0);
  g_assert_cmpstr (json_object_get_string_member (entry, "what"), ==, "task.export");
  g_assert_cmpstr (json_object_get_string_member (entry, "detail"), ==, "csv");
}

static void
on_begun (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  *(GInputStream **) user_data = soup_session_send_finish (SOUP_SESSION (source), result, &error);
  g_assert_no_error (error);
}

static gboolean
has_begun (gpointer data)
{
  return *(GInputStream **) data != NULL;
}

static void
test_leaving (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (SoupMessage) message = NULL;
  g_autoptr (GInputStream) stream = NULL;
  g_autoptr (Answer) answer = NULL;

  create_tasks (fixture);
  message = fixture_message (fixture, "GET", "/api/tasks.csv?limit=1");
  soup_message_headers_replace (soup_message_get_request_headers (message), "Cookie",
                                fixture->cookie);
  soup_session_send_async (fixture->session, message, G_PRIORITY_DEFAULT, cancellable, on_begun,
                           &stream);
  wait_until (has_begun, &stream);
  g_cancellable_cancel (cancellable);
  g_clear_object (&stream);
  soup_session_abort (fixture->session);
  answer = fixture_request (fixture, "GET", "/api/tasks", NULL);
  g_assert_cmpuint (count_tasks (answer), ==, TASKS);
}

#define ADD(name, func)                                                                            \
  g_test_add ("/center/tasks/" name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("list-page-by-page", test_list);
  ADD ("files", test_files);
  ADD ("leaving-in-the-middle", test_leaving);
  return g_test_run ();
}
