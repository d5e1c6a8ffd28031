/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/gc-store-files.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "base/gc-file.h"
#include "base/gc-id.h"
#include "protocol/gc-json.h"
#include "store/gc-outbox.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#define FOLDER_MODE 0700
/* What no row names may be of one that could not be read when a damaged store was salvaged. */
#define KEEP_STRAY_S (G_GINT64_CONSTANT (30) * 24 * 3600)
#define COLUMNS "task, body, delivered_ms"

static GcStoredFile *
file_from_row (GcRows *rows, const char *folder, GError **error)
{
  g_autoptr (JsonObject) body
      = gc_json_parse_object (gc_rows_text (rows, 1), -1, GC_ENVELOPE_MAX_LENGTH, error);
  GcFileReference *reference = body != NULL ? gc_file_reference_parse (body, error) : NULL;
  GcStoredFile *file;

  if (reference == NULL)
    return NULL;
  file = g_new0 (GcStoredFile, 1);
  file->task = g_strdup (gc_rows_text (rows, 0));
  file->reference = reference;
  file->path = g_build_filename (folder, reference->id, NULL);
  file->delivered = gc_rows_int64 (rows, 2) != 0;
  return file;
}

/* --- When the store opens --- */

/**
 * gc_files_forget_old:
 * @database: inside a transaction
 * @error: %GC_ERROR_STORAGE
 *
 * Forgets what the center has, of tasks that are forgotten too.
 *
 * Returns: whether the database obeyed
 */
gboolean
gc_files_forget_old (GcDatabase *database, GError **error)
{
  return gc_database_exec (
      database, error,
      "DELETE FROM file WHERE delivered_ms <> 0 AND task NOT IN (SELECT id FROM task)", "");
}

static gboolean
is_named (GcDatabase *database, const char *id, GError **error)
{
  g_autoptr (GcRows) rows
      = gc_database_query (database, error, "SELECT 1 FROM file WHERE id = ?", "s", id);

  return rows != NULL && gc_rows_next (rows, error);
}

static gboolean
is_old (const char *path)
{
  GStatBuf status;

  return g_stat (path, &status) == 0
         && gc_clock_wall_ms () / 1000 - (gint64) status.st_mtime > KEEP_STRAY_S;
}

/**
 * gc_files_sweep:
 * @database: inside a transaction
 * @folder: where the contents are; it need not exist
 * @error: %GC_ERROR_STORAGE, of the database
 *
 * Removes contents that belong to nothing for a month: of what was begun and never committed, and
 * of what is forgotten; and at once what was attached to tasks that are forgotten.
 *
 * Returns: whether the database could be asked
 */
gboolean
gc_files_sweep (GcDatabase *database, const char *folder, GError **error)
{
  g_autoptr (GDir) entries = g_dir_open (folder, 0, NULL);
  g_autoptr (GError) why = NULL;
  const char *name;

  while (entries != NULL && (name = g_dir_read_name (entries)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      if (is_old (path) && !is_named (database, name, &why) && why == NULL)
        g_unlink (path);
      if (why != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&why));
          return FALSE;
        }
    }
  return gc_attachments_sweep (database, folder, error);
}

/* --- Operations --- */

typedef struct
{
  GcStoredFile *file;
  GBytes *content;
  char *folder;
} Addition;

static void
addition_free (gpointer data)
{
  Addition *addition = data;

  gc_stored_file_free (addition->file);
  g_bytes_unref (addition->content);
  g_free (addition->folder);
  g_free (addition);
}

static gboolean
task_exists (GcDatabase *database, const char *id, GError **error)
{
  g_autoptr (GcRows) rows
      = gc_database_query (database, error, "SELECT 1 FROM task WHERE id = ?", "s", id);
  gboolean exists = rows != NULL && gc_rows_next (rows, error);

  if (!exists && *error == NULL)
    g_set_error_literal (error, GC_ERROR, GC_ERROR_NOT_FOUND, "there is no such task any more");
  return exists;
}

/* It is promised to the center next: what the disk took must be what it gives. */
static gboolean
save_content (const Addition *addition, GError **error)
{
  const GcFileReference *reference = addition->file->reference;
  const char *path = addition->file->path;
  g_autofree char *found = NULL;
  g_autofree char *content = NULL;
  gsize length;

  if (g_mkdir_with_parents (addition->folder, FOLDER_MODE) != 0)
    {
      g_set_error (error, GC_ERROR, GC_ERROR_STORAGE, "the folder %s cannot be made: %s",
                   addition->folder, g_strerror (errno));
      return FALSE;
    }
  if (!gc_file_add (path, addition->content, error))
    return FALSE;
  if (g_file_get_contents (path, &content, &length, NULL))
    found = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) content, length);
  if (g_strcmp0 (found, reference->sha256) == 0)
    return TRUE;
  g_set_error (error, GC_ERROR, GC_ERROR_STORAGE, "the file %s cannot be read back", path);
  return FALSE;
}

static gboolean
insert (GcDatabase *database, const GcStoredFile *file, GError **error)
{
  g_autoptr (JsonObject) reference = gc_file_reference_print (file->reference);
  g_autofree char *text = gc_json_print (reference);
  g_autoptr (JsonObject) body = gc_task_file_print (file->task, file->reference);

  return gc_database_exec (database, error, "INSERT INTO file (id, task, body) VALUES (?, ?, ?)",
                           "sss", file->reference->id, file->task, text)
         && gc_outbox_append_body (database, GC_MSG_TASK_FILE, body, error);
}

static gpointer
add (GcDatabase *database, gpointer params, GcStoreOutcome *outcome, GError **error)
{
  const Addition *addition = params;

  if (!task_exists (database, addition->file->task, error))
    return NULL;
  if (!save_content (addition, error) || !insert (database, addition->file, error))
    {
      g_unlink (addition->file->path);
      return NULL;
    }
  gc_store_outcome_add_file (outcome, addition->file);
  return gc_stored_file_copy (addition->file);
}

typedef struct
{
  char *id; /* of a task or of a file; NULL for all that the center does not have */
  char *folder;
} Query;

static Query *
query_new (GcStore *store, const char *id)
{
  Query *query = g_new0 (Query, 1);

  query->id = g_strdup (id);
  query->folder = g_strdup (gc_store_get_folder (store));
  return query;
}

static void
query_free (gpointer data)
{
  Query *query = data;

  g_free (query->id);
  g_free (query->folder);
  g_free (query);
}

/* One that cannot be read must not stand in the way of the others. */
static GPtrArray *
read_files (GcRows *rows, const char *folder, GError **error)
{
  g_autoptr (GPtrArray) files
      = g_ptr_array_new_with_free_func ((GDestroyNotify) gc_stored_file_free);

  while (rows != NULL && gc_rows_next (rows, error))
    {
      g_autoptr (GError) why = NULL;
      GcStoredFile *file = file_from_row (rows, folder, &why);

      if (file != NULL)
        g_ptr_array_add (files, file);
      else
        g_message ("a stored file cannot be read: %s", why->message);
    }
  return *error == NULL ? g_steal_pointer (&files) : NULL;
}

static gpointer
list (GcDatabase *database, gpointer params, GcStoreOutcome *outcome, GError **error)
{
  const Query *query = params;
  g_autoptr (GcRows) rows
      = query->id != NULL
            ? gc_database_query (database, error,
                                 "SELECT " COLUMNS " FROM file WHERE task = ? ORDER BY number", "s",
                                 query->id)
            : gc_database_query (
                  database, error,
                  "SELECT " COLUMNS " FROM file WHERE delivered_ms = 0 ORDER BY number", "");

  return read_files (rows, query->folder, error);
}

static gpointer
set_delivered (GcDatabase *database, gpointer params, GcStoreOutcome *outcome, GError **error)
{
  const Query *query = params;
  g_autoptr (GcRows) rows = NULL;
  g_autoptr (GPtrArray) files = NULL;

  if (!gc_database_exec (database, error, "UPDATE file SET delivered_ms = ? WHERE id = ?", "is",
                         gc_clock_wall_ms (), query->id))
    return NULL;
  rows = gc_database_query (database, error, "SELECT " COLUMNS " FROM file WHERE id = ?", "s",
                            query->id);
  files = read_files (rows, query->folder, error);
  if (files != NULL && files->len > 0)
    gc_store_outcome_add_file (outcome, g_ptr_array_index (files, 0));
  return NULL;
}

/* --- On the store's thread --- */

/**
 * gc_store_add_file_async:
 * @self: a store
 * @task_id: the task that it belongs to
 * @content: what is in it, 1 byte to %GC_FILE_MAX_SIZE
 * @media_type: one that gc_file_reference_allows_type()
 * @fix: (nullable): where it was taken
 * @cancellable: (nullable): effective until the work starts
 * @callback: called after the commit
 * @user_data: for @callback
 *
 * Saves a file that was taken now, and the envelope that tells the center of it: PROTOCOL.md,
 * “Files”.
 */
void
gc_store_add_file_async (GcStore *self,
                         const char *task_id,
                         GBytes *content,
                         const char *media_type,
                         const GcFix *fix,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  Addition *addition;
  GcFileReference *reference;

  g_return_if_fail (GC_IS_STORE (self) && task_id != NULL && content != NULL);
  g_return_if_fail (g_bytes_get_size (content) > 0
                    && g_bytes_get_size (content) <= GC_FILE_MAX_SIZE);
  g_return_if_fail (gc_file_reference_allows_type (media_type));

  addition = g_new0 (Addition, 1);
  reference = g_new0 (GcFileReference, 1);
  reference->id = gc_id_new ();
  reference->sha256 = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, content);
  reference->size = (gint64) g_bytes_get_size (content);
  reference->media_type = g_strdup (media_type);
  reference->taken_ms = gc_clock_wall_ms ();
  reference->fix = fix != NULL ? gc_fix_copy (fix) : NULL;
  addition->file = g_new0 (GcStoredFile, 1);
  addition->file->task = g_strdup (task_id);
  addition->file->reference = reference;
  addition->file->path = g_build_filename (gc_store_get_folder (self), reference->id, NULL);
  addition->content = g_bytes_ref (content);
  addition->folder = g_strdup (gc_store_get_folder (self));
  gc_store_run_async (self, gc_store_add_file_async, add, addition, addition_free,
                      (GDestroyNotify) gc_stored_file_free, cancellable, callback, user_data);
}

/**
 * gc_store_add_file_finish:
 * @self: a store
 * @result: what the callback got
 * @error: %GC_ERROR_NOT_FOUND if the task is gone, %GC_ERROR_STORAGE
 *
 * Returns: (transfer full) (nullable): the file, which is on disk
 */
GcStoredFile *
gc_store_add_file_finish (GcStore *self, GAsyncResult *result, GError **error)
{
  return gc_store_run_finish (self, result, gc_store_add_file_async, error);
}

/**
 * gc_store_list_files_async:
 * @self: a store
 * @task_id: (nullable): a task; %NULL for all files that the center does not have yet
 * @cancellable: (nullable): effective until the work starts
 * @callback: called when they are read
 * @user_data: for @callback
 */
void
gc_store_list_files_async (GcStore *self,
                           const char *task_id,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_return_if_fail (GC_IS_STORE (self));

  gc_store_run_async (self, gc_store_list_files_async, list, query_new (self, task_id), query_free,
                      (GDestroyNotify) g_ptr_array_unref, cancellable, callback, user_data);
}

/**
 * gc_store_list_files_finish:
 * @self: a store
 * @result: what the callback got
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: (transfer full) (element-type GcStoredFile) (nullable): the files, oldest first
 */
GPtrArray *
gc_store_list_files_finish (GcStore *self, GAsyncResult *result, GError **error)
{
  return gc_store_run_finish (self, result, gc_store_list_files_async, error);
}

/**
 * gc_store_set_file_delivered_async:
 * @self: a store
 * @id: of a file
 * @cancellable: (nullable): effective until the work starts
 * @callback: called after the commit
 * @user_data: for @callback
 *
 * Notes that the center has all of it.
 */
void
gc_store_set_file_delivered_async (GcStore *self,
                                   const char *id,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_return_if_fail (GC_IS_STORE (self) && id != NULL);

  gc_store_run_async (self, gc_store_set_file_delivered_async, set_delivered, query_new (self, id),
                      query_free, NULL, cancellable, callback, user_data);
}

/**
 * gc_store_set_file_delivered_finish:
 * @self: a store
 * @result: what the callback got
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: whether it was noted
 */
gboolean
gc_store_set_file_delivered_finish (GcStore *self, GAsyncResult *result, GError **error)
{
  return gc_store_run_finish_boolean (self, result, gc_store_set_file_delivered_async, error);
}
