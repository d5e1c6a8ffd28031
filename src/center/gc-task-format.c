/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-task-format.h"

#include "protocol/gc-json.h"

#define COLUMNS                                                                                    \
  "id,title,description,urgency,state,state_at,worker,terminal,place,longitude,latitude,"          \
  "deadline,created_at,created_by,note,files\r\n"

static JsonObject *
find_object (JsonObject *object, const char *member)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, member) : NULL;

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static const char *
find_text (JsonObject *object, const char *member)
{
  return object != NULL ? json_object_get_string_member_with_default (object, member, NULL) : NULL;
}

/* --- CSV, RFC 4180 --- */

/* Spreadsheets take what begins like this for a formula, and carry it out; those of East Asia also
 * where it is written wide. */
static gboolean
is_formula (const char *text)
{
  static const gunichar FIRST[]
      = { '=', '+', '-', '@', '\t', '\r', '\n', 0xff1d, 0xff0b, 0xff0d, 0xff20 };
  gunichar first = g_utf8_get_char (text);

  for (gsize i = 0; i < G_N_ELEMENTS (FIRST); i++)
    if (first == FIRST[i])
      return TRUE;
  return FALSE;
}

static void
append_cell (GString *line, const char *text)
{
  if (text == NULL)
    text = "";
  g_string_append_c (line, '"');
  if (is_formula (text))
    g_string_append_c (line, '\'');
  for (; *text != '\0'; text++)
    {
      if (*text == '"')
        g_string_append_c (line, '"');
      g_string_append_c (line, *text);
    }
  g_string_append_c (line, '"');
}

static void
append_degrees (GString *line, JsonArray *coordinates, guint axis)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_c (line, ',');
  if (coordinates != NULL && json_array_get_length (coordinates) > axis)
    g_string_append (line, g_ascii_formatd (text, sizeof text, "%.7f",
                                            json_array_get_double_element (coordinates, axis)));
}

static void
append_csv (GString *text, JsonObject *task)
{
  static const char *const BEFORE[]
      = { "id", "title", "description", "urgency", "state", "state_at", "worker", "terminal" };
  static const char *const AFTER[] = { "deadline", "created_at", "created_by", "note" };
  JsonObject *place = find_object (task, "place");
  JsonObject *geometry = find_object (place, "geometry");
  JsonArray *coordinates
      = geometry != NULL ? json_object_get_array_member (geometry, "coordinates") : NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (BEFORE); i++)
    {
      append_cell (text, find_text (task, BEFORE[i]));
      g_string_append_c (text, ',');
    }
  append_cell (text, find_text (find_object (place, "properties"), "name"));
  append_degrees (text, coordinates, 0);
  append_degrees (text, coordinates, 1);
  for (gsize i = 0; i < G_N_ELEMENTS (AFTER); i++)
    {
      g_string_append_c (text, ',');
      append_cell (text, find_text (task, AFTER[i]));
    }
  g_string_append_printf (text, ",%" G_GINT64_FORMAT "\r\n",
                          json_object_get_int_member_with_default (task, "file_count", 0));
}

/* The mark at the beginning tells spreadsheets that it is UTF-8. */
const GcTaskFormat GC_TASK_FORMAT_CSV = {
  .name = "csv",
  .content_type = "text/csv; charset=utf-8",
  .file_name = "tasks.csv",
  .head = "\xef\xbb\xbf" COLUMNS,
  .separator = "",
  .tail = "",
  .append = append_csv,
};

/* --- GeoJSON, RFC 7946 --- */

static void
append_geojson (GString *text, JsonObject *task)
{
  g_autoptr (JsonObject) feature = json_object_new ();
  JsonObject *place = find_object (task, "place");
  JsonObject *geometry = find_object (place, "geometry");
  JsonObject *properties = json_object_new ();
  const char *name = find_text (find_object (place, "properties"), "name");
  g_autofree char *printed = NULL;
  JsonObjectIter iter;
  const char *member;
  JsonNode *node;

  json_object_iter_init_ordered (&iter, task);
  while (json_object_iter_next_ordered (&iter, &member, &node))
    if (!g_str_equal (member, "place") && !g_str_equal (member, "id"))
      json_object_set_member (properties, member, json_node_copy (node));
  if (name != NULL)
    json_object_set_string_member (properties, "place", name);
  json_object_set_string_member (feature, "type", "Feature");
  json_object_set_string_member (feature, "id", find_text (task, "id"));
  if (geometry != NULL)
    json_object_set_object_member (feature, "geometry", json_object_ref (geometry));
  else
    json_object_set_null_member (feature, "geometry");
  json_object_set_object_member (feature, "properties", properties);
  printed = gc_json_print (feature);
  g_string_append (text, printed);
}

const GcTaskFormat GC_TASK_FORMAT_GEOJSON = {
  .name = "geojson",
  .content_type = "application/geo+json",
  .file_name = "tasks.geojson",
  .head = "{\"type\":\"FeatureCollection\",\"features\":[\n",
  .separator = ",\n",
  .tail = "\n]}\n",
  .append = append_geojson,
};
