/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-file-intake.h"

#include "base/gc-error.h"
#include "center/gc-attachments.h"
#include "center/gc-task-files.h"

/**
 * gc_file_progress_clear:
 * @progress: a progress
 *
 * Frees what is in it.
 */
void
gc_file_progress_clear (GcFileProgress *progress)
{
  g_clear_pointer (&progress->news, json_object_unref);
}

/* --- the database --- */

/* What a work finds is kept here, since it may fail at its end after all. */
typedef struct
{
  const char *owner;
  const char *id;
  GcTaskFile *file;
} Wanted;

static gpointer
find (GcDatabase *database, gpointer data, GError **error)
{
  Wanted *wanted = data;

  wanted->file = gc_task_files_find_of (database, wanted->owner, wanted->id, error);
  return NULL;
}

typedef struct
{
  const GcTaskFile *file;
  JsonObject *news;
} Change;

static gpointer
save (GcDatabase *database, gpointer data, GError **error)
{
  Change *change = data;
  const GcTaskFile *file = change->file;
  JsonObject *printed;

  if (!gc_task_files_set_received (database, file->reference->id, file->received, file->complete,
                                   error))
    return NULL;
  if (file->task == NULL)
    return NULL;
  printed = gc_task_files_print (database, file->task, file->reference->id, error);
  if (printed == NULL)
    return NULL;
  change->news = json_object_new ();
  json_object_set_string_member (change->news, "task", file->task);
  json_object_set_object_member (change->news, "file", printed);
  return NULL;
}

static gboolean
set_received (const GcFileIntake *self,
              GcTaskFile *file,
              gint64 received,
              gboolean complete,
              GcFileProgress *progress,
              GError **error)
{
  Change change = { file, NULL };
  g_autoptr (GError) local_error = NULL;

  file->received = received;
  file->complete = complete;
  gc_database_run (self->database, save, &change, &local_error);
  gc_file_progress_clear (progress);
  if (local_error != NULL)
    {
      g_clear_pointer (&change.news, json_object_unref);
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  progress->news = change.news;
  progress->offset = received;
  progress->complete = complete;
  return TRUE;
}

/* --- both --- */

/* The disk is written before the database says so, and may have more than that, or all of it in its
 * place. It has less only where somebody took it away. */
static gboolean
settle (const GcFileIntake *self, GcTaskFile *file, GcFileProgress *progress, GError **error)
{
  const GcFileReference *reference = file->reference;
  gint64 length = 0;
  gboolean whole;

  progress->offset = file->received;
  progress->complete = file->complete;
  if (!gc_file_store_look (self->store, reference->id, reference->size, &whole, error)
      || (!whole && !gc_file_store_measure_part (self->store, reference->id, &length, error)))
    return FALSE;
  if (whole)
    return file->complete || set_received (self, file, reference->size, TRUE, progress, error);
  if (!file->complete && length >= file->received)
    return TRUE;
  g_message ("what was stored of the file %s is gone; it begins anew", reference->id);
  return set_received (self, file, 0, FALSE, progress, error);
}

static GcTaskFile *
find_settled (const GcFileIntake *self,
              const char *owner,
              const char *id,
              GcFileProgress *progress,
              GError **error)
{
  Wanted wanted = { owner, id, NULL };
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcTaskFile) file = NULL;

  gc_database_run (self->database, find, &wanted, &local_error);
  file = wanted.file;
  if (local_error == NULL)
    return settle (self, file, progress, error) ? g_steal_pointer (&file) : NULL;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return NULL;
}

/**
 * gc_file_intake_look:
 * @self: where contents go
 * @owner: who asks, a terminal or a user
 * @id: of a file, valid
 * @progress: (out): how far it has come
 * @error: %GC_ERROR_NOT_FOUND unless it is one that he has announced, or
 * %GC_ERROR_STORAGE
 *
 * Returns: whether it is known
 */
gboolean
gc_file_intake_look (const GcFileIntake *self,
                     const char *owner,
                     const char *id,
                     GcFileProgress *progress,
                     GError **error)
{
  g_autoptr (GcTaskFile) file = find_settled (self, owner, id, progress, error);

  return file != NULL;
}

static gboolean
refuse (int code, const char *why, GError **error)
{
  g_set_error_literal (error, GC_ERROR, code, why);
  return FALSE;
}

/* What a dispatcher attaches is in no task while it arrives; it goes on to people's phones. A
 * worker's file is a promise, taken as it is. */
static gboolean
fits (const GcTaskFile *file, gint64 offset, GBytes *bytes)
{
  gsize length;
  const guint8 *head = g_bytes_get_data (bytes, &length);

  return file->task != NULL || offset > 0
         || ((gint64) length >= MIN (file->reference->size, GC_FILE_HEAD_LENGTH)
             && gc_file_reference_fits (file->reference, head, length));
}

static gboolean
check (const GcTaskFile *file, gint64 offset, GBytes *bytes, GError **error)
{
  if (file->complete || offset != file->received)
    return refuse (GC_ERROR_CONFLICT, "The file does not go on there.", error);
  if ((gint64) g_bytes_get_size (bytes) > file->reference->size - offset)
    return refuse (GC_ERROR_TOO_LARGE, "The file is longer than was announced.", error);
  if (!fits (file, offset, bytes))
    return refuse (GC_ERROR_INVALID, "The file is not of the kind that was announced.", error);
  return TRUE;
}

/* What is other than announced is thrown away. */
static gboolean
finish (const GcFileIntake *self,
        GcTaskFile *file,
        gint64 length,
        GcFileProgress *progress,
        GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (length == file->reference->size)
    gc_file_store_finish (self->store, file->reference, &local_error);
  else if (gc_file_store_drop_part (self->store, file->reference->id, &local_error))
    refuse (GC_ERROR_INVALID, "The file is shorter than was announced.", &local_error);
  if (local_error == NULL)
    return set_received (self, file, length, TRUE, progress, error);
  if (!g_error_matches (local_error, GC_ERROR, GC_ERROR_INVALID)
      || set_received (self, file, 0, FALSE, progress, error))
    g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

/**
 * gc_file_intake_append:
 * @self: where contents go
 * @owner: who sends it, a terminal or a user
 * @id: of a file, valid
 * @offset: where, bytes
 * @bytes: what
 * @last: whether that is said to be the end
 * @progress: (out): how far it has come; also on %GC_ERROR_CONFLICT and %GC_ERROR_INVALID
 * @error: %GC_ERROR_NOT_FOUND unless it is one that he has announced; %GC_ERROR_CONFLICT
 *   if it does not go on at @offset; %GC_ERROR_TOO_LARGE if it would be longer than announced;
 *   %GC_ERROR_INVALID if it has ended, and is another: then it begins anew, or if it is a
 *   dispatcher's and begins otherwise than its type says; %GC_ERROR_BUSY if there is no room; or
 * %GC_ERROR_STORAGE
 *
 * Returns: whether it is on disk, and the database says so
 */
gboolean
gc_file_intake_append (const GcFileIntake *self,
                       const char *owner,
                       const char *id,
                       gint64 offset,
                       GBytes *bytes,
                       gboolean last,
                       GcFileProgress *progress,
                       GError **error)
{
  g_autoptr (GcTaskFile) file = find_settled (self, owner, id, progress, error);
  gint64 length = offset + (gint64) g_bytes_get_size (bytes);

  if (file == NULL || !check (file, offset, bytes, error)
      || !gc_file_store_append (self->store, id, offset, bytes, error))
    return FALSE;
  return last || length == file->reference->size
             ? finish (self, file, length, progress, error)
             : set_received (self, file, length, FALSE, progress, error);
}

/* --- upkeep --- */

static gpointer
forget_part (GcDatabase *database, gpointer data, GError **error)
{
  gc_task_files_forget_part (database, data, error);
  return NULL;
}

/**
 * gc_file_intake_forget:
 * @self: where contents go
 * @before_ms: wall time
 * @error: what stands in the way
 *
 * Throws away parts to which nothing was added since then. Their terminals may begin anew.
 *
 * Returns: whether all of them are gone
 */
gboolean
gc_file_intake_forget (const GcFileIntake *self, gint64 before_ms, GError **error)
{
  g_autoptr (GPtrArray) ids = gc_file_store_list_old_parts (self->store, before_ms, error);
  g_autoptr (GError) local_error = NULL;

  for (guint i = 0; ids != NULL && i < ids->len && local_error == NULL; i++)
    {
      char *id = g_ptr_array_index (ids, i);

      if (gc_file_store_drop_part (self->store, id, &local_error))
        gc_database_run (self->database, forget_part, id, &local_error);
    }
  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  return ids != NULL && local_error == NULL;
}

static gpointer
give_up (GcDatabase *database, gpointer data, GError **error)
{
  const gint64 *before_ms = data;

  return gc_attachments_give_up (database, *before_ms, error);
}

static gpointer
forget_file (GcDatabase *database, gpointer data, GError **error)
{
  gc_attachments_forget (database, data, error);
  return NULL;
}

/**
 * gc_file_intake_sweep:
 * @self: where contents go
 * @before_ms: wall time
 * @error: what stands in the way
 *
 * Throws away what dispatchers announced before then and no task has taken.
 *
 * Returns: whether all of it is gone
 */
gboolean
gc_file_intake_sweep (const GcFileIntake *self, gint64 before_ms, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GPtrArray) ids = gc_database_run (self->database, give_up, &before_ms, &local_error);

  for (guint i = 0; ids != NULL && i < ids->len && local_error == NULL; i++)
    {
      char *id = g_ptr_array_index (ids, i);

      if (gc_file_store_remove (self->store, id, &local_error))
        gc_database_run (self->database, forget_file, id, &local_error);
    }
  if (local_error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}
