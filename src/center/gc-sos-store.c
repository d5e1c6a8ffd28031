/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-sos-store.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "center/gc-audit.h"
#include "center/gc-channel-store.h"
#include "center/gc-json-build.h"
#include "protocol/gc-json.h"

/* More at once than a center can answer; a bound all the same. */
#define MAX_LISTED 200
/* A terminal has one open SOS; one that lost its data in between may have another. */
#define MAX_OPEN 5

#define SELECT                                                                                     \
  "SELECT sos.id, terminal, worker, pressed_ms, received_ms, position, battery, state, seen_by,"   \
  "  seen_ms, ended_by, ended_ms FROM sos JOIN terminal ON terminal.id = sos.terminal"

static char *
print_fix (const GcFix *fix)
{
  g_autoptr (JsonObject) position = fix != NULL ? gc_fix_to_json (fix) : NULL;

  return position != NULL ? gc_json_print (position) : NULL;
}

/**
 * gc_sos_store_press:
 * @database: the center's
 * @terminal: from whom
 * @sos: of gc_sos_parse_press()
 * @error: %GC_ERROR_CONFLICT for one that is known, and where too many of the terminal's are open
 *
 * Takes an SOS in.
 *
 * Returns: whether it succeeded
 */
gboolean
gc_sos_store_press (GcDatabase *database, const char *terminal, const GcSos *sos, GError **error)
{
  g_autofree char *position = print_fix (sos->fix);

  if (!gc_database_exec (database, error,
                         "INSERT OR IGNORE INTO sos (id, terminal, pressed_ms, received_ms,"
                         "  position, battery, state, open)"
                         "  SELECT ?, ?, ?, ?, ?, nullif(?, -1), ?, 1 WHERE ? >"
                         "  (SELECT count(*) FROM sos WHERE open AND terminal = ?)",
                         "ssiisisis", sos->id, terminal, sos->pressed_ms, gc_clock_wall_ms (),
                         position, (gint64) sos->battery_percent,
                         gc_sos_state_to_string (GC_SOS_OPEN), (gint64) MAX_OPEN, terminal))
    return FALSE;
  if (gc_database_changes (database) == 1)
    return gc_audit_add (database, terminal, "sos.press", sos->id, NULL, error);
  g_set_error_literal (error, GC_ERROR, GC_ERROR_CONFLICT, "this SOS is known, or one too many");
  return FALSE;
}

/**
 * gc_sos_store_move:
 * @database: the center's
 * @terminal: from whom
 * @whereabouts: of gc_sos_parse_position()
 * @error: %GC_ERROR_NOT_FOUND if the terminal has no such SOS that is open
 *
 * Notes where the worker is by now. What is older than what is known, as after a long way through
 * a network, has no effect.
 *
 * Returns: whether it had an effect
 */
gboolean
gc_sos_store_move (GcDatabase *database,
                   const char *terminal,
                   const GcSos *whereabouts,
                   GError **error)
{
  g_autofree char *position = print_fix (whereabouts->fix);

  if (!gc_database_exec (database, error,
                         "UPDATE sos SET position = ?, battery = coalesce(nullif(?, -1), battery)"
                         "  WHERE id = ? AND terminal = ? AND open"
                         "  AND coalesce(position ->> '$.at', '') <= ? ->> '$.at'",
                         "sisss", position, (gint64) whereabouts->battery_percent, whereabouts->id,
                         terminal, position))
    return FALSE;
  if (gc_database_changes (database) == 1)
    return TRUE;
  g_set_error_literal (error, GC_ERROR, GC_ERROR_NOT_FOUND, "There is no such SOS.");
  return FALSE;
}

/* Of an SOS whose terminal is another than @terminal, if one is given, nothing is told. */
static gboolean
find (GcDatabase *database,
      const char *id,
      const char *terminal,
      GcSosState *state,
      char **owner,
      GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcRows) rows = gc_database_query (
      database, error,
      "SELECT state, terminal FROM sos WHERE id = ? AND terminal = coalesce(?, terminal)", "ss", id,
      terminal);

  if (rows == NULL)
    return FALSE;
  if (gc_rows_next (rows, &local_error))
    {
      g_set_str (owner, gc_rows_text (rows, 1));
      return gc_sos_state_from_string (gc_rows_text (rows, 0), state, error);
    }
  if (local_error == NULL)
    g_set_error_literal (&local_error, GC_ERROR, GC_ERROR_NOT_FOUND, "There is no such SOS.");
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

static gboolean
check (GcSosState from, GcSosState to, GError **error)
{
  if (gc_sos_state_allows (from, to))
    return TRUE;
  g_set_error (error, GC_ERROR, GC_ERROR_CONFLICT, "The SOS is %s already.",
               gc_sos_state_to_string (from));
  return FALSE;
}

static gboolean
set_ended (GcDatabase *database,
           const char *id,
           GcSosState state,
           const char *by,
           gint64 at_ms,
           GError **error)
{
  return gc_database_exec (
      database, error,
      "UPDATE sos SET state = ?, open = 0, ended_by = ?, ended_ms = ? WHERE id = ?", "ssis",
      gc_sos_state_to_string (state), by, at_ms, id);
}

/**
 * gc_sos_store_withdraw:
 * @database: the center's
 * @terminal: from whom
 * @id: of an SOS
 * @error: %GC_ERROR_NOT_FOUND if the terminal has no such SOS, %GC_ERROR_CONFLICT if it is over
 *
 * The worker takes an SOS back.
 *
 * Returns: whether it succeeded
 */
gboolean
gc_sos_store_withdraw (GcDatabase *database, const char *terminal, const char *id, GError **error)
{
  g_autofree char *owner = NULL;
  GcSosState state;

  return find (database, id, terminal, &state, &owner, error)
         && check (state, GC_SOS_WITHDRAWN, error)
         && set_ended (database, id, GC_SOS_WITHDRAWN, NULL, gc_clock_wall_ms (), error)
         && gc_audit_add (database, terminal, "sos.withdraw", id, NULL, error);
}

/**
 * gc_sos_store_answer:
 * @database: the center's
 * @id: of an SOS
 * @state: %GC_SOS_SEEN or %GC_SOS_ENDED
 * @user: the dispatcher
 * @error: %GC_ERROR_NOT_FOUND, or %GC_ERROR_CONFLICT if somebody said so before, or it is over
 *
 * A dispatcher has seen it, or ends it: puts “sos.state” into the terminal's outbox.
 *
 * Returns: (transfer full) (nullable): the SOS
 */
JsonObject *
gc_sos_store_answer (
    GcDatabase *database, const char *id, GcSosState state, const char *user, GError **error)
{
  const GcSosAnswer answer = { id, state, user, gc_clock_wall_ms () };
  gboolean seen = state == GC_SOS_SEEN;
  g_autoptr (JsonObject) body = gc_sos_print_answer (&answer);
  g_autofree char *terminal = NULL;
  GcSosState from;

  if (!find (database, id, NULL, &from, &terminal, error) || !check (from, state, error)
      || !(seen ? gc_database_exec (database, error,
                                    "UPDATE sos SET state = ?, seen_by = ?, seen_ms = ?"
                                    "  WHERE id = ?",
                                    "ssis", gc_sos_state_to_string (state), user, answer.at_ms, id)
                : set_ended (database, id, state, user, answer.at_ms, error))
      || !gc_channel_store_enqueue (database, terminal, GC_MSG_SOS_STATE, body, NULL, error)
      || !gc_audit_add (database, user, seen ? "sos.see" : "sos.end", id, NULL, error))
    return NULL;
  return gc_sos_store_print (database, id, error);
}

static JsonObject *
read_sos (GcRows *rows)
{
  JsonObject *object = json_object_new ();
  const char *position = gc_rows_text (rows, 5);
  JsonObject *fix
      = position != NULL ? gc_json_parse_object (position, -1, GC_ENVELOPE_MAX_LENGTH, NULL) : NULL;

  gc_json_set_text (object, "id", gc_rows_text (rows, 0));
  gc_json_set_text (object, "terminal", gc_rows_text (rows, 1));
  gc_json_set_text (object, "worker", gc_rows_text (rows, 2));
  gc_json_set_time (object, "pressed_at", gc_rows_int64 (rows, 3));
  gc_json_set_time (object, "received_at", gc_rows_int64 (rows, 4));
  if (fix != NULL)
    json_object_set_object_member (object, "position", fix);
  else
    json_object_set_null_member (object, "position");
  if (!gc_rows_is_null (rows, 6))
    json_object_set_int_member (object, "battery_percent", gc_rows_int64 (rows, 6));
  gc_json_set_text (object, "state", gc_rows_text (rows, 7));
  gc_json_set_text (object, "seen_by", gc_rows_text (rows, 8));
  gc_json_set_time (object, "seen_at", gc_rows_int64 (rows, 9));
  gc_json_set_text (object, "ended_by", gc_rows_text (rows, 10));
  gc_json_set_time (object, "ended_at", gc_rows_int64 (rows, 11));
  return object;
}

/**
 * gc_sos_store_print:
 * @database: the center's
 * @id: of an SOS
 * @error: %GC_ERROR_NOT_FOUND
 *
 * Returns: (transfer full) (nullable): the SOS
 */
JsonObject *
gc_sos_store_print (GcDatabase *database, const char *id, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcRows) rows
      = gc_database_query (database, &local_error, SELECT " WHERE sos.id = ?", "s", id);

  if (rows != NULL && gc_rows_next (rows, &local_error))
    return read_sos (rows);
  if (local_error == NULL)
    g_set_error_literal (&local_error, GC_ERROR, GC_ERROR_NOT_FOUND, "There is no such SOS.");
  g_propagate_error (error, g_steal_pointer (&local_error));
  return NULL;
}

/**
 * gc_sos_store_list:
 * @database: the center's
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: (transfer full) (nullable): those that are open, the latest first
 */
JsonArray *
gc_sos_store_list (GcDatabase *database, GError **error)
{
  g_autoptr (JsonArray) list = json_array_new ();
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcRows) rows = gc_database_query (
      database, &local_error, SELECT " WHERE open ORDER BY received_ms DESC, sos.id LIMIT ?", "i",
      (gint64) MAX_LISTED);

  while (rows != NULL && gc_rows_next (rows, &local_error))
    json_array_add_object_element (list, read_sos (rows));
  if (local_error == NULL)
    return g_steal_pointer (&list);
  g_propagate_error (error, g_steal_pointer (&local_error));
  return NULL;
}
