/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "protocol/gc-track-body.h"

#include "base/gc-error.h"
#include "protocol/gc-json.h"

#include <gio/gio.h>
#include <string.h>

/* Shorter ones gain nothing worth the trouble. */
#define PACK_MIN_LENGTH 1000
#define UNPACKED_MAX_LENGTH 65536
#define PACKED_MAX_LENGTH 65536
#define BEST 9

/* Returns: what @converter makes of it, or NULL if that is over @max_length or it is broken */
static GByteArray *
convert (GConverter *converter, const void *data, gsize length, gsize max_length)
{
  g_autoptr (GByteArray) made = g_byte_array_sized_new ((guint) max_length);
  gsize read;
  gsize written;
  GConverterResult result;

  g_byte_array_set_size (made, (guint) max_length);
  result = g_converter_convert (converter, data, length, made->data, max_length,
                                G_CONVERTER_INPUT_AT_END, &read, &written, NULL);
  if (result != G_CONVERTER_FINISHED || read != length)
    return NULL;
  g_byte_array_set_size (made, (guint) written);
  return g_steal_pointer (&made);
}

static char *
pack (const char *text)
{
  g_autoptr (GZlibCompressor) compressor
      = g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_RAW, BEST);
  gsize length = strlen (text);
  g_autoptr (GByteArray) packed = convert (G_CONVERTER (compressor), text, length, length);

  return packed != NULL ? g_base64_encode (packed->data, packed->len) : NULL;
}

/**
 * gc_track_body_print:
 * @points: (element-type JsonObject): each from gc_fix_to_json(), at most %GC_TRACK_MAX_POINTS
 *
 * Any thread.
 *
 * Returns: (transfer full): the body of “track”
 */
JsonObject *
gc_track_body_print (JsonArray *points)
{
  JsonObject *body = json_object_new ();
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_ARRAY);
  g_autofree char *text = NULL;
  g_autofree char *packed = NULL;

  json_node_set_array (node, points);
  text = json_to_string (node, FALSE);
  if (strlen (text) >= PACK_MIN_LENGTH)
    packed = pack (text);
  if (packed != NULL && strlen (packed) < strlen (text))
    json_object_set_string_member (body, "packed", packed);
  else
    json_object_set_array_member (body, "points", json_array_ref (points));
  return body;
}

/* Returns: (transfer full) (nullable): an object with “points” */
static JsonObject *
unpack (JsonObject *body, GError **error)
{
  const char *base64 = gc_json_get_string (body, "packed", PACKED_MAX_LENGTH, error);
  g_autoptr (GZlibDecompressor) decompressor
      = g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_RAW);
  g_autofree guchar *data = NULL;
  gsize length;
  g_autoptr (GByteArray) text = NULL;
  g_autoptr (GString) object = g_string_new ("{\"points\":");

  if (base64 == NULL)
    return NULL;
  data = g_base64_decode (base64, &length);
  if (length > 0)
    text = convert (G_CONVERTER (decompressor), data, length, UNPACKED_MAX_LENGTH);
  if (text == NULL)
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "“packed” cannot be unpacked");
      return NULL;
    }
  g_string_append_len (object, (const char *) text->data, text->len);
  g_string_append_c (object, '}');
  return gc_json_parse_object (object->str, (gssize) object->len, 2 * UNPACKED_MAX_LENGTH, error);
}

/**
 * gc_track_body_parse:
 * @body: of “track”
 * @error: %GC_ERROR_INVALID, %GC_ERROR_TOO_LARGE
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable) (element-type GcFix): the points
 */
GArray *
gc_track_body_parse (JsonObject *body, GError **error)
{
  g_autoptr (JsonObject) unpacked = NULL;
  g_autoptr (GArray) fixes = g_array_new (FALSE, FALSE, sizeof (GcFix));
  JsonArray *points;

  if (gc_json_has (body, "packed"))
    {
      unpacked = unpack (body, error);
      if (unpacked == NULL)
        return NULL;
      body = unpacked;
    }
  points = gc_json_get_array (body, "points", GC_TRACK_MAX_POINTS, error);
  if (points == NULL)
    return NULL;
  for (guint i = 0; i < json_array_get_length (points); i++)
    {
      JsonNode *node = json_array_get_element (points, i);
      GcFix fix;

      if (!JSON_NODE_HOLDS_OBJECT (node))
        {
          g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "a point must be an object");
          return NULL;
        }
      if (!gc_fix_from_json (json_node_get_object (node), &fix, error))
        return NULL;
      g_array_append_val (fixes, fix);
    }
  return g_steal_pointer (&fixes);
}
