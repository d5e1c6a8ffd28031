/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/gc-store-private.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "base/gc-id.h"
#include "store/gc-store-file.h"
#include "store/gc-store-files.h"
#include "store/gc-store-sos.h"

#define DEFAULT_TRACK_INTERVAL_MS 10000
/* What ended longer ago is of no use to the worker any more. */
#define KEEP_ENDED_MS (G_GINT64_CONSTANT (30) * 24 * 3600 * 1000)

struct _GcStore
{
  GObject parent_instance;

  char *folder; /* of the contents of files */
  GcStoreFile *file;
  GcDatabase *database;
  GcStoreFigures figures;
  GHashTable *states;       /* key → value */
  GcSos *sos;               /* the latest, or NULL */
  GHashTable *unsent_tasks; /* ids of tasks whose last step the center has not acknowledged */
  GcStoreTrack track;
  gboolean closed;
};

enum
{
  PROP_UNSENT = 1,
  PROP_LAST_SEQ,
  PROP_COMMITTED,
  PROP_ON_DUTY,
  PROP_UNDELIVERED,
  PROP_SET_ASIDE,
  N_PROPS
};

enum
{
  TASK_CHANGED,
  TASK_SENT,
  FILE_CHANGED,
  ALERT_CHANGED,
  WATCH_CHANGED,
  SOS_CHANGED,
  FAILED,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (GcStore, gc_store, G_TYPE_OBJECT)

/* Whoever holds the old text may go on doing so for as long as it is the same. */
static void
keep_text (char **text, char **old)
{
  if (g_strcmp0 (*text, *old) == 0)
    {
      g_free (*text);
      *text = g_steal_pointer (old);
    }
}

static void
take_figures (GcStore *self, GcStoreFigures *figures)
{
  GcStoreFigures old = self->figures;

  self->figures = *figures;
  *figures = (GcStoreFigures) { 0 };
  keep_text (&self->figures.stream, &old.stream);
  keep_text (&self->figures.peer_stream, &old.peer_stream);
  g_object_freeze_notify (G_OBJECT (self));
  if (old.unsent != self->figures.unsent)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_UNSENT]);
  if (old.last_seq != self->figures.last_seq)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LAST_SEQ]);
  if (old.committed != self->figures.committed)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_COMMITTED]);
  if (old.on_duty != self->figures.on_duty)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ON_DUTY]);
  if (old.undelivered != self->figures.undelivered)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_UNDELIVERED]);
  g_object_thaw_notify (G_OBJECT (self));
  gc_store_figures_clear (&old);
  if (!self->closed)
    gc_store_track_update (self);
}

static void
take_sos (GcStore *self, const GcSos *sos)
{
  g_clear_pointer (&self->sos, gc_sos_free);
  self->sos = sos != NULL ? gc_sos_copy (sos) : NULL;
  g_signal_emit (self, signals[SOS_CHANGED], 0);
}

static void
tell (GcStore *self, const GcStoreNews *news)
{
  switch (news->kind)
    {
    case GC_STORE_NEWS_TASK:
      if (!news->by_center)
        g_hash_table_add (self->unsent_tasks, g_strdup (news->task->id));
      g_signal_emit (self, signals[TASK_CHANGED], 0, news->task, news->by_center, news->is_new);
      break;
    case GC_STORE_NEWS_TASK_SENT:
      g_hash_table_remove (self->unsent_tasks, news->task_id);
      g_signal_emit (self, signals[TASK_SENT], 0, news->task_id);
      break;
    case GC_STORE_NEWS_FILE:
      g_signal_emit (self, signals[FILE_CHANGED], 0, news->file);
      break;
    case GC_STORE_NEWS_ALERT:
      g_signal_emit (self, signals[ALERT_CHANGED], 0, news->alert, news->is_new);
      break;
    case GC_STORE_NEWS_WATCH:
      g_signal_emit (self, signals[WATCH_CHANGED], 0, news->watch, news->watching);
      break;
    case GC_STORE_NEWS_SOS:
      take_sos (self, news->sos);
      break;
    case GC_STORE_NEWS_STATE:
      if (news->value != NULL)
        g_hash_table_insert (self->states, g_strdup (news->key), g_strdup (news->value));
      else
        g_hash_table_remove (self->states, news->key);
      if (g_str_equal (news->key, GC_STORE_SET_ASIDE))
        g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SET_ASIDE]);
      break;
    case GC_STORE_NEWS_FORGOTTEN:
      g_hash_table_remove_all (self->unsent_tasks);
      gc_store_track_forget_rest (self);
      take_sos (self, NULL);
      break;
    default:
      g_assert_not_reached ();
    }
}

/* --- Operations --- */

typedef struct
{
  GcStoreWork work;
  gpointer params;
  GDestroyNotify params_free;
  gpointer result;
  GDestroyNotify result_free;
  GcStoreOutcome *outcome;
} Operation;

static void
operation_free (gpointer data)
{
  Operation *operation = data;

  if (operation->params_free != NULL)
    g_clear_pointer (&operation->params, operation->params_free);
  if (operation->result_free != NULL)
    g_clear_pointer (&operation->result, operation->result_free);
  g_clear_pointer (&operation->outcome, gc_store_outcome_free);
  g_free (operation);
}

static gpointer
run_operation (GcDatabase *database, gpointer data, GError **error)
{
  Operation *operation = data;

  operation->outcome = gc_store_outcome_new ();
  operation->result = operation->work (database, operation->params, operation->outcome, error);
  if (*error == NULL)
    gc_store_figures_read (database, &operation->outcome->figures, error);
  return NULL;
}

static void
on_operation_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GcStore *self = g_task_get_source_object (task);
  Operation *operation = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  gc_database_run_finish (GC_DATABASE (source), result, &error);
  if (error != NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  take_figures (self, &operation->outcome->figures);
  for (guint i = 0; i < operation->outcome->news->len; i++)
    tell (self, g_ptr_array_index (operation->outcome->news, i));
  g_task_return_pointer (task, g_steal_pointer (&operation->result), operation->result_free);
}

/**
 * gc_store_run_async:
 * @self: a store
 * @tag: the public function
 * @work: what to do, on the database's thread, in one transaction
 * @params: (nullable): for @work
 * @params_free: (nullable): frees @params
 * @result_free: (nullable): frees a result that nobody fetched
 * @cancellable: (nullable): effective until @work starts
 * @callback: called after the commit, and after the listeners
 * @user_data: for @callback
 *
 * Starts an operation; they run, and complete, in the order in which they were started.
 */
void
gc_store_run_async (GcStore *self,
                    gpointer tag,
                    GcStoreWork work,
                    gpointer params,
                    GDestroyNotify params_free,
                    GDestroyNotify result_free,
                    GCancellable *cancellable,
                    GAsyncReadyCallback callback,
                    gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  Operation *operation = g_new0 (Operation, 1);

  operation->work = work;
  operation->params = params;
  operation->params_free = params_free;
  operation->result_free = result_free;
  g_task_set_source_tag (task, tag);
  /* What is committed is committed: to say “cancelled” afterwards would be a lie. */
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, operation, operation_free);
  gc_database_run_async (self->database, run_operation, operation, NULL, NULL, cancellable,
                         on_operation_done, task);
}

/**
 * gc_store_run_finish:
 * @self: a store
 * @result: what the callback got
 * @tag: the public function
 * @error: of the work, or %GC_ERROR_STORAGE
 *
 * Returns: (nullable) (transfer full): what the work returned; look at @error if that may be %NULL
 */
gpointer
gc_store_run_finish (GcStore *self, GAsyncResult *result, gpointer tag, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_task_get_source_tag (G_TASK (result)) == tag, NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * gc_store_run_finish_boolean:
 * @self: a store
 * @result: what the callback got
 * @tag: the public function
 * @error: of the work, or %GC_ERROR_STORAGE
 *
 * As gc_store_run_finish(), for operations without a result.
 *
 * Returns: whether it succeeded
 */
gboolean
gc_store_run_finish_boolean (GcStore *self, GAsyncResult *result, gpointer tag, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  gc_store_run_finish (self, result, tag, &local_error);
  if (local_error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

/**
 * gc_store_get_figures:
 * @self: a store
 *
 * Returns: (transfer none): what the store knows without asking the disk
 */
const GcStoreFigures *
gc_store_get_figures (GcStore *self)
{
  return &self->figures;
}

/**
 * gc_store_get_folder:
 * @self: a store
 *
 * Returns: (transfer none): where the contents of files are, each in one of its id
 */
const char *
gc_store_get_folder (GcStore *self)
{
  return self->folder;
}

/**
 * gc_store_report:
 * @self: a store
 * @error: why
 *
 * Tells listeners that work which nobody waits for was not saved.
 */
void
gc_store_report (GcStore *self, const GError *error)
{
  g_signal_emit (self, signals[FAILED], 0, error);
}

/**
 * gc_store_get_track:
 * @self: a store
 *
 * Returns: (transfer none): the state of the track's batches
 */
GcStoreTrack *
gc_store_get_track (GcStore *self)
{
  return &self->track;
}

/* --- The object --- */

static void
gc_store_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GcStore *self = GC_STORE (object);

  switch (id)
    {
    case PROP_UNSENT:
      g_value_set_uint (value, self->figures.unsent);
      break;
    case PROP_LAST_SEQ:
      g_value_set_int64 (value, self->figures.last_seq);
      break;
    case PROP_COMMITTED:
      g_value_set_int64 (value, self->figures.committed);
      break;
    case PROP_ON_DUTY:
      g_value_set_boolean (value, self->figures.on_duty);
      break;
    case PROP_UNDELIVERED:
      g_value_set_uint (value, self->figures.undelivered);
      break;
    case PROP_SET_ASIDE:
      g_value_set_string (value, gc_store_get_state (self, GC_STORE_SET_ASIDE));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
gc_store_finalize (GObject *object)
{
  GcStore *self = GC_STORE (object);

  g_clear_handle_id (&self->track.timer, g_source_remove);
  gc_store_track_forget_rest (self);
  g_free (self->folder);
  g_clear_object (&self->database);
  g_clear_pointer (&self->file, gc_store_file_free);
  g_clear_pointer (&self->states, g_hash_table_unref);
  g_clear_pointer (&self->unsent_tasks, g_hash_table_unref);
  g_clear_pointer (&self->sos, gc_sos_free);
  gc_store_figures_clear (&self->figures);
  G_OBJECT_CLASS (gc_store_parent_class)->finalize (object);
}

static void
gc_store_class_init (GcStoreClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = gc_store_get_property;
  object_class->finalize = gc_store_finalize;

  properties[PROP_UNSENT] = g_param_spec_uint ("unsent", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_LAST_SEQ] = g_param_spec_int64 ("last-seq", NULL, NULL, 0, G_MAXINT64, 0, flags);
  properties[PROP_COMMITTED]
      = g_param_spec_int64 ("committed", NULL, NULL, 0, G_MAXINT64, 0, flags);
  properties[PROP_ON_DUTY] = g_param_spec_boolean ("on-duty", NULL, NULL, FALSE, flags);
  properties[PROP_UNDELIVERED]
      = g_param_spec_uint ("undelivered", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_SET_ASIDE] = g_param_spec_string ("set-aside", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  signals[TASK_CHANGED]
      = g_signal_new ("task-changed", GC_TYPE_STORE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                      G_TYPE_NONE, 3, GC_TYPE_TASK, G_TYPE_BOOLEAN, G_TYPE_BOOLEAN);
  signals[TASK_SENT] = g_signal_new ("task-sent", GC_TYPE_STORE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                     NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[FILE_CHANGED] = g_signal_new ("file-changed", GC_TYPE_STORE, G_SIGNAL_RUN_LAST, 0, NULL,
                                        NULL, NULL, G_TYPE_NONE, 1, GC_TYPE_STORED_FILE);
  signals[ALERT_CHANGED] = g_signal_new ("alert-changed", GC_TYPE_STORE, G_SIGNAL_RUN_LAST, 0, NULL,
                                         NULL, NULL, G_TYPE_NONE, 2, GC_TYPE_ALERT, G_TYPE_BOOLEAN);
  signals[WATCH_CHANGED] = g_signal_new ("watch-changed", GC_TYPE_STORE, G_SIGNAL_RUN_LAST, 0, NULL,
                                         NULL, NULL, G_TYPE_NONE, 2, GC_TYPE_WATCH, G_TYPE_UINT);
  signals[SOS_CHANGED] = g_signal_new ("sos-changed", GC_TYPE_STORE, G_SIGNAL_RUN_LAST, 0, NULL,
                                       NULL, NULL, G_TYPE_NONE, 0);
  signals[FAILED] = g_signal_new ("failed", GC_TYPE_STORE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
gc_store_init (GcStore *self)
{
  self->states = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->unsent_tasks = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->track.interval_ms = DEFAULT_TRACK_INTERVAL_MS;
}

/* --- Opening --- */

static gboolean
prepare (GcDatabase *database, GError **error)
{
  g_autofree char *stream = gc_id_new ();
  gint64 old_ms = gc_clock_wall_ms () - KEEP_ENDED_MS;

  return gc_database_exec (database, error, "INSERT OR IGNORE INTO stream (one, own) VALUES (1, ?)",
                           "s", stream)
         && gc_database_exec (database, error,
                              "DELETE FROM task WHERE state IN ('done', 'declined', 'cancelled')"
                              " AND state_ms < ?"
                              " AND NOT EXISTS (SELECT 1 FROM outbox WHERE task = task.id)",
                              "i", old_ms)
         && gc_sos_forget_old (database, old_ms, error) && gc_files_forget_old (database, error);
}

/* Nobody else can see the store before it is opened, so its thread may fill it. */
static gpointer
load (GcDatabase *database, gpointer data, GError **error)
{
  GcStore *self = data;
  g_autoptr (GcRows) states = NULL;
  g_autoptr (GcRows) tasks = NULL;

  if (!prepare (database, error))
    return NULL;
  states = gc_database_query (database, error, "SELECT key, value FROM state", "");
  while (states != NULL && gc_rows_next (states, error))
    g_hash_table_insert (self->states, g_strdup (gc_rows_text (states, 0)),
                         g_strdup (gc_rows_text (states, 1)));
  if (*error != NULL)
    return NULL;
  tasks = gc_database_query (database, error,
                             "SELECT DISTINCT task FROM outbox WHERE task IS NOT NULL", "");
  while (tasks != NULL && gc_rows_next (tasks, error))
    g_hash_table_add (self->unsent_tasks, g_strdup (gc_rows_text (tasks, 0)));
  if (*error == NULL && gc_sos_load (database, &self->sos, error)
      && gc_files_sweep (database, self->folder, error))
    gc_store_figures_read (database, &self->figures, error);
  return NULL;
}

static void
open_in_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  g_autoptr (GcStore) self = g_object_new (GC_TYPE_STORE, NULL);
  g_autoptr (GError) error = NULL;

  self->file = gc_store_file_open (task_data, &self->database, &error);
  if (self->file != NULL)
    {
      g_autofree char *folder = g_path_get_dirname (task_data);

      self->folder = g_build_filename (folder, GC_FILES_FOLDER, NULL);
      gc_database_run (self->database, load, self, &error);
    }
  if (error != NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_pointer (task, g_steal_pointer (&self), g_object_unref);
}

/**
 * gc_store_open_async:
 * @path: the file, which is made (0600) if need be, as are its folders (0700)
 * @cancellable: (nullable): to give up
 * @callback: called in the caller's main context
 * @user_data: for @callback
 *
 * Opens the store. A file that is damaged is renamed, never deleted, and a new one with what could
 * be read of it takes its place; see the property “set-aside”.
 */
void
gc_store_open_async (const char *path,
                     GCancellable *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_return_if_fail (path != NULL);

  g_task_set_source_tag (task, gc_store_open_async);
  g_task_set_task_data (task, g_strdup (path), g_free);
  g_task_run_in_thread (task, open_in_thread);
}

/**
 * gc_store_open_finish:
 * @result: what the callback got
 * @error: %GC_ERROR_STORAGE, %GC_ERROR_BUSY if another process has it open,
 *   %GC_ERROR_UNSUPPORTED if a newer version wrote it
 *
 * Returns: (transfer full) (nullable): the store
 */
GcStore *
gc_store_open_finish (GAsyncResult *result, GError **error)
{
  g_autoptr (GcStore) self = NULL;

  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, gc_store_open_async), NULL);

  self = g_task_propagate_pointer (G_TASK (result), error);
  if (self != NULL)
    gc_store_track_update (self);
  return g_steal_pointer (&self);
}

/**
 * gc_store_close:
 * @self: a store
 *
 * Waits until everything that was handed over is on disk and closes the file; later operations
 * fail with %GC_ERROR_STORAGE. Blocks for as long as the disk takes.
 */
void
gc_store_close (GcStore *self)
{
  g_return_if_fail (GC_IS_STORE (self));

  gc_store_track_save_rest (self);
  self->closed = TRUE;
  g_clear_handle_id (&self->track.timer, g_source_remove);
  gc_database_close (self->database);
  gc_store_file_unlock (self->file);
}

/**
 * gc_store_task_is_sent:
 * @self: a store
 * @task_id: a task
 *
 * Returns: whether the center has acknowledged the worker's last step of the task
 */
gboolean
gc_store_task_is_sent (GcStore *self, const char *task_id)
{
  g_return_val_if_fail (GC_IS_STORE (self) && task_id != NULL, FALSE);

  return !g_hash_table_contains (self->unsent_tasks, task_id);
}

/**
 * gc_store_get_sos:
 * @self: a store
 *
 * Returns: (transfer none) (nullable): the worker's latest SOS, until it changes
 */
const GcSos *
gc_store_get_sos (GcStore *self)
{
  g_return_val_if_fail (GC_IS_STORE (self), NULL);

  return self->sos;
}

/**
 * gc_store_get_state:
 * @self: a store
 * @key: a name, as %GC_STORE_CENTER
 *
 * Returns: (transfer none) (nullable): what was stored under it, until it changes
 */
const char *
gc_store_get_state (GcStore *self, const char *key)
{
  g_return_val_if_fail (GC_IS_STORE (self) && key != NULL, NULL);

  return g_hash_table_lookup (self->states, key);
}
