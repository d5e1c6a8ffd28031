/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-channel-store.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "base/gc-id.h"
#include "protocol/gc-json.h"

#include <string.h>

/* PROTOCOL.md: an envelope that comes again under another seq is known by its id. */
#define REMEMBERED_IDS 1000
/* Of what nobody understands now, a newer center may want to read this much. */
#define KEPT_UNKNOWN 1000

/**
 * gc_channel_memory_load:
 * @database: the center's
 * @terminal: its id
 * @error: %GC_ERROR_NOT_FOUND if there is no such terminal
 *
 * Returns: (transfer full) (nullable): what is remembered
 */
GcChannelMemory *
gc_channel_memory_load (GcDatabase *database, const char *terminal, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcRows) rows = gc_database_query (
      database, error,
      "SELECT stream, peer_stream, received, assigned, acknowledged FROM terminal WHERE id = ?",
      "s", terminal);
  GcChannelMemory *memory;

  if (rows == NULL)
    return NULL;
  if (!gc_rows_next (rows, &local_error))
    {
      if (local_error == NULL)
        g_set_error_literal (&local_error, GC_ERROR, GC_ERROR_NOT_FOUND, "no such terminal");
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  memory = g_new0 (GcChannelMemory, 1);
  memory->stream = g_strdup (gc_rows_text (rows, 0));
  memory->peer = g_strdup (gc_rows_text (rows, 1));
  memory->received = gc_rows_int64 (rows, 2);
  memory->assigned = gc_rows_int64 (rows, 3);
  memory->acknowledged = gc_rows_int64 (rows, 4);
  return memory;
}

/**
 * gc_channel_memory_free:
 * @memory: (transfer full): what is remembered
 */
void
gc_channel_memory_free (GcChannelMemory *memory)
{
  g_free (memory->stream);
  g_free (memory->peer);
  g_free (memory);
}

/**
 * gc_channel_store_enqueue:
 * @database: the center's
 * @terminal: for whom
 * @type: of the envelope
 * @body: of the envelope
 * @about: (nullable): the id of what shall be marked as delivered once it is acknowledged
 * @error: %GC_ERROR_STORAGE
 *
 * Puts a reliable envelope into the outbox, in the transaction of what it tells of.
 *
 * Returns: whether it succeeded
 */
gboolean
gc_channel_store_enqueue (GcDatabase *database,
                          const char *terminal,
                          const char *type,
                          JsonObject *body,
                          const char *about,
                          GError **error)
{
  g_autofree char *id = gc_id_new ();
  g_autofree char *text = gc_json_print (body);

  return gc_database_exec (database, error,
                           "UPDATE terminal SET assigned = assigned + 1 WHERE id = ?", "s",
                           terminal)
         && gc_database_exec (database, error,
                              "INSERT INTO outbox"
                              "  (terminal, seq, id, type, time_ms, body, about, urgent)"
                              "  SELECT id, assigned, ?, ?, ?, ?, ?, ? FROM terminal WHERE id = ?",
                              "ssissis", id, type, gc_clock_wall_ms (), text, about,
                              (gint64) gc_envelope_type_is_urgent (type), terminal);
}

static GPtrArray *
load (GcDatabase *database,
      const char *sql,
      const char *terminal,
      gint64 above,
      gint64 limit,
      gsize bytes,
      GError **error)
{
  g_autoptr (GPtrArray) envelopes
      = g_ptr_array_new_with_free_func ((GDestroyNotify) gc_envelope_free);
  gsize loaded = 0;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcRows) rows = gc_database_query (database, error, sql, "sii", terminal, above, limit);

  while (rows != NULL && loaded < bytes && gc_rows_next (rows, &local_error))
    {
      const char *text = gc_rows_text (rows, 4);
      g_autoptr (JsonObject) body
          = gc_json_parse_object (text, -1, GC_ENVELOPE_MAX_LENGTH, &local_error);
      GcEnvelope *envelope;

      if (body == NULL)
        break;
      loaded += strlen (text);
      envelope = gc_envelope_new (gc_rows_text (rows, 2), body);
      g_set_str (&envelope->id, gc_rows_text (rows, 1));
      envelope->seq = gc_rows_int64 (rows, 0);
      envelope->sent_ms = gc_rows_int64 (rows, 3);
      g_ptr_array_add (envelopes, envelope);
    }
  if (rows == NULL || local_error != NULL)
    {
      if (local_error != NULL)
        g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  return g_steal_pointer (&envelopes);
}

/**
 * gc_channel_store_load:
 * @database: the center's
 * @terminal: for whom
 * @above: the seq after which to begin
 * @limit: how many at most
 * @bytes: no further one after so many, in all of their bodies
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: (transfer full) (nullable) (element-type GcEnvelope): what waits in the outbox, in order
 */
GPtrArray *
gc_channel_store_load (GcDatabase *database,
                       const char *terminal,
                       gint64 above,
                       gint64 limit,
                       gsize bytes,
                       GError **error)
{
  return load (database,
               "SELECT seq, id, type, time_ms, body FROM outbox"
               "  WHERE terminal = ? AND seq > ? ORDER BY seq LIMIT ?",
               terminal, above, limit, bytes, error);
}

/**
 * gc_channel_store_load_urgent:
 * @database: the center's
 * @terminal: for whom
 * @above: the seq after which to begin
 * @limit: how many at most
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: (transfer full) (nullable) (element-type GcEnvelope): what overtakes the rest of the
 *   outbox, in order
 */
GPtrArray *
gc_channel_store_load_urgent (
    GcDatabase *database, const char *terminal, gint64 above, gint64 limit, GError **error)
{
  return load (database,
               "SELECT seq, id, type, time_ms, body FROM outbox"
               "  WHERE urgent AND terminal = ? AND seq > ? ORDER BY seq LIMIT ?",
               terminal, above, limit, G_MAXSIZE, error);
}

/**
 * gc_channel_store_acknowledge:
 * @database: the center's
 * @terminal: who acknowledges
 * @ack: up to which seq
 * @about: (element-type utf8): gets the ids of what was delivered by it
 * @error: %GC_ERROR_STORAGE
 *
 * Takes what the terminal has committed out of the outbox.
 *
 * Returns: whether it succeeded
 */
gboolean
gc_channel_store_acknowledge (
    GcDatabase *database, const char *terminal, gint64 ack, GPtrArray *about, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  {
    g_autoptr (GcRows) rows = gc_database_query (
        database, error,
        "SELECT about FROM outbox WHERE terminal = ? AND seq <= ? AND about IS NOT NULL"
        "  ORDER BY seq",
        "si", terminal, ack);

    if (rows == NULL)
      return FALSE;
    while (gc_rows_next (rows, &local_error))
      g_ptr_array_add (about, g_strdup (gc_rows_text (rows, 0)));
  }
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  return gc_database_exec (database, error, "DELETE FROM outbox WHERE terminal = ? AND seq <= ?",
                           "si", terminal, ack)
         && gc_database_exec (database, error,
                              "UPDATE terminal SET acknowledged = max(acknowledged, ?)"
                              "  WHERE id = ?",
                              "is", ack, terminal);
}

/* From the lowest up: no envelope gets a number that is still another's. */
static gboolean
renumber (GcDatabase *database, const char *terminal, GError **error)
{
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GError) local_error = NULL;

  {
    g_autoptr (GcRows) rows = gc_database_query (
        database, error, "SELECT seq FROM outbox WHERE terminal = ? ORDER BY seq", "s", terminal);

    if (rows == NULL)
      return FALSE;
    while (gc_rows_next (rows, &local_error))
      {
        gint64 seq = gc_rows_int64 (rows, 0);

        g_array_append_val (numbers, seq);
      }
  }
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  for (guint i = 0; i < numbers->len; i++)
    if (!gc_database_exec (database, error,
                           "UPDATE outbox SET seq = ? WHERE terminal = ? AND seq = ?", "isi",
                           (gint64) i + 1, terminal, g_array_index (numbers, gint64, i)))
      return FALSE;
  return gc_database_exec (database, error, "UPDATE terminal SET assigned = ? WHERE id = ?", "is",
                           (gint64) numbers->len, terminal);
}

/**
 * gc_channel_store_start_anew:
 * @database: the center's
 * @terminal: whose channel
 * @stream: the id of our store from now on
 * @peer: (nullable): the id of its store, %NULL to forget it
 * @error: %GC_ERROR_STORAGE
 *
 * One of the two stores is another than the other side remembers: nothing counts as received any
 * more, and what waits in the outbox is numbered from 1 in the old order.
 *
 * Returns: whether it succeeded
 */
gboolean
gc_channel_store_start_anew (GcDatabase *database,
                             const char *terminal,
                             const char *stream,
                             const char *peer,
                             GError **error)
{
  return renumber (database, terminal, error)
         && gc_database_exec (database, error,
                              "UPDATE terminal SET stream = ?, peer_stream = ?, received = 0,"
                              "  acknowledged = 0 WHERE id = ?",
                              "sss", stream, peer, terminal);
}

static gboolean
remember_id (GcDatabase *database, const char *terminal, const char *id, GError **error)
{
  return gc_database_exec (database, error, "INSERT INTO recent (terminal, id) VALUES (?, ?)", "ss",
                           terminal, id)
         && gc_database_exec (
             database, error,
             "DELETE FROM recent WHERE terminal = ? AND number <= (SELECT number FROM recent"
             "  WHERE terminal = ? ORDER BY number DESC LIMIT 1 OFFSET ?)",
             "ssi", terminal, terminal, (gint64) REMEMBERED_IDS);
}

static gboolean
is_known (
    GcDatabase *database, const char *terminal, const char *id, gboolean *known, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcRows) rows = gc_database_query (
      database, error, "SELECT 1 FROM recent WHERE terminal = ? AND id = ?", "ss", terminal, id);

  if (rows == NULL)
    return FALSE;
  *known = gc_rows_next (rows, &local_error);
  if (local_error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

/**
 * gc_channel_store_receive_copy:
 * @database: the center's
 * @terminal: from whom
 * @envelope: the copy of an urgent envelope, which has no place in the stream
 * @fresh: (out): whether it shall take effect; %FALSE for one that did already
 * @error: %GC_ERROR_STORAGE
 *
 * Remembers it, in the transaction of its effect, so that it has none when it comes again.
 *
 * Returns: whether it succeeded
 */
gboolean
gc_channel_store_receive_copy (GcDatabase *database,
                               const char *terminal,
                               const GcEnvelope *envelope,
                               gboolean *fresh,
                               GError **error)
{
  gboolean known = FALSE;

  if (!is_known (database, terminal, envelope->id, &known, error))
    return FALSE;
  *fresh = !known;
  return known || remember_id (database, terminal, envelope->id, error);
}

/**
 * gc_channel_store_receive:
 * @database: the center's
 * @terminal: from whom
 * @envelope: a reliable envelope
 * @fresh: (out): whether it shall take effect; %FALSE for one that did already
 * @error: %GC_ERROR_STORAGE, or %GC_ERROR_CONFLICT if it is not the next one
 *
 * Commits the position of an envelope, in the transaction of its effect.
 *
 * Returns: whether it succeeded
 */
gboolean
gc_channel_store_receive (GcDatabase *database,
                          const char *terminal,
                          const GcEnvelope *envelope,
                          gboolean *fresh,
                          GError **error)
{
  if (!gc_database_exec (database, error,
                         "UPDATE terminal SET received = ?, last_seen_ms = ?"
                         "  WHERE id = ? AND received = ?",
                         "iisi", envelope->seq, gc_clock_wall_ms (), terminal, envelope->seq - 1))
    return FALSE;
  if (gc_database_changes (database) != 1)
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_CONFLICT, "a gap in the sequence");
      return FALSE;
    }
  return gc_channel_store_receive_copy (database, terminal, envelope, fresh, error);
}

/**
 * gc_channel_store_keep:
 * @database: the center's
 * @terminal: from whom
 * @envelope: a reliable envelope of a type that is not known here
 * @error: %GC_ERROR_STORAGE
 *
 * Keeps it for a newer version to read; of each terminal only the newest.
 *
 * Returns: whether it succeeded
 */
gboolean
gc_channel_store_keep (GcDatabase *database,
                       const char *terminal,
                       const GcEnvelope *envelope,
                       GError **error)
{
  g_autofree char *body = gc_json_print (envelope->body);

  return gc_database_exec (database, error,
                           "INSERT INTO unknown (terminal, id, type, received_ms, body)"
                           "  VALUES (?, ?, ?, ?, ?)",
                           "sssis", terminal, envelope->id, envelope->type, gc_clock_wall_ms (),
                           body)
         && gc_database_exec (
             database, error,
             "DELETE FROM unknown WHERE terminal = ? AND rowid <= (SELECT rowid FROM unknown"
             "  WHERE terminal = ? ORDER BY rowid DESC LIMIT 1 OFFSET ?)",
             "ssi", terminal, terminal, (gint64) KEPT_UNKNOWN);
}
