/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/gc-store-private.h"

#include "base/gc-error.h"
#include "base/gc-id.h"
#include "store/gc-inbox.h"
#include "store/gc-outbox.h"

/* The reliable stream, as the channel uses it: PROTOCOL.md, “Reliability”. */

static gpointer
enqueue (GcDatabase *database, gpointer params, GcStoreOutcome *outcome, GError **error)
{
  return GSIZE_TO_POINTER ((gsize) gc_outbox_append (database, params, NULL, error));
}

/**
 * gc_store_enqueue_async:
 * @self: a store
 * @envelope: what to send reliably; its id is kept, its seq is not
 * @cancellable: (nullable): effective until the work starts
 * @callback: called after the commit
 * @user_data: for @callback
 */
void
gc_store_enqueue_async (GcStore *self,
                        const GcEnvelope *envelope,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_return_if_fail (GC_IS_STORE (self) && envelope != NULL);

  gc_store_run_async (self, gc_store_enqueue_async, enqueue, gc_envelope_copy (envelope),
                      (GDestroyNotify) gc_envelope_free, NULL, cancellable, callback, user_data);
}

/**
 * gc_store_enqueue_finish:
 * @self: a store
 * @result: what the callback got
 * @error: %GC_ERROR_TOO_LARGE if it does not fit a frame, %GC_ERROR_STORAGE
 *
 * Returns: the envelope's seq from 1, or 0 on error
 */
gint64
gc_store_enqueue_finish (GcStore *self, GAsyncResult *result, GError **error)
{
  return (gint64) GPOINTER_TO_SIZE (
      gc_store_run_finish (self, result, gc_store_enqueue_async, error));
}

typedef struct
{
  gint64 after_seq;
  guint limit;
  gboolean urgent;
} Range;

static gpointer
read_outbox (GcDatabase *database, gpointer params, GcStoreOutcome *outcome, GError **error)
{
  Range *range = params;

  return range->urgent ? gc_outbox_read_urgent (database, range->after_seq, range->limit, error)
                       : gc_outbox_read (database, range->after_seq, range->limit, error);
}

/**
 * gc_store_read_outbox_async:
 * @self: a store
 * @after_seq: the position before the first wanted, from 0
 * @limit: how many at most, from 1
 * @urgent: whether only what is sent ahead of its place is wanted
 * @cancellable: (nullable): effective until the work starts
 * @callback: called when they are read
 * @user_data: for @callback
 */
void
gc_store_read_outbox_async (GcStore *self,
                            gint64 after_seq,
                            guint limit,
                            gboolean urgent,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  Range *range = g_new0 (Range, 1);

  g_return_if_fail (GC_IS_STORE (self));

  range->after_seq = after_seq;
  range->limit = limit;
  range->urgent = urgent;
  gc_store_run_async (self, gc_store_read_outbox_async, read_outbox, range, g_free,
                      (GDestroyNotify) g_ptr_array_unref, cancellable, callback, user_data);
}

/**
 * gc_store_read_outbox_finish:
 * @self: a store
 * @result: what the callback got
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: (transfer full) (nullable) (element-type GcEnvelope): in the order of their seq
 */
GPtrArray *
gc_store_read_outbox_finish (GcStore *self, GAsyncResult *result, GError **error)
{
  return gc_store_run_finish (self, result, gc_store_read_outbox_async, error);
}

static gpointer
acknowledge (GcDatabase *database, gpointer params, GcStoreOutcome *outcome, GError **error)
{
  gc_outbox_acknowledge (database, *(gint64 *) params, outcome, error);
  return NULL;
}

/**
 * gc_store_acknowledge_async:
 * @self: a store
 * @ack: the highest seq that the center has committed, from 0
 * @cancellable: (nullable): effective until the work starts
 * @callback: called after the commit
 * @user_data: for @callback
 *
 * Removes from the outbox what the center has.
 */
void
gc_store_acknowledge_async (GcStore *self,
                            gint64 ack,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_return_if_fail (GC_IS_STORE (self));

  gc_store_run_async (self, gc_store_acknowledge_async, acknowledge, g_memdup2 (&ack, sizeof ack),
                      g_free, NULL, cancellable, callback, user_data);
}

/**
 * gc_store_acknowledge_finish:
 * @self: a store
 * @result: what the callback got
 * @error: %GC_ERROR_INVALID if it is above what was ever sent, %GC_ERROR_STORAGE
 *
 * Returns: whether it was saved
 */
gboolean
gc_store_acknowledge_finish (GcStore *self, GAsyncResult *result, GError **error)
{
  return gc_store_run_finish_boolean (self, result, gc_store_acknowledge_async, error);
}

typedef struct
{
  char *peer_stream;
  char *stream_known_to_peer;
  gint64 peer_ack;
} Meeting;

static void
meeting_free (gpointer data)
{
  Meeting *meeting = data;

  g_free (meeting->peer_stream);
  g_free (meeting->stream_known_to_peer);
  g_free (meeting);
}

/* One of the stores was set back. That is an error for the caller, but what is done about it must
 * be committed, so here it is a result. */
static gpointer
take_new_stream (GcDatabase *database, GError **error)
{
  g_autofree char *stream = gc_id_new ();

  if (!gc_database_exec (database, error, "UPDATE stream SET own = ?", "s", stream)
      || !gc_outbox_start_anew (database, NULL, error))
    return NULL;
  g_message ("the terminal and the center disagree about what was exchanged: starting anew");
  return GINT_TO_POINTER (TRUE);
}

/* Returns whether the stores disagree. */
static gpointer
meet_peer (GcDatabase *database, gpointer params, GcStoreOutcome *outcome, GError **error)
{
  Meeting *meeting = params;
  g_autoptr (GcRows) rows = gc_database_query (
      database, error, "SELECT own, peer, acknowledged, last_seq FROM stream", "");

  if (rows == NULL || !gc_rows_next (rows, error))
    return NULL;
  if (g_strcmp0 (gc_rows_text (rows, 0), meeting->stream_known_to_peer) != 0
      || g_strcmp0 (gc_rows_text (rows, 1), meeting->peer_stream) != 0)
    gc_outbox_start_anew (database, meeting->peer_stream, error);
  else if (meeting->peer_ack < gc_rows_int64 (rows, 2)
           || meeting->peer_ack > gc_rows_int64 (rows, 3))
    return take_new_stream (database, error);
  else
    gc_outbox_acknowledge (database, meeting->peer_ack, outcome, error);
  return NULL;
}

/**
 * gc_store_meet_peer_async:
 * @self: a store
 * @peer_stream: the center's stream, from its hello
 * @stream_known_to_peer: (nullable): our stream as the center remembers it, from its hello
 * @peer_ack: the hello's ack, from 0
 * @cancellable: (nullable): effective until the work starts
 * @callback: called after the commit
 * @user_data: for @callback
 *
 * Agrees with the center on where both streams go on: from the acknowledged position if the stores
 * know each other, from the beginning if one of them is new. Afterwards send what is above
 * gc_store_get_acknowledged().
 */
void
gc_store_meet_peer_async (GcStore *self,
                          const char *peer_stream,
                          const char *stream_known_to_peer,
                          gint64 peer_ack,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  Meeting *meeting = g_new0 (Meeting, 1);

  g_return_if_fail (GC_IS_STORE (self) && peer_stream != NULL);

  meeting->peer_stream = g_strdup (peer_stream);
  meeting->stream_known_to_peer = g_strdup (stream_known_to_peer);
  meeting->peer_ack = peer_ack;
  gc_store_run_async (self, gc_store_meet_peer_async, meet_peer, meeting, meeting_free, NULL,
                      cancellable, callback, user_data);
}

/**
 * gc_store_meet_peer_finish:
 * @self: a store
 * @result: what the callback got
 * @error: %GC_ERROR_CONFLICT if one of the stores was set back: the store has taken a new stream;
 *   close with %GC_CHANNEL_CLOSE_SEQUENCE and connect again. %GC_ERROR_STORAGE
 *
 * Returns: whether both sides agree
 */
gboolean
gc_store_meet_peer_finish (GcStore *self, GAsyncResult *result, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gboolean disagree = GPOINTER_TO_INT (
      gc_store_run_finish (self, result, gc_store_meet_peer_async, &local_error));

  if (disagree)
    g_set_error_literal (&local_error, GC_ERROR, GC_ERROR_CONFLICT,
                         "the center and this terminal disagree about what was exchanged");
  if (local_error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

static gpointer
receive (GcDatabase *database, gpointer params, GcStoreOutcome *outcome, GError **error)
{
  return GINT_TO_POINTER (gc_inbox_receive (database, params, outcome, error));
}

/**
 * gc_store_receive_async:
 * @self: a store
 * @envelope: a reliable envelope from the center, or the copy of an urgent one (without seq)
 * @cancellable: (nullable): effective until the work starts
 * @callback: called after the commit
 * @user_data: for @callback
 *
 * Commits an envelope and its effect, once.
 */
void
gc_store_receive_async (GcStore *self,
                        const GcEnvelope *envelope,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_return_if_fail (GC_IS_STORE (self) && envelope != NULL);
  g_return_if_fail (envelope->seq > 0 || gc_envelope_type_is_urgent (envelope->type));

  gc_store_run_async (self, gc_store_receive_async, receive, gc_envelope_copy (envelope),
                      (GDestroyNotify) gc_envelope_free, NULL, cancellable, callback, user_data);
}

/**
 * gc_store_receive_finish:
 * @self: a store
 * @result: what the callback got
 * @receipt: (out): what became of it
 * @error: %GC_ERROR_STORAGE: nothing was stored, do not acknowledge
 *
 * Returns: whether @receipt is set
 */
gboolean
gc_store_receive_finish (GcStore *self, GAsyncResult *result, GcReceipt *receipt, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  *receipt = (GcReceipt) GPOINTER_TO_INT (
      gc_store_run_finish (self, result, gc_store_receive_async, &local_error));
  if (local_error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}
