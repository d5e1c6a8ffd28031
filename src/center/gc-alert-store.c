/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-alert-store.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "base/gc-id.h"
#include "center/gc-audit.h"
#include "center/gc-channel-store.h"
#include "center/gc-json-build.h"
#include "protocol/gc-json.h"

#include <string.h>

#define ID_LENGTH 36
/* Of those that have ended the console shows the latest. */
#define LISTED_MAX 100
#define SELECT                                                                                     \
  "SELECT id, cap, created_by, expires_ms, ended, ended_ms,"                                       \
  "  (SELECT concat_ws (' ', count (*), count (received_ms), count (read_ms)) FROM alert_receipt"  \
  "    JOIN terminal ON terminal.id = terminal WHERE alert = alert.id AND revoked_ms IS NULL)"     \
  "  FROM alert"

/* How an alert ended. */
#define ENDED_CANCELLED "cancelled"
#define ENDED_REPLACED "replaced"
#define ENDED_EXPIRED "expired"

/* --- sending --- */

static GPtrArray *
list_texts (GcDatabase *database, GError **error, const char *sql)
{
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcRows) rows = gc_database_query (database, &local_error, sql, "");

  while (rows != NULL && gc_rows_next (rows, &local_error))
    g_ptr_array_add (texts, g_strdup (gc_rows_text (rows, 0)));
  if (local_error == NULL)
    return g_steal_pointer (&texts);
  g_propagate_error (error, g_steal_pointer (&local_error));
  return NULL;
}

/* Who is sent an alert for the second time has received it for the first time all the same. */
static gboolean
enqueue (
    GcDatabase *database, const char *terminal, const char *id, const char *xml, GError **error)
{
  g_autofree char *about = g_strconcat (GC_ALERT_ABOUT, id, NULL);
  g_autoptr (JsonObject) body = json_object_new ();

  json_object_set_string_member (body, "id", id);
  json_object_set_string_member (body, "cap", xml);
  return gc_channel_store_enqueue (database, terminal, GC_MSG_ALERT, body, about, error)
         && gc_database_exec (database, error,
                              "INSERT OR IGNORE INTO alert_receipt (alert, terminal, sent_ms)"
                              "  VALUES (?, ?, ?)",
                              "ssi", id, terminal, gc_clock_wall_ms ());
}

static gboolean
send_to_all (GcDatabase *database, const char *id, const char *xml, GError **error)
{
  g_autoptr (GPtrArray) terminals
      = list_texts (database, error, "SELECT id FROM terminal WHERE revoked_ms IS NULL");

  if (terminals == NULL)
    return FALSE;
  for (guint i = 0; i < terminals->len; i++)
    if (!enqueue (database, g_ptr_array_index (terminals, i), id, xml, error))
      return FALSE;
  return TRUE;
}

/* What has ended is not sent to who has not received it yet: its place in the stream stays, but
 * holds nothing. If it is under way at this moment, what ended it follows. */
static gboolean
take_out_of_outboxes (GcDatabase *database, const char *id, GError **error)
{
  g_autofree char *about = g_strconcat (GC_ALERT_ABOUT, id, NULL);

  return gc_database_exec (
      database, error,
      "UPDATE outbox SET type = ?, body = '{}', about = NULL, urgent = 0 WHERE about = ?", "ss",
      GC_MSG_LOST, about);
}

static gboolean
end (GcDatabase *database, const char *id, const char *how, gint64 at_ms, GError **error)
{
  return gc_database_exec (database, error,
                           "UPDATE alert SET ended = ?, ended_ms = ? WHERE id = ?"
                           "  AND ended IS NULL",
                           "sis", how, at_ms, id)
         && take_out_of_outboxes (database, id, error);
}

static char *
find_by_reference (GcDatabase *database,
                   const GcCapReference *reference,
                   gint64 *expires_ms,
                   GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcRows) rows
      = gc_database_query (database, &local_error,
                           "SELECT id, expires_ms FROM alert"
                           "  WHERE sender = ? AND identifier = ? AND sent_ms = ?",
                           "ssi", reference->sender, reference->identifier, reference->sent_ms);

  if (rows != NULL && gc_rows_next (rows, &local_error))
    {
      if (expires_ms != NULL)
        *expires_ms = MAX (*expires_ms, gc_rows_int64 (rows, 1));
      return g_strdup (gc_rows_text (rows, 0));
    }
  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  return NULL;
}

/* Ends what the message refers to. @expires_ms, of a message that has none of its own, becomes that
 * of what it cancels: for as long the cancel is of use. */
static gboolean
end_references (GcDatabase *database, const GcCap *cap, gint64 *expires_ms, GError **error)
{
  const char *how = cap->type == GC_CAP_CANCEL ? ENDED_CANCELLED : ENDED_REPLACED;
  g_autoptr (GError) local_error = NULL;
  guint found = 0;

  for (guint i = 0; i < cap->references->len; i++)
    {
      g_autofree char *id = find_by_reference (database, g_ptr_array_index (cap->references, i),
                                               expires_ms, &local_error);

      if (local_error != NULL
          || (id != NULL && !end (database, id, how, gc_clock_wall_ms (), &local_error)))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
      found += id != NULL;
    }
  if (found > 0 || cap->type != GC_CAP_CANCEL)
    return TRUE;
  g_set_error_literal (error, GC_ERROR, GC_ERROR_NOT_FOUND,
                       "There is no alert here that this message takes back.");
  return FALSE;
}

static gboolean
check_message (GcDatabase *database, const GcCap *cap, gint64 expires_ms, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *known = find_by_reference (database, &cap->self, NULL, &local_error);

  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  else if (known != NULL)
    g_set_error_literal (error, GC_ERROR, GC_ERROR_CONFLICT, "The center has this alert already.");
  else if (cap->status != GC_CAP_ACTUAL && cap->status != GC_CAP_EXERCISE)
    g_set_error (error, GC_ERROR, GC_ERROR_INVALID,
                 "A message with the status “%s” is not for anybody to act on.",
                 gc_cap_status_to_string (cap->status));
  else if (cap->type != GC_CAP_CANCEL && expires_ms <= gc_clock_wall_ms ())
    g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "The alert has expired.");
  else
    return TRUE;
  return FALSE;
}

static const char *
title_of (const GcCap *cap)
{
  const GcCapInfo *info = cap->infos->len > 0 ? g_ptr_array_index (cap->infos, 0) : NULL;

  return info == NULL ? cap->note : info->headline != NULL ? info->headline : info->event;
}

/* Puts a message into the database and into every terminal's outbox. */
static char *
send (GcDatabase *database, const GcCap *cap, const char *xml, const char *user, GError **error)
{
  static const char *const WORDS[] = { "alert.send", "alert.update", "alert.cancel" };
  g_autofree char *id = gc_id_new ();
  gint64 expires_ms = cap->type == GC_CAP_CANCEL ? 0 : gc_cap_get_expires_ms (cap);

  if (!check_message (database, cap, expires_ms, error)
      || !end_references (database, cap, cap->type == GC_CAP_CANCEL ? &expires_ms : NULL, error)
      || !gc_database_exec (database, error,
                            "INSERT INTO alert (id, type, sender, identifier, sent_ms, cap,"
                            "  created_by, created_ms, expires_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?,"
                            "  ?)",
                            "ssssissii", id, gc_cap_type_to_string (cap->type), cap->self.sender,
                            cap->self.identifier, cap->self.sent_ms, xml, user, gc_clock_wall_ms (),
                            expires_ms)
      || !send_to_all (database, id, xml, error)
      || !gc_audit_add (database, user, WORDS[cap->type], id, title_of (cap), error))
    return NULL;
  return g_steal_pointer (&id);
}

/* What we have written, too, must be what terminals read. */
static char *
print_checked (const GcCap *cap, GError **error)
{
  g_autofree char *xml = gc_cap_print (cap);
  g_autoptr (GcCap) again = gc_cap_parse (xml, strlen (xml), error);

  return again != NULL ? g_steal_pointer (&xml) : NULL;
}

/**
 * gc_alert_store_create:
 * @database: the center's
 * @office: in whose name
 * @user: the dispatcher
 * @form: what he says, as API.md has it
 * @error: %GC_ERROR_INVALID, %GC_ERROR_TOO_LARGE
 *
 * Makes an alert and puts it into every terminal's outbox.
 *
 * Returns: (transfer full) (nullable): the alert
 */
JsonObject *
gc_alert_store_create (GcDatabase *database,
                       const GcAlertOffice *office,
                       const char *user,
                       JsonObject *form,
                       GError **error)
{
  g_autoptr (GcCap) cap = gc_alert_form_read (form, office, error);
  g_autofree char *xml = cap != NULL ? print_checked (cap, error) : NULL;
  g_autofree char *id = xml != NULL ? send (database, cap, xml, user, error) : NULL;

  return id != NULL ? gc_alert_store_print (database, id, FALSE, error) : NULL;
}

/**
 * gc_alert_store_import:
 * @database: the center's
 * @user: the dispatcher
 * @xml: a message in CAP 1.2; terminals get it as it is
 * @length: bytes
 * @error: %GC_ERROR_INVALID, %GC_ERROR_TOO_LARGE, %GC_ERROR_UNSUPPORTED, %GC_ERROR_CONFLICT if it
 *   is here already, %GC_ERROR_NOT_FOUND if it cancels what is not here
 *
 * Takes an alert, update or cancel that somebody else wrote.
 *
 * Returns: (transfer full) (nullable): the alert, or the one that is cancelled
 */
JsonObject *
gc_alert_store_import (
    GcDatabase *database, const char *user, const char *xml, gsize length, GError **error)
{
  g_autoptr (GcCap) cap = gc_cap_parse (xml, length, error);
  g_autofree char *text = g_strndup (xml, length);
  g_autofree char *id = cap != NULL ? send (database, cap, text, user, error) : NULL;

  if (id == NULL)
    return NULL;
  for (guint i = 0; cap->type == GC_CAP_CANCEL && i < cap->references->len; i++)
    {
      g_autoptr (GError) local_error = NULL;
      g_autofree char *cancelled = find_by_reference (
          database, g_ptr_array_index (cap->references, i), NULL, &local_error);

      if (cancelled != NULL)
        return gc_alert_store_print (database, cancelled, FALSE, error);
    }
  return gc_alert_store_print (database, id, FALSE, error);
}

static GcCap *
load_current (GcDatabase *database, const char *id, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcRows) rows = gc_database_query (
      database, &local_error, "SELECT cap, ended FROM alert WHERE id = ? AND type <> 'Cancel'", "s",
      id);
  const char *xml;

  if (rows == NULL || !gc_rows_next (rows, &local_error))
    {
      if (local_error == NULL)
        g_set_error_literal (&local_error, GC_ERROR, GC_ERROR_NOT_FOUND, "There is no such alert.");
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  if (!gc_rows_is_null (rows, 1))
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_CONFLICT, "The alert has ended.");
      return NULL;
    }
  xml = gc_rows_text (rows, 0);
  return gc_cap_parse (xml, strlen (xml), error);
}

/**
 * gc_alert_store_cancel:
 * @database: the center's
 * @office: in whose name
 * @id: of an alert
 * @user: the dispatcher
 * @reason: (nullable): why
 * @error: %GC_ERROR_NOT_FOUND, %GC_ERROR_CONFLICT if it has ended
 *
 * Takes an alert back, at every terminal.
 *
 * Returns: (transfer full) (nullable): the alert
 */
JsonObject *
gc_alert_store_cancel (GcDatabase *database,
                       const GcAlertOffice *office,
                       const char *id,
                       const char *user,
                       const char *reason,
                       GError **error)
{
  g_autoptr (GcCap) cap = load_current (database, id, error);
  g_autoptr (GcCap) cancel = cap != NULL ? gc_alert_form_cancel (cap, reason, office) : NULL;
  g_autofree char *xml = cancel != NULL ? print_checked (cancel, error) : NULL;
  g_autofree char *sent = xml != NULL ? send (database, cancel, xml, user, error) : NULL;

  return sent != NULL ? gc_alert_store_print (database, id, FALSE, error) : NULL;
}

/* --- what terminals say --- */

/**
 * gc_alert_store_deliver:
 * @database: the center's
 * @terminal: who has acknowledged
 * @id: of an alert
 * @error: %GC_ERROR_STORAGE
 *
 * The terminal has stored an alert.
 *
 * Returns: whether it succeeded
 */
gboolean
gc_alert_store_deliver (GcDatabase *database, const char *terminal, const char *id, GError **error)
{
  return gc_database_exec (database, error,
                           "UPDATE alert_receipt SET received_ms = ? WHERE alert = ?"
                           "  AND terminal = ? AND received_ms IS NULL",
                           "iss", gc_clock_wall_ms (), id, terminal);
}

/**
 * gc_alert_store_send_again:
 * @database: the center's
 * @terminal: whose store is a new one
 * @error: %GC_ERROR_STORAGE
 *
 * Puts the alerts that hold into the outbox, and what takes others back: the terminal has just been
 * paired, or may have lost them. If it has not, they have no effect there.
 *
 * Returns: whether it succeeded
 */
gboolean
gc_alert_store_send_again (GcDatabase *database, const char *terminal, GError **error)
{
  g_autoptr (GPtrArray) pairs = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) local_error = NULL;

  {
    g_autoptr (GcRows) rows = gc_database_query (
        database, &local_error,
        "SELECT id, cap FROM alert WHERE ended IS NULL AND expires_ms > ?1 AND NOT EXISTS"
        "  (SELECT 1 FROM outbox WHERE terminal = ?2 AND about = '" GC_ALERT_ABOUT "' || alert.id)"
        "  ORDER BY number",
        "is", gc_clock_wall_ms (), terminal);

    while (rows != NULL && gc_rows_next (rows, &local_error))
      for (int column = 0; column < 2; column++)
        g_ptr_array_add (pairs, g_strdup (gc_rows_text (rows, column)));
  }
  for (guint i = 0; i < pairs->len && local_error == NULL; i += 2)
    enqueue (database, terminal, g_ptr_array_index (pairs, i), g_ptr_array_index (pairs, i + 1),
             &local_error);
  if (local_error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

/**
 * gc_alert_store_read:
 * @database: the center's
 * @terminal: whose worker it was
 * @body: of “alert.read”
 * @id: (out) (transfer full): of the alert
 * @error: %GC_ERROR_INVALID, %GC_ERROR_TOO_LARGE, or %GC_ERROR_NOT_FOUND if the terminal was sent
 *   no such alert, or has said so before
 *
 * The worker has read an alert.
 *
 * Returns: whether it was written down
 */
gboolean
gc_alert_store_read (
    GcDatabase *database, const char *terminal, JsonObject *body, char **id, GError **error)
{
  const char *alert = gc_json_get_string (body, "alert", ID_LENGTH, error);
  gint64 at_ms;

  if (alert == NULL || !gc_json_get_time (body, "at", &at_ms, error)
      || !gc_database_exec (database, error,
                            "UPDATE alert_receipt SET read_ms = ?1,"
                            "  received_ms = coalesce (received_ms, ?2) WHERE alert = ?3"
                            "  AND terminal = ?4 AND read_ms IS NULL",
                            "iiss", at_ms, gc_clock_wall_ms (), alert, terminal))
    return FALSE;
  if (gc_database_changes (database) == 0)
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_NOT_FOUND,
                           "there is no such alert for this terminal to be read");
      return FALSE;
    }
  *id = g_strdup (alert);
  return TRUE;
}

/* --- what time does --- */

/**
 * gc_alert_store_lapse:
 * @database: the center's
 * @now_ms: wall time
 * @ids: (element-type utf8): gets the alerts that have expired by now
 * @next_ms: (out): when the next one will, 0 if there is none
 * @error: %GC_ERROR_STORAGE
 *
 * Ends what has expired: it is not sent to anybody any more.
 *
 * Returns: whether it succeeded
 */
gboolean
gc_alert_store_lapse (
    GcDatabase *database, gint64 now_ms, GPtrArray *ids, gint64 *next_ms, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  *next_ms = 0;
  {
    g_autoptr (GcRows) rows = gc_database_query (
        database, &local_error,
        "SELECT id, expires_ms FROM alert WHERE ended IS NULL ORDER BY expires_ms", "");

    while (rows != NULL && *next_ms == 0 && gc_rows_next (rows, &local_error))
      if (gc_rows_int64 (rows, 1) <= now_ms)
        g_ptr_array_add (ids, g_strdup (gc_rows_text (rows, 0)));
      else
        *next_ms = gc_rows_int64 (rows, 1);
  }
  for (guint i = 0; i < ids->len && local_error == NULL; i++)
    end (database, g_ptr_array_index (ids, i), ENDED_EXPIRED, now_ms, &local_error);
  if (local_error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

/* --- showing --- */

/* As “30 12 9”. */
static void
set_counts (JsonObject *alert, const char *text)
{
  static const char *const MEMBERS[] = { "sent", "received", "read" };
  g_auto (GStrv) counts = g_strsplit (text, " ", G_N_ELEMENTS (MEMBERS));

  for (gsize i = 0; i < G_N_ELEMENTS (MEMBERS) && counts[i] != NULL; i++)
    json_object_set_int_member (alert, MEMBERS[i], g_ascii_strtoll (counts[i], NULL, 10));
}

static JsonObject *
print_row (GcRows *rows, GError **error)
{
  const char *xml = gc_rows_text (rows, 1);
  g_autoptr (GcCap) cap = gc_cap_parse (xml, strlen (xml), error);
  JsonObject *alert;

  if (cap == NULL)
    return NULL;
  alert = gc_alert_form_print (cap);
  gc_json_set_text (alert, "id", gc_rows_text (rows, 0));
  gc_json_set_text (alert, "created_by", gc_rows_text (rows, 2));
  gc_json_set_time (alert, "expires", gc_rows_int64 (rows, 3));
  gc_json_set_text (alert, "state", gc_rows_is_null (rows, 4) ? "current" : gc_rows_text (rows, 4));
  gc_json_set_time (alert, "ended_at", gc_rows_int64 (rows, 5));
  set_counts (alert, gc_rows_text (rows, 6));
  return alert;
}

static gboolean
add_receipts (GcDatabase *database, const char *id, JsonObject *alert, GError **error)
{
  JsonArray *receipts = json_array_new ();
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcRows) rows = gc_database_query (
      database, &local_error,
      "SELECT terminal, worker, sent_ms, received_ms, read_ms FROM alert_receipt"
      "  JOIN terminal ON terminal.id = terminal WHERE alert = ? AND revoked_ms IS NULL"
      "  ORDER BY read_ms IS NOT NULL, received_ms IS NOT NULL, worker",
      "s", id);

  json_object_set_array_member (alert, "terminals", receipts);
  while (rows != NULL && gc_rows_next (rows, &local_error))
    {
      JsonObject *receipt = json_object_new ();

      gc_json_set_text (receipt, "terminal", gc_rows_text (rows, 0));
      gc_json_set_text (receipt, "worker", gc_rows_text (rows, 1));
      gc_json_set_time (receipt, "sent_at", gc_rows_int64 (rows, 2));
      gc_json_set_time (receipt, "received_at", gc_rows_int64 (rows, 3));
      gc_json_set_time (receipt, "read_at", gc_rows_int64 (rows, 4));
      json_array_add_object_element (receipts, receipt);
    }
  if (local_error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

/**
 * gc_alert_store_print:
 * @database: the center's
 * @id: of an alert
 * @receipts: whether each terminal is wanted too
 * @error: %GC_ERROR_NOT_FOUND
 *
 * Returns: (transfer full) (nullable): the alert
 */
JsonObject *
gc_alert_store_print (GcDatabase *database, const char *id, gboolean receipts, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcRows) rows = gc_database_query (
      database, &local_error, SELECT " WHERE id = ? AND type <> 'Cancel'", "s", id);
  g_autoptr (JsonObject) alert = NULL;

  if (rows == NULL || !gc_rows_next (rows, &local_error))
    {
      if (local_error == NULL)
        g_set_error_literal (&local_error, GC_ERROR, GC_ERROR_NOT_FOUND, "There is no such alert.");
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  alert = print_row (rows, error);
  if (alert == NULL || (receipts && !add_receipts (database, id, alert, error)))
    return NULL;
  return g_steal_pointer (&alert);
}

/**
 * gc_alert_store_list:
 * @database: the center's
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: (transfer full) (nullable): the alerts that hold, and the latest that have ended, newest
 *   first
 */
JsonArray *
gc_alert_store_list (GcDatabase *database, GError **error)
{
  g_autoptr (JsonArray) alerts = json_array_new ();
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcRows) rows = gc_database_query (
      database, &local_error,
      SELECT " WHERE type <> 'Cancel' ORDER BY ended IS NOT NULL, number DESC LIMIT ?", "i",
      (gint64) LISTED_MAX);

  while (rows != NULL && gc_rows_next (rows, &local_error))
    {
      g_autoptr (GError) why = NULL;
      JsonObject *alert = print_row (rows, &why);

      /* One that a stricter version cannot read must not hide the others. */
      if (alert != NULL)
        json_array_add_object_element (alerts, alert);
      else
        g_message ("an alert cannot be read: %s", why->message);
    }
  if (local_error == NULL)
    return g_steal_pointer (&alerts);
  g_propagate_error (error, g_steal_pointer (&local_error));
  return NULL;
}
