/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/gc-store-sos.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "protocol/gc-json.h"
#include "store/gc-outbox.h"

/* --- Inside a transaction --- */

static GcFix *
parse_fix (const char *text)
{
  g_autoptr (JsonObject) object
      = text != NULL ? gc_json_parse_object (text, -1, GC_ENVELOPE_MAX_LENGTH, NULL) : NULL;
  GcFix fix;

  return object != NULL && gc_fix_from_json (object, &fix, NULL) ? gc_fix_copy (&fix) : NULL;
}

/**
 * gc_sos_load:
 * @database: inside a transaction
 * @sos: (out) (nullable) (transfer full): the latest
 * @error: %GC_ERROR_STORAGE
 *
 * What a disk has damaged is left out, as far as it goes; one whose state cannot be read is open.
 *
 * Returns: whether it could be read
 */
gboolean
gc_sos_load (GcDatabase *database, GcSos **sos, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcRows) rows
      = gc_database_query (database, &local_error,
                           "SELECT id, pressed_ms, position, battery, received_ms, state, seen_by,"
                           " seen_ms, ended_by, ended_ms FROM sos ORDER BY number DESC LIMIT 1",
                           "");

  *sos = NULL;
  if (rows != NULL && gc_rows_next (rows, &local_error))
    {
      *sos = g_new0 (GcSos, 1);
      (*sos)->id = g_strdup (gc_rows_text (rows, 0));
      (*sos)->pressed_ms = gc_rows_int64 (rows, 1);
      (*sos)->fix = parse_fix (gc_rows_text (rows, 2));
      (*sos)->battery_percent = (int) CLAMP (gc_rows_int64 (rows, 3), -1, 100);
      (*sos)->received_ms = gc_rows_int64 (rows, 4);
      gc_sos_state_from_string (gc_rows_text (rows, 5), &(*sos)->state, NULL);
      (*sos)->seen_by = g_strdup (gc_rows_text (rows, 6));
      (*sos)->seen_ms = gc_rows_int64 (rows, 7);
      (*sos)->ended_by = g_strdup (gc_rows_text (rows, 8));
      (*sos)->ended_ms = gc_rows_int64 (rows, 9);
    }
  if (local_error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

/**
 * gc_sos_forget_old:
 * @database: inside a transaction
 * @before_ms: wall time
 * @error: %GC_ERROR_STORAGE
 *
 * Removes what was over before that time, and is known to the center.
 *
 * Returns: whether it succeeded
 */
gboolean
gc_sos_forget_old (GcDatabase *database, gint64 before_ms, GError **error)
{
  return gc_database_exec (database, error,
                           "DELETE FROM sos WHERE state IN ('withdrawn', 'ended')"
                           " AND told IS NULL AND ended_ms < ?",
                           "i", before_ms);
}

static gboolean
tell_latest (GcDatabase *database, GcStoreOutcome *outcome, GError **error)
{
  g_autoptr (GcSos) sos = NULL;

  if (!gc_sos_load (database, &sos, error))
    return FALSE;
  if (sos != NULL)
    gc_store_outcome_add_sos (outcome, sos);
  return TRUE;
}

/* What the center has is confirmed, and when we heard so first. */
#define CONFIRM                                                                                    \
  "UPDATE sos SET told = NULL,"                                                                    \
  " received_ms = CASE received_ms WHEN 0 THEN ? ELSE received_ms END WHERE told "

/**
 * gc_sos_note_acknowledged:
 * @database: inside a transaction
 * @ack: up to which seq the center has everything, which is in the outbox still
 * @outcome: takes the SOS if it is among that
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: whether it succeeded
 */
gboolean
gc_sos_note_acknowledged (GcDatabase *database, gint64 ack, GcStoreOutcome *outcome, GError **error)
{
  return gc_database_exec (database, error,
                           CONFIRM "IN (SELECT id FROM outbox WHERE urgent AND seq <= ?)", "ii",
                           gc_clock_wall_ms (), ack)
         && (gc_database_changes (database) == 0 || tell_latest (database, outcome, error));
}

static gboolean
find_state (GcDatabase *database, const char *id, GcSosState *state, GError **error)
{
  g_autoptr (GcRows) rows
      = gc_database_query (database, error, "SELECT state FROM sos WHERE id = ?", "s", id);

  if (rows == NULL || !gc_rows_next (rows, error))
    return FALSE;
  *state = GC_SOS_OPEN;
  gc_sos_state_from_string (gc_rows_text (rows, 0), state, NULL);
  return TRUE;
}

static gboolean
set_answered (GcDatabase *database, const GcSosAnswer *answer, GError **error)
{
  const char *sql = answer->state == GC_SOS_SEEN
                        ? "UPDATE sos SET state = ?, seen_by = ?, seen_ms = ?,"
                          " received_ms = CASE received_ms WHEN 0 THEN ? ELSE received_ms END"
                          " WHERE id = ?"
                        : "UPDATE sos SET state = ?, ended_by = ?, ended_ms = ?,"
                          " received_ms = CASE received_ms WHEN 0 THEN ? ELSE received_ms END"
                          " WHERE id = ?";

  return gc_database_exec (database, error, sql, "ssiis", gc_sos_state_to_string (answer->state),
                           answer->by, answer->at_ms, gc_clock_wall_ms (), answer->id);
}

/**
 * gc_sos_apply_state:
 * @database: inside a transaction
 * @body: of sos.state
 * @outcome: takes what it changes
 * @why: says why it had no effect
 * @error: for the database alone
 *
 * Notes that a dispatcher has seen or ended an SOS.
 *
 * Returns: whether it had an effect
 */
gboolean
gc_sos_apply_state (
    GcDatabase *database, JsonObject *body, GcStoreOutcome *outcome, GError **why, GError **error)
{
  GcSosAnswer answer;
  GcSosState state;

  if (!gc_sos_parse_answer (body, &answer, why))
    return FALSE;
  if (!find_state (database, answer.id, &state, error)
      || !gc_sos_state_allows (state, answer.state))
    {
      if (*error == NULL)
        g_set_error_literal (why, GC_ERROR, GC_ERROR_CONFLICT, "there is no such SOS any more");
      return FALSE;
    }
  return set_answered (database, &answer, error) && tell_latest (database, outcome, error);
}

static gboolean
insert (GcDatabase *database, const GcSos *sos, const char *envelope_id, GError **error)
{
  g_autoptr (JsonObject) position = sos->fix != NULL ? gc_fix_to_json (sos->fix) : NULL;
  g_autofree char *text = position != NULL ? gc_json_print (position) : NULL;

  return gc_database_exec (database, error,
                           "INSERT INTO sos (id, pressed_ms, position, battery, told, state)"
                           " VALUES (?, ?, ?, ?, ?, ?)",
                           "sisiss", sos->id, sos->pressed_ms, text, (gint64) sos->battery_percent,
                           envelope_id, gc_sos_state_to_string (sos->state));
}

static gpointer
press (GcDatabase *database, gpointer params, GcStoreOutcome *outcome, GError **error)
{
  const GcSos *sos = params;
  g_autoptr (GcSos) latest = NULL;
  g_autoptr (JsonObject) body = gc_sos_print_press (sos);
  g_autoptr (GcEnvelope) envelope = gc_envelope_new (GC_MSG_SOS, body);

  if (!gc_sos_load (database, &latest, error))
    return NULL;
  if (latest != NULL && !gc_sos_state_is_final (latest->state))
    return g_steal_pointer (&latest);
  if (!insert (database, sos, envelope->id, error)
      || gc_outbox_append (database, envelope, NULL, error) == 0)
    return NULL;
  gc_store_outcome_add_sos (outcome, sos);
  return gc_sos_copy (sos);
}

static gpointer
withdraw (GcDatabase *database, gpointer params, GcStoreOutcome *outcome, GError **error)
{
  const char *id = params;
  gint64 now_ms = gc_clock_wall_ms ();
  g_autoptr (JsonObject) body = gc_sos_print_withdrawal (id, now_ms);
  g_autoptr (GcEnvelope) envelope = gc_envelope_new (GC_MSG_SOS_WITHDRAW, body);
  GcSosState state;

  if (!find_state (database, id, &state, error) || !gc_sos_state_allows (state, GC_SOS_WITHDRAWN))
    {
      if (*error == NULL)
        g_set_error_literal (error, GC_ERROR, GC_ERROR_CONFLICT, "the SOS is over already");
      return NULL;
    }
  if (gc_database_exec (database, error,
                        "UPDATE sos SET state = ?, ended_ms = ?, told = ? WHERE id = ?", "siss",
                        gc_sos_state_to_string (GC_SOS_WITHDRAWN), now_ms, envelope->id, id)
      && gc_outbox_append (database, envelope, NULL, error) > 0)
    tell_latest (database, outcome, error);
  return NULL;
}

static gpointer
confirm (GcDatabase *database, gpointer params, GcStoreOutcome *outcome, GError **error)
{
  if (gc_database_exec (database, error, CONFIRM "= ?", "is", gc_clock_wall_ms (), params)
      && gc_database_changes (database) > 0)
    tell_latest (database, outcome, error);
  return NULL;
}

/* --- On the store's thread --- */

/**
 * gc_store_press_sos_async:
 * @self: a store
 * @fix: (nullable): where the worker is
 * @battery_percent: 0 to 100, -1 if unknown
 * @cancellable: (nullable): effective until the work starts
 * @callback: called after the commit
 * @user_data: for @callback
 *
 * Saves a call for help and the urgent envelope that tells the center of it. While one is open
 * there is no other: that one is the result.
 */
void
gc_store_press_sos_async (GcStore *self,
                          const GcFix *fix,
                          int battery_percent,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_return_if_fail (GC_IS_STORE (self));

  gc_store_run_async (self, gc_store_press_sos_async, press, gc_sos_new (fix, battery_percent),
                      (GDestroyNotify) gc_sos_free, (GDestroyNotify) gc_sos_free, cancellable,
                      callback, user_data);
}

/**
 * gc_store_press_sos_finish:
 * @self: a store
 * @result: what the callback got
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: (transfer full) (nullable): the SOS, which is on disk
 */
GcSos *
gc_store_press_sos_finish (GcStore *self, GAsyncResult *result, GError **error)
{
  return gc_store_run_finish (self, result, gc_store_press_sos_async, error);
}

/**
 * gc_store_withdraw_sos_async:
 * @self: a store
 * @id: of an SOS
 * @cancellable: (nullable): effective until the work starts
 * @callback: called after the commit
 * @user_data: for @callback
 *
 * Takes it back: a false alarm, of which the center is told.
 */
void
gc_store_withdraw_sos_async (GcStore *self,
                             const char *id,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_return_if_fail (GC_IS_STORE (self) && id != NULL);

  gc_store_run_async (self, gc_store_withdraw_sos_async, withdraw, g_strdup (id), g_free, NULL,
                      cancellable, callback, user_data);
}

/**
 * gc_store_withdraw_sos_finish:
 * @self: a store
 * @result: what the callback got
 * @error: %GC_ERROR_CONFLICT if it is over already, %GC_ERROR_STORAGE
 *
 * Returns: whether it was taken back
 */
gboolean
gc_store_withdraw_sos_finish (GcStore *self, GAsyncResult *result, GError **error)
{
  return gc_store_run_finish_boolean (self, result, gc_store_withdraw_sos_async, error);
}

/**
 * gc_store_confirm_async:
 * @self: a store
 * @envelope_id: of an urgent envelope
 * @cancellable: (nullable): effective until the work starts
 * @callback: called after the commit
 * @user_data: for @callback
 *
 * Notes that the center has committed the copy of an urgent envelope. The envelope stays in the
 * outbox until its place in the stream is acknowledged.
 */
void
gc_store_confirm_async (GcStore *self,
                        const char *envelope_id,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_return_if_fail (GC_IS_STORE (self) && envelope_id != NULL);

  gc_store_run_async (self, gc_store_confirm_async, confirm, g_strdup (envelope_id), g_free, NULL,
                      cancellable, callback, user_data);
}

/**
 * gc_store_confirm_finish:
 * @self: a store
 * @result: what the callback got
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: whether it was saved
 */
gboolean
gc_store_confirm_finish (GcStore *self, GAsyncResult *result, GError **error)
{
  return gc_store_run_finish_boolean (self, result, gc_store_confirm_async, error);
}
