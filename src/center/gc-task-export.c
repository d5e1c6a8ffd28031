/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-center"

#include "center/gc-task-export.h"

#include "center/gc-audit.h"
#include "center/gc-reply.h"

#include <string.h>

/* An answer on its way: a page is read when the one before has been written, so that a history of
 * any length takes the memory of one page, and other work gets its turn in between. */
typedef struct
{
  SoupServerMessage *message;
  GcDatabase *database;
  GcTaskQuery *query;
  const GcTaskFormat *format;
  char *user;
  gboolean begun;
  gboolean reading;
  gboolean over; /* the message is: answered, or its asker is gone */
} Export;

static void
export_free (Export *self)
{
  g_signal_handlers_disconnect_by_data (self->message, self);
  g_object_unref (self->message);
  g_object_unref (self->database);
  gc_task_query_free (self->query);
  g_free (self->user);
  g_free (self);
}

static gpointer
read_page (GcDatabase *database, gpointer data, GError **error)
{
  Export *self = data;
  g_autoptr (JsonArray) tasks = gc_task_query_read (self->query, database, error);
  g_autoptr (GString) text = NULL;

  if (tasks == NULL
      || (!self->begun
          && !gc_audit_add (database, self->user, "task.export", NULL, self->format->name, error)))
    return NULL;
  text = g_string_new (self->begun ? NULL : self->format->head);
  for (guint i = 0; i < json_array_get_length (tasks); i++)
    {
      if (self->begun || i > 0)
        g_string_append (text, self->format->separator);
      self->format->append (text, json_array_get_object_element (tasks, i));
    }
  if (gc_task_query_get_next (self->query) == 0)
    g_string_append (text, self->format->tail);
  return g_string_free_to_bytes (g_steal_pointer (&text));
}

static void
begin (Export *self)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (self->message);
  g_autofree char *disposition
      = g_strdup_printf ("attachment; filename=\"%s\"", self->format->file_name);

  soup_message_headers_replace (headers, "Cache-Control", "no-store");
  soup_message_headers_replace (headers, "Content-Type", self->format->content_type);
  soup_message_headers_replace (headers, "Content-Disposition", disposition);
  soup_message_headers_set_encoding (headers, SOUP_ENCODING_CHUNKED);
  soup_message_body_set_accumulate (soup_server_message_get_response_body (self->message), FALSE);
  soup_server_message_set_status (self->message, SOUP_STATUS_OK, NULL);
  self->begun = TRUE;
}

/* Half a file must not look like a whole one: the connection breaks off before its end. */
static void
break_off (Export *self, const GError *error)
{
  g_warning ("an export breaks off: %s", error->message);
  g_socket_shutdown (soup_server_message_get_socket (self->message), TRUE, TRUE, NULL);
}

static void
on_page (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Export *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) page = gc_database_run_finish (GC_DATABASE (source), result, &error);
  SoupMessageBody *body;

  self->reading = FALSE;
  if (self->over)
    {
      export_free (self);
      return;
    }
  if (page == NULL && self->begun)
    break_off (self, error);
  else if (page == NULL)
    gc_reply_error (self->message, error);
  else
    {
      if (!self->begun)
        begin (self);
      body = soup_server_message_get_response_body (self->message);
      soup_message_body_append_bytes (body, page);
      if (gc_task_query_get_next (self->query) == 0)
        soup_message_body_complete (body);
    }
  soup_server_message_unpause (self->message);
}

static void
read_next (Export *self)
{
  self->reading = TRUE;
  soup_server_message_pause (self->message);
  gc_database_run_async (self->database, read_page, self, NULL, (GDestroyNotify) g_bytes_unref,
                         NULL, on_page, self);
}

static void
on_wrote_chunk (SoupServerMessage *message, gpointer user_data)
{
  Export *self = user_data;

  if (!self->reading && gc_task_query_get_next (self->query) != 0)
    read_next (self);
}

static void
on_finished (SoupServerMessage *message, gpointer user_data)
{
  Export *self = user_data;

  self->over = TRUE;
  if (!self->reading)
    export_free (self);
}

/**
 * gc_task_export_start:
 * @message: a GET or HEAD
 * @database: the center's
 * @query: (transfer full): which tasks; pages are as long as it says
 * @format: how to write them
 * @user: who asks, for the audit log
 *
 * Answers with a file, piece by piece. Main thread.
 */
void
gc_task_export_start (SoupServerMessage *message,
                      GcDatabase *database,
                      GcTaskQuery *query,
                      const GcTaskFormat *format,
                      const char *user)
{
  Export *self = g_new0 (Export, 1);

  self->message = g_object_ref (message);
  self->database = g_object_ref (database);
  self->query = query;
  self->format = format;
  self->user = g_strdup (user);
  g_signal_connect (message, "wrote-chunk", G_CALLBACK (on_wrote_chunk), self);
  g_signal_connect (message, "finished", G_CALLBACK (on_finished), self);
  read_next (self);
}
