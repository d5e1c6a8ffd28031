/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-tasks.h"

#include "center/gc-task-files.h"
#include "center/gc-task-store.h"

struct _GcTasks
{
  GcDatabase *database;
  GcHub *hub;
  GcRoster *roster;
  GcConsoleEvents *events;
};

typedef struct
{
  GcTasks *tasks;
  char *id;
  gint64 open_tasks;
} Telling;

static void
telling_free (Telling *telling)
{
  g_free (telling->id);
  g_free (telling);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Telling, telling_free)

static gpointer
load_task (GcDatabase *database, gpointer data, GError **error)
{
  Telling *telling = data;
  g_autoptr (JsonObject) task = gc_task_store_print (database, telling->id, FALSE, error);

  if (task == NULL)
    return NULL;
  telling->open_tasks = gc_task_store_count_open (
      database, json_object_get_string_member (task, "terminal"), error);
  return telling->open_tasks >= 0 ? g_steal_pointer (&task) : NULL;
}

static void
on_task_loaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Telling) telling = user_data;
  GcTasks *self = telling->tasks;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) task = gc_database_run_finish (GC_DATABASE (source), result, &error);
  const char *terminal;

  if (task == NULL)
    {
      g_message ("a task cannot be read: %s", error->message);
      return;
    }
  terminal = json_object_get_string_member (task, "terminal");
  gc_console_events_emit (self->events, "task", task);
  gc_roster_set_open_tasks (self->roster, terminal, (guint) telling->open_tasks);
  gc_hub_flush (self->hub, terminal);
}

/**
 * gc_tasks_tell:
 * @self: the tasks
 * @id: of a task that changed, in the database
 *
 * Tells the consoles how it stands now, and the terminal what waits for it.
 */
void
gc_tasks_tell (GcTasks *self, const char *id)
{
  Telling *telling = g_new0 (Telling, 1);

  telling->tasks = self;
  telling->id = g_strdup (id);
  gc_database_run_async (self->database, load_task, telling, NULL,
                         (GDestroyNotify) json_object_unref, NULL, on_task_loaded, telling);
}

static gboolean
apply_state (GcDatabase *database,
             const char *terminal,
             const GcEnvelope *envelope,
             gpointer *result,
             GError **error)
{
  char *id = NULL;

  if (!gc_task_store_step (database, terminal, envelope->body, &id, error))
    return FALSE;
  *result = id;
  return TRUE;
}

static void
state_took_effect (gpointer data, const char *terminal, const GcEnvelope *envelope, gpointer result)
{
  g_autofree char *id = result;

  gc_tasks_tell (data, id);
}

static const GcHubHandler STATE = {
  .type = GC_MSG_TASK_STATE,
  .apply = apply_state,
  .took_effect = state_took_effect,
  .result_free = g_free,
};

static gboolean
apply_file (GcDatabase *database,
            const char *terminal,
            const GcEnvelope *envelope,
            gpointer *result,
            GError **error)
{
  return gc_task_files_add (database, terminal, envelope->body, (JsonObject **) result, error);
}

static void
file_took_effect (gpointer data, const char *terminal, const GcEnvelope *envelope, gpointer result)
{
  GcTasks *self = data;
  g_autoptr (JsonObject) news = result;

  if (news == NULL)
    return;
  gc_console_events_emit (self->events, "file", news);
  gc_tasks_tell (self, json_object_get_string_member (news, "task"));
}

static const GcHubHandler FILE_ADDED = {
  .type = GC_MSG_TASK_FILE,
  .apply = apply_file,
  .took_effect = file_took_effect,
  .result_free = (GDestroyNotify) json_object_unref,
};

static void
was_delivered (gpointer data, const char *terminal, const char *about)
{
  gc_tasks_tell (data, about);
}

static const GcHubDelivery DELIVERY = {
  .prefix = "",
  .apply = gc_task_store_deliver,
  .again = gc_task_store_send_again,
  .was_delivered = was_delivered,
};

/**
 * gc_tasks_new:
 * @database: the center's
 * @hub: where terminals are
 * @roster: what is known of them
 * @events: where consoles listen
 *
 * Returns: (transfer full): the tasks; free them after the hub's links and the database
 */
GcTasks *
gc_tasks_new (GcDatabase *database, GcHub *hub, GcRoster *roster, GcConsoleEvents *events)
{
  GcTasks *self = g_new0 (GcTasks, 1);

  self->database = g_object_ref (database);
  self->hub = g_object_ref (hub);
  self->roster = g_object_ref (roster);
  self->events = g_object_ref (events);
  gc_hub_handle (hub, &STATE, self);
  gc_hub_handle (hub, &FILE_ADDED, self);
  gc_hub_handle_delivery (hub, &DELIVERY, self);
  return self;
}

/**
 * gc_tasks_free:
 * @self: (transfer full): the tasks
 */
void
gc_tasks_free (GcTasks *self)
{
  g_object_unref (self->database);
  g_object_unref (self->hub);
  g_object_unref (self->roster);
  g_object_unref (self->events);
  g_free (self);
}
