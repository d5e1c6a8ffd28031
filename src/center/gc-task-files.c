/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-task-files.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "center/gc-audit.h"
#include "center/gc-json-build.h"
#include "protocol/gc-envelope.h"
#include "protocol/gc-json.h"

/**
 * gc_task_file_free:
 * @file: (transfer full): a file
 *
 * Any thread.
 */
void
gc_task_file_free (GcTaskFile *file)
{
  g_clear_pointer (&file->reference, gc_file_reference_free);
  g_free (file->task);
  g_free (file);
}

/* --- a worker adds one --- */

static gint64
take_count (GcRows *rows, GError **error)
{
  g_autoptr (GcRows) taken = rows;

  return taken != NULL && gc_rows_next (taken, error) ? gc_rows_int64 (taken, 0) : -1;
}

/* Another terminal's task is as unknown as none. */
static gboolean
has_room (GcDatabase *database, const char *terminal, const char *task, GError **error)
{
  gint64 tasks = take_count (
      gc_database_query (database, error, "SELECT count(*) FROM task WHERE id = ? AND terminal = ?",
                         "ss", task, terminal),
      error);
  gint64 files;

  if (tasks == 0)
    g_set_error_literal (error, GC_ERROR, GC_ERROR_NOT_FOUND, "There is no such task.");
  if (tasks <= 0)
    return FALSE;
  files = take_count (
      gc_database_query (database, error,
                         "SELECT count(*) FROM task_file JOIN file ON file.id = task_file.file"
                         "  WHERE task_file.task = ? AND file.by = ?",
                         "ss", task, terminal),
      error);
  if (files >= GC_TASK_FILES_MAX)
    g_set_error_literal (error, GC_ERROR, GC_ERROR_TOO_LARGE, "The task has all the files it may.");
  return files >= 0 && files < GC_TASK_FILES_MAX;
}

static gboolean
insert (GcDatabase *database,
        const char *terminal,
        const char *task,
        const GcFileReference *reference,
        GError **error)
{
  g_autoptr (JsonObject) content = gc_file_reference_print (reference);
  g_autofree char *text = gc_json_print (content);

  return gc_database_exec (database, error,
                           "INSERT INTO file (id, content, by, added_ms) VALUES (?, ?, ?, ?)",
                           "sssi", reference->id, text, terminal, gc_clock_wall_ms ())
         && gc_database_exec (database, error, "INSERT INTO task_file (task, file) VALUES (?, ?)",
                              "ss", task, reference->id)
         && gc_audit_add (database, terminal, "file.add", task, reference->name, error);
}

/**
 * gc_task_files_add:
 * @database: the center's
 * @terminal: who says so
 * @body: of “task.file”
 * @news: (out) (transfer full) (nullable): what consoles are told, the “file” of API.md; %NULL if
 *   the file was known
 * @error: %GC_ERROR_INVALID, %GC_ERROR_TOO_LARGE, also where the task has all the files it may, or
 *   %GC_ERROR_NOT_FOUND if it is no task of this terminal
 *
 * The worker added a file to a task. Its content comes later, or is under way.
 *
 * Returns: whether it is known now
 */
gboolean
gc_task_files_add (
    GcDatabase *database, const char *terminal, JsonObject *body, JsonObject **news, GError **error)
{
  const char *task;
  g_autoptr (GcFileReference) reference = gc_task_file_parse (body, &task, error);
  JsonObject *file;
  gint64 known;

  *news = NULL;
  if (reference == NULL)
    return FALSE;
  known = take_count (gc_database_query (database, error, "SELECT count(*) FROM file WHERE id = ?",
                                         "s", reference->id),
                      error);
  if (known != 0)
    return known > 0;
  if (!has_room (database, terminal, task, error)
      || !insert (database, terminal, task, reference, error))
    return FALSE;
  file = gc_task_files_print (database, task, reference->id, error);
  if (file == NULL)
    return FALSE;
  *news = json_object_new ();
  json_object_set_string_member (*news, "task", task);
  json_object_set_object_member (*news, "file", file);
  return TRUE;
}

/* --- looking one up --- */

#define SELECT_FILE                                                                                \
  "SELECT file.content, task_file.task, file.received, file.complete_ms IS NOT NULL, file.by,"     \
  "  file.added_ms FROM task_file JOIN file ON file.id = task_file.file"

static GcFileReference *
read_reference (GcRows *rows, GError **error)
{
  g_autoptr (JsonObject) content
      = gc_json_parse_object (gc_rows_text (rows, 0), -1, GC_ENVELOPE_MAX_LENGTH, error);

  return content != NULL ? gc_file_reference_parse (content, error) : NULL;
}

static GcTaskFile *
find (GcDatabase *database, const char *sql, const char *owner, const char *id, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcRows) rows = gc_database_query (database, error, sql, "ss", id, owner);
  g_autoptr (GcTaskFile) file = g_new0 (GcTaskFile, 1);

  if (rows == NULL)
    return NULL;
  if (gc_rows_next (rows, &local_error))
    {
      file->reference = read_reference (rows, error);
      file->task = g_strdup (gc_rows_text (rows, 1));
      file->received = gc_rows_int64 (rows, 2);
      file->complete = gc_rows_int64 (rows, 3) != 0;
      return file->reference != NULL ? g_steal_pointer (&file) : NULL;
    }
  if (local_error == NULL)
    g_set_error_literal (&local_error, GC_ERROR, GC_ERROR_NOT_FOUND, "There is no such file.");
  g_propagate_error (error, g_steal_pointer (&local_error));
  return NULL;
}

/**
 * gc_task_files_find_of:
 * @database: the center's
 * @owner: who asks, a terminal or a user
 * @id: of a file
 * @error: %GC_ERROR_NOT_FOUND unless it is he who has announced it, and it was not given up
 *
 * Returns: (transfer full) (nullable): the file
 */
GcTaskFile *
gc_task_files_find_of (GcDatabase *database, const char *owner, const char *id, GError **error)
{
  return find (database,
               "SELECT file.content, (SELECT task FROM task_file WHERE file = file.id LIMIT 1),"
               "  file.received, file.complete_ms IS NOT NULL FROM file"
               "  WHERE file.id = ? AND file.by = ? AND file.added_ms > 0",
               owner, id, error);
}

/**
 * gc_task_files_find_for_terminal:
 * @database: the center's
 * @terminal: who asks
 * @id: of a file
 * @error: %GC_ERROR_NOT_FOUND unless it belongs to a task of that terminal
 *
 * Returns: (transfer full) (nullable): the file
 */
GcTaskFile *
gc_task_files_find_for_terminal (GcDatabase *database,
                                 const char *terminal,
                                 const char *id,
                                 GError **error)
{
  return find (database,
               SELECT_FILE " JOIN task ON task.id = task_file.task"
                           "  WHERE file.id = ? AND task.terminal = ?",
               terminal, id, error);
}

/**
 * gc_task_files_find_of_task:
 * @database: the center's
 * @task: its id
 * @id: of a file
 * @error: %GC_ERROR_NOT_FOUND unless it belongs to that task
 *
 * Returns: (transfer full) (nullable): the file
 */
GcTaskFile *
gc_task_files_find_of_task (GcDatabase *database, const char *task, const char *id, GError **error)
{
  return find (database, SELECT_FILE " WHERE file.id = ? AND task_file.task = ?", task, id, error);
}

/* --- its content arrives --- */

/**
 * gc_task_files_set_received:
 * @database: the center's
 * @id: of a file
 * @received: how much of it is on disk
 * @complete: whether all of it is, and was found to be what its reference says
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: whether it succeeded
 */
gboolean
gc_task_files_set_received (
    GcDatabase *database, const char *id, gint64 received, gboolean complete, GError **error)
{
  return gc_database_exec (database, error,
                           "UPDATE file SET received = ?, complete_ms = CASE WHEN ? THEN ? END"
                           "  WHERE id = ?",
                           "iiis", received, (gint64) complete, gc_clock_wall_ms (), id);
}

/**
 * gc_task_files_forget_part:
 * @database: the center's
 * @id: of a file
 * @error: %GC_ERROR_STORAGE
 *
 * What was here of a file that is not complete is no more.
 *
 * Returns: whether it succeeded
 */
gboolean
gc_task_files_forget_part (GcDatabase *database, const char *id, GError **error)
{
  return gc_database_exec (database, error,
                           "UPDATE file SET received = 0 WHERE id = ? AND complete_ms IS NULL", "s",
                           id);
}

/* --- for consoles --- */

static JsonObject *
print (GcRows *rows, GError **error)
{
  JsonObject *object
      = gc_json_parse_object (gc_rows_text (rows, 0), -1, GC_ENVELOPE_MAX_LENGTH, error);

  if (object == NULL)
    return NULL;
  json_object_set_int_member (object, "received", gc_rows_int64 (rows, 2));
  json_object_set_boolean_member (object, "complete", gc_rows_int64 (rows, 3) != 0);
  gc_json_set_text (object, "by", gc_rows_text (rows, 4));
  gc_json_set_time (object, "added_at", gc_rows_int64 (rows, 5));
  return object;
}

/**
 * gc_task_files_print:
 * @database: the center's
 * @task: its id
 * @id: of a file
 * @error: %GC_ERROR_NOT_FOUND unless it belongs to that task
 *
 * Returns: (transfer full) (nullable): the file
 */
JsonObject *
gc_task_files_print (GcDatabase *database, const char *task, const char *id, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcRows) rows = gc_database_query (
      database, error, SELECT_FILE " WHERE file.id = ? AND task_file.task = ?", "ss", id, task);

  if (rows == NULL)
    return NULL;
  if (gc_rows_next (rows, &local_error))
    return print (rows, error);
  if (local_error == NULL)
    g_set_error_literal (&local_error, GC_ERROR, GC_ERROR_NOT_FOUND, "There is no such file.");
  g_propagate_error (error, g_steal_pointer (&local_error));
  return NULL;
}

/**
 * gc_task_files_list:
 * @database: the center's
 * @task: its id
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: (transfer full) (nullable): its files, in the order in which they were added
 */
JsonArray *
gc_task_files_list (GcDatabase *database, const char *task, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonArray) files = json_array_new ();
  g_autoptr (GcRows) rows
      = gc_database_query (database, &local_error,
                           SELECT_FILE " WHERE task_file.task = ? ORDER BY file.number", "s", task);

  while (rows != NULL && gc_rows_next (rows, &local_error))
    {
      JsonObject *file = print (rows, &local_error);

      if (file == NULL)
        break;
      json_array_add_object_element (files, file);
    }
  if (local_error == NULL)
    return g_steal_pointer (&files);
  g_propagate_error (error, g_steal_pointer (&local_error));
  return NULL;
}
