/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-attachments.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "base/gc-id.h"
#include "center/gc-audit.h"
#include "center/gc-task-files.h"
#include "protocol/gc-envelope.h"
#include "protocol/gc-json.h"

#include <string.h>

#define ID_LENGTH 36

/* --- before there is a task --- */

/* What every terminal can show. */
static gboolean
is_shown_everywhere (const GcFileReference *file, GError **error)
{
  if (g_str_equal (file->media_type, "image/jpeg") || g_str_equal (file->media_type, "image/png"))
    return TRUE;
  g_set_error_literal (error, GC_ERROR, GC_ERROR_UNSUPPORTED,
                       "Only pictures in JPEG or PNG can be attached.");
  return FALSE;
}

/* Only what a dispatcher may say is taken from the form. */
static GcFileReference *
read_form (JsonObject *form, GError **error)
{
  static const char *const MEMBERS[] = { "sha256", "size", "media_type", "name" };
  g_autoptr (JsonObject) object = json_object_new ();
  g_autofree char *id = gc_id_new ();
  g_autoptr (GcFileReference) file = NULL;

  json_object_set_string_member (object, "id", id);
  for (gsize i = 0; i < G_N_ELEMENTS (MEMBERS); i++)
    if (gc_json_has (form, MEMBERS[i]))
      json_object_set_member (object, MEMBERS[i],
                              json_node_copy (json_object_get_member (form, MEMBERS[i])));
  file = gc_file_reference_parse (object, error);
  return file != NULL && is_shown_everywhere (file, error) ? g_steal_pointer (&file) : NULL;
}

static gboolean
has_room (GcDatabase *database, const char *user, GError **error)
{
  g_autoptr (GcRows) rows = gc_database_query (database, error,
                                               "SELECT count(*) FROM file WHERE by = ?"
                                               "  AND id NOT IN (SELECT file FROM task_file)",
                                               "s", user);

  if (rows == NULL || !gc_rows_next (rows, error))
    return FALSE;
  if (gc_rows_int64 (rows, 0) < GC_ATTACHMENTS_LOOSE_MAX)
    return TRUE;
  g_set_error_literal (error, GC_ERROR, GC_ERROR_CONFLICT,
                       "Too many files wait for a task to take them.");
  return FALSE;
}

/**
 * gc_attachments_announce:
 * @database: the center's
 * @user: the dispatcher
 * @form: what he says of the file, as API.md has it
 * @error: %GC_ERROR_INVALID, %GC_ERROR_TOO_LARGE, %GC_ERROR_UNSUPPORTED if a terminal could not
 *   show it, or %GC_ERROR_CONFLICT if too many wait already
 *
 * Makes a file whose content is to arrive, and which no task has yet.
 *
 * Returns: (transfer full) (nullable): the FILE
 */
JsonObject *
gc_attachments_announce (GcDatabase *database, const char *user, JsonObject *form, GError **error)
{
  g_autoptr (GcFileReference) file = read_form (form, error);
  g_autoptr (JsonObject) content = NULL;
  g_autofree char *text = NULL;

  if (file == NULL || !has_room (database, user, error))
    return NULL;
  content = gc_file_reference_print (file);
  text = gc_json_print (content);
  return gc_database_exec (database, error,
                           "INSERT INTO file (id, content, by, added_ms) VALUES (?, ?, ?, ?)",
                           "sssi", file->id, text, user, gc_clock_wall_ms ())
             ? g_steal_pointer (&content)
             : NULL;
}

/* --- a task takes them --- */

static gboolean
take (GcDatabase *database, const char *user, const char *id, GcTask *task, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcTaskFile) file = gc_task_files_find_of (database, user, id, &local_error);

  if (file != NULL && file->complete)
    {
      if (gc_task_find_file (task, id) == NULL)
        g_ptr_array_add (task->files, g_steal_pointer (&file->reference));
      return TRUE;
    }
  if (local_error == NULL || g_error_matches (local_error, GC_ERROR, GC_ERROR_NOT_FOUND))
    g_set_error_literal (error, GC_ERROR, GC_ERROR_CONFLICT,
                         "A file to be attached is not here, or no more; add it again.");
  else
    g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

/**
 * gc_attachments_read:
 * @database: the center's
 * @user: the dispatcher
 * @form: of a task, as API.md has it
 * @task: takes its files
 * @error: %GC_ERROR_INVALID, or %GC_ERROR_CONFLICT if one is not the user's or not all there
 *
 * Returns: whether all of them can be attached
 */
gboolean
gc_attachments_read (
    GcDatabase *database, const char *user, JsonObject *form, GcTask *task, GError **error)
{
  g_auto (GStrv) ids = NULL;

  if (!gc_json_get_optional_strings (form, "files", GC_FILE_MAX_PER_TASK, ID_LENGTH, &ids, error))
    return FALSE;
  g_clear_pointer (&task->files, g_ptr_array_unref);
  task->files = g_ptr_array_new_with_free_func ((GDestroyNotify) gc_file_reference_free);
  for (gsize i = 0; ids != NULL && ids[i] != NULL; i++)
    if (!take (database, user, ids[i], task, error))
      return FALSE;
  return TRUE;
}

/**
 * gc_attachments_copy:
 * @database: the center's
 * @from: the id of another task
 * @task: takes the files that were attached to it
 * @error: %GC_ERROR_NOT_FOUND if there is no such task
 *
 * Returns: whether it succeeded
 */
gboolean
gc_attachments_copy (GcDatabase *database, const char *from, GcTask *task, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcRows) rows
      = gc_database_query (database, error, "SELECT content FROM task WHERE id = ?", "s", from);
  g_autoptr (JsonObject) content = NULL;
  g_autoptr (GcTask) other = NULL;

  if (rows == NULL)
    return FALSE;
  if (!gc_rows_next (rows, &local_error))
    {
      if (local_error == NULL)
        g_set_error_literal (&local_error, GC_ERROR, GC_ERROR_NOT_FOUND, "There is no such task.");
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  content = gc_json_parse_object (gc_rows_text (rows, 0), -1, GC_ENVELOPE_MAX_LENGTH, error);
  other = content != NULL ? gc_task_from_json (content, error) : NULL;
  if (other == NULL)
    return FALSE;
  g_clear_pointer (&task->files, g_ptr_array_unref);
  task->files = g_steal_pointer (&other->files);
  return TRUE;
}

/**
 * gc_attachments_save:
 * @database: the center's
 * @user: the dispatcher
 * @task: a task that is in the database
 * @error: %GC_ERROR_STORAGE
 *
 * Writes down that its files belong to it.
 *
 * Returns: whether it succeeded
 */
gboolean
gc_attachments_save (GcDatabase *database, const char *user, const GcTask *task, GError **error)
{
  for (guint i = 0; task->files != NULL && i < task->files->len; i++)
    {
      const GcFileReference *file = g_ptr_array_index (task->files, i);

      if (!gc_database_exec (database, error, "INSERT INTO task_file (task, file) VALUES (?, ?)",
                             "ss", task->id, file->id)
          || !gc_audit_add (database, user, "file.add", task->id, file->name, error))
        return FALSE;
    }
  return TRUE;
}

/* --- no task takes them --- */

/**
 * gc_attachments_give_up:
 * @database: the center's
 * @before_ms: wall time
 * @error: %GC_ERROR_STORAGE
 *
 * Files that were announced before then and belong to no task are nobody's from now on: no task
 * gets them any more. They are forgotten only when their contents are gone, lest these stay behind
 * for ever; until then an added_ms of 0 marks them.
 *
 * Returns: (transfer full) (nullable) (element-type utf8): the ids of all of them
 */
GPtrArray *
gc_attachments_give_up (GcDatabase *database, gint64 before_ms, GError **error)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcRows) rows = NULL;

  if (!gc_database_exec (database, error,
                         "UPDATE file SET added_ms = 0 WHERE added_ms < ?"
                         "  AND id NOT IN (SELECT file FROM task_file)",
                         "i", before_ms))
    return NULL;
  rows = gc_database_query (database, &local_error, "SELECT id FROM file WHERE added_ms = 0", "");
  while (rows != NULL && gc_rows_next (rows, &local_error))
    g_ptr_array_add (ids, g_strdup (gc_rows_text (rows, 0)));
  if (local_error == NULL)
    return g_steal_pointer (&ids);
  g_propagate_error (error, g_steal_pointer (&local_error));
  return NULL;
}

/**
 * gc_attachments_forget:
 * @database: the center's
 * @id: of a file that was given up, and whose content is gone
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: whether it succeeded
 */
gboolean
gc_attachments_forget (GcDatabase *database, const char *id, GError **error)
{
  return gc_database_exec (database, error, "DELETE FROM file WHERE id = ? AND added_ms = 0", "s",
                           id);
}
