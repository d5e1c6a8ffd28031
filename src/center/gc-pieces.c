/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-center"

#include "center/gc-pieces.h"

#include "center/gc-reception.h"
#include "center/gc-reply.h"

typedef struct
{
  SoupServerMessage *message;
  const GcPiecesSource *source;
  gpointer data;
  gboolean begun;
  gboolean making;
  gboolean last; /* piece: has been made */
  gboolean over; /* the message is: answered, or its asker is gone */
} Pieces;

static void
pieces_free (Pieces *self)
{
  g_signal_handlers_disconnect_by_data (self->message, self);
  g_object_unref (self->message);
  if (self->source->free != NULL)
    self->source->free (self->data);
  g_free (self);
}

/* Half a body must not look like a whole one: the connection breaks off before its end. */
static void
break_off (Pieces *self, const GError *error)
{
  g_warning ("an answer breaks off: %s", error->message);
  g_socket_shutdown (gc_reception_get_socket (self->message), TRUE, TRUE, NULL);
}

static void
begin (Pieces *self)
{
  soup_message_body_set_accumulate (soup_server_message_get_response_body (self->message), FALSE);
  self->source->begin (self->data, self->message);
  self->begun = TRUE;
}

static void
on_made (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Pieces *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) piece = g_task_propagate_pointer (G_TASK (result), &error);
  SoupMessageBody *body;

  self->making = FALSE;
  if (self->over)
    {
      pieces_free (self);
      return;
    }
  if (piece == NULL && self->begun)
    break_off (self, error);
  else if (piece == NULL)
    gc_reply_error (self->message, error);
  else
    {
      if (!self->begun)
        begin (self);
      body = soup_server_message_get_response_body (self->message);
      soup_message_body_append_bytes (body, piece);
      if (self->last)
        soup_message_body_complete (body);
    }
  soup_server_message_unpause (self->message);
}

static void
make_piece (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Pieces *self = data;
  GError *error = NULL;
  GBytes *piece = self->source->make (self->data, &self->last, &error);

  if (piece != NULL)
    g_task_return_pointer (task, piece, (GDestroyNotify) g_bytes_unref);
  else
    g_task_return_error (task, error);
}

static void
make_next (Pieces *self)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_made, self);

  self->making = TRUE;
  soup_server_message_pause (self->message);
  g_task_set_task_data (task, self, NULL);
  g_task_run_in_thread (task, make_piece);
}

static void
on_wrote_chunk (SoupServerMessage *message, gpointer user_data)
{
  Pieces *self = user_data;

  if (self->begun && !self->making && !self->last)
    make_next (self);
}

static void
on_finished (SoupServerMessage *message, gpointer user_data)
{
  Pieces *self = user_data;

  self->over = TRUE;
  if (!self->making)
    pieces_free (self);
}

/**
 * gc_pieces_send:
 * @message: a request that is not answered yet
 * @source: (transfer none): static
 * @data: (transfer full): for its functions
 *
 * Answers. Main thread.
 */
void
gc_pieces_send (SoupServerMessage *message, const GcPiecesSource *source, gpointer data)
{
  Pieces *self = g_new0 (Pieces, 1);

  /* libsoup would cut its range out of what is there so far. */
  soup_message_headers_remove (soup_server_message_get_request_headers (message), "Range");
  self->message = g_object_ref (message);
  self->source = source;
  self->data = data;
  g_signal_connect (message, "wrote-chunk", G_CALLBACK (on_wrote_chunk), self);
  g_signal_connect (message, "finished", G_CALLBACK (on_finished), self);
  make_next (self);
}
