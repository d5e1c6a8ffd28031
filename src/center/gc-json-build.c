/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-json-build.h"

#include "base/gc-clock.h"

/**
 * gc_json_set_text:
 * @object: an object
 * @member: its name
 * @text: (nullable): the value
 *
 * Sets the member to text or null.
 */
void
gc_json_set_text (JsonObject *object, const char *member, const char *text)
{
  if (text != NULL)
    json_object_set_string_member (object, member, text);
  else
    json_object_set_null_member (object, member);
}

/**
 * gc_json_set_time:
 * @object: an object
 * @member: its name
 * @wall_ms: ms since 1970, 0 if unknown
 *
 * Sets the member to a time as PROTOCOL.md writes it, or null.
 */
void
gc_json_set_time (JsonObject *object, const char *member, gint64 wall_ms)
{
  g_autofree char *text = wall_ms != 0 ? gc_clock_format (wall_ms) : NULL;

  gc_json_set_text (object, member, text);
}

/**
 * gc_json_set_strings:
 * @object: an object
 * @member: its name
 * @texts: (nullable): the values
 *
 * Sets the member to an array of texts; without @texts the member is left out.
 */
void
gc_json_set_strings (JsonObject *object, const char *member, const char *const *texts)
{
  JsonArray *array;

  if (texts == NULL)
    return;
  array = json_array_new ();
  for (gsize i = 0; texts[i] != NULL; i++)
    json_array_add_string_element (array, texts[i]);
  json_object_set_array_member (object, member, array);
}
