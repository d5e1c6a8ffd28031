/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "channel/gc-conversation.h"

#include "base/gc-error.h"
#include "base/gc-refusals.h"
#include "channel/gc-hello.h"
#include "channel/gc-outflow.h"

#include <string.h>

/* From the first packet to the center's hello. */
#define CONNECT_DEADLINE_MS 20000
/* PROTOCOL.md allows 200 ms. */
#define ACK_DELAY_MS 100
/* Do not let the center's window run dry while we wait for something to ride on. */
#define ACK_AT_ONCE 16
/* What may arrive between the center's hello and our having acted on it. */
#define MAX_EARLY (2 * GC_ENVELOPE_WINDOW)

struct _GcConversation
{
  GObject parent_instance;

  GcWire *wire;
  GcStore *store;
  char *device_name;
  gboolean over;
  guint deadline_timer;

  GcHello *hello; /* the center's */
  gboolean met;   /* and acted on */
  GQueue early;   /* of GcEnvelope: what came in between */

  GcOutflow *outflow;
  gint64 heard_seq;  /* the highest that came over this connection, or that our hello spoke of */
  guint committing;  /* reliable envelopes handed to the store */
  guint unannounced; /* committed, and not acknowledged yet */
  guint ack_timer;
};

enum
{
  MET,
  PROGRESS,
  RECEIVED,
  ENDED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (GcConversation, gc_conversation, G_TYPE_OBJECT)

/* --- The end --- */

static void
finish (GcConversation *self)
{
  self->over = TRUE;
  g_clear_handle_id (&self->deadline_timer, g_source_remove);
  g_clear_handle_id (&self->ack_timer, g_source_remove);
  gc_outflow_stop (self->outflow);
  g_queue_clear_full (&self->early, (GDestroyNotify) gc_envelope_free);
}

/* Whether it said what no center may say, or is none of ours. */
static gboolean
is_center_at_fault (const GError *error)
{
  return g_error_matches (error, GC_ERROR, GC_ERROR_INVALID)
         || g_error_matches (error, GC_ERROR, GC_ERROR_TOO_LARGE)
         || g_error_matches (error, GC_ERROR, GC_ERROR_UNSUPPORTED)
         || g_error_matches (error, GC_ERROR, GC_ERROR_CONFLICT)
         || g_error_matches (error, GC_ERROR, GC_ERROR_UNTRUSTED);
}

static void
end (GcConversation *self, guint code, const GError *error)
{
  if (self->over)
    return;
  finish (self);
  if (is_center_at_fault (error))
    gc_refusals_log ("center", "the connection is ended: %s", error->message);
  g_signal_emit (self, signals[ENDED], 0, code, error);
}

static void
on_wire_ended (GcWire *wire, guint code, GError *error, gpointer user_data)
{
  end (user_data, code, error);
}

/* Ends it from our side, for @error. */
static void
fail (GcConversation *self, gushort code, const GError *error)
{
  g_debug ("closing with %u: %s", code, error->message);
  gc_wire_close (self->wire, code);
  end (self, 0, error);
}

static void
fail_with (GcConversation *self, gushort code, GcError reason, const char *what)
{
  g_autoptr (GError) error = g_error_new_literal (GC_ERROR, (int) reason, what);

  fail (self, code, error);
}

static void
fail_malformed (GcConversation *self, const char *what)
{
  fail_with (self, GC_CHANNEL_CLOSE_MALFORMED, GC_ERROR_INVALID, what);
}

/* libsoup lets only servers say 1011. */
static void
fail_storage (GcConversation *self, const GError *error)
{
  fail (self, SOUP_WEBSOCKET_CLOSE_GOING_AWAY, error);
}

/* --- Sending --- */

static gboolean
send_on_wire (GcConversation *self, GcEnvelope *envelope)
{
  /* What cannot be sent may end the connection at once, and whoever holds us lets go then. */
  g_autoptr (GcConversation) held = g_object_ref (self);

  /* What an earlier connection brought may be committed only now. The center does not know that it
   * arrived, and must send it again before it may be acknowledged here. */
  envelope->ack = MIN (gc_store_get_committed (self->store), self->heard_seq);
  if (!gc_wire_send (self->wire, envelope))
    return FALSE;
  self->unannounced = 0;
  g_clear_handle_id (&self->ack_timer, g_source_remove);
  return TRUE;
}

static gboolean
on_ack_due (gpointer user_data)
{
  GcConversation *self = user_data;
  g_autoptr (GcEnvelope) envelope = gc_envelope_new (GC_MSG_ACK, NULL);

  self->ack_timer = 0;
  send_on_wire (self, envelope);
  return G_SOURCE_REMOVE;
}

static void
acknowledge_soon (GcConversation *self)
{
  self->unannounced++;
  if (self->unannounced >= ACK_AT_ONCE)
    {
      g_clear_handle_id (&self->ack_timer, g_source_remove);
      on_ack_due (self);
    }
  else if (self->ack_timer == 0)
    self->ack_timer = g_timeout_add (ACK_DELAY_MS, on_ack_due, self);
}

/* --- Receiving --- */

typedef struct
{
  GcConversation *conversation;
  GcEnvelope *envelope;
} Commit;

static void
commit_free (Commit *commit)
{
  g_object_unref (commit->conversation);
  gc_envelope_free (commit->envelope);
  g_free (commit);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Commit, commit_free)

static void
send_got (GcConversation *self, const GcEnvelope *copy)
{
  g_autoptr (GcEnvelope) got = gc_envelope_new_got (copy);

  send_on_wire (self, got);
}

static void
on_committed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Commit) commit = user_data;
  GcConversation *self = commit->conversation;
  GcReceipt receipt = GC_RECEIPT_GAP;
  g_autoptr (GError) error = NULL;
  gboolean stored = gc_store_receive_finish (self->store, result, &receipt, &error);

  self->committing--;
  if (!self->over)
    {
      if (!stored)
        fail_storage (self, error);
      else if (receipt == GC_RECEIPT_GAP)
        fail_with (self, GC_CHANNEL_CLOSE_SEQUENCE, GC_ERROR_INVALID,
                   "the center left something out: asking for it again");
      else if (commit->envelope->seq > 0)
        acknowledge_soon (self);
      else
        send_got (self, commit->envelope);
    }
  /* Even if the connection is gone meanwhile: it took effect, and will not come again. */
  if (receipt == GC_RECEIPT_APPLIED || receipt == GC_RECEIPT_IGNORED)
    g_signal_emit (self, signals[PROGRESS], 0);
  if (receipt == GC_RECEIPT_APPLIED)
    g_signal_emit (self, signals[RECEIVED], 0, commit->envelope);
}

/* Also the copy of an urgent one, which has no place in the stream. */
static void
commit_reliable (GcConversation *self, GcEnvelope *envelope)
{
  Commit *commit = g_new0 (Commit, 1);

  commit->conversation = g_object_ref (self);
  commit->envelope = gc_envelope_copy (envelope);
  self->committing++;
  self->heard_seq = MAX (self->heard_seq, envelope->seq);
  gc_store_receive_async (self->store, envelope, NULL, on_committed, commit);
}

static void
take_ephemeral (GcConversation *self, GcEnvelope *envelope)
{
  if (strcmp (envelope->type, GC_MSG_GOT) == 0)
    gc_outflow_take_got (self->outflow, envelope);
  else if (strcmp (envelope->type, GC_MSG_ACK) != 0)
    g_signal_emit (self, signals[RECEIVED], 0, envelope);
}

static void
take (GcConversation *self, GcEnvelope *envelope)
{
  if (strcmp (envelope->type, GC_MSG_HELLO) == 0)
    {
      fail_malformed (self, "the center said hello twice");
      return;
    }
  if (envelope->ack > gc_outflow_get_sent (self->outflow))
    {
      fail_malformed (self, "the center acknowledged what was never sent");
      return;
    }
  if (gc_outflow_take_ack (self->outflow, envelope->ack))
    g_signal_emit (self, signals[PROGRESS], 0);
  if (envelope->seq == 0 && !gc_envelope_type_is_urgent (envelope->type))
    take_ephemeral (self, envelope);
  else if (self->committing < GC_ENVELOPE_WINDOW)
    commit_reliable (self, envelope);
  else
    fail_malformed (self, "the center sent more at a time than the protocol allows");
}

/* --- Hello --- */

static void
on_peer_met (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcConversation) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean agreed = gc_store_meet_peer_finish (self->store, result, &error);

  if (self->over)
    return;
  if (!agreed)
    {
      if (g_error_matches (error, GC_ERROR, GC_ERROR_CONFLICT))
        fail (self, GC_CHANNEL_CLOSE_SEQUENCE, error);
      else
        fail_storage (self, error);
      return;
    }
  g_clear_handle_id (&self->deadline_timer, g_source_remove);
  self->met = TRUE;
  g_signal_emit (self, signals[MET], 0, self->hello);
  gc_outflow_start (self->outflow);
  while (!self->over && !g_queue_is_empty (&self->early))
    {
      g_autoptr (GcEnvelope) envelope = g_queue_pop_head (&self->early);

      take (self, envelope);
    }
}

static void
greet (GcConversation *self, const GcEnvelope *envelope)
{
  g_autoptr (GError) error = NULL;

  self->hello = gc_hello_parse (envelope, &error);
  if (self->hello == NULL)
    {
      gboolean version = g_error_matches (error, GC_ERROR, GC_ERROR_UNSUPPORTED);

      fail (self, version ? GC_CHANNEL_CLOSE_VERSION : GC_CHANNEL_CLOSE_MALFORMED, error);
      return;
    }
  gc_store_meet_peer_async (self->store, self->hello->stream, self->hello->peer, self->hello->ack,
                            NULL, on_peer_met, g_object_ref (self));
}

static void
on_envelope (GcWire *wire, GcEnvelope *envelope, gpointer user_data)
{
  g_autoptr (GcConversation) self = g_object_ref (user_data);

  if (self->hello == NULL)
    greet (self, envelope);
  else if (self->met)
    take (self, envelope);
  else if (self->early.length < MAX_EARLY)
    g_queue_push_tail (&self->early, gc_envelope_copy (envelope));
  else
    fail_malformed (self, "the center sent more at a time than the protocol allows");
}

static void
on_opened (GcWire *wire, gpointer user_data)
{
  GcConversation *self = user_data;
  g_autoptr (GcEnvelope) hello = gc_hello_new_envelope (
      gc_store_get_stream (self->store), gc_store_get_peer_stream (self->store),
      gc_store_get_committed (self->store), self->device_name);

  self->heard_seq = hello->ack;
  gc_wire_send (self->wire, hello);
}

static gboolean
on_deadline (gpointer user_data)
{
  GcConversation *self = user_data;

  self->deadline_timer = 0;
  fail_with (self, SOUP_WEBSOCKET_CLOSE_GOING_AWAY, GC_ERROR_UNREACHABLE,
             "the center does not answer");
  return G_SOURCE_REMOVE;
}

/* --- The object --- */

static void
gc_conversation_dispose (GObject *object)
{
  GcConversation *self = GC_CONVERSATION (object);

  gc_conversation_drop (self);
  G_OBJECT_CLASS (gc_conversation_parent_class)->dispose (object);
}

static void
gc_conversation_finalize (GObject *object)
{
  GcConversation *self = GC_CONVERSATION (object);

  g_clear_object (&self->wire);
  g_clear_object (&self->outflow);
  g_clear_object (&self->store);
  g_clear_pointer (&self->hello, gc_hello_free);
  g_free (self->device_name);
  G_OBJECT_CLASS (gc_conversation_parent_class)->finalize (object);
}

static guint
new_signal (const char *name, guint count, GType first, GType second)
{
  return g_signal_new (name, GC_TYPE_CONVERSATION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                       G_TYPE_NONE, count, first, second);
}

static void
gc_conversation_class_init (GcConversationClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = gc_conversation_dispose;
  G_OBJECT_CLASS (klass)->finalize = gc_conversation_finalize;

  signals[MET] = new_signal ("met", 1, G_TYPE_POINTER, G_TYPE_NONE);
  signals[PROGRESS] = new_signal ("progress", 0, G_TYPE_NONE, G_TYPE_NONE);
  signals[RECEIVED] = new_signal ("received", 1, GC_TYPE_ENVELOPE, G_TYPE_NONE);
  signals[ENDED] = new_signal ("ended", 2, G_TYPE_UINT, G_TYPE_ERROR);
}

static void
gc_conversation_init (GcConversation *self)
{
  g_queue_init (&self->early);
}

static gboolean
send_from_store (gpointer user, GcEnvelope *envelope)
{
  return send_on_wire (user, envelope);
}

static void
fail_outflow (gpointer user, gushort code, const GError *error)
{
  fail (user, code, error);
}

static const GcOutflowUser OUTFLOW_USER = {
  .send = send_from_store,
  .fail = fail_outflow,
};

/**
 * gc_conversation_new:
 * @wire: a connection that is not yet connected
 * @store: the terminal's store
 * @device_name: what this device is called, for the center
 *
 * Main thread, as everything here.
 *
 * Returns: (transfer full): a conversation that has not begun
 */
GcConversation *
gc_conversation_new (GcWire *wire, GcStore *store, const char *device_name)
{
  GcConversation *self = g_object_new (GC_TYPE_CONVERSATION, NULL);

  self->wire = g_object_ref (wire);
  self->store = g_object_ref (store);
  self->device_name = g_strdup (device_name);
  self->outflow = gc_outflow_new (store, &OUTFLOW_USER, self);
  g_signal_connect_object (wire, "opened", G_CALLBACK (on_opened), self, G_CONNECT_DEFAULT);
  g_signal_connect_object (wire, "envelope", G_CALLBACK (on_envelope), self, G_CONNECT_DEFAULT);
  g_signal_connect_object (wire, "ended", G_CALLBACK (on_wire_ended), self, G_CONNECT_DEFAULT);
  return self;
}

/**
 * gc_conversation_start:
 * @self: a new conversation
 *
 * Connects; “met” or “ended” will tell.
 */
void
gc_conversation_start (GcConversation *self)
{
  g_return_if_fail (GC_IS_CONVERSATION (self));

  self->deadline_timer = g_timeout_add (CONNECT_DEADLINE_MS, on_deadline, self);
  gc_wire_connect (self->wire);
}

/**
 * gc_conversation_send:
 * @self: a conversation
 * @envelope: an ephemeral envelope
 *
 * Returns: whether it was handed to the network
 */
gboolean
gc_conversation_send (GcConversation *self, const GcEnvelope *envelope)
{
  g_autoptr (GcEnvelope) copy = NULL;

  g_return_val_if_fail (GC_IS_CONVERSATION (self) && envelope != NULL && envelope->seq == 0, FALSE);

  if (self->over || !self->met)
    return FALSE;
  copy = gc_envelope_copy (envelope);
  return send_on_wire (self, copy);
}

/**
 * gc_conversation_probe:
 * @self: a conversation
 *
 * As gc_wire_probe().
 */
void
gc_conversation_probe (GcConversation *self)
{
  g_return_if_fail (GC_IS_CONVERSATION (self));

  gc_wire_probe (self->wire);
}

/**
 * gc_conversation_close:
 * @self: a conversation
 *
 * Ends it politely, with everything acknowledged that was committed.
 */
void
gc_conversation_close (GcConversation *self)
{
  g_return_if_fail (GC_IS_CONVERSATION (self));

  if (self->over)
    return;
  if (self->unannounced > 0)
    {
      g_clear_handle_id (&self->ack_timer, g_source_remove);
      on_ack_due (self);
    }
  finish (self);
  gc_wire_close (self->wire, SOUP_WEBSOCKET_CLOSE_NORMAL);
}

/**
 * gc_conversation_drop:
 * @self: a conversation
 *
 * Ends it at once.
 */
void
gc_conversation_drop (GcConversation *self)
{
  g_return_if_fail (GC_IS_CONVERSATION (self));

  if (self->over)
    return;
  finish (self);
  gc_wire_drop (self->wire);
}
