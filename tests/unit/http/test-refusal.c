/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - the types of PROTOCOL.md, “Enrolment”, each become an error of their own, whatever the status
 *  - any other refusal is told apart by its status
 *  - the sentence is one printable line, whatever the server wrote
 */

#include "base/gc-error.h"
#include "http/gc-refusal.h"

#include <string.h>

#define JSON "application/problem+json"

typedef struct
{
  guint status;
  const char *type;
  const char *body;
  int code;
  const char *message;
} Case;

static void
test_codes (void)
{
  const Case cases[] = {
    { 401, JSON, "{\"type\":\"urn:gridcast:token-unknown\",\"title\":\"no such code\"}",
      GC_ERROR_UNAUTHORIZED, "no such code (401)" },
    { 401, JSON, "{\"type\":\"urn:gridcast:token-expired\"}", GC_ERROR_EXPIRED, "Phrase (401)" },
    { 401, JSON, "{\"type\":\"urn:gridcast:token-used\",\"title\":\"\"}", GC_ERROR_USED,
      "Phrase (401)" },
    { 400, JSON, "{\"type\":\"urn:gridcast:request-invalid\"}", GC_ERROR_INVALID, "Phrase (400)" },
    { 429, JSON, "{\"type\":\"urn:gridcast:slow-down\"}", GC_ERROR_BUSY,
      "Phrase (429); try again in 30 s" },
    { 500, JSON, "{\"type\":\"urn:gridcast:token-used\"}", GC_ERROR_USED, "Phrase (500)" },
    { 401, JSON, "{\"type\":\"urn:somebody:else\"}", GC_ERROR_UNAUTHORIZED, "Phrase (401)" },
    { 401, JSON, "{\"type\":7,\"title\":[]}", GC_ERROR_UNAUTHORIZED, "Phrase (401)" },
    { 401, JSON, "{\"type\":", GC_ERROR_UNAUTHORIZED, "Phrase (401)" },
    { 401, JSON, "", GC_ERROR_UNAUTHORIZED, "Phrase (401)" },
    { 403, NULL, "go away\n", GC_ERROR_UNAUTHORIZED, "go away (403)" },
    { 404, "text/html", "<html>", GC_ERROR_NOT_FOUND, "Phrase (404)" },
    { 410, NULL, "", GC_ERROR_NOT_FOUND, "Phrase (410)" },
    { 409, "text/plain", " busy ", GC_ERROR_CONFLICT, "busy (409)" },
    { 413, NULL, "", GC_ERROR_TOO_LARGE, "Phrase (413)" },
    { 503, NULL, "", GC_ERROR_BUSY, "Phrase (503); try again in 30 s" },
    { 415, NULL, "", GC_ERROR_UNSUPPORTED, "Phrase (415)" },
    { 501, NULL, "", GC_ERROR_UNSUPPORTED, "Phrase (501)" },
    { 500, NULL, "", GC_ERROR_FAILED, "Phrase (500)" },
    { 302, NULL, "", GC_ERROR_REFUSED, "Phrase (302)" },
    { 400, NULL, "", GC_ERROR_REFUSED, "Phrase (400)" },
    { 0, NULL, "", GC_ERROR_REFUSED, "Phrase (0)" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const GcRefusal refusal = { .status = cases[i].status,
                                  .phrase = "Phrase",
                                  .content_type = cases[i].type,
                                  .retry_after = "30",
                                  .body = cases[i].body,
                                  .length = strlen (cases[i].body) };
      g_autoptr (GError) error = gc_refusal_to_error (&refusal);

      g_assert_error (error, GC_ERROR, cases[i].code);
      g_assert_cmpstr (error->message, ==, cases[i].message);
    }
}

static void
test_hostile_text (void)
{
  static const char TEXT[] = "a\r\nb\x1b[31m\xff\0c \xe2\x80\xae"
                             "d";
  g_autofree char *endless = g_strnfill (100000, 'x');
  const GcRefusal strange = { .status = 400, .body = TEXT, .length = sizeof TEXT - 1 };
  const GcRefusal long_one = { .status = 400, .body = endless, .length = 100000 };
  const GcRefusal silent = { .status = 400 };
  g_autoptr (GError) error = gc_refusal_to_error (&strange);

  g_assert_null (strpbrk (error->message, "\r\n\x1b"));
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_null (strstr (error->message, "\xe2\x80\xae"));
  g_clear_error (&error);
  error = gc_refusal_to_error (&long_one);
  g_assert_cmpuint (strlen (error->message), <, 400);
  g_clear_error (&error);
  error = gc_refusal_to_error (&silent);
  g_assert_cmpstr (error->message, ==, " (400)");
}

static void
test_retry_after (void)
{
  const char *const strange[] = { "",     "0",   "-1",    "99999999999999999999",
                                  "soon", "1.5", "86401", "Wed, 21 Oct 2026 07:28:00 GMT" };

  for (gsize i = 0; i < G_N_ELEMENTS (strange); i++)
    {
      const GcRefusal refusal = { .status = 429, .phrase = "P", .retry_after = strange[i] };
      g_autoptr (GError) error = gc_refusal_to_error (&refusal);

      g_assert_cmpstr (error->message, ==, "P (429)");
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/http/refusal/told-apart", test_codes);
  g_test_add_func ("/http/refusal/hostile-text", test_hostile_text);
  g_test_add_func ("/http/refusal/retry-after", test_retry_after);
  return g_test_run ();
}
