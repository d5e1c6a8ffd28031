/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/gc-outbox.h"

#include "base/gc-error.h"
#include "protocol/gc-json.h"
#include "store/gc-store-sos.h"

#include <string.h>

/* No position is longer in JSON (2^53). */
#define LONGEST_POSITION (G_GINT64_CONSTANT (1) << 53)
/* As envelope_from_row() wants them. */
#define COLUMNS "seq, id, type, made_ms, body"

static gboolean
fits_a_frame (const GcEnvelope *envelope, GError **error)
{
  g_autoptr (GcEnvelope) longest = gc_envelope_copy (envelope);
  g_autofree char *text = NULL;

  longest->seq = LONGEST_POSITION;
  longest->ack = LONGEST_POSITION;
  text = gc_envelope_print (longest);
  if (strlen (text) <= GC_ENVELOPE_MAX_LENGTH)
    return TRUE;
  g_set_error_literal (error, GC_ERROR, GC_ERROR_TOO_LARGE,
                       "this is too long to be sent to the center");
  return FALSE;
}

static gint64
take_seq (GcDatabase *database, GError **error)
{
  g_autoptr (GcRows) rows = NULL;

  if (!gc_database_exec (database, error, "UPDATE stream SET last_seq = last_seq + 1", ""))
    return 0;
  rows = gc_database_query (database, error, "SELECT last_seq FROM stream", "");
  if (rows == NULL || !gc_rows_next (rows, error))
    return 0;
  return gc_rows_int64 (rows, 0);
}

/**
 * gc_outbox_append:
 * @database: inside a transaction
 * @envelope: what to send; its seq does not matter
 * @task_id: (nullable): whose step it is
 * @error: %GC_ERROR_TOO_LARGE if it does not fit a frame, %GC_ERROR_STORAGE
 *
 * Makes an envelope the last of the stream.
 *
 * Returns: its seq, 0 on error
 */
gint64
gc_outbox_append (GcDatabase *database,
                  const GcEnvelope *envelope,
                  const char *task_id,
                  GError **error)
{
  g_autofree char *body = gc_json_print (envelope->body);
  gint64 seq;

  if (!fits_a_frame (envelope, error))
    return 0;
  seq = take_seq (database, error);
  if (seq == 0
      || !gc_database_exec (database, error,
                            "INSERT INTO outbox (seq, id, type, made_ms, body, task, urgent)"
                            " VALUES (?, ?, ?, ?, ?, ?, ?)",
                            "ississi", seq, envelope->id, envelope->type, envelope->sent_ms, body,
                            task_id, (gint64) gc_envelope_type_is_urgent (envelope->type)))
    return 0;
  return seq;
}

/**
 * gc_outbox_append_body:
 * @database: inside a transaction
 * @type: one of the GC_MSG_ types
 * @body: what it says
 * @error: as gc_outbox_append()
 *
 * As gc_outbox_append(), for an envelope made now.
 *
 * Returns: whether it succeeded
 */
gboolean
gc_outbox_append_body (GcDatabase *database, const char *type, JsonObject *body, GError **error)
{
  g_autoptr (GcEnvelope) envelope = gc_envelope_new (type, body);

  return gc_outbox_append (database, envelope, NULL, error) > 0;
}

static JsonObject *
parse_body (GcRows *rows)
{
  const char *text = gc_rows_text (rows, 4);

  if (text == NULL || !gc_envelope_can_be_sent (gc_rows_text (rows, 1), gc_rows_text (rows, 2)))
    return NULL;
  return gc_json_parse_object (text, -1, GC_ENVELOPE_MAX_LENGTH, NULL);
}

/* What a disk has damaged so that it cannot be sent must not keep everything behind it from being
 * sent: something has to take its place in the stream. */
static GcEnvelope *
envelope_from_row (GcRows *rows)
{
  g_autoptr (JsonObject) body = parse_body (rows);
  GcEnvelope *envelope
      = gc_envelope_new (body != NULL ? gc_rows_text (rows, 2) : GC_MSG_LOST, body);

  envelope->seq = gc_rows_int64 (rows, 0);
  if (body != NULL)
    {
      g_set_str (&envelope->id, gc_rows_text (rows, 1));
      envelope->sent_ms = gc_rows_int64 (rows, 3);
    }
  else
    g_message ("envelope %" G_GINT64_FORMAT " cannot be read any more", envelope->seq);
  return envelope;
}

static GPtrArray *
read_envelopes (
    GcDatabase *database, const char *sql, gint64 after_seq, guint limit, GError **error)
{
  g_autoptr (GPtrArray) envelopes
      = g_ptr_array_new_with_free_func ((GDestroyNotify) gc_envelope_free);
  g_autoptr (GcRows) rows
      = gc_database_query (database, error, sql, "ii", after_seq, (gint64) limit);

  while (rows != NULL && gc_rows_next (rows, error))
    g_ptr_array_add (envelopes, envelope_from_row (rows));
  return g_steal_pointer (&envelopes);
}

/**
 * gc_outbox_read:
 * @database: inside a transaction
 * @after_seq: the position before the first wanted
 * @limit: how many at most
 * @error: %GC_ERROR_STORAGE
 *
 * Reads what is to be sent. What cannot be read any more is a %GC_MSG_LOST.
 *
 * Returns: (transfer full) (nullable) (element-type GcEnvelope): in order
 */
GPtrArray *
gc_outbox_read (GcDatabase *database, gint64 after_seq, guint limit, GError **error)
{
  return read_envelopes (database,
                         "SELECT " COLUMNS " FROM outbox WHERE seq > ? ORDER BY seq LIMIT ?",
                         after_seq, limit, error);
}

/**
 * gc_outbox_read_urgent:
 * @database: inside a transaction
 * @after_seq: the position before the first wanted
 * @limit: how many at most
 * @error: %GC_ERROR_STORAGE
 *
 * Reads what overtakes the rest of the outbox. What cannot be read any more is a %GC_MSG_LOST.
 *
 * Returns: (transfer full) (nullable) (element-type GcEnvelope): in order
 */
GPtrArray *
gc_outbox_read_urgent (GcDatabase *database, gint64 after_seq, guint limit, GError **error)
{
  return read_envelopes (database,
                         "SELECT " COLUMNS " FROM outbox WHERE urgent AND seq > ?"
                         " ORDER BY seq LIMIT ?",
                         after_seq, limit, error);
}

static gboolean
note_sent_tasks (GcDatabase *database, gint64 ack, GcStoreOutcome *outcome, GError **error)
{
  g_autoptr (GcRows) rows
      = gc_database_query (database, error,
                           "SELECT DISTINCT task FROM outbox AS sent WHERE seq <= ?"
                           " AND task IS NOT NULL AND NOT EXISTS"
                           " (SELECT 1 FROM outbox WHERE task = sent.task AND seq > ?)",
                           "ii", ack, ack);

  while (rows != NULL && gc_rows_next (rows, error))
    gc_store_outcome_add_task_sent (outcome, gc_rows_text (rows, 0));
  return *error == NULL;
}

/**
 * gc_outbox_acknowledge:
 * @database: inside a transaction
 * @ack: the highest seq that the center has committed
 * @outcome: takes the tasks whose last step is among them, and the SOS that is
 * @error: %GC_ERROR_INVALID if it was never given out, %GC_ERROR_STORAGE
 *
 * Forgets what the center has. An @ack that says nothing new is no error.
 *
 * Returns: whether it succeeded
 */
gboolean
gc_outbox_acknowledge (GcDatabase *database, gint64 ack, GcStoreOutcome *outcome, GError **error)
{
  g_autoptr (GcRows) rows
      = gc_database_query (database, error, "SELECT acknowledged, last_seq FROM stream", "");

  if (rows == NULL || !gc_rows_next (rows, error))
    return FALSE;
  if (ack > gc_rows_int64 (rows, 1))
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID,
                           "the center acknowledged what was never sent");
      return FALSE;
    }
  if (ack <= gc_rows_int64 (rows, 0))
    return TRUE;
  return note_sent_tasks (database, ack, outcome, error)
         && gc_sos_note_acknowledged (database, ack, outcome, error)
         && gc_database_exec (database, error, "DELETE FROM outbox WHERE seq <= ?", "i", ack)
         && gc_database_exec (database, error, "UPDATE stream SET acknowledged = ?", "i", ack);
}

/**
 * gc_outbox_start_anew:
 * @database: inside a transaction
 * @peer_stream: (nullable): the peer's stream from now on
 * @error: %GC_ERROR_STORAGE
 *
 * PROTOCOL.md, “Reliability”: the two stores do not know each other. What is in the outbox is
 * numbered from 1 in the old order, whatever is missing in between, and nothing counts as
 * committed.
 *
 * Returns: whether it succeeded
 */
gboolean
gc_outbox_start_anew (GcDatabase *database, const char *peer_stream, GError **error)
{
  /* By way of negative positions, for on the way none may meet another. */
  return gc_database_exec (database, error,
                           "UPDATE outbox SET seq = -place FROM (SELECT seq AS old, row_number ()"
                           " OVER (ORDER BY seq) AS place FROM outbox) WHERE seq = old",
                           "")
         && gc_database_exec (database, error, "UPDATE outbox SET seq = -seq", "")
         && gc_database_exec (database, error,
                              "UPDATE stream SET peer = ?, committed = 0, acknowledged = 0,"
                              " last_seq = (SELECT COUNT(*) FROM outbox)",
                              "s", peer_stream);
}
