/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-file-uploads.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "base/gc-id.h"
#include "center/gc-file-answer.h"
#include "center/gc-file-intake.h"
#include "center/gc-reception.h"
#include "center/gc-renewal.h"
#include "center/gc-reply.h"

#include <string.h>

#define PATH "/files/"
#define PART_MAX_LENGTH 1000000
#define PART_TYPE "application/partial-upload"
/* All of them are in memory while they arrive. */
#define ARRIVING_MAX 32
#define BUSY_WAIT_S 10
/* Consoles are shown so many steps on the way of a file, however small its parts are. */
#define STEPS 8
#define KEPT_MS (G_GINT64_CONSTANT (31) * 24 * 3600 * 1000)
/* So long a dispatcher may write a task. */
#define LOOSE_KEPT_MS (G_GINT64_CONSTANT (24) * 3600 * 1000)

struct _GcFileUploads
{
  GcFileIntake intake;
  GcAuthority *authority;
  GcRoster *roster;
  GcConsoleEvents *events;
  GHashTable *arriving; /* who → SoupServerMessage, a PATCH that is not over */
  GThreadPool *thread;  /* one: what happens to a file happens in order */
};

typedef struct
{
  SoupServerMessage *message;
  GcConsoleEvents *events;
  const GcFileIntake *intake;
  char *owner; /* a terminal or a user */
  char *id;
  GBytes *bytes; /* (nullable): NULL if only to look */
  gint64 offset;
  gboolean last;
  GcFileProgress progress;
} Upload;

static void
upload_free (gpointer data)
{
  Upload *upload = data;

  g_clear_object (&upload->message);
  g_clear_object (&upload->events);
  g_clear_pointer (&upload->bytes, g_bytes_unref);
  gc_file_progress_clear (&upload->progress);
  g_free (upload->owner);
  g_free (upload->id);
  g_free (upload);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Upload, upload_free)

/* --- the thread --- */

static void
tidy (const GcFileIntake *intake, GError **error)
{
  gint64 now_ms = gc_clock_wall_ms ();

  if (gc_file_intake_forget (intake, now_ms - KEPT_MS, error))
    gc_file_intake_sweep (intake, now_ms - LOOSE_KEPT_MS, error);
}

static void
work (gpointer data, gpointer user_data)
{
  g_autoptr (GTask) task = data;
  Upload *upload = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (upload == NULL)
    tidy (user_data, &error);
  else if (upload->bytes == NULL)
    gc_file_intake_look (upload->intake, upload->owner, upload->id, &upload->progress, &error);
  else
    gc_file_intake_append (upload->intake, upload->owner, upload->id, upload->offset, upload->bytes,
                           upload->last, &upload->progress, &error);
  if (error != NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_boolean (task, TRUE);
}

/* --- answers --- */

static void
reply_progress (SoupServerMessage *message, const GcFileProgress *progress)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  g_autofree char *offset = g_strdup_printf ("%" G_GINT64_FORMAT, progress->offset);

  soup_message_headers_replace (headers, "Upload-Offset", offset);
  soup_message_headers_replace (headers, "Upload-Complete", progress->complete ? "?1" : "?0");
}

static void
reply_error (SoupServerMessage *message, const GcFileProgress *progress, const GError *error)
{
  if (g_error_matches (error, GC_ERROR, GC_ERROR_CONFLICT))
    {
      reply_progress (message, progress);
      gc_reply_error (message, error);
    }
  else if (g_error_matches (error, GC_ERROR, GC_ERROR_INVALID))
    {
      reply_progress (message, progress);
      gc_reply_problem (message, SOUP_STATUS_UNPROCESSABLE_ENTITY, "file-differs", error->message);
    }
  else if (g_error_matches (error, GC_ERROR, GC_ERROR_TOO_LARGE))
    gc_reply_problem (message, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, "too-large", error->message);
  else if (g_error_matches (error, GC_ERROR, GC_ERROR_BUSY))
    {
      g_message ("%s", error->message);
      gc_reply_problem (message, SOUP_STATUS_INSUFFICIENT_STORAGE, "no-room",
                        "The center has no room for files at the moment.");
    }
  else
    gc_reply_error (message, error);
}

static gboolean
is_worth_telling (const Upload *upload)
{
  JsonObject *file = json_object_get_object_member (upload->progress.news, "file");
  gint64 size = json_object_get_int_member (file, "size");

  return upload->progress.complete
         || upload->progress.offset * STEPS / size != upload->offset * STEPS / size;
}

static void
on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Upload *upload = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;

  if (g_task_propagate_boolean (G_TASK (result), &error))
    {
      reply_progress (upload->message, &upload->progress);
      gc_reply_empty (upload->message, SOUP_STATUS_NO_CONTENT);
    }
  else
    reply_error (upload->message, &upload->progress, error);
  if (upload->progress.news != NULL && is_worth_telling (upload))
    gc_console_events_emit (upload->events, "file", upload->progress.news);
  soup_server_message_unpause (upload->message);
}

static void
start (GcFileUploads *self, Upload *upload)
{
  GTask *task = g_task_new (NULL, NULL, on_done, NULL);

  g_task_set_task_data (task, upload, upload_free);
  soup_server_message_pause (upload->message);
  g_thread_pool_push (self->thread, task, NULL);
}

/* --- requests --- */

static const GcTerminal *
identify (GcFileUploads *self, SoupServerMessage *message)
{
  const GcTerminal *terminal = gc_renewal_recognise (
      self->intake.database, self->authority, self->roster, gc_reception_get_certificate (message));

  if (terminal != NULL && !terminal->revoked)
    return terminal;
  gc_reply_problem (message, SOUP_STATUS_FORBIDDEN, "certificate",
                    "Files need the certificate of a paired terminal.");
  return NULL;
}

static gboolean
read_headers (SoupServerMessage *message, Upload *upload)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  const char *type = soup_message_headers_get_content_type (headers, NULL);
  const char *offset = soup_message_headers_get_one (headers, "Upload-Offset");
  const char *last = soup_message_headers_get_one (headers, "Upload-Complete");
  guint64 number;

  if (g_strcmp0 (type, PART_TYPE) != 0)
    {
      gc_reply_problem (message, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE, "media-type",
                        "The body must be " PART_TYPE ".");
      return FALSE;
    }
  if (offset == NULL || !g_ascii_string_to_unsigned (offset, 10, 0, GC_FILE_MAX_SIZE, &number, NULL)
      || (g_strcmp0 (last, "?0") != 0 && g_strcmp0 (last, "?1") != 0))
    {
      gc_reply_problem (message, SOUP_STATUS_BAD_REQUEST, "request-invalid",
                        "“Upload-Offset” must be a place in the file, and “Upload-Complete” ?0 or "
                        "?1.");
      return FALSE;
    }
  upload->offset = (gint64) number;
  upload->last = g_str_equal (last, "?1");
  return TRUE;
}

static Upload *
upload_new (GcFileUploads *self, SoupServerMessage *message, const char *owner, const char *id)
{
  Upload *upload = g_new0 (Upload, 1);

  upload->message = g_object_ref (message);
  upload->events = g_object_ref (self->events);
  upload->intake = &self->intake;
  upload->owner = g_strdup (owner);
  upload->id = g_strdup (id);
  return upload;
}

/**
 * gc_file_uploads_take:
 * @self: the uploads
 * @message: a PATCH as PROTOCOL.md has it, “Files”
 * @owner: who has announced the file, a terminal or a user
 * @id: of the file, valid
 *
 * Adds what it brings to the file, and answers.
 */
void
gc_file_uploads_take (GcFileUploads *self,
                      SoupServerMessage *message,
                      const char *owner,
                      const char *id)
{
  g_autoptr (Upload) upload = upload_new (self, message, owner, id);

  if (!read_headers (message, upload))
    return;
  upload->bytes = soup_message_body_flatten (soup_server_message_get_request_body (message));
  start (self, g_steal_pointer (&upload));
}

static void
on_request (SoupServer *server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer user_data)
{
  GcFileUploads *self = user_data;
  const GcTerminal *terminal = identify (self, message);
  const char *method = soup_server_message_get_method (message);
  const char *id = path + strlen (PATH);

  if (terminal == NULL)
    return;
  if (!g_str_has_prefix (path, PATH) || !gc_id_is_valid (id))
    {
      gc_reply_problem (message, SOUP_STATUS_NOT_FOUND, "not-found", "There is no such file.");
      return;
    }
  if (g_str_equal (method, "GET"))
    {
      gc_file_answer_start (message, self->intake.store, self->intake.database,
                            gc_task_files_find_for_terminal, terminal->id, id);
      return;
    }
  if (g_str_equal (method, "HEAD"))
    start (self, upload_new (self, message, terminal->id, id));
  else if (g_str_equal (method, "PATCH"))
    gc_file_uploads_take (self, message, terminal->id, id);
  else
    gc_reply_method_not_allowed (message, "GET, HEAD, PATCH");
}

static void
on_arrival_over (SoupServerMessage *message, gpointer user_data)
{
  GcFileUploads *self = user_data;
  GHashTableIter iter;
  gpointer arriving;

  g_hash_table_iter_init (&iter, self->arriving);
  while (g_hash_table_iter_next (&iter, NULL, &arriving))
    if (arriving == message)
      g_hash_table_iter_remove (&iter);
}

/**
 * gc_file_uploads_let_arrive:
 * @self: the uploads
 * @who: sends it, in words that no other sender has
 * @message: a PATCH of somebody who may send files, whose headers have arrived
 *
 * Who sends anew has given up what he sent before, which may go on arriving for long; it is ended.
 * Answers if too many are sending.
 *
 * Returns: how long the body may be, bytes
 */
gsize
gc_file_uploads_let_arrive (GcFileUploads *self, const char *who, SoupServerMessage *message)
{
  SoupServerMessage *older = g_hash_table_lookup (self->arriving, who);
  GSocket *socket = older != NULL ? gc_reception_get_socket (older) : NULL;

  if (older == NULL && g_hash_table_size (self->arriving) >= ARRIVING_MAX)
    {
      gc_reply_slow_down (message, BUSY_WAIT_S);
      return GC_REQUEST_MAX_LENGTH;
    }
  if (socket != NULL && socket != gc_reception_get_socket (message))
    g_socket_shutdown (socket, TRUE, TRUE, NULL);
  g_hash_table_replace (self->arriving, g_strdup (who), message);
  g_signal_connect (message, "finished", G_CALLBACK (on_arrival_over), self);
  return PART_MAX_LENGTH;
}

/**
 * gc_file_uploads_allow:
 * @self: the uploads
 * @message: a request whose headers have arrived
 *
 * A paired terminal may send a part of a file. Nobody else, nor anything
 * elsewhere, is allowed more than usual.
 *
 * Returns: how long the body may be, bytes
 */
gsize
gc_file_uploads_allow (GcFileUploads *self, SoupServerMessage *message)
{
  const char *path = g_uri_get_path (soup_server_message_get_uri (message));
  const GcTerminal *terminal;

  if (!g_str_has_prefix (path, PATH)
      || !g_str_equal (soup_server_message_get_method (message), "PATCH"))
    return GC_REQUEST_MAX_LENGTH;
  terminal = identify (self, message);
  return terminal != NULL ? gc_file_uploads_let_arrive (self, terminal->id, message)
                          : GC_REQUEST_MAX_LENGTH;
}

/* --- upkeep --- */

static void
on_forgotten (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &error))
    g_message ("old files could not be deleted: %s", error->message);
}

/**
 * gc_file_uploads_forget:
 * @self: the uploads
 *
 * Has parts thrown away to which nothing was added for a month, and what a dispatcher attached a
 * day ago to a task that never came.
 */
void
gc_file_uploads_forget (GcFileUploads *self)
{
  g_thread_pool_push (self->thread, g_task_new (NULL, NULL, on_forgotten, NULL), NULL);
}

/**
 * gc_file_uploads_finish:
 * @self: the uploads
 *
 * Waits until everything that has arrived is on disk; nothing is taken any more. Their answers
 * follow when the main context runs.
 */
void
gc_file_uploads_finish (GcFileUploads *self)
{
  g_thread_pool_free (g_steal_pointer (&self->thread), FALSE, TRUE);
}

/**
 * gc_file_uploads_new:
 * @store: where contents are; outlives the uploads
 * @database: the center's
 * @authority: who signed the terminals' certificates
 * @roster: which terminals there are
 * @events: where consoles listen
 *
 * Returns: (transfer full): the uploads
 */
GcFileUploads *
gc_file_uploads_new (GcFileStore *store,
                     GcDatabase *database,
                     GcAuthority *authority,
                     GcRoster *roster,
                     GcConsoleEvents *events)
{
  GcFileUploads *self = g_new0 (GcFileUploads, 1);

  self->intake.store = store;
  self->intake.database = g_object_ref (database);
  self->authority = g_object_ref (authority);
  self->roster = g_object_ref (roster);
  self->events = g_object_ref (events);
  self->arriving = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->thread = g_thread_pool_new (work, &self->intake, 1, FALSE, NULL);
  return self;
}

/**
 * gc_file_uploads_free:
 * @self: (transfer full): the uploads, finished; their server is gone
 */
void
gc_file_uploads_free (GcFileUploads *self)
{
  g_object_unref (self->intake.database);
  g_object_unref (self->authority);
  g_object_unref (self->roster);
  g_object_unref (self->events);
  g_hash_table_unref (self->arriving);
  g_free (self);
}

/**
 * gc_file_uploads_mount:
 * @self: the uploads
 * @server: where to answer “/files/”
 */
void
gc_file_uploads_mount (GcFileUploads *self, SoupServer *server)
{
  soup_server_add_handler (server, PATH, on_request, self, NULL);
}
