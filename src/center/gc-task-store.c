/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-task-store.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "base/gc-id.h"
#include "center/gc-attachments.h"
#include "center/gc-audit.h"
#include "center/gc-channel-store.h"
#include "center/gc-json-build.h"
#include "center/gc-task-files.h"
#include "center/gc-task-query.h"
#include "protocol/gc-fix.h"
#include "protocol/gc-json.h"

#define ID_LENGTH 36
#define WORD_LENGTH 16
/* What can be searched grows with each note; nobody searches a novel. */
#define SEARCHED_MAX_LENGTH 20000

/**
 * gc_task_store_read:
 * @rows: of a #GC_TASK_STORE_SELECT, at a row
 * @error: %GC_ERROR_INVALID
 *
 * Returns: (transfer full) (nullable): the task
 */
JsonObject *
gc_task_store_read (GcRows *rows, GError **error)
{
  JsonObject *object
      = gc_json_parse_object (gc_rows_text (rows, 1), -1, GC_ENVELOPE_MAX_LENGTH, error);

  if (object == NULL)
    return NULL;
  /* They are among the others in its full form. */
  json_object_remove_member (object, "files");
  gc_json_set_text (object, "terminal", gc_rows_text (rows, 2));
  gc_json_set_text (object, "worker", gc_rows_text (rows, 3));
  gc_json_set_text (object, "state", gc_rows_text (rows, 4));
  gc_json_set_time (object, "state_at", gc_rows_int64 (rows, 5));
  gc_json_set_text (object, "note", gc_rows_text (rows, 6));
  json_object_set_int_member (object, "file_count", gc_rows_int64 (rows, 8));
  return object;
}

static JsonArray *
read_history (GcDatabase *database, const char *id, GError **error)
{
  g_autoptr (JsonArray) steps = json_array_new ();
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcRows) rows = gc_database_query (
      database, &local_error,
      "SELECT state, at_ms, by, note, refused, position FROM task_step WHERE task = ?"
      "  ORDER BY number",
      "s", id);

  while (rows != NULL && gc_rows_next (rows, &local_error))
    {
      JsonObject *step = json_object_new ();
      const char *position = gc_rows_text (rows, 5);

      gc_json_set_text (step, "state", gc_rows_text (rows, 0));
      gc_json_set_time (step, "at", gc_rows_int64 (rows, 1));
      gc_json_set_text (step, "by", gc_rows_text (rows, 2));
      gc_json_set_text (step, "note", gc_rows_text (rows, 3));
      json_object_set_boolean_member (step, "refused", gc_rows_int64 (rows, 4) != 0);
      if (position != NULL)
        json_object_set_object_member (
            step, "position", gc_json_parse_object (position, -1, GC_ENVELOPE_MAX_LENGTH, NULL));
      json_array_add_object_element (steps, step);
    }
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  return g_steal_pointer (&steps);
}

/**
 * gc_task_store_print:
 * @database: the center's
 * @id: of a task
 * @history: whether its steps and files are wanted too
 * @error: %GC_ERROR_NOT_FOUND
 *
 * Returns: (transfer full) (nullable): the task
 */
JsonObject *
gc_task_store_print (GcDatabase *database, const char *id, gboolean history, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcRows) rows
      = gc_database_query (database, error, GC_TASK_STORE_SELECT " WHERE task.id = ?", "s", id);
  g_autoptr (JsonObject) task = NULL;
  JsonArray *steps;
  JsonArray *files;

  if (rows == NULL)
    return NULL;
  if (!gc_rows_next (rows, &local_error))
    {
      if (local_error == NULL)
        g_set_error_literal (&local_error, GC_ERROR, GC_ERROR_NOT_FOUND, "There is no such task.");
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  task = gc_task_store_read (rows, error);
  if (task == NULL || !history)
    return g_steal_pointer (&task);
  steps = read_history (database, id, error);
  if (steps == NULL)
    return NULL;
  json_object_set_array_member (task, "history", steps);
  files = gc_task_files_list (database, id, error);
  if (files == NULL)
    return NULL;
  json_object_set_array_member (task, "files", files);
  return g_steal_pointer (&task);
}

/**
 * gc_task_store_count_open:
 * @database: the center's
 * @terminal: its id
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: how many tasks it has that are not final, -1 on error
 */
gint64
gc_task_store_count_open (GcDatabase *database, const char *terminal, GError **error)
{
  g_autoptr (GcRows) rows = gc_database_query (
      database, error, "SELECT count(*) FROM task WHERE terminal = ? AND open", "s", terminal);

  return rows != NULL && gc_rows_next (rows, error) ? gc_rows_int64 (rows, 0) : -1;
}

static gboolean
add_words (GcDatabase *database, const char *id, const char *note, GError **error)
{
  g_autofree char *folded = gc_task_query_fold (note);

  return gc_database_exec (database, error,
                           "UPDATE task SET words = words || char(10) || ?"
                           "  WHERE id = ? AND length(words) < ?",
                           "ssi", folded, id, (gint64) SEARCHED_MAX_LENGTH);
}

static gboolean
add_step (GcDatabase *database,
          const char *id,
          GcTaskState state,
          gint64 at_ms,
          const char *by,
          const char *note,
          const char *position,
          gboolean refused,
          GError **error)
{
  return gc_database_exec (database, error,
                           "INSERT INTO task_step (task, state, at_ms, by, note, position, refused)"
                           "  VALUES (?, ?, ?, ?, ?, ?, ?)",
                           "ssisssi", id, gc_task_state_to_string (state), at_ms, by, note,
                           position, (gint64) refused)
         && (note == NULL || add_words (database, id, note, error));
}

static gboolean
set_state (GcDatabase *database,
           const char *id,
           GcTaskState state,
           gint64 at_ms,
           const char *note,
           GError **error)
{
  return gc_database_exec (
      database, error,
      "UPDATE task SET state = ?, open = ?, state_ms = ?, note = coalesce(?, note) WHERE id = ?",
      "siiss", gc_task_state_to_string (state), (gint64) !gc_task_state_is_final (state), at_ms,
      note, id);
}

/* Of a task whose terminal is another than @terminal, if one is given, nothing is told. */
static gboolean
find_state (GcDatabase *database,
            const char *id,
            const char *terminal,
            GcTaskState *state,
            char **owner,
            GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcRows) rows = gc_database_query (
      database, error,
      "SELECT state, terminal FROM task WHERE id = ? AND terminal = coalesce(?, terminal)", "ss",
      id, terminal);

  if (rows == NULL)
    return FALSE;
  if (gc_rows_next (rows, &local_error))
    {
      if (owner != NULL)
        *owner = g_strdup (gc_rows_text (rows, 1));
      return gc_task_state_from_string (gc_rows_text (rows, 0), state, error);
    }
  if (local_error == NULL)
    g_set_error_literal (&local_error, GC_ERROR, GC_ERROR_NOT_FOUND, "There is no such task.");
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

static void
copy_if_there (JsonObject *from, const char *member, JsonObject *to)
{
  if (gc_json_has (from, member))
    json_object_set_member (to, member, json_node_copy (json_object_get_member (from, member)));
}

/* Only what a dispatcher may say is taken from the form. */
static GcTask *
read_form (JsonObject *form, const char *user, GError **error)
{
  static const char *const MEMBERS[] = { "title", "description", "urgency", "place", "deadline" };
  g_autoptr (JsonObject) object = json_object_new ();
  g_autofree char *id = gc_id_new ();
  GcTask *task;

  for (gsize i = 0; i < G_N_ELEMENTS (MEMBERS); i++)
    copy_if_there (form, MEMBERS[i], object);
  json_object_set_string_member (object, "id", id);
  gc_json_set_time (object, "created_at", gc_clock_wall_ms ());
  json_object_set_string_member (object, "created_by", user);
  task = gc_task_from_json (object, error);
  return task;
}

static char *
find_worker (GcDatabase *database, const char *terminal, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcRows) rows = gc_database_query (
      database, error, "SELECT worker FROM terminal WHERE id = ? AND revoked_ms IS NULL", "s",
      terminal);

  if (rows == NULL)
    return NULL;
  if (gc_rows_next (rows, &local_error))
    return g_strdup (gc_rows_text (rows, 0));
  if (local_error == NULL)
    g_set_error_literal (&local_error, GC_ERROR, GC_ERROR_NOT_FOUND, "There is no such terminal.");
  g_propagate_error (error, g_steal_pointer (&local_error));
  return NULL;
}

static gboolean
insert_task (GcDatabase *database,
             const char *terminal,
             const char *worker,
             const GcTask *task,
             JsonObject *content,
             GError **error)
{
  g_autofree char *text = gc_json_print (content);
  g_autofree char *words
      = g_strjoin ("\n", worker, task->title, task->description != NULL ? task->description : "",
                   task->place != NULL ? task->place : "", NULL);
  g_autofree char *folded = gc_task_query_fold (words);

  return gc_database_exec (database, error,
                           "INSERT INTO task (id, terminal, content, created_ms, state, open,"
                           "  state_ms, words) VALUES (?, ?, ?, ?, ?, 1, ?, ?)",
                           "sssisis", task->id, terminal, text, task->created_ms,
                           gc_task_state_to_string (GC_TASK_SENT), task->created_ms, folded);
}

/* Puts a new task into the database, and “task.new” into the terminal's outbox. */
static JsonObject *
send_task (GcDatabase *database,
           const char *terminal,
           const GcTask *task,
           const char *user,
           const char *note,
           GError **error)
{
  g_autofree char *worker = find_worker (database, terminal, error);
  g_autoptr (JsonObject) body = json_object_new ();
  JsonObject *content = gc_task_to_json (task);

  json_object_set_object_member (body, "task", content);
  if (worker == NULL || !insert_task (database, terminal, worker, task, content, error)
      || !gc_attachments_save (database, user, task, error)
      || !add_step (database, task->id, GC_TASK_SENT, task->created_ms, user, note, NULL, FALSE,
                    error)
      || !gc_channel_store_enqueue (database, terminal, GC_MSG_TASK_NEW, body, task->id, error)
      || !gc_audit_add (database, user, "task.create", task->id, task->title, error))
    return NULL;
  return gc_task_store_print (database, task->id, FALSE, error);
}

/**
 * gc_task_store_create:
 * @database: the center's
 * @terminal: who shall do it
 * @user: the dispatcher
 * @form: what he says, as API.md has it
 * @error: %GC_ERROR_INVALID, %GC_ERROR_TOO_LARGE, %GC_ERROR_NOT_FOUND if there is no such
 *   terminal, or %GC_ERROR_CONFLICT if a file to be attached is not there
 *
 * Makes a task and puts “task.new” into the terminal's outbox.
 *
 * Returns: (transfer full) (nullable): the task
 */
JsonObject *
gc_task_store_create (
    GcDatabase *database, const char *terminal, const char *user, JsonObject *form, GError **error)
{
  g_autoptr (GcTask) task = read_form (form, user, error);

  if (task == NULL || !gc_attachments_read (database, user, form, task, error))
    return NULL;
  return send_task (database, terminal, task, user, NULL, error);
}

/**
 * gc_task_store_cancel:
 * @database: the center's
 * @id: of a task
 * @user: the dispatcher
 * @reason: why
 * @error: %GC_ERROR_NOT_FOUND, %GC_ERROR_CONFLICT if it is final
 *
 * Cancels a task and puts “task.cancel” into the terminal's outbox.
 *
 * Returns: (transfer full) (nullable): the task
 */
JsonObject *
gc_task_store_cancel (
    GcDatabase *database, const char *id, const char *user, const char *reason, GError **error)
{
  g_autofree char *terminal = NULL;
  g_autoptr (JsonObject) body = json_object_new ();
  gint64 now_ms = gc_clock_wall_ms ();
  GcTaskState state;

  if (!find_state (database, id, NULL, &state, &terminal, error))
    return NULL;
  if (!gc_task_state_allows (state, GC_TASK_CANCELLED))
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_CONFLICT,
                           "The task has ended; nothing about it can be changed.");
      return NULL;
    }
  json_object_set_string_member (body, "task", id);
  json_object_set_string_member (body, "reason", reason);
  gc_json_set_time (body, "at", now_ms);
  if (!set_state (database, id, GC_TASK_CANCELLED, now_ms, reason, error)
      || !add_step (database, id, GC_TASK_CANCELLED, now_ms, user, reason, NULL, FALSE, error)
      || !gc_channel_store_enqueue (database, terminal, GC_MSG_TASK_CANCEL, body, NULL, error)
      || !gc_audit_add (database, user, "task.cancel", id, reason, error))
    return NULL;
  return gc_task_store_print (database, id, FALSE, error);
}

/**
 * gc_task_store_assign:
 * @database: the center's
 * @id: of a task
 * @terminal: who shall do it instead
 * @user: the dispatcher
 * @error: %GC_ERROR_NOT_FOUND if there is no such task or terminal, %GC_ERROR_CONFLICT if the task
 *   has ended, %GC_ERROR_INVALID if it is that terminal's already
 *
 * Takes a task back from its terminal and gives another one like it to @terminal: a terminal that
 * has had a task takes it for the same for ever, and what it still reports of the old one must not
 * be taken for the new one's. What was attached to the old one is attached to the new one, too.
 *
 * Returns: (transfer full) (nullable): the new task
 */
JsonObject *
gc_task_store_assign (
    GcDatabase *database, const char *id, const char *terminal, const char *user, GError **error)
{
  g_autoptr (JsonObject) old = gc_task_store_print (database, id, FALSE, error);
  g_autoptr (GcTask) task = old != NULL ? gc_task_from_json (old, error) : NULL;
  g_autoptr (JsonObject) cancelled = NULL;

  if (task == NULL)
    return NULL;
  if (g_str_equal (json_object_get_string_member (old, "terminal"), terminal))
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "This terminal has the task.");
      return NULL;
    }
  cancelled = gc_task_store_cancel (database, id, user, GC_TASK_WHY_REASSIGNED, error);
  if (cancelled == NULL || !gc_attachments_copy (database, id, task, error))
    return NULL;
  g_free (task->id);
  task->id = gc_id_new ();
  task->created_ms = gc_clock_wall_ms ();
  g_set_str (&task->created_by, user);
  return send_task (database, terminal, task, user, json_object_get_string_member (old, "worker"),
                    error);
}

typedef struct
{
  const char *task;
  GcTaskState state;
  gint64 at_ms;
  const char *note;
  char *position;
} Step;

static gboolean
worker_may_take (GcTaskState state)
{
  return state != GC_TASK_SENT && state != GC_TASK_DELIVERED && state != GC_TASK_CANCELLED;
}

static gboolean
read_position (JsonObject *body, Step *step, GError **error)
{
  JsonObject *position;
  g_autoptr (JsonObject) printed = NULL;
  GcFix fix;

  if (!gc_json_has (body, "position"))
    return TRUE;
  position = gc_json_get_object (body, "position", error);
  if (position == NULL || !gc_fix_from_json (position, &fix, error))
    return FALSE;
  printed = gc_fix_to_json (&fix);
  step->position = gc_json_print (printed);
  return TRUE;
}

static gboolean
read_step (JsonObject *body, Step *step, GError **error)
{
  const char *word;

  step->task = gc_json_get_string (body, "task", ID_LENGTH, error);
  word = step->task != NULL ? gc_json_get_string (body, "state", WORD_LENGTH, error) : NULL;
  if (word == NULL || !gc_task_state_from_string (word, &step->state, error)
      || !gc_json_get_time (body, "at", &step->at_ms, error)
      || !gc_json_get_optional_string (body, "note", GC_TASK_TEXT_MAX_LENGTH, &step->note, error))
    return FALSE;
  if (!worker_may_take (step->state)
      || (step->state == GC_TASK_DECLINED && (step->note == NULL || step->note[0] == '\0')))
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID,
                           "a worker cannot take this step, or not without a reason");
      return FALSE;
    }
  return read_position (body, step, error);
}

/**
 * gc_task_store_step:
 * @database: the center's
 * @terminal: who reports it
 * @body: of “task.state”
 * @id: (out) (transfer full): of the task
 * @error: %GC_ERROR_INVALID, %GC_ERROR_TOO_LARGE, or %GC_ERROR_NOT_FOUND if it is no task of this
 *   terminal
 *
 * The worker took a step. One that does not hold in the present state is written down as refused.
 *
 * Returns: whether it was written down
 */
gboolean
gc_task_store_step (
    GcDatabase *database, const char *terminal, JsonObject *body, char **id, GError **error)
{
  Step step = { NULL };
  g_autofree char *position = NULL;
  GcTaskState state;
  gboolean allowed;
  gboolean good = read_step (body, &step, error);

  position = step.position;
  if (!good || !find_state (database, step.task, terminal, &state, NULL, error))
    return FALSE;
  allowed = gc_task_state_yields (state, step.state);
  if (!add_step (database, step.task, step.state, step.at_ms, terminal, step.note, position,
                 !allowed, error)
      || (allowed && !set_state (database, step.task, step.state, step.at_ms, step.note, error)))
    return FALSE;
  *id = g_strdup (step.task);
  return TRUE;
}

/**
 * gc_task_store_deliver:
 * @database: the center's
 * @terminal: who has acknowledged
 * @id: of a task
 * @error: %GC_ERROR_STORAGE
 *
 * The terminal has stored a task. No step at all if the task went on or ended meanwhile.
 *
 * Returns: whether it succeeded
 */
gboolean
gc_task_store_deliver (GcDatabase *database, const char *terminal, const char *id, GError **error)
{
  gint64 now_ms = gc_clock_wall_ms ();
  GcTaskState state;

  if (!find_state (database, id, terminal, &state, NULL, error))
    return FALSE;
  return !gc_task_state_allows (state, GC_TASK_DELIVERED)
         || (set_state (database, id, GC_TASK_DELIVERED, now_ms, NULL, error)
             && add_step (database, id, GC_TASK_DELIVERED, now_ms, terminal, NULL, NULL, FALSE,
                          error));
}

static gboolean
find_delivered (GcDatabase *database, const char *terminal, GPtrArray *pairs, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcRows) rows
      = gc_database_query (database, &local_error,
                           "SELECT id, content FROM task WHERE terminal = ?1 AND open"
                           "  AND NOT EXISTS (SELECT 1 FROM outbox WHERE terminal = ?1"
                           "    AND about = task.id) ORDER BY created_ms, task.rowid",
                           "s", terminal);

  while (rows != NULL && gc_rows_next (rows, &local_error))
    for (int column = 0; column < 2; column++)
      g_ptr_array_add (pairs, g_strdup (gc_rows_text (rows, column)));
  if (local_error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

/**
 * gc_task_store_send_again:
 * @database: the center's
 * @terminal: whose store is a new one
 * @error: %GC_ERROR_STORAGE
 *
 * Puts “task.new” into the outbox once more for each task that is not final and was delivered: the
 * terminal may have lost it. If not, it has no effect there.
 *
 * Returns: whether it succeeded
 */
gboolean
gc_task_store_send_again (GcDatabase *database, const char *terminal, GError **error)
{
  g_autoptr (GPtrArray) pairs = g_ptr_array_new_with_free_func (g_free);

  if (!find_delivered (database, terminal, pairs, error))
    return FALSE;
  for (guint i = 0; i < pairs->len; i += 2)
    {
      g_autoptr (JsonObject) body = json_object_new ();
      JsonObject *content = gc_json_parse_object (g_ptr_array_index (pairs, i + 1), -1,
                                                  GC_ENVELOPE_MAX_LENGTH, error);

      if (content == NULL)
        return FALSE;
      json_object_set_object_member (body, "task", content);
      if (!gc_channel_store_enqueue (database, terminal, GC_MSG_TASK_NEW, body,
                                     g_ptr_array_index (pairs, i), error))
        return FALSE;
    }
  return TRUE;
}
