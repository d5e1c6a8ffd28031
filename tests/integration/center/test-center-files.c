/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises of files that a worker adds to a task (PROTOCOL.md, “Files”):
 *  - the console hears of a file as soon as the terminal has said that there is one
 *  - a file that comes twice is there once; a task has so many and no more; another's task, or one
 *    that nobody knows, gets none
 *  - its content arrives piece by piece, also when the center is restarted in between, and the
 *    console hears how far it is
 *  - a dispatcher who is logged in gets it when all of it is there, as what it was announced and as
 *    nothing else, or a range of it; so does a terminal whose task it belongs to
 *  - what does not go on where it should, is longer than announced or is another is refused, and
 *    the file can be sent all the same
 *  - nobody but the terminal that announced it gets near a file, and no path leads elsewhere
 */

#include "base/gc-id.h"
#include "center-scene.h"
#include "center/gc-task-files.h"

#include <string.h>

/* What a terminal may send at a time. */
#define PART_LENGTH 1000000
#define SIZE 1200000

/* --- references --- */

static const char *
get_content (void)
{
  static char content[SIZE + 1];

  for (gsize i = 0; content[0] == '\0' && i < SIZE; i++)
    content[SIZE - 1 - i] = (char) (i % 251 + 1);
  return content;
}

static void
send_reference (Channel *channel, gint64 seq, const char *task, const char *id)
{
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, get_content (), SIZE);
  g_autofree char *body = g_strdup_printf (
      "{\"task\": \"%s\", \"file\": {\"id\": \"%s\", \"sha256\": \"%s\", \"size\": %d,"
      " \"media_type\": \"image/jpeg\", \"name\": \"裂缝\", \"at\": \"2026-11-24T02:33:00.000Z\","
      " \"position\": {\"lon\": 120.1, \"lat\": 30.2, \"at\": \"2026-11-24T02:32:58.000Z\"}}}",
      task, id, hash, SIZE);

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
test_reference_bounds (Scene *scene, gconstpointer data)
{
  g_autofree char *first = create_task (scene);
  g_autofree char *second = create_task (scene);
  g_autofree char *id = gc_id_new ();

  send_reference (scene->channel, 1, first, id);
  send_reference (scene->channel, 2, first, id);
  send_reference (scene->channel, 3, second, id);
  channel_wait_ack (scene->channel, 3);
  assert_count (scene, first, 1);
  for (gint64 seq = 4; seq < 4 + GC_TASK_FILES_MAX + 1; seq++)
    {
      g_autofree char *another = gc_id_new ();

      send_reference (scene->channel, seq, second, another);
      if (seq % GC_ENVELOPE_WINDOW == 0)
        channel_wait_ack (scene->channel, seq);
    }
  channel_wait_ack (scene->channel, 4 + GC_TASK_FILES_MAX);
  assert_count (scene, second, GC_TASK_FILES_MAX);
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

/* --- contents --- */

typedef struct
{
  Scene *scene;
  GTlsCertificate *certificate; /* (nullable) */
  const char *path;
} Sender;

static Answer *
send_part (const Sender *sender,
           const char *method,
           const char *type,
           const char *offset,
           gsize length,
           const char *complete)
{
  g_autoptr (SoupMessage) message = fixture_message (&sender->scene->base, method, sender->path);
  SoupMessageHeaders *headers = soup_message_get_request_headers (message);
  guint64 start = g_ascii_strtoull (offset, NULL, 10);
  g_autofree char *body = g_malloc0 (length);
  g_autoptr (GBytes) bytes = NULL;

  for (gsize i = 0; i < length && start + i < SIZE; i++)
    body[i] = get_content ()[start + i];
  bytes = g_bytes_new (body, length);
  fixture_show_certificate (message, sender->certificate);
  soup_message_headers_replace (headers, "Upload-Offset", offset);
  soup_message_headers_replace (headers, "Upload-Complete", complete);
  if (g_str_equal (method, "PATCH"))
    soup_message_set_request_body_from_bytes (message, type, bytes);
  return fixture_send (&sender->scene->base, message);
}

static void
assert_offset (const Answer *answer, guint status, const char *offset, const char *complete)
{
  g_assert_cmpuint (answer->status, ==, status);
  g_assert_cmpstr (soup_message_headers_get_one (answer->headers, "Upload-Offset"), ==, offset);
  g_assert_cmpstr (soup_message_headers_get_one (answer->headers, "Upload-Complete"), ==, complete);
}

static void
patch (const Sender *sender,
       const char *offset,
       gsize length,
       guint status,
       const char *now,
       const char *complete)
{
  g_autoptr (Answer) answer
      = send_part (sender, "PATCH", "application/partial-upload", offset, length, "?0");

  assert_offset (answer, status, now, complete);
}

static void
assert_head (const Sender *sender, const char *offset, const char *complete)
{
  g_autoptr (Answer) answer = send_part (sender, "HEAD", NULL, "0", 0, "?0");

  assert_offset (answer, 204, offset, complete);
}

static char *
announce (Scene *scene, const char *task)
{
  char *id = gc_id_new ();

  send_reference (scene->channel, 1, task, id);
  channel_wait_ack (scene->channel, 1);
  return id;
}

static Answer *
get_file (Scene *scene, const char *task, const char *id, const char *header, const char *value)
{
  g_autofree char *path = g_strdup_printf ("/api/tasks/%s/files/%s", task, id);
  g_autoptr (SoupMessage) message = fixture_message (&scene->base, "GET", path);
  SoupMessageHeaders *headers = soup_message_get_request_headers (message);

  soup_message_headers_replace (headers, "Cookie", scene->base.cookie);
  if (header != NULL)
    soup_message_headers_replace (headers, header, value);
  return fixture_send (&scene->base, message);
}

static void
assert_header (const Answer *answer, const char *name, const char *value)
{
  g_assert_cmpstr (soup_message_headers_get_one (answer->headers, name), ==, value);
}

/* Of its own task alone. */
static void
assert_given_back (const Sender *sender)
{
  g_autoptr (SoupMessage) message = fixture_message (&sender->scene->base, "GET", sender->path);
  g_autoptr (SoupMessage) refused = fixture_message (&sender->scene->base, "GET", sender->path);
  g_autoptr (GcCredentials) other = fixture_pair (&sender->scene->base, "赵敏");
  g_autoptr (Answer) answer = NULL;
  g_autoptr (Answer) stranger = NULL;

  soup_message_headers_replace (soup_message_get_request_headers (message), "Range",
                                "bytes=1000000-");
  fixture_show_certificate (message, sender->certificate);
  answer = fixture_send (&sender->scene->base, message);
  g_assert_cmpuint (answer->status, ==, 206);
  g_assert_cmpmem (g_bytes_get_data (answer->bytes, NULL), g_bytes_get_size (answer->bytes),
                   get_content () + 1000000, SIZE - 1000000);
  fixture_show_certificate (refused, gc_credentials_get_certificate (other));
  stranger = fixture_send (&sender->scene->base, refused);
  assert_problem (stranger, 404, "not-found");
}

static void
assert_readable (Scene *scene, const char *task, const char *id)
{
  g_autofree char *disposition = g_strdup_printf (
      "inline; filename=\"%s.jpg\"; filename*=UTF-8''%%E8%%A3%%82%%E7%%BC%%9D.jpg", id);
  g_autofree char *another = create_task (scene);
  g_autoptr (Answer) whole = get_file (scene, task, id, NULL, NULL);
  g_autoptr (Answer) range = get_file (scene, task, id, "Range", "bytes=300000-899999");
  g_autoptr (Answer) odd = get_file (scene, task, id, "Range", "bytes=5-1,x");
  g_autoptr (Answer) known = NULL;
  g_autoptr (Answer) elsewhere = get_file (scene, another, id, NULL, NULL);
  g_autoptr (Answer) stranger = get_file (scene, task, id, "Cookie", "gridcast-session=x");

  g_assert_cmpuint (whole->status, ==, 200);
  g_assert_cmpmem (g_bytes_get_data (whole->bytes, NULL), g_bytes_get_size (whole->bytes),
                   get_content (), SIZE);
  assert_header (whole, "Content-Type", "image/jpeg");
  assert_header (whole, "Content-Length", "1200000");
  assert_header (whole, "Content-Disposition", disposition);
  assert_header (whole, "X-Content-Type-Options", "nosniff");
  g_assert_cmpuint (range->status, ==, 206);
  assert_header (range, "Content-Range", "bytes 300000-899999/1200000");
  g_assert_cmpmem (g_bytes_get_data (range->bytes, NULL), g_bytes_get_size (range->bytes),
                   get_content () + 300000, 600000);
  g_assert_cmpuint (odd->status, ==, 200);
  known = get_file (scene, task, id, "If-None-Match",
                    soup_message_headers_get_one (whole->headers, "ETag"));
  g_assert_cmpuint (known->status, ==, 304);
  assert_problem (elsewhere, 404, "not-found");
  assert_problem (stranger, 401, "login");
}

static void
test_content (Scene *scene, gconstpointer data)
{
  g_auto (Ear) ear = { NULL };
  g_autofree char *task = create_task (scene);
  g_autofree char *id = announce (scene, task);
  g_autofree char *path = g_strconcat ("/files/", id, NULL);
  Sender sender = { scene, gc_credentials_get_certificate (scene->credentials), path };
  g_autoptr (JsonObject) event = NULL;
  g_autoptr (Answer) early = NULL;

  assert_head (&sender, "0", "?0");
  patch (&sender, "0", 700000, 204, "700000", "?0");
  /* The answer was lost. */
  patch (&sender, "0", 700000, 409, "700000", "?0");
  channel_close (scene->channel);
  fixture_restart (&scene->base);
  assert_head (&sender, "700000", "?0");
  early = get_file (scene, task, id, NULL, NULL);
  assert_problem (early, 404, "not-found");
  ear_connect (&ear, &scene->base, NULL);
  patch (&sender, "700000", SIZE - 700000, 204, "1200000", "?1");
  event = ear_wait (&ear, "file", "task", task);
  g_assert_true (
      json_object_get_boolean_member (json_object_get_object_member (event, "file"), "complete"));
  assert_head (&sender, "1200000", "?1");
  patch (&sender, "1200000", 0, 409, "1200000", "?1");
  assert_readable (scene, task, id);
  assert_given_back (&sender);
}

/* It arrives whole, but is another than was announced. */
static void
send_another (const Sender *sender, const char *id)
{
  g_autofree char *part
      = g_build_filename (sender->scene->base.folder, "data", "files", "parts", id, NULL);
  g_autofree char *rubbish = g_strnfill (PART_LENGTH, 'x');

  patch (sender, "0", PART_LENGTH, 204, "1000000", "?0");
  g_assert_true (g_file_set_contents (part, rubbish, PART_LENGTH, NULL));
  patch (sender, "1000000", SIZE - PART_LENGTH, 422, "0", "?0");
}

static void
test_misfits (Scene *scene, gconstpointer data)
{
  static const struct
  {
    const char *method;
    const char *type;
    const char *offset;
    gsize length;
    const char *complete;
    guint status;
    const char *problem;
  } CASES[] = {
    { "PATCH", "application/octet-stream", "0", 10, "?0", 415, "media-type" },
    { "PATCH", "application/partial-upload", "-1", 10, "?0", 400, "request-invalid" },
    { "PATCH", "application/partial-upload", "20000001", 10, "?0", 400, "request-invalid" },
    { "PATCH", "application/partial-upload", "0", 10, "true", 400, "request-invalid" },
    { "PATCH", "application/partial-upload", "0", PART_LENGTH + 1, "?0", 413, "too-large" },
    { "PATCH", "application/partial-upload", "10", 10, "?0", 409, "conflict" },
    { "PUT", "application/partial-upload", "0", 10, "?0", 405, "method" },
    { "PATCH", "application/partial-upload", "0", 10, "?1", 422, "file-differs" },
  };
  g_autofree char *task = create_task (scene);
  g_autofree char *id = announce (scene, task);
  g_autofree char *path = g_strconcat ("/files/", id, NULL);
  Sender sender = { scene, gc_credentials_get_certificate (scene->credentials), path };
  g_autoptr (Answer) longer = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (CASES); i++)
    {
      g_autoptr (Answer) answer = send_part (&sender, CASES[i].method, CASES[i].type,
                                             CASES[i].offset, CASES[i].length, CASES[i].complete);

      assert_problem (answer, CASES[i].status, CASES[i].problem);
    }
  assert_head (&sender, "0", "?0");
  send_another (&sender, id);
  patch (&sender, "0", PART_LENGTH, 204, "1000000", "?0");
  longer = send_part (&sender, "PATCH", "application/partial-upload", "1000000", 200001, "?1");
  assert_problem (longer, 413, "too-large");
  assert_head (&sender, "1000000", "?0");
  patch (&sender, "1000000", SIZE - PART_LENGTH, 204, "1200000", "?1");
}

static void
test_strangers (Scene *scene, gconstpointer data)
{
  static const char *const PATHS[] = {
    "/files/",
    "/files/../center.db",
    "/files/parts",
    "/files/%2e%2e/center.db",
    "/files/x",
    "/files/3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11",
    "/files/3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11/../../center.db",
  };
  g_autofree char *task = create_task (scene);
  g_autofree char *id = announce (scene, task);
  g_autofree char *path = g_strconcat ("/files/", id, NULL);
  g_autoptr (GcCredentials) other = fixture_pair (&scene->base, "赵敏");
  Sender nobody = { scene, NULL, path };
  Sender stranger = { scene, gc_credentials_get_certificate (other), path };
  Sender sender = { scene, gc_credentials_get_certificate (scene->credentials), path };
  g_autofree char *revoke = g_strconcat ("/api/terminals/", scene->terminal, NULL);
  g_autoptr (Answer) revoked = NULL;

  for (gsize length = 10; length <= PART_LENGTH; length += PART_LENGTH - 10)
    {
      g_autoptr (Answer) refused
          = send_part (&nobody, "PATCH", "application/partial-upload", "0", length, "?0");
      g_autoptr (Answer) missing
          = send_part (&stranger, "PATCH", "application/partial-upload", "0", length, "?0");

      assert_problem (refused, 403, "certificate");
      assert_problem (missing, 404, "not-found");
    }
  for (gsize i = 0; i < G_N_ELEMENTS (PATHS); i++)
    {
      Sender elsewhere = { scene, sender.certificate, PATHS[i] };
      g_autoptr (Answer) missing
          = send_part (&elsewhere, "PATCH", "application/partial-upload", "0", 10, "?0");

      g_assert_true (missing->status == 404 || missing->status == 405);
    }
  revoked = fixture_request (&scene->base, "DELETE", revoke, NULL);
  g_assert_cmpuint (revoked->status, ==, 204);
  {
    g_autoptr (Answer) refused = send_part (&sender, "HEAD", NULL, "0", 0, "?0");

    g_assert_cmpuint (refused->status, ==, 403);
  }
}

#define ADD(name, func)                                                                            \
  g_test_add ("/center/files/" name, Scene, NULL, scene_set_up, func, scene_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("reference", test_reference);
  ADD ("reference-bounded", test_reference_bounds);
  ADD ("reference-of-others-has-no-effect", test_reference_of_others);
  ADD ("content", test_content);
  ADD ("misfits-are-refused", test_misfits);
  ADD ("strangers", test_strangers);
  return g_test_run ();
}
