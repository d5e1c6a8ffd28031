/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "protocol/gc-task.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "base/gc-id.h"
#include "protocol/gc-json.h"

#include <string.h>

#define ID_LENGTH 36
#define CREATED_BY_MAX_LENGTH 64
#define WORD_MAX_LENGTH 16

G_DEFINE_BOXED_TYPE (GcTask, gc_task, gc_task_copy, gc_task_free)

static const char *const STATES[]
    = { "sent", "delivered", "accepted", "declined", "en-route", "arrived", "done", "cancelled" };
static const char *const URGENCIES[] = { "routine", "priority", "urgent" };

/**
 * gc_task_new:
 *
 * Makes an empty task in state %GC_TASK_SENT. Any thread.
 *
 * Returns: (transfer full): the task
 */
GcTask *
gc_task_new (void)
{
  return g_new0 (GcTask, 1);
}

static gpointer
copy_file (gconstpointer file, gpointer data)
{
  return gc_file_reference_copy (file);
}

/**
 * gc_task_copy:
 * @task: a task
 *
 * Any thread.
 *
 * Returns: (transfer full): a copy
 */
GcTask *
gc_task_copy (const GcTask *task)
{
  GcTask *copy = g_memdup2 (task, sizeof *task);

  copy->id = g_strdup (task->id);
  copy->title = g_strdup (task->title);
  copy->description = g_strdup (task->description);
  copy->place = g_strdup (task->place);
  copy->created_by = g_strdup (task->created_by);
  copy->files = task->files != NULL ? g_ptr_array_copy (task->files, copy_file, NULL) : NULL;
  copy->note = g_strdup (task->note);
  copy->late_cancel = g_strdup (task->late_cancel);
  return copy;
}

/**
 * gc_task_free:
 * @task: (transfer full): a task
 *
 * Any thread.
 */
void
gc_task_free (GcTask *task)
{
  g_free (task->id);
  g_free (task->title);
  g_free (task->description);
  g_free (task->place);
  g_free (task->created_by);
  g_clear_pointer (&task->files, g_ptr_array_unref);
  g_free (task->note);
  g_free (task->late_cancel);
  g_free (task);
}

static JsonObject *
place_to_json (const GcTask *task)
{
  JsonObject *feature = json_object_new ();
  JsonObject *properties = json_object_new ();

  json_object_set_string_member (feature, "type", "Feature");
  if (task->has_place)
    {
      JsonObject *geometry = json_object_new ();
      JsonArray *coordinates = json_array_sized_new (2);

      json_array_add_double_element (coordinates, task->longitude);
      json_array_add_double_element (coordinates, task->latitude);
      json_object_set_string_member (geometry, "type", "Point");
      json_object_set_array_member (geometry, "coordinates", coordinates);
      json_object_set_object_member (feature, "geometry", geometry);
    }
  else
    json_object_set_null_member (feature, "geometry");
  if (task->place != NULL)
    json_object_set_string_member (properties, "name", task->place);
  json_object_set_object_member (feature, "properties", properties);
  return feature;
}

static void
set_time (JsonObject *object, const char *member, gint64 wall_ms)
{
  g_autofree char *text = gc_clock_format (wall_ms);

  json_object_set_string_member (object, member, text);
}

static JsonArray *
files_to_json (GPtrArray *files)
{
  JsonArray *array = json_array_sized_new (files->len);

  for (guint i = 0; i < files->len; i++)
    json_array_add_object_element (array, gc_file_reference_print (g_ptr_array_index (files, i)));
  return array;
}

/**
 * gc_task_to_json:
 * @task: a task
 *
 * Writes the TASK of PROTOCOL.md, without its state. Any thread.
 *
 * Returns: (transfer full): the object
 */
JsonObject *
gc_task_to_json (const GcTask *task)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "id", task->id);
  json_object_set_string_member (object, "title", task->title);
  if (task->description != NULL)
    json_object_set_string_member (object, "description", task->description);
  json_object_set_string_member (object, "urgency", gc_task_urgency_to_string (task->urgency));
  if (task->has_place || task->place != NULL)
    json_object_set_object_member (object, "place", place_to_json (task));
  if (task->deadline_ms != 0)
    set_time (object, "deadline", task->deadline_ms);
  set_time (object, "created_at", task->created_ms);
  if (task->created_by != NULL)
    json_object_set_string_member (object, "created_by", task->created_by);
  if (task->files != NULL && task->files->len > 0)
    json_object_set_array_member (object, "files", files_to_json (task->files));
  return object;
}

static gboolean
read_coordinate (JsonArray *coordinates, guint index, double limit, double *value, GError **error)
{
  JsonNode *node = json_array_get_element (coordinates, index);
  double number = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_double (node) : limit * 2;
  GType type = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) : G_TYPE_INVALID;

  if ((type != G_TYPE_INT64 && type != G_TYPE_DOUBLE) || !(number >= -limit && number <= limit))
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "“coordinates” are out of range");
      return FALSE;
    }
  *value = number;
  return TRUE;
}

static gboolean
read_geometry (GcTask *task, JsonObject *feature, GError **error)
{
  JsonObject *geometry;
  JsonArray *coordinates;
  const char *type;

  if (!gc_json_has (feature, "geometry"))
    return TRUE;
  geometry = gc_json_get_object (feature, "geometry", error);
  if (geometry == NULL)
    return FALSE;
  type = gc_json_get_string (geometry, "type", WORD_MAX_LENGTH, error);
  if (type == NULL)
    return FALSE;
  coordinates = gc_json_get_array (geometry, "coordinates", 3, error);
  if (coordinates == NULL)
    return FALSE;
  if (strcmp (type, "Point") != 0 || json_array_get_length (coordinates) < 2)
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "“geometry” must be a Point");
      return FALSE;
    }
  task->has_place = TRUE;
  return read_coordinate (coordinates, 0, 180, &task->longitude, error)
         && read_coordinate (coordinates, 1, 90, &task->latitude, error);
}

static gboolean
read_place (GcTask *task, JsonObject *object, GError **error)
{
  JsonObject *feature;
  JsonObject *properties;
  const char *name = NULL;

  if (!gc_json_has (object, "place"))
    return TRUE;
  feature = gc_json_get_object (object, "place", error);
  if (feature == NULL || !read_geometry (task, feature, error))
    return FALSE;
  if (gc_json_has (feature, "properties"))
    {
      properties = gc_json_get_object (feature, "properties", error);
      if (properties == NULL
          || !gc_json_get_optional_string (properties, "name", GC_TASK_PLACE_MAX_LENGTH, &name,
                                           error))
        return FALSE;
    }
  task->place = g_strdup (name);
  return TRUE;
}

static gboolean
read_texts (GcTask *task, JsonObject *object, GError **error)
{
  const char *id = gc_json_get_string (object, "id", ID_LENGTH, error);
  const char *title;
  const char *description;
  const char *created_by;

  if (id == NULL)
    return FALSE;
  title = gc_json_get_string (object, "title", GC_TASK_TITLE_MAX_LENGTH, error);
  if (title == NULL
      || !gc_json_get_optional_string (object, "description", GC_TASK_TEXT_MAX_LENGTH, &description,
                                       error)
      || !gc_json_get_optional_string (object, "created_by", CREATED_BY_MAX_LENGTH, &created_by,
                                       error))
    return FALSE;
  task->id = g_strdup (id);
  task->title = g_strstrip (g_strdup (title));
  task->description = g_strdup (description);
  task->created_by = g_strdup (created_by);
  if (!gc_id_is_valid (id) || task->title[0] == '\0')
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID,
                           "“id” must be a UUID and “title” must say something");
      return FALSE;
    }
  return TRUE;
}

/* What is asked for matters more than what is attached to it: a FILE that cannot be used is left
 * out, as one of a kind that only a newer center knows. */
static void
add_file (GcTask *task, JsonNode *node)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GcFileReference) file = NULL;

  if (JSON_NODE_HOLDS_OBJECT (node))
    file = gc_file_reference_parse (json_node_get_object (node), &error);
  if (file == NULL)
    g_debug ("a file of a task is left out: %s", error != NULL ? error->message : "no object");
  else if (gc_task_find_file (task, file->id) == NULL)
    g_ptr_array_add (task->files, g_steal_pointer (&file));
}

static gboolean
read_files (GcTask *task, JsonObject *object, GError **error)
{
  JsonArray *files;

  if (!gc_json_has (object, "files"))
    return TRUE;
  files = gc_json_get_array (object, "files", GC_FILE_MAX_PER_TASK, error);
  if (files == NULL)
    return FALSE;
  task->files = g_ptr_array_new_with_free_func ((GDestroyNotify) gc_file_reference_free);
  for (guint i = 0; i < json_array_get_length (files); i++)
    add_file (task, json_array_get_element (files, i));
  return TRUE;
}

/**
 * gc_task_from_json:
 * @object: a TASK of PROTOCOL.md
 * @error: %GC_ERROR_INVALID, %GC_ERROR_TOO_LARGE
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): the task, in state %GC_TASK_SENT
 */
GcTask *
gc_task_from_json (JsonObject *object, GError **error)
{
  g_autoptr (GcTask) task = gc_task_new ();
  const char *urgency;

  if (!read_texts (task, object, error) || !read_place (task, object, error))
    return NULL;
  urgency = gc_json_get_string (object, "urgency", WORD_MAX_LENGTH, error);
  if (urgency == NULL || !gc_task_urgency_from_string (urgency, &task->urgency, error))
    return NULL;
  if (!gc_json_get_time (object, "created_at", &task->created_ms, error))
    return NULL;
  if (gc_json_has (object, "deadline")
      && !gc_json_get_time (object, "deadline", &task->deadline_ms, error))
    return NULL;
  if (!read_files (task, object, error))
    return NULL;
  return g_steal_pointer (&task);
}

/**
 * gc_task_find_file:
 * @task: a task
 * @id: of a file
 *
 * Any thread.
 *
 * Returns: (transfer none) (nullable): the file, if it is attached to the task
 */
const GcFileReference *
gc_task_find_file (const GcTask *task, const char *id)
{
  for (guint i = 0; task->files != NULL && i < task->files->len; i++)
    {
      const GcFileReference *file = g_ptr_array_index (task->files, i);

      if (g_str_equal (file->id, id))
        return file;
    }
  return NULL;
}

static int
find_word (const char *const *words, gsize count, const char *word)
{
  for (gsize i = 0; i < count; i++)
    if (strcmp (words[i], word) == 0)
      return (int) i;
  return -1;
}

/**
 * gc_task_state_to_string:
 * @state: a state
 *
 * Any thread.
 *
 * Returns: (transfer none): its word in PROTOCOL.md
 */
const char *
gc_task_state_to_string (GcTaskState state)
{
  g_return_val_if_fail (state < G_N_ELEMENTS (STATES), STATES[0]);

  return STATES[state];
}

/**
 * gc_task_state_from_string:
 * @text: a word
 * @state: (out): the state
 * @error: %GC_ERROR_INVALID
 *
 * Any thread.
 *
 * Returns: whether PROTOCOL.md knows the word
 */
gboolean
gc_task_state_from_string (const char *text, GcTaskState *state, GError **error)
{
  int found = find_word (STATES, G_N_ELEMENTS (STATES), text);

  if (found < 0)
    {
      g_set_error (error, GC_ERROR, GC_ERROR_INVALID, "no state of a task: “%.40s”", text);
      return FALSE;
    }
  *state = (GcTaskState) found;
  return TRUE;
}

/**
 * gc_task_state_is_final:
 * @state: a state
 *
 * Any thread.
 *
 * Returns: whether no step follows it
 */
gboolean
gc_task_state_is_final (GcTaskState state)
{
  return state == GC_TASK_DECLINED || state == GC_TASK_DONE || state == GC_TASK_CANCELLED;
}

/**
 * gc_task_state_allows:
 * @from: where the task stands
 * @to: where somebody wants it to go
 *
 * The rules of PROTOCOL.md, “The life of a task”: forward only, with skips; declining only before
 * accepting; cancelling any time before the end. Any thread.
 *
 * Returns: whether the step is allowed
 */
gboolean
gc_task_state_allows (GcTaskState from, GcTaskState to)
{
  if (gc_task_state_is_final (from))
    return FALSE;
  switch (to)
    {
    case GC_TASK_SENT:
      return FALSE;
    case GC_TASK_DELIVERED:
      return from == GC_TASK_SENT;
    case GC_TASK_DECLINED:
      return from <= GC_TASK_DELIVERED;
    case GC_TASK_ACCEPTED:
    case GC_TASK_EN_ROUTE:
    case GC_TASK_ARRIVED:
    case GC_TASK_DONE:
      return from < to;
    case GC_TASK_CANCELLED:
      return TRUE;
    default:
      return FALSE;
    }
}

/**
 * gc_task_state_yields:
 * @from: where the task stands on this side
 * @to: the step that the other side took, which may not have known @from
 *
 * What PROTOCOL.md, “The life of a task”, says of steps that cross on their way, so that both sides
 * end at the same state: a cancellation holds against whatever the worker did, but not against what
 * is done. Any thread.
 *
 * Returns: whether the step takes effect here
 */
gboolean
gc_task_state_yields (GcTaskState from, GcTaskState to)
{
  return gc_task_state_allows (from, to) || (from == GC_TASK_DECLINED && to == GC_TASK_CANCELLED)
         || (from == GC_TASK_CANCELLED && to == GC_TASK_DONE);
}

/**
 * gc_task_urgency_to_string:
 * @urgency: how soon
 *
 * Any thread.
 *
 * Returns: (transfer none): its word in PROTOCOL.md
 */
const char *
gc_task_urgency_to_string (GcTaskUrgency urgency)
{
  g_return_val_if_fail (urgency < G_N_ELEMENTS (URGENCIES), URGENCIES[0]);

  return URGENCIES[urgency];
}

/**
 * gc_task_urgency_from_string:
 * @text: a word
 * @urgency: (out): how soon
 * @error: %GC_ERROR_INVALID
 *
 * Any thread.
 *
 * Returns: whether PROTOCOL.md knows the word
 */
gboolean
gc_task_urgency_from_string (const char *text, GcTaskUrgency *urgency, GError **error)
{
  int found = find_word (URGENCIES, G_N_ELEMENTS (URGENCIES), text);

  if (found < 0)
    {
      g_set_error (error, GC_ERROR, GC_ERROR_INVALID, "no urgency of a task: “%.40s”", text);
      return FALSE;
    }
  *urgency = (GcTaskUrgency) found;
  return TRUE;
}
