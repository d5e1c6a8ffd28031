/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-task-export.h"

#include "center/gc-audit.h"
#include "center/gc-pieces.h"

/* A piece is a page. */
typedef struct
{
  GcDatabase *database;
  GcTaskQuery *query;
  const GcTaskFormat *format;
  char *user;
  gboolean begun;
} Export;

static void
export_free (gpointer data)
{
  Export *self = data;

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

static GBytes *
make_page (gpointer data, gboolean *last, GError **error)
{
  Export *self = data;
  GBytes *page = gc_database_run (self->database, read_page, self, error);

  self->begun = TRUE;
  *last = gc_task_query_get_next (self->query) == 0;
  return page;
}

static void
begin (gpointer data, SoupServerMessage *message)
{
  Export *self = data;
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  g_autofree char *disposition
      = g_strdup_printf ("attachment; filename=\"%s\"", self->format->file_name);

  soup_message_headers_replace (headers, "Cache-Control", "no-store");
  soup_message_headers_replace (headers, "Content-Type", self->format->content_type);
  soup_message_headers_replace (headers, "Content-Disposition", disposition);
  soup_message_headers_set_encoding (headers, SOUP_ENCODING_CHUNKED);
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
}

static const GcPiecesSource PAGES = { make_page, begin, export_free };

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

  self->database = g_object_ref (database);
  self->query = query;
  self->format = format;
  self->user = g_strdup (user);
  gc_pieces_send (message, &PAGES, self);
}
