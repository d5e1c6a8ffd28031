/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-terminal-link.h"

#include "base/gc-error.h"

#include <string.h>

#define HELLO_TIMEOUT_S 15
/* An acknowledgement waits so long for company, well below the 200 ms of PROTOCOL.md. */
#define ACK_DELAY_MS 50
/* Reliable envelopes are bounded by the window; this bounds the ephemeral ones beside them. */
#define MAX_PENDING (4 * GC_ENVELOPE_WINDOW)

/**
 * State:
 * @OPENING: the database is asked what is remembered; what arrives waits
 * @GREETING: our hello is sent, the other is to come or is being acted on
 * @OPEN: envelopes flow
 * @CLOSED: nothing counts any more
 */
typedef enum
{
  OPENING,
  GREETING,
  OPEN,
  CLOSED,
} State;

struct _GcTerminalLink
{
  GObject parent_instance;

  char *terminal;
  JsonObject *introduction; /* becomes the body of our hello */
  GcDatabase *database;
  SoupWebsocketConnection *socket;
  GcFrameGuard *guard;
  const GcLinkHandlers *handlers;
  GObject *hub;

  State state;
  GcChannelMemory *memory; /* as of our hello */
  GQueue pending;          /* of GcEnvelope: arrived, not looked at yet */
  guint pending_reliable;
  gboolean busy; /* the database works on what arrived */
  gint64 next_seq;
  gint64 committed;
  gint64 heard; /* the highest seq that came over this connection, or that our hello spoke of */
  GcLinkWindow window;
  gint64 copied;    /* up to here, copies of what is urgent were sent */
  gboolean urgent;  /* something may wait, as it may on each new connection */
  gboolean loading; /* the database reads the outbox */
  gboolean drained; /* nothing waits in the outbox as far as we know */
  guint ack_id;
  guint hello_id;
};

G_DEFINE_FINAL_TYPE (GcTerminalLink, gc_terminal_link, G_TYPE_OBJECT)

static const char *const STATES[] = { "opening", "greeting", "open", "closed" };

static void
set_state (GcTerminalLink *self, State state)
{
  g_assert (self->state != CLOSED && state > self->state);

  g_debug ("link of %s: %s → %s", self->terminal, STATES[self->state], STATES[state]);
  self->state = state;
}

/* --- sending --- */

/* Returns how many bytes it is. */
static gsize
send_envelope (GcTerminalLink *self, GcEnvelope *envelope)
{
  g_autofree char *text = NULL;

  if (soup_websocket_connection_get_state (self->socket) != SOUP_WEBSOCKET_STATE_OPEN)
    return 0;
  /* An older connection of the terminal may have brought more meanwhile, of which the terminal does
   * not know that it arrived: it is to be sent again before it may be acknowledged here. */
  envelope->ack = MIN (self->committed, self->heard);
  g_clear_handle_id (&self->ack_id, g_source_remove);
  if (envelope->seq == 0)
    gc_frame_guard_count_answer (self->guard);
  text = gc_envelope_print (envelope);
  soup_websocket_connection_send_text (self->socket, text);
  return strlen (text);
}

static void
send_new (GcTerminalLink *self, const char *type, JsonObject *body)
{
  g_autoptr (GcEnvelope) envelope = gc_envelope_new (type, body);

  send_envelope (self, envelope);
}

static gboolean
on_ack_due (gpointer user_data)
{
  GcTerminalLink *self = user_data;

  self->ack_id = 0;
  send_new (self, GC_MSG_ACK, NULL);
  return G_SOURCE_REMOVE;
}

static void
schedule_ack (GcTerminalLink *self)
{
  if (self->ack_id == 0)
    self->ack_id = g_timeout_add (ACK_DELAY_MS, on_ack_due, self);
}

static void
on_outbox_loaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcTerminalLink) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) envelopes = gc_database_run_finish (GC_DATABASE (source), result, &error);

  self->loading = FALSE;
  if (self->state != OPEN)
    return;
  if (envelopes == NULL)
    {
      gc_terminal_link_close (self, SOUP_WEBSOCKET_CLOSE_SERVER_ERROR,
                              "the center cannot read its data");
      return;
    }
  for (guint i = 0; i < envelopes->len; i++)
    {
      GcEnvelope *envelope = g_ptr_array_index (envelopes, i);
      gint64 place = gc_link_outbox_take_place (envelope);
      gsize size = send_envelope (self, envelope);

      if (envelope->seq > 0)
        gc_link_window_add (&self->window, place, size);
      else
        self->copied = place;
    }
  if (envelopes->len > 0)
    self->drained = FALSE;
  if (!self->drained)
    gc_terminal_link_flush (self);
}

/**
 * gc_terminal_link_flush:
 * @self: a link
 *
 * Something was put into the terminal's outbox: sends as much of it as the window allows.
 */
void
gc_terminal_link_flush (GcTerminalLink *self)
{
  gsize bytes;
  gint64 room = gc_link_window_get_room (&self->window, &bytes);

  self->drained = FALSE;
  if (self->state != OPEN || self->loading || (room == 0 && !self->urgent))
    return;
  self->loading = TRUE;
  self->drained = room > 0;
  gc_database_run_async (
      self->database, gc_link_outbox_load,
      gc_link_outbox_new (self->terminal, &self->window, self->urgent ? self->copied : -1),
      gc_link_outbox_free, (GDestroyNotify) g_ptr_array_unref, NULL, on_outbox_loaded,
      g_object_ref (self));
  self->urgent = FALSE;
}

/**
 * gc_terminal_link_flush_urgent:
 * @self: a link
 *
 * As gc_terminal_link_flush(), for something urgent, of which a copy overtakes what waits
 * (PROTOCOL.md, “Urgent envelopes”).
 */
void
gc_terminal_link_flush_urgent (GcTerminalLink *self)
{
  self->urgent = TRUE;
  gc_terminal_link_flush (self);
}

/**
 * gc_terminal_link_send:
 * @self: a link
 * @type: of an ephemeral envelope
 * @body: (nullable): of it
 *
 * Sends now or never.
 */
void
gc_terminal_link_send (GcTerminalLink *self, const char *type, JsonObject *body)
{
  if (self->state == OPEN)
    send_new (self, type, body);
}

/**
 * gc_terminal_link_close:
 * @self: a link
 * @code: as PROTOCOL.md lists them
 * @reason: for the log of the other side
 *
 * Closes the connection; the hub is told at once.
 */
void
gc_terminal_link_close (GcTerminalLink *self, gushort code, const char *reason)
{
  g_autoptr (GcTerminalLink) alive = g_object_ref (self);

  if (self->state == CLOSED)
    return;
  gc_link_log_close (self->terminal, code, reason);
  if (soup_websocket_connection_get_state (self->socket) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_close (self->socket, code, reason);
  set_state (self, CLOSED);
  g_clear_handle_id (&self->ack_id, g_source_remove);
  g_clear_handle_id (&self->hello_id, g_source_remove);
  self->handlers->closed (self->hub, G_OBJECT (self));
}

/* --- what arrives, once hello was exchanged: in order, in one transaction at a time --- */

/* Takes the envelope into the batch, or closes the connection. */
static gboolean
take_envelope (GcTerminalLink *self, GcLinkBatch *batch, GcEnvelope *envelope)
{
  g_autoptr (GcEnvelope) owned = envelope;
  gint64 heard = self->heard;

  if (strcmp (envelope->type, GC_MSG_HELLO) == 0 || envelope->ack > self->window.sent)
    {
      gc_terminal_link_close (self, GC_CHANNEL_CLOSE_MALFORMED,
                              envelope->ack > self->window.sent
                                  ? "an acknowledgement of what was never sent"
                                  : "a second hello");
      return FALSE;
    }
  if (envelope->ack > MAX (self->window.acknowledged, batch->work.ack))
    batch->work.ack = envelope->ack;
  self->heard = MAX (self->heard, envelope->seq);
  if (envelope->seq > self->next_seq)
    {
      gc_terminal_link_close (self, GC_CHANNEL_CLOSE_SEQUENCE, "a gap in the sequence");
      return FALSE;
    }
  if (envelope->seq > 0 && envelope->seq < self->next_seq)
    {
      if (envelope->seq <= heard)
        gc_link_log_refusal (self->terminal, "%s has no effect: it came again", envelope->type);
      schedule_ack (self);
      return TRUE;
    }
  if (envelope->seq > 0)
    self->next_seq++;
  gc_link_batch_add (batch, g_steal_pointer (&owned));
  return TRUE;
}

static void
process_pending (GcTerminalLink *self);

static void
on_batch_committed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcLinkBatch) batch = user_data;
  GcTerminalLink *self = GC_TERMINAL_LINK (batch->work.owner);
  g_autoptr (GPtrArray) got = NULL;
  g_autoptr (GError) error = NULL;

  gc_database_run_finish (GC_DATABASE (source), result, &error);
  self->busy = FALSE;
  if (error != NULL)
    {
      g_message ("envelopes of terminal %s could not be stored: %s", self->terminal,
                 error->message);
      gc_link_batch_discard (batch);
      gc_terminal_link_close (self,
                              g_error_matches (error, GC_ERROR, GC_ERROR_CONFLICT)
                                  ? GC_CHANNEL_CLOSE_SEQUENCE
                                  : SOUP_WEBSOCKET_CLOSE_SERVER_ERROR,
                              "the center could not store it");
      return;
    }
  got = gc_link_batch_list_got (batch);
  self->committed = MAX (self->committed, batch->committed);
  gc_link_window_acknowledge (&self->window, batch->work.ack);
  if (batch->committed > 0 && self->state == OPEN)
    schedule_ack (self);
  for (guint i = 0; i < got->len; i++)
    send_envelope (self, g_ptr_array_index (got, i));
  gc_link_batch_tell (batch);
  if (!self->drained)
    gc_terminal_link_flush (self);
  process_pending (self);
}

static void
process_pending (GcTerminalLink *self)
{
  g_autoptr (GcTerminalLink) alive = g_object_ref (self);

  while (self->state == OPEN && !self->busy && !g_queue_is_empty (&self->pending))
    {
      g_autoptr (GcLinkBatch) batch
          = gc_link_batch_new (G_OBJECT (self), self->hub, self->handlers, self->terminal);

      self->pending_reliable = 0;
      while (!g_queue_is_empty (&self->pending))
        if (!take_envelope (self, batch, g_queue_pop_head (&self->pending)))
          return;
      if (batch->commits || batch->work.ack > 0)
        {
          GcLinkBatch *work = g_steal_pointer (&batch);

          self->busy = TRUE;
          gc_database_run_async (self->database, gc_link_batch_commit, work, NULL, NULL, NULL,
                                 on_batch_committed, work);
        }
      else
        gc_link_batch_tell (batch);
    }
}

/* --- hello --- */

static void
on_greeted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcLinkGreeting) greeting = user_data;
  GcTerminalLink *self = GC_TERMINAL_LINK (greeting->work.owner);
  g_autoptr (GError) error = NULL;
  g_autoptr (GcChannelMemory) memory
      = gc_database_run_finish (GC_DATABASE (source), result, &error);

  self->busy = FALSE;
  if (memory != NULL)
    gc_link_greeting_tell (greeting);
  if (self->state != GREETING)
    return;
  if (memory == NULL)
    {
      g_message ("terminal %s cannot be let in: %s", self->terminal, error->message);
      gc_terminal_link_close (self, SOUP_WEBSOCKET_CLOSE_SERVER_ERROR,
                              "the center cannot use its data");
      return;
    }
  if (greeting->set_back)
    {
      gc_terminal_link_close (self, GC_CHANNEL_CLOSE_SEQUENCE, "one of the stores was set back");
      return;
    }
  self->committed = memory->received;
  self->next_seq = memory->received + 1;
  gc_link_window_begin (&self->window, memory->acknowledged);
  g_clear_handle_id (&self->hello_id, g_source_remove);
  set_state (self, OPEN);
  self->handlers->opened (self->hub, G_OBJECT (self), greeting->device);
  gc_terminal_link_flush (self);
  process_pending (self);
}

static void
process_hello (GcTerminalLink *self)
{
  g_autoptr (GcEnvelope) envelope = g_queue_pop_head (&self->pending);
  g_autoptr (GcLinkGreeting) greeting = NULL;
  GcLinkGreeting *work;
  gushort refusal;

  if (envelope == NULL)
    return;
  greeting = gc_link_greeting_new (G_OBJECT (self), self->hub, self->handlers, self->terminal);
  refusal = gc_link_greeting_read (greeting, envelope);
  if (refusal != 0)
    {
      gc_terminal_link_close (self, refusal, "no hello of version 1");
      return;
    }
  self->handlers->greeted (self->hub, G_OBJECT (self));
  self->busy = TRUE;
  work = g_steal_pointer (&greeting);
  work->ours = self->memory;
  gc_database_run_async (self->database, gc_link_greeting_act, work, NULL,
                         (GDestroyNotify) gc_channel_memory_free, NULL, on_greeted, work);
}

static void
process (GcTerminalLink *self)
{
  if (self->busy)
    return;
  if (self->state == GREETING)
    process_hello (self);
  else if (self->state == OPEN)
    process_pending (self);
}

static void
send_hello (GcTerminalLink *self)
{
  g_autoptr (JsonObject) body = gc_link_introduce (self->introduction, self->memory);

  self->committed = self->memory->received;
  self->heard = self->memory->received;
  send_new (self, GC_MSG_HELLO, body);
}

static gpointer
load_memory (GcDatabase *database, gpointer data, GError **error)
{
  return gc_channel_memory_load (database, GC_TERMINAL_LINK (data)->terminal, error);
}

static void
on_memory_loaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcTerminalLink) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GcChannelMemory) memory
      = gc_database_run_finish (GC_DATABASE (source), result, &error);

  if (self->state != OPENING)
    return;
  if (memory == NULL)
    {
      g_message ("terminal %s cannot be let in: %s", self->terminal, error->message);
      gc_terminal_link_close (self, SOUP_WEBSOCKET_CLOSE_SERVER_ERROR,
                              "the center cannot use its data");
      return;
    }
  self->memory = g_steal_pointer (&memory);
  set_state (self, GREETING);
  send_hello (self);
  process (self);
}

static gboolean
on_hello_overdue (gpointer user_data)
{
  GcTerminalLink *self = user_data;

  self->hello_id = 0;
  gc_terminal_link_close (self, GC_CHANNEL_CLOSE_MALFORMED, "no hello");
  return G_SOURCE_REMOVE;
}

/* --- the socket --- */

static void
on_message (SoupWebsocketConnection *socket,
            SoupWebsocketDataType type,
            GBytes *message,
            gpointer user_data)
{
  GcTerminalLink *self = user_data;
  g_autoptr (GcTerminalLink) alive = g_object_ref (self);
  g_autoptr (GcEnvelope) envelope = NULL;
  gsize length;
  const char *text = g_bytes_get_data (message, &length);

  if (self->state == CLOSED)
    return;
  if (type == SOUP_WEBSOCKET_DATA_TEXT && text != NULL)
    envelope = gc_envelope_parse (text, length, NULL);
  if (envelope == NULL || g_queue_get_length (&self->pending) >= MAX_PENDING
      || (envelope->seq > 0 && self->pending_reliable >= GC_ENVELOPE_WINDOW))
    {
      gc_terminal_link_close (self, GC_CHANNEL_CLOSE_MALFORMED,
                              envelope == NULL ? "no envelope" : "more than the window");
      return;
    }
  if (envelope->seq > 0)
    self->pending_reliable++;
  g_queue_push_tail (&self->pending, g_steal_pointer (&envelope));
  process (self);
}

static void
on_closed (SoupWebsocketConnection *socket, gpointer user_data)
{
  GcTerminalLink *self = user_data;

  g_signal_handlers_disconnect_by_data (socket, self);
  gc_terminal_link_close (self, SOUP_WEBSOCKET_CLOSE_GOING_AWAY, "the connection is gone");
  self->handlers->gone (self->hub);
  g_object_unref (self);
}

static void
gc_terminal_link_finalize (GObject *object)
{
  GcTerminalLink *self = GC_TERMINAL_LINK (object);

  g_queue_clear_full (&self->pending, (GDestroyNotify) gc_envelope_free);
  g_clear_pointer (&self->memory, gc_channel_memory_free);
  g_clear_object (&self->socket);
  g_clear_object (&self->guard);
  g_clear_object (&self->database);
  g_clear_object (&self->hub);
  g_free (self->terminal);
  g_clear_pointer (&self->introduction, json_object_unref);
  G_OBJECT_CLASS (gc_terminal_link_parent_class)->finalize (object);
}

static void
gc_terminal_link_class_init (GcTerminalLinkClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gc_terminal_link_finalize;
}

static void
gc_terminal_link_init (GcTerminalLink *self)
{
  g_queue_init (&self->pending);
  self->urgent = TRUE;
}

/**
 * gc_terminal_link_new:
 * @terminal: whose certificate was shown
 * @introduction: what our hello says of the center and of the terminal's worker
 * @database: the center's
 * @socket: the connection
 * @guard: the stream below it
 * @handlers: what the hub does
 * @hub: for @handlers
 *
 * Starts to talk. The link lives until its connection is closed, whoever holds it.
 *
 * Returns: (transfer full): the link
 */
GcTerminalLink *
gc_terminal_link_new (const char *terminal,
                      JsonObject *introduction,
                      GcDatabase *database,
                      SoupWebsocketConnection *socket,
                      GcFrameGuard *guard,
                      const GcLinkHandlers *handlers,
                      GObject *hub)
{
  GcTerminalLink *self = g_object_new (GC_TYPE_TERMINAL_LINK, NULL);

  self->terminal = g_strdup (terminal);
  self->introduction = json_object_ref (introduction);
  self->database = g_object_ref (database);
  self->socket = g_object_ref (socket);
  self->guard = g_object_ref (guard);
  self->handlers = handlers;
  self->hub = g_object_ref (hub);
  self->hello_id = g_timeout_add_seconds (HELLO_TIMEOUT_S, on_hello_overdue, self);
  g_signal_connect (socket, "message", G_CALLBACK (on_message), self);
  g_signal_connect (socket, "closed", G_CALLBACK (on_closed), g_object_ref (self));
  gc_database_run_async (database, load_memory, self, NULL, (GDestroyNotify) gc_channel_memory_free,
                         NULL, on_memory_loaded, g_object_ref (self));
  return self;
}

/**
 * gc_terminal_link_get_terminal:
 * @self: a link
 *
 * Returns: (transfer none): the terminal's id
 */
const char *
gc_terminal_link_get_terminal (GcTerminalLink *self)
{
  return self->terminal;
}

/**
 * gc_terminal_link_is_open:
 * @self: a link
 *
 * Returns: whether hello was exchanged and the connection is not closed
 */
gboolean
gc_terminal_link_is_open (GcTerminalLink *self)
{
  return self->state == OPEN;
}

/**
 * gc_terminal_link_get_heard_ms:
 * @self: a link
 *
 * Returns: monotonic time at which anything arrived last
 */
gint64
gc_terminal_link_get_heard_ms (GcTerminalLink *self)
{
  return gc_frame_guard_get_heard_ms (self->guard);
}
