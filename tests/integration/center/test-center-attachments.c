/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises of what a dispatcher attaches to a task:
 *  - a picture arrives piece by piece, and a task can take it when all of it is there; the worker's
 *    terminal hears of it with the task, gets its content, also after a restart of the center, and
 *    nobody else's does
 *  - it is told from what the worker adds by who added it
 *  - a task that is given to another terminal keeps it
 *  - what is no picture, or another one than was announced, is refused, and so is what comes
 * without a session, from another page, or is meant for somebody else's file
 *  - a task that names a file which is not there is not made
 */

#include "base/gc-id.h"
#include "center-scene.h"
#include "protocol/gc-task.h"

#include <string.h>

/* A little over what may be sent at a time. */
#define SIZE 1000100
#define PART_LENGTH 1000000
#define PNG "\x89PNG\r\n\x1a\n"

static const char *
get_content (void)
{
  static char content[SIZE + 1];

  if (content[0] == '\0')
    {
      for (gsize i = 0; i < SIZE; i++)
        content[i] = (char) (i % 251 + 1);
      memcpy (content, PNG, strlen (PNG));
    }
  return content;
}

static Answer *
try_announce (Scene *scene, const char *media_type, gint64 size)
{
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, get_content (), SIZE);
  g_autofree char *body = g_strdup_printf ("{\"sha256\": \"%s\", \"size\": %" G_GINT64_FORMAT
                                           ", \"media_type\": \"%s\","
                                           " \"name\": \"平面图.png\", \"id\": \"x\", \"at\": 7}",
                                           hash, size, media_type);

  return fixture_request (&scene->base, "POST", "/api/files", body);
}

static char *
announce (Scene *scene)
{
  g_autoptr (Answer) answer = try_announce (scene, "image/png", SIZE);

  g_assert_cmpuint (answer->status, ==, 201);
  g_assert_cmpstr (json_object_get_string_member (answer->json, "name"), ==, "平面图.png");
  return g_strdup (json_object_get_string_member (answer->json, "id"));
}

static SoupMessage *
make_patch (Scene *scene, const char *id, gsize offset, const char *bytes, gsize length)
{
  g_autofree char *path = g_strconcat ("/api/files/", id, NULL);
  SoupMessage *message = fixture_message (&scene->base, "PATCH", path);
  SoupMessageHeaders *headers = soup_message_get_request_headers (message);
  g_autofree char *at = g_strdup_printf ("%" G_GSIZE_FORMAT, offset);
  g_autoptr (GBytes) body = g_bytes_new (bytes, length);

  soup_message_headers_replace (headers, "Cookie", scene->base.cookie);
  soup_message_headers_replace (headers, "X-Gridcast", "1");
  soup_message_headers_replace (headers, "Upload-Offset", at);
  soup_message_headers_replace (headers, "Upload-Complete", "?0");
  soup_message_set_request_body_from_bytes (message, "application/partial-upload", body);
  return message;
}

static Answer *
patch (Scene *scene, const char *id, gsize offset, const char *bytes, gsize length)
{
  g_autoptr (SoupMessage) message = make_patch (scene, id, offset, bytes, length);

  return fixture_send (&scene->base, message);
}

static void
assert_offset (const Answer *answer, guint status, const char *offset)
{
  g_assert_cmpuint (answer->status, ==, status);
  g_assert_cmpstr (soup_message_headers_get_one (answer->headers, "Upload-Offset"), ==, offset);
}

static char *
attach (Scene *scene)
{
  char *id = announce (scene);
  g_autoptr (Answer) first = patch (scene, id, 0, get_content (), PART_LENGTH);
  g_autoptr (Answer) twice = patch (scene, id, 0, get_content (), PART_LENGTH);
  g_autoptr (Answer) last
      = patch (scene, id, PART_LENGTH, get_content () + PART_LENGTH, SIZE - PART_LENGTH);

  assert_offset (first, 204, "1000000");
  assert_offset (twice, 409, "1000000");
  assert_offset (last, 204, "1000100");
  g_assert_cmpstr (soup_message_headers_get_one (last->headers, "Upload-Complete"), ==, "?1");
  return id;
}

static Answer *
post_task (Scene *scene, const char *files)
{
  g_autofree char *body
      = g_strdup_printf ("{\"terminal\": \"%s\", \"title\": \"找老人\", \"urgency\": \"urgent\","
                         " \"files\": %s}",
                         scene->terminal, files);

  return fixture_request (&scene->base, "POST", "/api/tasks", body);
}

static char *
create_with (Scene *scene, const char *file)
{
  g_autofree char *files = g_strdup_printf ("[\"%s\", \"%s\"]", file, file);
  g_autoptr (Answer) answer = post_task (scene, files);

  g_assert_cmpuint (answer->status, ==, 201);
  g_assert_cmpint (json_object_get_int_member (answer->json, "file_count"), ==, 1);
  g_assert_false (json_object_has_member (answer->json, "files"));
  return g_strdup (json_object_get_string_member (answer->json, "id"));
}

static void
assert_told (Channel *channel, const char *task, const char *file)
{
  g_autoptr (GcEnvelope) envelope = channel_take (channel, GC_MSG_TASK_NEW);
  g_autoptr (GError) error = NULL;
  g_autoptr (GcTask) told
      = gc_task_from_json (json_object_get_object_member (envelope->body, "task"), &error);

  g_assert_no_error (error);
  g_assert_cmpstr (told->id, ==, task);
  g_assert_cmpuint (told->files->len, ==, 1);
  g_assert_cmpint (gc_task_find_file (told, file)->size, ==, SIZE);
  g_assert_cmpstr (gc_task_find_file (told, file)->name, ==, "平面图.png");
}

static Answer *
fetch (Scene *scene, GcCredentials *credentials, const char *file)
{
  g_autofree char *path = g_strconcat ("/files/", file, NULL);
  g_autoptr (SoupMessage) message = fixture_message (&scene->base, "GET", path);

  fixture_show_certificate (message, gc_credentials_get_certificate (credentials));
  return fixture_send (&scene->base, message);
}

static void
assert_fetched (Scene *scene, GcCredentials *credentials, const char *file)
{
  g_autoptr (Answer) answer = fetch (scene, credentials, file);

  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_cmpmem (g_bytes_get_data (answer->bytes, NULL), g_bytes_get_size (answer->bytes),
                   get_content (), SIZE);
}

static void
test_attached (Scene *scene, gconstpointer data)
{
  g_autofree char *file = attach (scene);
  g_autoptr (Answer) early = fetch (scene, scene->credentials, file);
  g_autofree char *task = create_with (scene, file);
  g_autofree char *path = g_strconcat ("/api/tasks/", task, NULL);
  g_autoptr (GcCredentials) other = fixture_pair (&scene->base, "赵敏");
  g_autoptr (Answer) refused = NULL;
  g_autoptr (Answer) detail = NULL;
  JsonObject *listed;

  assert_problem (early, 404, "not-found");
  assert_told (scene->channel, task, file);
  assert_fetched (scene, scene->credentials, file);
  refused = fetch (scene, other, file);
  assert_problem (refused, 404, "not-found");
  detail = fixture_request (&scene->base, "GET", path, NULL);
  listed = json_array_get_object_element (json_object_get_array_member (detail->json, "files"), 0);
  g_assert_cmpstr (json_object_get_string_member (listed, "by"), ==, "王芳");
  g_assert_true (json_object_get_boolean_member (listed, "complete"));
  channel_close (scene->channel);
  fixture_restart (&scene->base);
  assert_fetched (scene, scene->credentials, file);
}

static void
test_assigned (Scene *scene, gconstpointer data)
{
  g_autofree char *file = attach (scene);
  g_autofree char *task = create_with (scene, file);
  g_autofree char *path = g_strdup_printf ("/api/tasks/%s/assign", task);
  g_autoptr (GcCredentials) other = fixture_pair (&scene->base, "赵敏");
  g_autofree char *body
      = g_strdup_printf ("{\"terminal\": \"%s\"}", gc_credentials_get_terminal_id (other));
  g_autoptr (Channel) channel = channel_new ();
  g_autoptr (Answer) given = NULL;

  channel_open (channel, &scene->base, other);
  given = fixture_request (&scene->base, "POST", path, body);
  g_assert_cmpuint (given->status, ==, 201);
  g_assert_cmpint (json_object_get_int_member (given->json, "file_count"), ==, 1);
  assert_told (channel, json_object_get_string_member (given->json, "id"), file);
  assert_fetched (scene, other, file);
}

static void
test_unfit (Scene *scene, gconstpointer data)
{
  g_autofree char *id = announce (scene);
  g_autoptr (Answer) webp = try_announce (scene, "image/webp", SIZE);
  g_autoptr (Answer) page = try_announce (scene, "text/html", SIZE);
  g_autoptr (Answer) large = try_announce (scene, "image/png", GC_FILE_MAX_SIZE + 1);
  g_autoptr (Answer) no_picture = patch (scene, id, 0, get_content () + 1, PART_LENGTH);
  g_autoptr (Answer) little = patch (scene, id, 0, PNG, 3);
  g_autoptr (Answer) much = patch (scene, id, 0, get_content (), PART_LENGTH + 1);
  g_autoptr (Answer) first = NULL;
  g_autoptr (Answer) another = NULL;

  assert_problem (webp, 415, "media-type");
  assert_problem (page, 400, "request-invalid");
  assert_problem (large, 400, "request-invalid");
  assert_problem (no_picture, 422, "file-differs");
  assert_problem (little, 422, "file-differs");
  assert_problem (much, 413, "too-large");
  first = patch (scene, id, 0, get_content (), PART_LENGTH);
  assert_offset (first, 204, "1000000");
  another = patch (scene, id, PART_LENGTH, get_content (), SIZE - PART_LENGTH);
  assert_problem (another, 422, "file-differs");
  assert_offset (another, 422, "0");
}

static void
assert_refused (Scene *scene, SoupMessage *message, guint status, const char *problem)
{
  g_autoptr (Answer) answer = fixture_send (&scene->base, message);

  assert_problem (answer, status, problem);
}

static void
test_strangers (Scene *scene, gconstpointer data)
{
  g_autofree char *id = announce (scene);
  g_autofree char *nobodys = gc_id_new ();
  g_autofree char *path = g_strconcat ("/files/", id, NULL);
  g_autoptr (SoupMessage) no_session = make_patch (scene, id, 0, get_content (), 1000);
  g_autoptr (SoupMessage) no_header = make_patch (scene, id, 0, get_content (), 1000);
  g_autoptr (SoupMessage) elsewhere = make_patch (scene, id, 0, get_content (), 1000);
  g_autoptr (SoupMessage) long_one = make_patch (scene, id, 0, get_content (), PART_LENGTH);
  g_autoptr (SoupMessage) unknown = make_patch (scene, nobodys, 0, get_content (), 1000);
  g_autoptr (SoupMessage) terminal = fixture_message (&scene->base, "HEAD", path);
  g_autoptr (Answer) head = NULL;

  soup_message_headers_remove (soup_message_get_request_headers (no_session), "Cookie");
  soup_message_headers_remove (soup_message_get_request_headers (no_header), "X-Gridcast");
  soup_message_headers_replace (soup_message_get_request_headers (elsewhere), "Origin",
                                "https://evil.example");
  soup_message_headers_remove (soup_message_get_request_headers (long_one), "Cookie");
  assert_refused (scene, no_session, 401, "login");
  assert_refused (scene, no_header, 403, "origin");
  assert_refused (scene, elsewhere, 403, "origin");
  assert_refused (scene, long_one, 413, "too-large");
  assert_refused (scene, unknown, 404, "not-found");
  fixture_show_certificate (terminal, gc_credentials_get_certificate (scene->credentials));
  head = fixture_send (&scene->base, terminal);
  g_assert_cmpuint (head->status, ==, 404);
}

static void
test_missing (Scene *scene, gconstpointer data)
{
  g_autofree char *half = announce (scene);
  g_autofree char *nobodys = gc_id_new ();
  const struct
  {
    const char *id;
    guint count;
    guint status;
    const char *problem;
  } cases[] = {
    { half, 1, 409, "conflict" },
    { nobodys, 1, 409, "conflict" },
    { "../center.db", 1, 409, "conflict" },
    { half, GC_FILE_MAX_PER_TASK + 1, 400, "request-invalid" },
  };
  g_autoptr (Answer) number = post_task (scene, "[7]");
  g_autoptr (Answer) object = post_task (scene, "{}");
  g_autoptr (Answer) tasks = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GString) files = g_string_new ("[");
      g_autoptr (Answer) answer = NULL;

      for (guint n = 0; n < cases[i].count; n++)
        g_string_append_printf (files, "%s\"%s\"", n > 0 ? "," : "", cases[i].id);
      g_string_append_c (files, ']');
      answer = post_task (scene, files->str);
      assert_problem (answer, cases[i].status, cases[i].problem);
    }
  assert_problem (number, 400, "request-invalid");
  assert_problem (object, 400, "request-invalid");
  tasks = fixture_request (&scene->base, "GET", "/api/tasks?state=all", NULL);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (tasks->json, "tasks")), ==,
                    0);
}

#define ADD(name, func)                                                                            \
  g_test_add ("/center/attachments/" name, Scene, NULL, scene_set_up, func, scene_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("reach-the-worker", test_attached);
  ADD ("stay-with-a-task-given-on", test_assigned);
  ADD ("unfit-is-refused", test_unfit);
  ADD ("of-nobody-else", test_strangers);
  ADD ("missing-makes-no-task", test_missing);
  return g_test_run ();
}
