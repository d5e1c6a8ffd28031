/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-pairing.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "base/gc-id.h"
#include "center/gc-audit.h"
#include "center/gc-json-build.h"

/* So long a used or expired token is still told from one that never was. */
#define REMEMBERED_MS (30 * G_GINT64_CONSTANT (86400000))

static char *
hash_token (const char *token)
{
  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, token, -1);
}

/**
 * gc_pairing_create:
 * @database: the center's
 * @worker: for whom, 1 to 64 characters
 * @user: the dispatcher
 * @lifetime_ms: how long it is good, as %GC_PAIRING_LIFETIME_MS
 * @token: (out) (transfer full): the secret for the pairing code; it is not kept
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: (transfer full) (nullable): the pairing's id
 */
char *
gc_pairing_create (GcDatabase *database,
                   const char *worker,
                   const char *user,
                   gint64 lifetime_ms,
                   char **token,
                   GError **error)
{
  g_autofree char *id = gc_id_new ();
  g_autofree char *secret = gc_id_new_token ();
  g_autofree char *hash = hash_token (secret);
  gint64 now_ms = gc_clock_wall_ms ();

  if (!gc_database_exec (database, error,
                         "INSERT INTO pairing (id, token_hash, worker, created_by, created_ms,"
                         "  expires_ms) VALUES (?, ?, ?, ?, ?, ?)",
                         "ssssii", id, hash, worker, user, now_ms, now_ms + lifetime_ms)
      || !gc_audit_add (database, user, "pairing.create", id, worker, error))
    return NULL;
  *token = g_steal_pointer (&secret);
  return g_steal_pointer (&id);
}

static const char *
state_of (GcRows *rows, int terminal, int voided, int expires, gint64 now_ms)
{
  if (!gc_rows_is_null (rows, terminal))
    return "used";
  if (gc_rows_int64 (rows, voided) != 0)
    return "void";
  return gc_rows_int64 (rows, expires) <= now_ms ? "expired" : "waiting";
}

static gboolean
not_found (GError **error, GError *local_error)
{
  if (local_error != NULL)
    g_propagate_error (error, local_error);
  else
    g_set_error_literal (error, GC_ERROR, GC_ERROR_NOT_FOUND, "There is no such code.");
  return FALSE;
}

/**
 * gc_pairing_print:
 * @database: the center's
 * @id: of a pairing
 * @error: %GC_ERROR_NOT_FOUND
 *
 * Returns: (transfer full) (nullable): PAIRING of API.md, without the code
 */
JsonObject *
gc_pairing_print (GcDatabase *database, const char *id, GError **error)
{
  GError *local_error = NULL;
  gint64 now_ms = gc_clock_wall_ms ();
  g_autoptr (GcRows) rows = gc_database_query (
      database, error, "SELECT id, worker, terminal, void, expires_ms FROM pairing WHERE id = ?",
      "s", id);
  JsonObject *object;

  if (rows == NULL)
    return NULL;
  if (!gc_rows_next (rows, &local_error))
    {
      not_found (error, local_error);
      return NULL;
    }
  object = json_object_new ();
  gc_json_set_text (object, "id", gc_rows_text (rows, 0));
  gc_json_set_text (object, "worker", gc_rows_text (rows, 1));
  gc_json_set_text (object, "state", state_of (rows, 2, 3, 4, now_ms));
  gc_json_set_time (object, "expires_at", gc_rows_int64 (rows, 4));
  json_object_set_int_member (object, "expires_in_ms", MAX (gc_rows_int64 (rows, 4) - now_ms, 0));
  gc_json_set_text (object, "terminal", gc_rows_text (rows, 2));
  return object;
}

/**
 * gc_pairing_void:
 * @database: the center's
 * @id: of a pairing
 * @user: the dispatcher
 * @error: %GC_ERROR_NOT_FOUND
 *
 * Makes a code that nobody used yet good for nothing.
 *
 * Returns: whether it is so now
 */
gboolean
gc_pairing_void (GcDatabase *database, const char *id, const char *user, GError **error)
{
  if (!gc_database_exec (database, error, "UPDATE pairing SET void = 1 WHERE id = ?", "s", id))
    return FALSE;
  if (gc_database_changes (database) == 0)
    return not_found (error, NULL);
  return gc_audit_add (database, user, "pairing.void", id, NULL, error);
}

/**
 * gc_pairing_redeem:
 * @database: the center's
 * @token: what a terminal shows
 * @terminal: the id that it gets
 * @id: (out) (transfer full): of the pairing
 * @worker: (out) (transfer full): for whom it is
 * @error: %GC_ERROR_UNAUTHORIZED for a token that was not made here, %GC_ERROR_EXPIRED for one
 *   that is too old or void, %GC_ERROR_USED
 *
 * Uses a token up, in the transaction that makes the terminal.
 *
 * Returns: whether it was good
 */
gboolean
gc_pairing_redeem (GcDatabase *database,
                   const char *token,
                   const char *terminal,
                   char **id,
                   char **worker,
                   GError **error)
{
  g_autofree char *hash = hash_token (token);
  GError *local_error = NULL;
  g_autoptr (GcRows) rows = gc_database_query (
      database, error,
      "SELECT id, worker, terminal, void, expires_ms FROM pairing WHERE token_hash = ?", "s", hash);
  const char *state;

  if (rows == NULL)
    return FALSE;
  if (!gc_rows_next (rows, &local_error))
    {
      if (local_error == NULL)
        g_set_error_literal (&local_error, GC_ERROR, GC_ERROR_UNAUTHORIZED,
                             "This center did not make that code.");
      g_propagate_error (error, local_error);
      return FALSE;
    }
  state = state_of (rows, 2, 3, 4, gc_clock_wall_ms ());
  if (g_strcmp0 (state, "used") == 0)
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_USED,
                           "The code paired another terminal already.");
      return FALSE;
    }
  if (g_strcmp0 (state, "waiting") != 0)
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_EXPIRED,
                           "The code is too old; ask the center for a new one.");
      return FALSE;
    }
  *id = g_strdup (gc_rows_text (rows, 0));
  *worker = g_strdup (gc_rows_text (rows, 1));
  return gc_database_exec (database, error, "UPDATE pairing SET terminal = ? WHERE id = ?", "ss",
                           terminal, *id);
}

/**
 * gc_pairing_forget:
 * @database: the center's
 * @error: %GC_ERROR_STORAGE
 *
 * Deletes pairings of long ago.
 *
 * Returns: whether it succeeded
 */
gboolean
gc_pairing_forget (GcDatabase *database, GError **error)
{
  return gc_database_exec (database, error, "DELETE FROM pairing WHERE expires_ms < ?", "i",
                           gc_clock_wall_ms () - REMEMBERED_MS);
}
