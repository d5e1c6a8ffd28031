/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "protocol/gc-json.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "base/gc-id.h"

#include <math.h>
#include <string.h>

#define MAX_TIME_LENGTH 40
#define ID_LENGTH 36

static gboolean
fail (GError **error, const char *member, const char *what)
{
  g_set_error (error, GC_ERROR, GC_ERROR_INVALID, "“%s” %s", member, what);
  return FALSE;
}

/* A member that is null counts as missing. */
static JsonNode *
find (JsonObject *object, const char *member, JsonNodeType type, const char *what, GError **error)
{
  JsonNode *node = json_object_get_member (object, member);

  if (node == NULL || JSON_NODE_TYPE (node) == JSON_NODE_NULL)
    {
      fail (error, member, "is missing");
      return NULL;
    }
  if (JSON_NODE_TYPE (node) != type)
    {
      fail (error, member, what);
      return NULL;
    }
  return node;
}

/* A zero would end the text for everybody who reads it: what stands behind it would be lost without
 * a word. */
static gboolean
has_zero (const char *text, gssize length)
{
  for (gssize at = 0; at + 1 < length; at++)
    {
      if (text[at] != '\\')
        continue;
      at++;
      if (text[at] == 'u' && length - at > 4 && strncmp (text + at + 1, "0000", 4) == 0)
        return TRUE;
    }
  return FALSE;
}

/**
 * gc_json_parse_object:
 * @text: what arrived; need not end in NUL if @length is given
 * @length: bytes, or -1
 * @max_length: how many bytes are allowed
 * @error: %GC_ERROR_TOO_LARGE, or %GC_ERROR_INVALID if it is not UTF-8, not JSON, nested too
 *   deeply, not an object, or has a text with U+0000 in it; says nothing of what is in it
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): the object
 */
JsonObject *
gc_json_parse_object (const char *text, gssize length, gsize max_length, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  JsonNode *root;

  g_return_val_if_fail (text != NULL, NULL);

  if (length < 0)
    length = (gssize) strlen (text);
  if ((gsize) length > max_length)
    {
      g_set_error (error, GC_ERROR, GC_ERROR_TOO_LARGE, "over %" G_GSIZE_FORMAT " bytes of JSON",
                   max_length);
      return NULL;
    }
  if (length == 0 || !g_utf8_validate_len (text, (gsize) length, NULL))
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "not JSON: not UTF-8 text");
      return NULL;
    }
  if (has_zero (text, length))
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "a text with U+0000 in it");
      return NULL;
    }
  json_parser_set_strict (parser, TRUE);
  if (!json_parser_load_from_data (parser, text, length, NULL))
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "not JSON");
      return NULL;
    }
  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "not a JSON object");
      return NULL;
    }
  return json_node_dup_object (root);
}

/**
 * gc_json_print:
 * @object: an object
 *
 * Any thread.
 *
 * Returns: (transfer full): it as text in one line
 */
char *
gc_json_print (JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  json_node_set_object (node, object);
  return json_to_string (node, FALSE);
}

/**
 * gc_json_has:
 * @object: an object
 * @member: its name
 *
 * Any thread.
 *
 * Returns: whether the member is there and not null
 */
gboolean
gc_json_has (JsonObject *object, const char *member)
{
  JsonNode *node = json_object_get_member (object, member);

  return node != NULL && JSON_NODE_TYPE (node) != JSON_NODE_NULL;
}

/**
 * gc_json_get_string:
 * @object: an object
 * @member: its name
 * @max_length: in characters
 * @error: %GC_ERROR_INVALID if it is missing or not text, %GC_ERROR_TOO_LARGE
 *
 * Any thread.
 *
 * Returns: (nullable) (transfer none): the text
 */
const char *
gc_json_get_string (JsonObject *object, const char *member, gsize max_length, GError **error)
{
  JsonNode *node = find (object, member, JSON_NODE_VALUE, "must be text", error);
  const char *value;

  if (node == NULL)
    return NULL;
  if (json_node_get_value_type (node) != G_TYPE_STRING)
    {
      fail (error, member, "must be text");
      return NULL;
    }
  value = json_node_get_string (node);
  if (g_utf8_strlen (value, -1) > (glong) max_length)
    {
      g_set_error (error, GC_ERROR, GC_ERROR_TOO_LARGE,
                   "“%s” is longer than %" G_GSIZE_FORMAT " characters", member, max_length);
      return NULL;
    }
  return value;
}

/**
 * gc_json_get_optional_string:
 * @object: an object
 * @member: its name
 * @max_length: in characters
 * @value: (out) (nullable) (transfer none): the text, %NULL if it is missing
 * @error: as gc_json_get_string()
 *
 * Any thread.
 *
 * Returns: whether the member is missing or good
 */
gboolean
gc_json_get_optional_string (
    JsonObject *object, const char *member, gsize max_length, const char **value, GError **error)
{
  *value = NULL;
  if (!gc_json_has (object, member))
    return TRUE;
  *value = gc_json_get_string (object, member, max_length, error);
  return *value != NULL;
}

/**
 * gc_json_get_id:
 * @object: an object
 * @member: its name
 * @error: %GC_ERROR_INVALID if it is missing or no UUID, %GC_ERROR_TOO_LARGE
 *
 * Any thread.
 *
 * Returns: (nullable) (transfer none): the id
 */
const char *
gc_json_get_id (JsonObject *object, const char *member, GError **error)
{
  const char *value = gc_json_get_string (object, member, ID_LENGTH, error);

  if (value == NULL || gc_id_is_valid (value))
    return value;
  fail (error, member, "must be a UUID");
  return NULL;
}

/**
 * gc_json_get_double:
 * @object: an object
 * @member: its name
 * @min: smallest value allowed
 * @max: largest value allowed
 * @value: (out): the number
 * @error: %GC_ERROR_INVALID if it is missing, not a number or out of range
 *
 * Any thread.
 *
 * Returns: whether it is there and good
 */
gboolean
gc_json_get_double (
    JsonObject *object, const char *member, double min, double max, double *value, GError **error)
{
  JsonNode *node = find (object, member, JSON_NODE_VALUE, "must be a number", error);
  GType type;

  if (node == NULL)
    return FALSE;
  type = json_node_get_value_type (node);
  if (type != G_TYPE_INT64 && type != G_TYPE_DOUBLE)
    return fail (error, member, "must be a number");
  *value = json_node_get_double (node);
  if (!isfinite (*value) || *value < min || *value > max)
    return fail (error, member, "is out of range");
  return TRUE;
}

/**
 * gc_json_get_int:
 * @object: an object
 * @member: its name
 * @min: smallest value allowed
 * @max: largest value allowed
 * @value: (out): the number
 * @error: %GC_ERROR_INVALID if it is missing, not a whole number or out of range
 *
 * Any thread.
 *
 * Returns: whether it is there and good
 */
gboolean
gc_json_get_int (
    JsonObject *object, const char *member, gint64 min, gint64 max, gint64 *value, GError **error)
{
  JsonNode *node = find (object, member, JSON_NODE_VALUE, "must be a whole number", error);

  if (node == NULL)
    return FALSE;
  if (json_node_get_value_type (node) != G_TYPE_INT64)
    return fail (error, member, "must be a whole number");
  *value = json_node_get_int (node);
  if (*value < min || *value > max)
    return fail (error, member, "is out of range");
  return TRUE;
}

/**
 * gc_json_get_boolean:
 * @object: an object
 * @member: its name
 * @value: (out): true or false
 * @error: %GC_ERROR_INVALID if it is missing or neither
 *
 * Any thread.
 *
 * Returns: whether it is there and good
 */
gboolean
gc_json_get_boolean (JsonObject *object, const char *member, gboolean *value, GError **error)
{
  JsonNode *node = find (object, member, JSON_NODE_VALUE, "must be true or false", error);

  if (node == NULL)
    return FALSE;
  if (json_node_get_value_type (node) != G_TYPE_BOOLEAN)
    return fail (error, member, "must be true or false");
  *value = json_node_get_boolean (node);
  return TRUE;
}

/**
 * gc_json_get_time:
 * @object: an object
 * @member: its name
 * @wall_ms: (out): ms since 1970
 * @error: %GC_ERROR_INVALID if it is missing or no time
 *
 * Any thread.
 *
 * Returns: whether it is there and good
 */
gboolean
gc_json_get_time (JsonObject *object, const char *member, gint64 *wall_ms, GError **error)
{
  const char *text = gc_json_get_string (object, member, MAX_TIME_LENGTH, error);

  if (text == NULL)
    return FALSE;
  if (!gc_clock_parse (text, wall_ms, NULL))
    return fail (error, member, "must be a time such as 2026-11-24T02:33:00Z");
  return TRUE;
}

/**
 * gc_json_get_object:
 * @object: an object
 * @member: its name
 * @error: %GC_ERROR_INVALID if it is missing or no object
 *
 * Any thread.
 *
 * Returns: (nullable) (transfer none): the object
 */
JsonObject *
gc_json_get_object (JsonObject *object, const char *member, GError **error)
{
  JsonNode *node = find (object, member, JSON_NODE_OBJECT, "must be an object", error);

  return node != NULL ? json_node_get_object (node) : NULL;
}

/**
 * gc_json_get_array:
 * @object: an object
 * @member: its name
 * @max_items: how many are allowed
 * @error: %GC_ERROR_INVALID if it is missing or no array, %GC_ERROR_TOO_LARGE
 *
 * Any thread.
 *
 * Returns: (nullable) (transfer none): the array
 */
JsonArray *
gc_json_get_array (JsonObject *object, const char *member, guint max_items, GError **error)
{
  JsonNode *node = find (object, member, JSON_NODE_ARRAY, "must be an array", error);
  JsonArray *array;

  if (node == NULL)
    return NULL;
  array = json_node_get_array (node);
  if (json_array_get_length (array) > max_items)
    {
      g_set_error (error, GC_ERROR, GC_ERROR_TOO_LARGE, "“%s” has more than %u items", member,
                   max_items);
      return NULL;
    }
  return array;
}

/**
 * gc_json_get_optional_strings:
 * @object: an object
 * @member: its name
 * @max_items: how many are allowed
 * @max_length: of each, in characters
 * @values: (out) (nullable) (transfer full): the texts, %NULL if the member is missing
 * @error: %GC_ERROR_INVALID if it is no array of texts, %GC_ERROR_TOO_LARGE
 *
 * Any thread.
 *
 * Returns: whether the member is missing or good
 */
gboolean
gc_json_get_optional_strings (JsonObject *object,
                              const char *member,
                              guint max_items,
                              gsize max_length,
                              GStrv *values,
                              GError **error)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  JsonArray *array;

  *values = NULL;
  if (!gc_json_has (object, member))
    return TRUE;
  array = gc_json_get_array (object, member, max_items, error);
  if (array == NULL)
    return FALSE;
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *item = json_array_get_element (array, i);

      if (!JSON_NODE_HOLDS_VALUE (item) || json_node_get_value_type (item) != G_TYPE_STRING
          || g_utf8_strlen (json_node_get_string (item), -1) > (glong) max_length)
        {
          fail (error, member, "must hold short texts only");
          return FALSE;
        }
      g_strv_builder_add (builder, json_node_get_string (item));
    }
  *values = g_strv_builder_end (builder);
  return TRUE;
}
