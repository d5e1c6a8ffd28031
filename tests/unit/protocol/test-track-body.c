/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - a few points go as they are, many go packed, at a quarter of the length, and both are read
 *  - what is packed wrongly, too large when it is unpacked, or unpacks to something else is refused
 */

#include "base/gc-error.h"
#include "protocol/gc-json.h"
#include "protocol/gc-track-body.h"

#include <math.h>
#include <string.h>

#define ZEROS (200 * 1000)

static JsonArray *
make_way (guint length)
{
  JsonArray *points = json_array_new ();

  for (guint i = 0; i < length; i++)
    {
      GcFix fix = {
        121 + 1e-5 * g_random_int_range (0, 1000),
        28 + 1e-5 * g_random_int_range (0, 1000),
        10000 * (i + 1),
        5,
        1.5,
        NAN,
      };

      json_array_add_object_element (points, gc_fix_to_json (&fix));
    }
  return points;
}

static gsize
assert_read (guint length, gboolean packed)
{
  g_autoptr (JsonArray) points = make_way (length);
  g_autoptr (JsonObject) body = gc_track_body_print (points);
  g_autofree char *text = gc_json_print (body);
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) fixes = gc_track_body_parse (body, &error);

  g_assert_no_error (error);
  g_assert_true (json_object_has_member (body, "packed") == packed);
  g_assert_cmpuint (fixes->len, ==, length);
  for (guint i = 0; i < length; i++)
    g_assert_cmpint (g_array_index (fixes, GcFix, i).time_ms, ==, 10000 * (i + 1));
  return strlen (text);
}

static void
test_read (void)
{
  gsize one = assert_read (1, FALSE);
  gsize most = assert_read (GC_TRACK_MAX_POINTS, TRUE);

  assert_read (5, FALSE);
  assert_read (20, TRUE);
  g_assert_cmpuint (most, <, GC_TRACK_MAX_POINTS * one / 4);
}

static void
assert_refused (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) body = gc_json_parse_object (text, -1, 1 << 20, &error);

  g_assert_no_error (error);
  g_assert_null (gc_track_body_parse (body, &error));
  g_assert_true (error != NULL && error->domain == GC_ERROR);
}

/* As “packed” of PROTOCOL.md. */
static char *
pack (const char *text, gsize length)
{
  g_autoptr (GConverter) compressor
      = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_RAW, 9));
  g_autoptr (GBytes) bytes = g_bytes_new_static (text, length);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) packed = g_converter_convert_bytes (compressor, bytes, &error);
  gsize size;
  gconstpointer data = g_bytes_get_data (packed, &size);
  g_autofree char *base64 = g_base64_encode (data, size);

  return g_strdup_printf ("{\"packed\": \"%s\"}", base64);
}

static void
test_refused (void)
{
  static const char *const TEXTS[] = {
    "{}",
    "{\"packed\": 5}",
    "{\"packed\": \"\"}",
    "{\"packed\": \"!!!!\"}",
    "{\"packed\": \"AAAA\"}",
    "{\"points\": {}}",
    "{\"points\": [1]}",
    "{\"points\": [{\"lon\": 500}]}",
  };
  g_autofree char *zeros = g_strnfill (ZEROS, '0');
  g_autofree char *bomb = pack (zeros, ZEROS);
  g_autofree char *number = pack ("5", 1);
  g_autofree char *two = pack ("[],\"points\":[1]", 15);
  g_autofree char *cut = pack ("[{\"lon\": 121}]", 15);

  for (gsize i = 0; i < G_N_ELEMENTS (TEXTS); i++)
    assert_refused (TEXTS[i]);
  assert_refused (bomb);
  assert_refused (number);
  assert_refused (two);
  strcpy (strrchr (cut, '"') - 6, "\"}");
  assert_refused (cut);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/protocol/track/read-as-written", test_read);
  g_test_add_func ("/protocol/track/unfit-is-refused", test_refused);
  return g_test_run ();
}
