/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-task-handover.h"

#include "base/gc-error.h"
#include "center/gc-task-store.h"

static GPtrArray *
list_open (GcDatabase *database, const char *terminal, GError **error)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcRows) rows = gc_database_query (database, &local_error,
                                               "SELECT id FROM task WHERE terminal = ? AND open"
                                               " ORDER BY created_ms, rowid",
                                               "s", terminal);

  while (rows != NULL && gc_rows_next (rows, &local_error))
    g_ptr_array_add (ids, g_strdup (gc_rows_text (rows, 0)));
  if (local_error == NULL)
    return g_steal_pointer (&ids);
  g_propagate_error (error, g_steal_pointer (&local_error));
  return NULL;
}

static gboolean
is_paired (GcDatabase *database, const char *terminal, GError **error)
{
  g_autoptr (GcRows) rows = gc_database_query (
      database, error, "SELECT 1 FROM terminal WHERE id = ? AND revoked_ms IS NULL", "s", terminal);

  if (rows != NULL && gc_rows_next (rows, error))
    return TRUE;
  if (*error == NULL)
    g_set_error_literal (error, GC_ERROR, GC_ERROR_NOT_FOUND, "There is no such terminal.");
  return FALSE;
}

/**
 * gc_task_handover:
 * @database: the center's
 * @from: a terminal; may be revoked
 * @to: who shall do its open tasks instead
 * @user: the dispatcher
 * @error: %GC_ERROR_NOT_FOUND if there is no terminal @to, %GC_ERROR_INVALID if it is @from
 *
 * gc_task_store_assign() for each open task, in the order in which they were made, all in one
 * transaction.
 *
 * Returns: (transfer full) (nullable): “tasks”, the new ones, and “replaced”, the ids of the old
 *   ones
 */
JsonObject *
gc_task_handover (
    GcDatabase *database, const char *from, const char *to, const char *user, GError **error)
{
  g_autoptr (GPtrArray) ids = NULL;
  g_autoptr (JsonObject) answer = json_object_new ();
  JsonArray *tasks = json_array_new ();
  JsonArray *replaced = json_array_new ();

  json_object_set_array_member (answer, "tasks", tasks);
  json_object_set_array_member (answer, "replaced", replaced);
  if (g_strcmp0 (from, to) == 0)
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "This terminal has the tasks.");
      return NULL;
    }
  ids = is_paired (database, to, error) ? list_open (database, from, error) : NULL;
  for (guint i = 0; ids != NULL && i < ids->len; i++)
    {
      JsonObject *given
          = gc_task_store_assign (database, g_ptr_array_index (ids, i), to, user, error);

      if (given == NULL)
        return NULL;
      json_array_add_object_element (tasks, given);
      json_array_add_string_element (replaced, g_ptr_array_index (ids, i));
    }
  return ids != NULL ? g_steal_pointer (&answer) : NULL;
}
