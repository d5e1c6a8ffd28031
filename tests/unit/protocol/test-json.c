/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Promises: a text is read as it stands, whatever is in it, but for what no text can hold; that is
 * an error, which does not repeat it. A list of texts is read as it stands, a missing one is none,
 * and whatever else stands there is an error. */
#include "base/gc-error.h"
#include "protocol/gc-json.h"

#include <string.h>

static void
test_good_texts (void)
{
  static const struct
  {
    const char *json;
    const char *text;
  } TEXTS[] = {
    { "'; DROP TABLE task; -- %s%n", "'; DROP TABLE task; -- %s%n" },
    { "<b onclick=x>&amp;", "<b onclick=x>&amp;" },
    { "a\\u0001\\u001b[31m\\r\\n\\t", "a\x01\x1b[31m\r\n\t" },
    { "\\u202e\u2066", "\u202e\u2066" },
    { "\\\\u0000 \\\\", "\\u0000 \\" },
    { "\\ud83d\\ude00", "😀" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (TEXTS); i++)
    {
      g_autofree char *json = g_strdup_printf ("{\"a\": \"%s\"}", TEXTS[i].json);
      g_autoptr (JsonObject) object = gc_json_parse_object (json, -1, 1000, NULL);

      g_assert_nonnull (object);
      g_assert_cmpstr (gc_json_get_string (object, "a", 100, NULL), ==, TEXTS[i].text);
    }
}

static void
test_bad_texts (void)
{
  static const char *const TEXTS[] = {
    "{\"a\": \"secret\\u0000\"}", "{\"\\u0000\": \"secret\"}",  "{\"a\": \"secret\\\\\\u0000\"}",
    "{\"a\": \"secret\xff\"}",    "{\"a\": \"secret\\ud800\"}", "{\"a\": secret}",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (TEXTS); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonObject) object = gc_json_parse_object (TEXTS[i], -1, 1000, &error);

      g_assert_null (object);
      g_assert_error (error, GC_ERROR, GC_ERROR_INVALID);
      g_assert_null (strstr (error->message, "secret"));
    }
}

static void
test_good_strings (void)
{
  g_autoptr (JsonObject) object
      = gc_json_parse_object ("{\"video\": [\"H264\", \"视频\"], \"none\": []}", -1, 1000, NULL);
  g_auto (GStrv) video = NULL;
  g_auto (GStrv) none = NULL;
  g_auto (GStrv) missing = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (gc_json_get_optional_strings (object, "video", 2, 4, &video, &error));
  g_assert_no_error (error);
  g_assert_cmpstrv (video, ((const char *const[]) { "H264", "视频", NULL }));
  g_assert_true (gc_json_get_optional_strings (object, "none", 2, 4, &none, &error));
  g_assert_cmpstrv (none, ((const char *const[]) { NULL }));
  g_assert_true (gc_json_get_optional_strings (object, "missing", 2, 4, &missing, &error));
  g_assert_null (missing);
}

static void
test_bad_strings (void)
{
  static const char *const texts[] = {
    "{\"video\": \"H264\"}",
    "{\"video\": {}}",
    "{\"video\": [1]}",
    "{\"video\": [null]}",
    "{\"video\": [[\"H264\"]]}",
    "{\"video\": [\"H264\", {}]}",
    "{\"video\": [\"too long\"]}",
    "{\"video\": [\"a\", \"b\", \"c\"]}",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (JsonObject) object = gc_json_parse_object (texts[i], -1, 1000, NULL);
      g_auto (GStrv) video = NULL;
      g_autoptr (GError) error = NULL;

      g_assert_nonnull (object);
      g_assert_false (gc_json_get_optional_strings (object, "video", 2, 4, &video, &error));
      g_assert_true (error->domain == GC_ERROR);
      g_assert_null (video);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json/texts/read-as-they-stand", test_good_texts);
  g_test_add_func ("/json/texts/what-no-text-holds-is-an-error", test_bad_texts);
  g_test_add_func ("/json/strings/read-as-they-stand", test_good_strings);
  g_test_add_func ("/json/strings/anything-else-is-an-error", test_bad_strings);
  return g_test_run ();
}
