/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/gc-store-private.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "base/gc-id.h"
#include "protocol/gc-json.h"
#include "store/gc-inbox.h"
#include "store/gc-outbox.h"

#define ID_LENGTH 36
/* How many tasks a worker's list shows; the open ones are never cut off by ended ones. */
#define MAX_LISTED 1000

#define TASK_COLUMNS                                                                               \
  "body, state, state_ms, note, (SELECT ifnull (note, '') FROM task_step"                          \
  "  WHERE task = task.id AND refused AND by_center LIMIT 1)"

static GcTask *
task_from_row (GcRows *rows, GError **error)
{
  g_autoptr (JsonObject) body
      = gc_json_parse_object (gc_rows_text (rows, 0), -1, GC_ENVELOPE_MAX_LENGTH, error);
  g_autoptr (GcTask) task = body != NULL ? gc_task_from_json (body, error) : NULL;

  if (task == NULL || !gc_task_state_from_string (gc_rows_text (rows, 1), &task->state, error))
    return NULL;
  task->state_ms = gc_rows_int64 (rows, 2);
  task->note = g_strdup (gc_rows_text (rows, 3));
  task->late_cancel = g_strdup (gc_rows_text (rows, 4));
  return g_steal_pointer (&task);
}

/* NULL without @error: there is no such task, or none that can be read: that must not stand in the
 * way of what else the center has to say. */
static GcTask *
find_task (GcDatabase *database, const char *id, GError **error)
{
  g_autoptr (GError) why = NULL;
  GcTask *task;
  g_autoptr (GcRows) rows = gc_database_query (
      database, error, "SELECT " TASK_COLUMNS " FROM task WHERE id = ?", "s", id);

  if (rows == NULL || !gc_rows_next (rows, error))
    return NULL;
  task = task_from_row (rows, &why);
  if (task == NULL)
    g_message ("a stored task cannot be read: %s", why->message);
  return task;
}

static gboolean
add_step (GcDatabase *database,
          const GcTask *task,
          gboolean by_center,
          JsonObject *position,
          GError **error)
{
  g_autofree char *text = position != NULL ? gc_json_print (position) : NULL;

  return gc_database_exec (database, error,
                           "INSERT INTO task_step (task, state, at_ms, by_center, refused, note,"
                           " position) VALUES (?, ?, ?, ?, 0, ?, ?)",
                           "ssiiss", task->id, gc_task_state_to_string (task->state),
                           task->state_ms, (gint64) by_center, task->note, text);
}

static gboolean
add_late_cancel (
    GcDatabase *database, GcTask *task, gint64 at_ms, const char *reason, GError **error)
{
  g_set_str (&task->late_cancel, reason != NULL ? reason : "");
  return gc_database_exec (database, error,
                           "INSERT INTO task_step (task, state, at_ms, by_center, refused, note)"
                           " VALUES (?, 'cancelled', ?, 1, 1, ?)",
                           "sis", task->id, at_ms, reason);
}

static gboolean
set_task_state (GcDatabase *database,
                GcTask *task,
                GcTaskState state,
                gint64 at_ms,
                const char *note,
                GError **error)
{
  task->state = state;
  task->state_ms = at_ms;
  g_free (task->note);
  task->note = g_strdup (note);
  return gc_database_exec (database, error,
                           "UPDATE task SET state = ?, state_ms = ?, note = ? WHERE id = ?", "siss",
                           gc_task_state_to_string (state), at_ms, note, task->id);
}

/* --- What the center says --- */

/**
 * gc_tasks_apply_new:
 * @database: inside a transaction
 * @body: of task.new
 * @outcome: takes what it changes
 * @why: says why it had no effect
 * @error: for the database alone
 *
 * Stores a task.
 *
 * Returns: whether it had an effect
 */
gboolean
gc_tasks_apply_new (
    GcDatabase *database, JsonObject *body, GcStoreOutcome *outcome, GError **why, GError **error)
{
  JsonObject *object = gc_json_get_object (body, "task", why);
  g_autoptr (GcTask) task = object != NULL ? gc_task_from_json (object, why) : NULL;
  g_autoptr (JsonObject) clean = NULL;
  g_autofree char *text = NULL;

  if (task == NULL)
    return FALSE;
  task->state = GC_TASK_DELIVERED;
  task->state_ms = gc_clock_wall_ms ();
  clean = gc_task_to_json (task);
  text = gc_json_print (clean);
  if (!gc_database_exec (database, error,
                         "INSERT OR IGNORE INTO task (id, body, state, state_ms)"
                         " VALUES (?, ?, ?, ?)",
                         "sssi", task->id, text, gc_task_state_to_string (task->state),
                         task->state_ms))
    return FALSE;
  if (gc_database_changes (database) == 0)
    {
      g_set_error_literal (why, GC_ERROR, GC_ERROR_CONFLICT, "the task is already here");
      return FALSE;
    }
  gc_store_outcome_add_task (outcome, task, TRUE, TRUE);
  return add_step (database, task, TRUE, NULL, error);
}

/**
 * gc_tasks_apply_cancel:
 * @database: inside a transaction
 * @body: of task.cancel
 * @outcome: takes what it changes
 * @why: says why it had no effect
 * @error: for the database alone
 *
 * Takes a task back, whatever the worker did meanwhile, unless it is done: then only the reason is
 * kept, for the worker to see.
 *
 * Returns: whether it had an effect
 */
gboolean
gc_tasks_apply_cancel (
    GcDatabase *database, JsonObject *body, GcStoreOutcome *outcome, GError **why, GError **error)
{
  const char *id = gc_json_get_string (body, "task", ID_LENGTH, why);
  g_autoptr (GcTask) task = NULL;
  const char *reason;
  gint64 at_ms;

  if (id == NULL
      || !gc_json_get_optional_string (body, "reason", GC_TASK_TEXT_MAX_LENGTH, &reason, why)
      || !gc_json_get_time (body, "at", &at_ms, why))
    return FALSE;
  task = find_task (database, id, error);
  if (task == NULL || task->state == GC_TASK_CANCELLED)
    {
      g_set_error_literal (why, GC_ERROR, GC_ERROR_NOT_FOUND, "there is no such task to cancel");
      return FALSE;
    }
  if (gc_task_state_yields (task->state, GC_TASK_CANCELLED))
    {
      if (!set_task_state (database, task, GC_TASK_CANCELLED, at_ms, reason, error)
          || !add_step (database, task, TRUE, NULL, error))
        return FALSE;
    }
  else if (!add_late_cancel (database, task, at_ms, reason, error))
    return FALSE;
  gc_store_outcome_add_task (outcome, task, TRUE, FALSE);
  return TRUE;
}

/* --- What the worker does --- */

typedef struct
{
  char *task_id;
  GcTaskState state;
  char *note;
  GcFix *fix;
} Step;

static void
step_free (gpointer data)
{
  Step *step = data;

  g_free (step->task_id);
  g_free (step->note);
  g_clear_pointer (&step->fix, gc_fix_free);
  g_free (step);
}

static gboolean
check_note (const Step *step, GError **error)
{
  if (step->note == NULL && step->state == GC_TASK_DECLINED)
    g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "declining a task needs a reason");
  else if (step->note != NULL && !g_utf8_validate (step->note, -1, NULL))
    g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "the note is not text");
  else if (step->note != NULL && g_utf8_strlen (step->note, -1) > GC_TASK_TEXT_MAX_LENGTH)
    g_set_error (error, GC_ERROR, GC_ERROR_TOO_LARGE, "the note is longer than %d characters",
                 GC_TASK_TEXT_MAX_LENGTH);
  return *error == NULL;
}

static gboolean
check_step (const GcTask *task, const Step *step, GError **error)
{
  gboolean ours = step->state >= GC_TASK_ACCEPTED && step->state <= GC_TASK_DONE;

  if (ours && gc_task_state_allows (task->state, step->state))
    return check_note (step, error);
  g_set_error (error, GC_ERROR, GC_ERROR_CONFLICT, "the task is %s and cannot become %s",
               gc_task_state_to_string (task->state), gc_task_state_to_string (step->state));
  return FALSE;
}

static JsonObject *
step_to_json (const GcTask *task, JsonObject *position)
{
  JsonObject *body = json_object_new ();
  g_autofree char *at = gc_clock_format (task->state_ms);

  json_object_set_string_member (body, "task", task->id);
  json_object_set_string_member (body, "state", gc_task_state_to_string (task->state));
  json_object_set_string_member (body, "at", at);
  if (task->note != NULL)
    json_object_set_string_member (body, "note", task->note);
  if (position != NULL)
    json_object_set_object_member (body, "position", json_object_ref (position));
  return body;
}

static gpointer
advance (GcDatabase *database, gpointer params, GcStoreOutcome *outcome, GError **error)
{
  Step *step = params;
  g_autoptr (GcTask) task = find_task (database, step->task_id, error);
  g_autoptr (JsonObject) position = step->fix != NULL ? gc_fix_to_json (step->fix) : NULL;
  g_autoptr (JsonObject) body = NULL;
  g_autoptr (GcEnvelope) envelope = NULL;

  if (task == NULL && *error == NULL)
    g_set_error_literal (error, GC_ERROR, GC_ERROR_NOT_FOUND, "there is no such task");
  if (task == NULL || !check_step (task, step, error)
      || !set_task_state (database, task, step->state, gc_clock_wall_ms (), step->note, error)
      || !add_step (database, task, FALSE, position, error))
    return NULL;
  body = step_to_json (task, position);
  envelope = gc_envelope_new (GC_MSG_TASK_STATE, body);
  if (gc_outbox_append (database, envelope, task->id, error) == 0)
    return NULL;
  gc_store_outcome_add_task (outcome, task, FALSE, FALSE);
  return g_steal_pointer (&task);
}

/**
 * gc_store_advance_task_async:
 * @self: a store
 * @task_id: a task
 * @state: %GC_TASK_ACCEPTED to %GC_TASK_DONE
 * @note: (nullable): what the worker wrote, at most %GC_TASK_TEXT_MAX_LENGTH characters; required
 *   for %GC_TASK_DECLINED
 * @fix: (nullable): where it was done
 * @cancellable: (nullable): effective until the work starts
 * @callback: called after the commit
 * @user_data: for @callback
 *
 * Takes a step: the task, its history and the envelope for the center are saved together.
 */
void
gc_store_advance_task_async (GcStore *self,
                             const char *task_id,
                             GcTaskState state,
                             const char *note,
                             const GcFix *fix,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  Step *step = g_new0 (Step, 1);

  g_return_if_fail (GC_IS_STORE (self) && task_id != NULL);

  step->task_id = g_strdup (task_id);
  step->state = state;
  step->note = note != NULL ? g_strstrip (g_strdup (note)) : NULL;
  if (step->note != NULL && step->note[0] == '\0')
    g_clear_pointer (&step->note, g_free);
  step->fix = fix != NULL ? gc_fix_copy (fix) : NULL;
  gc_store_run_async (self, gc_store_advance_task_async, advance, step, step_free,
                      (GDestroyNotify) gc_task_free, cancellable, callback, user_data);
}

/**
 * gc_store_advance_task_finish:
 * @self: a store
 * @result: what the callback got
 * @error: %GC_ERROR_CONFLICT if the task does not allow the step, %GC_ERROR_NOT_FOUND,
 *   %GC_ERROR_INVALID or %GC_ERROR_TOO_LARGE for the note, %GC_ERROR_STORAGE
 *
 * Returns: (transfer full) (nullable): the task as it stands now
 */
GcTask *
gc_store_advance_task_finish (GcStore *self, GAsyncResult *result, GError **error)
{
  return gc_store_run_finish (self, result, gc_store_advance_task_async, error);
}

static gpointer
list (GcDatabase *database, gpointer params, GcStoreOutcome *outcome, GError **error)
{
  g_autoptr (GPtrArray) tasks = g_ptr_array_new_with_free_func ((GDestroyNotify) gc_task_free);
  g_autoptr (GcRows) rows = gc_database_query (
      database, error,
      "SELECT " TASK_COLUMNS " FROM task"
      " ORDER BY state IN ('done', 'declined', 'cancelled'), state_ms DESC LIMIT ?",
      "i", (gint64) MAX_LISTED);

  while (rows != NULL && gc_rows_next (rows, error))
    {
      g_autoptr (GError) why = NULL;
      GcTask *task = task_from_row (rows, &why);

      /* One row that a stricter version cannot read must not hide the others. */
      if (task != NULL)
        g_ptr_array_add (tasks, task);
      else
        g_message ("a stored task cannot be read: %s", why->message);
    }
  return g_steal_pointer (&tasks);
}

/**
 * gc_store_list_tasks_async:
 * @self: a store
 * @cancellable: (nullable): effective until the work starts
 * @callback: called when they are read
 * @user_data: for @callback
 */
void
gc_store_list_tasks_async (GcStore *self,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_return_if_fail (GC_IS_STORE (self));

  gc_store_run_async (self, gc_store_list_tasks_async, list, NULL, NULL,
                      (GDestroyNotify) g_ptr_array_unref, cancellable, callback, user_data);
}

/**
 * gc_store_list_tasks_finish:
 * @self: a store
 * @result: what the callback got
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: (transfer full) (nullable) (element-type GcTask): open ones first, then by their last
 *   change, newest first; ended ones are kept for 30 days
 */
GPtrArray *
gc_store_list_tasks_finish (GcStore *self, GAsyncResult *result, GError **error)
{
  return gc_store_run_finish (self, result, gc_store_list_tasks_async, error);
}
