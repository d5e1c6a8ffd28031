/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/gc-database.h"

#include "base/gc-database-private.h"
#include "base/gc-error.h"

#include <sqlite3.h>
#include <string.h>

#define BUSY_TIMEOUT_MS 5000
#define ROLLBACK "ROLLBACK"
/* Of the schema; what is above was never written by anybody. */
#define MAX_VERSION 1000000
/* Whoever comes first waits for those who go to disk with him. */
#define GROUP_MAX 64

struct _GcDatabase
{
  GObject parent_instance;

  char *path;
  sqlite3 *handle;
  GHashTable *idle_statements; /* SQL text → prepared statement nobody uses now */
  GAsyncQueue *queue;          /* of Job; a job without work ends the thread */
  GThread *thread;
};

G_DEFINE_FINAL_TYPE (GcDatabase, gc_database, G_TYPE_OBJECT)

typedef struct
{
  GTask *task;
  GcDatabaseWork work;
  gpointer data;
  GDestroyNotify data_free;
  gpointer result;
  GDestroyNotify result_free;
  GError *error;
} Job;

/**
 * gc_database_fail:
 * @self: a database on which a call of SQLite failed
 * @error: set to what SQLite says
 *
 * The database's thread, or the one that opens it.
 *
 * Returns: %FALSE
 */
gboolean
gc_database_fail (GcDatabase *self, GError **error)
{
  int status = self->handle != NULL ? sqlite3_errcode (self->handle) & 0xff : SQLITE_NOMEM;

  g_set_error (error, GC_ERROR,
               status == SQLITE_CORRUPT || status == SQLITE_NOTADB ? GC_ERROR_DAMAGED
                                                                   : GC_ERROR_STORAGE,
               "the database %s cannot be used: %s", self->path,
               self->handle != NULL ? sqlite3_errmsg (self->handle) : "out of memory");
  return FALSE;
}

/**
 * gc_database_get_handle:
 * @self: a database
 *
 * The database's thread, inside a #GcDatabaseWork.
 *
 * Returns: (transfer none): SQLite's own
 */
sqlite3 *
gc_database_get_handle (GcDatabase *self)
{
  return self->handle;
}

/**
 * gc_database_take_statement:
 * @self: a database
 * @sql: one statement
 * @error: %GC_ERROR_STORAGE
 *
 * The database's thread, or the one that opens it.
 *
 * Returns: (transfer full) (nullable): the statement, for gc_database_give_back()
 */
sqlite3_stmt *
gc_database_take_statement (GcDatabase *self, const char *sql, GError **error)
{
  gpointer key = NULL;
  gpointer statement = NULL;
  sqlite3_stmt *made = NULL;

  if (g_hash_table_steal_extended (self->idle_statements, sql, &key, &statement))
    {
      g_free (key);
      return statement;
    }
  if (sqlite3_prepare_v3 (self->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &made, NULL)
      != SQLITE_OK)
    {
      gc_database_fail (self, error);
      return NULL;
    }
  return made;
}

/**
 * gc_database_give_back:
 * @self: a database
 * @statement: one of its statements, of which nobody uses the rows any more
 *
 * Keeps the statement for the next time. The database's thread.
 */
void
gc_database_give_back (GcDatabase *self, sqlite3_stmt *statement)
{
  sqlite3_reset (statement);
  sqlite3_clear_bindings (statement);
  g_hash_table_replace (self->idle_statements, g_strdup (sqlite3_sql (statement)), statement);
}

static gboolean
run_script (GcDatabase *self, const char *sql, GError **error)
{
  if (sqlite3_exec (self->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
    return gc_database_fail (self, error);
  return TRUE;
}

/* Whether no transaction is open any more. */
static gboolean
roll_back (GcDatabase *self, GError **error)
{
  return sqlite3_get_autocommit (self->handle) || gc_database_exec (self, error, ROLLBACK, "");
}

static void
job_free (gpointer data)
{
  Job *job = data;

  if (job->data_free != NULL)
    g_clear_pointer (&job->data, job->data_free);
  if (job->result_free != NULL)
    g_clear_pointer (&job->result, job->result_free);
  g_clear_error (&job->error);
  g_clear_object (&job->task);
  g_free (job);
}

static gboolean
on_job_done (gpointer user_data)
{
  Job *job = user_data;

  if (job->error != NULL)
    g_task_return_error (job->task, g_steal_pointer (&job->error));
  else
    g_task_return_pointer (job->task, g_steal_pointer (&job->result), job->result_free);
  return G_SOURCE_REMOVE;
}

/* The task holds the database: it must go where it came from, or the thread might be left to
 * free, and to join, itself. The context is held because that of gc_database_run() may be gone as
 * soon as the job is done, while g_source_unref() still locks it. */
static void
hand_back (gpointer data, gpointer user_data)
{
  Job *job = data;
  g_autoptr (GMainContext) context = g_main_context_ref (g_task_get_context (job->task));
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_static_name (source, "[gridcast] database work done");
  g_source_set_priority (source, g_task_get_priority (job->task));
  g_source_set_callback (source, on_job_done, job, job_free);
  g_source_attach (source, context);
}

/* A work that fails is undone alone. Returns whether that could be done. */
static gboolean
run_work (GcDatabase *self, Job *job)
{
  if (g_cancellable_set_error_if_cancelled (g_task_get_cancellable (job->task), &job->error)
      || !gc_database_exec (self, &job->error, "SAVEPOINT work", ""))
    return TRUE;
  job->result = job->work (self, job->data, &job->error);
  if (job->error == NULL && gc_database_exec (self, &job->error, "RELEASE work", ""))
    return TRUE;
  /* Where it cannot write, SQLite may have given up the whole transaction. */
  return !sqlite3_get_autocommit (self->handle)
         && gc_database_exec (self, NULL, "ROLLBACK TO work", "")
         && gc_database_exec (self, NULL, "RELEASE work", "");
}

static gboolean
run_all (GcDatabase *self, GPtrArray *jobs, GError **error)
{
  /* The first is for what earlier work may have left. */
  if (!roll_back (self, error) || !gc_database_exec (self, error, "BEGIN IMMEDIATE", ""))
    return FALSE;
  for (guint i = 0; i < jobs->len; i++)
    {
      Job *job = g_ptr_array_index (jobs, i);

      if (!run_work (self, job))
        {
          g_set_error (error, GC_ERROR, GC_ERROR_STORAGE, "nothing can be stored: %s",
                       job->error->message);
          return FALSE;
        }
    }
  return gc_database_exec (self, error, "COMMIT", "");
}

/* A disk can say some hundred times a second that it has something for good; three thousand
 * terminals report more often. So whatever waits is committed together. */
static void
run_group (GcDatabase *self, GPtrArray *jobs)
{
  g_autoptr (GError) error = NULL;

  if (run_all (self, jobs, &error))
    return;
  roll_back (self, NULL);
  for (guint i = 0; i < jobs->len; i++)
    {
      Job *job = g_ptr_array_index (jobs, i);

      if (job->error == NULL)
        job->error = g_error_copy (error);
    }
}

/* Waits for a job, and takes those that wait behind it. Returns whether they are the last. */
static gboolean
take_jobs (GcDatabase *self, GPtrArray *jobs)
{
  Job *job = g_async_queue_pop (self->queue);

  while (job != NULL && job->work != NULL)
    {
      g_ptr_array_add (jobs, job);
      job = jobs->len < GROUP_MAX ? g_async_queue_try_pop (self->queue) : NULL;
    }
  if (job == NULL)
    return FALSE;
  job_free (job);
  return TRUE;
}

static gpointer
database_thread (gpointer user_data)
{
  GcDatabase *self = user_data;
  g_autoptr (GPtrArray) jobs = g_ptr_array_new ();
  gboolean last;

  do
    {
      last = take_jobs (self, jobs);
      if (jobs->len > 0)
        run_group (self, jobs);
      g_ptr_array_foreach (jobs, hand_back, NULL);
      g_ptr_array_set_size (jobs, 0);
    }
  while (!last);
  return NULL;
}

static gboolean
read_version (GcDatabase *self, gint64 *version, GError **error)
{
  g_autoptr (GcRows) rows = gc_database_query (self, error, "PRAGMA user_version", "");

  if (rows == NULL || !gc_rows_next (rows, error))
    return FALSE;
  *version = gc_rows_int64 (rows, 0);
  if (*version >= 0 && *version <= MAX_VERSION)
    return TRUE;
  g_set_error (error, GC_ERROR, GC_ERROR_DAMAGED,
               "the database %s cannot be used: no version has such a number", self->path);
  return FALSE;
}

static gboolean
migrate (GcDatabase *self, const char *const *migrations, GError **error)
{
  gint64 known = g_strv_length ((char **) migrations);
  gint64 version;

  if (!read_version (self, &version, error))
    return FALSE;
  if (version > known)
    {
      g_set_error (error, GC_ERROR, GC_ERROR_UNSUPPORTED,
                   "the database %s was written by a newer version of Gridcast", self->path);
      return FALSE;
    }
  for (; version < known; version++)
    {
      g_autofree char *script
          = g_strdup_printf ("BEGIN IMMEDIATE; %s; PRAGMA user_version = %d; COMMIT",
                             migrations[version], (int) version + 1);

      if (!run_script (self, script, error))
        return FALSE;
    }
  return TRUE;
}

/* Where memory is exhausted is where it is needed, and too late to make it. */
static gboolean
prepare_rollback (GcDatabase *self, GError **error)
{
  sqlite3_stmt *statement = gc_database_take_statement (self, ROLLBACK, error);

  if (statement == NULL)
    return FALSE;
  gc_database_give_back (self, statement);
  return TRUE;
}

static void
gc_database_finalize (GObject *object)
{
  GcDatabase *self = GC_DATABASE (object);

  gc_database_close (self);
  g_clear_pointer (&self->idle_statements, g_hash_table_unref);
  g_clear_pointer (&self->queue, g_async_queue_unref);
  g_free (self->path);
  G_OBJECT_CLASS (gc_database_parent_class)->finalize (object);
}

static void
gc_database_class_init (GcDatabaseClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gc_database_finalize;
}

static void
finalize_statement (gpointer statement)
{
  sqlite3_finalize (statement);
}

static void
gc_database_init (GcDatabase *self)
{
  self->idle_statements
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, finalize_statement);
  self->queue = g_async_queue_new ();
}

/**
 * gc_database_open:
 * @path: where the file is or will be; its folder exists
 * @migrations: (array zero-terminated=1): SQL scripts; the file remembers how many have run
 * @error: %GC_ERROR_STORAGE if the file cannot be opened or written, %GC_ERROR_DAMAGED if it is
 *   no database or a broken one, %GC_ERROR_UNSUPPORTED if a newer version wrote it
 *
 * Opens a database, brings it to the newest schema and starts its thread. Blocks; any thread.
 *
 * Returns: (transfer full) (nullable): the database
 */
GcDatabase *
gc_database_open (const char *path, const char *const *migrations, GError **error)
{
  g_autoptr (GcDatabase) self = g_object_new (GC_TYPE_DATABASE, NULL);

  g_return_val_if_fail (path != NULL && migrations != NULL, NULL);

  self->path = g_strdup (path);
  if (sqlite3_open_v2 (path, &self->handle,
                       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL)
      != SQLITE_OK)
    {
      gc_database_fail (self, error);
      return NULL;
    }
  sqlite3_busy_timeout (self->handle, BUSY_TIMEOUT_MS);
  sqlite3_db_config (self->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  if (!run_script (self,
                   "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                   "PRAGMA trusted_schema = OFF",
                   error)
      || !migrate (self, migrations, error) || !prepare_rollback (self, error))
    return NULL;
  self->thread = g_thread_new ("gc-database", database_thread, self);
  return g_steal_pointer (&self);
}

/**
 * gc_database_close:
 * @self: a database
 *
 * Waits for the work that was handed over, then closes the file. Later work fails. Blocks; the
 * thread that opened it.
 */
void
gc_database_close (GcDatabase *self)
{
  g_return_if_fail (GC_IS_DATABASE (self));

  if (self->thread != NULL)
    {
      g_async_queue_push (self->queue, g_new0 (Job, 1));
      g_thread_join (g_steal_pointer (&self->thread));
    }
  g_hash_table_remove_all (self->idle_statements);
  g_clear_pointer (&self->handle, sqlite3_close);
}

/**
 * gc_database_run_async:
 * @self: a database
 * @work: (scope async): what to do, on the database's thread; all of it or nothing
 * @data: (nullable): for @work
 * @data_free: (nullable): frees @data, in the caller's main context
 * @result_free: (nullable): frees a result that nobody fetched
 * @cancellable: (nullable): effective until @work starts
 * @callback: called in the caller's main context after the commit is on disk
 * @user_data: for @callback
 *
 * Works run in the order in which they were handed over; those that wait at the same time are
 * committed together. Any thread with a main context.
 */
void
gc_database_run_async (GcDatabase *self,
                       GcDatabaseWork work,
                       gpointer data,
                       GDestroyNotify data_free,
                       GDestroyNotify result_free,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  Job *job = g_new0 (Job, 1);

  g_return_if_fail (GC_IS_DATABASE (self) && work != NULL);

  job->task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (job->task, gc_database_run_async);
  g_task_set_check_cancellable (job->task, FALSE);
  job->work = work;
  job->data = data;
  job->data_free = data_free;
  job->result_free = result_free;
  if (self->thread == NULL)
    {
      g_task_return_new_error (job->task, GC_ERROR, GC_ERROR_STORAGE, "the database is closed");
      job_free (job);
      return;
    }
  g_async_queue_push (self->queue, job);
}

/**
 * gc_database_run_finish:
 * @self: a database
 * @result: what the callback got
 * @error: the error of the work, %GC_ERROR_STORAGE if the commit failed: then nothing was saved,
 *   but where the disk failed to confirm it and the process ends before it saves anything else it
 *   may be found saved all the same
 *
 * Returns: (nullable) (transfer full): what the work returned; look at @error if that may be %NULL
 */
gpointer
gc_database_run_finish (GcDatabase *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
on_run_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **slot = user_data;

  *slot = g_object_ref (result);
}

/**
 * gc_database_run:
 * @self: a database
 * @work: (scope call): what to do, on the database's thread; all of it or nothing
 * @data: (nullable): for @work
 * @error: the error of the work, %GC_ERROR_STORAGE if the commit failed
 *
 * As gc_database_run_async(), but blocks until the work is on disk: for starting up and for tests.
 *
 * Returns: (nullable) (transfer full): what the work returned
 */
gpointer
gc_database_run (GcDatabase *self, GcDatabaseWork work, gpointer data, GError **error)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GAsyncResult) result = NULL;

  g_main_context_push_thread_default (context);
  gc_database_run_async (self, work, data, NULL, NULL, NULL, on_run_done, &result);
  while (result == NULL)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
  return gc_database_run_finish (self, result, error);
}
