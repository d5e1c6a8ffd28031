/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - what is said of a file is read as it was written, with and without what is optional
 *  - a reference without a hash, with another kind of hash, of no or too much content, of a type
 *    that may not be sent, or that belongs to no task is refused, and the error names the member
 *  - what begins otherwise than its type says is told from what may be it, and so is what is cut
 * off
 */

#include "base/gc-error.h"
#include "protocol/gc-file-reference.h"
#include "protocol/gc-json.h"

#include <string.h>

#define ID "\"id\": \"7b0f1c62-1d2e-4f55-8a3e-9d8f0e1a2b3c\""
#define TASK "\"task\": \"0c9a3b52-5d0e-4d15-9f3e-3d8f0e1a2b3c\""
#define HASH "\"sha256\": \"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\""
#define REST "\"size\": 5, \"media_type\": \"image/jpeg\""
#define LONG_NAME                                                                                  \
  "12345678901234567890123456789012345678901234567890123456789012345678901234567890"               \
  "12345678901234567890123456789012345678901"

static JsonObject *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  JsonObject *object = gc_json_parse_object (text, -1, 65536, &error);

  g_assert_no_error (error);
  return object;
}

static GcFileReference *
read_back (const char *text)
{
  g_autoptr (JsonObject) body = parse (text);
  g_autoptr (GError) error = NULL;
  const char *task;
  g_autoptr (GcFileReference) file = gc_task_file_parse (body, &task, &error);
  g_autoptr (GcFileReference) copy = NULL;
  g_autoptr (JsonObject) printed = NULL;
  GcFileReference *again;

  g_assert_no_error (error);
  g_assert_cmpstr (task, ==, "0c9a3b52-5d0e-4d15-9f3e-3d8f0e1a2b3c");
  copy = gc_file_reference_copy (file);
  printed = gc_task_file_print (task, copy);
  again = gc_task_file_parse (printed, &task, &error);
  g_assert_no_error (error);
  return again;
}

static void
test_read (void)
{
  g_autoptr (GcFileReference) little
      = read_back ("{" TASK ", \"file\": {" ID "," HASH "," REST "}}");
  g_autoptr (GcFileReference) all = read_back (
      "{" TASK ", \"file\": {" ID "," HASH "," REST ", \"name\": \"门口\","
      " \"at\": \"2026-11-24T02:33:00.123Z\", \"position\": {\"lon\": 118, \"lat\": 24,"
      " \"at\": \"2026-11-24T02:33:00.000Z\"}}}");

  g_assert_cmpint (little->size, ==, 5);
  g_assert_cmpstr (little->media_type, ==, "image/jpeg");
  g_assert_null (little->name);
  g_assert_null (little->fix);
  g_assert_cmpint (little->taken_ms, ==, 0);
  g_assert_cmpstr (all->name, ==, "门口");
  g_assert_cmpint (all->taken_ms % 1000, ==, 123);
  g_assert_cmpfloat (all->fix->longitude, ==, 118);
}

static void
test_refused (void)
{
  static const struct
  {
    const char *text;
    const char *member;
  } cases[] = {
    { "{" TASK "}", "file" },
    { "{" TASK ", \"file\": []}", "file" },
    { "{\"file\": {" ID "," HASH "," REST "}}", "task" },
    { "{" TASK ", \"file\": {" HASH "," REST "}}", "id" },
    { "{" TASK ", \"file\": {" ID "," REST "}}", "sha256" },
    { "{" TASK ", \"file\": {" ID ", \"sha256\": \"e3b0\"," REST "}}", "sha256" },
    { "{" TASK ", \"file\": {" ID
      ", \"sha256\": \"E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA4"
      "95991B7852B855\"," REST "}}",
      "sha256" },
    { "{" TASK ", \"file\": {" ID "," HASH ", \"size\": 0, \"media_type\": \"image/jpeg\"}}",
      "size" },
    { "{" TASK ", \"file\": {" ID "," HASH ", \"size\": 20000001, \"media_type\": \"image/jpeg\"}}",
      "size" },
    { "{" TASK ", \"file\": {" ID "," HASH ", \"size\": 5, \"media_type\": \"text/html\"}}",
      "media_type" },
    { "{" TASK ", \"file\": {" ID "," HASH "," REST ", \"at\": \"yesterday\"}}", "at" },
    { "{" TASK ", \"file\": {" ID "," HASH "," REST ", \"position\": {\"lon\": 500, \"lat\": 1}}}",
      "lon" },
    { "{" TASK ", \"file\": {" ID "," HASH "," REST ", \"name\": \"" LONG_NAME "\"}}", "name" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (JsonObject) body = parse (cases[i].text);
      g_autoptr (GError) error = NULL;
      const char *task;

      g_assert_null (gc_task_file_parse (body, &task, &error));
      g_assert_true (error != NULL && error->domain == GC_ERROR);
      g_assert_nonnull (strstr (error->message, cases[i].member));
    }
}

static gboolean
fits (const char *type, const char *head, gsize length)
{
  const GcFileReference file = { .media_type = (char *) type };

  return gc_file_reference_fits (&file, (const guint8 *) head, length);
}

static void
test_fits (void)
{
  g_assert_true (fits ("image/jpeg", "\xff\xd8\xff\xe0 and on", 11));
  g_assert_true (fits ("image/png", "\x89PNG\r\n\x1a\n", 8));
  g_assert_true (fits ("image/webp", "RIFF\0\0\0\0WEBP", GC_FILE_HEAD_LENGTH));
  g_assert_true (fits ("application/pdf", "%PDF-1.7", 8));
  g_assert_false (fits ("image/jpeg", "\x89PNG\r\n\x1a\n", 8));
  g_assert_false (fits ("image/png", "\xff\xd8\xff\xe0", 4));
  g_assert_false (fits ("image/png", "\x89PNG", 4));
  g_assert_false (fits ("image/webp", "RIFF\0\0\0\0WAVE", GC_FILE_HEAD_LENGTH));
  g_assert_false (fits ("image/webp", "RIFF", 4));
  g_assert_false (fits ("application/pdf", "<html>", 6));
  g_assert_false (fits ("image/jpeg", "", 0));
  g_assert_false (fits ("text/html", "<html>", 6));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/protocol/file-reference/read-as-written", test_read);
  g_test_add_func ("/protocol/file-reference/unfit-is-refused", test_refused);
  g_test_add_func ("/protocol/file-reference/fits-what-it-begins-with", test_fits);
  return g_test_run ();
}
