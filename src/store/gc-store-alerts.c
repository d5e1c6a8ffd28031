/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/gc-store-private.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "base/gc-id.h"
#include "protocol/gc-json.h"
#include "store/gc-inbox.h"
#include "store/gc-outbox.h"

#include <string.h>

#define ID_LENGTH 36
/* Nobody reads more; a bound all the same. */
#define KEEP_ALERTS 500
#define COLUMNS "id, cap, received_ms, expires_ms, quiet"

#define STATE_NEW "new"
#define STATE_READ "read"
#define STATE_CANCELLED "cancelled"
#define STATE_REPLACED "replaced"

G_DEFINE_BOXED_TYPE (GcAlert, gc_alert, gc_alert_copy, gc_alert_free)

/**
 * gc_alert_copy:
 * @alert: an alert
 *
 * Any thread.
 *
 * Returns: (transfer full): a copy
 */
GcAlert *
gc_alert_copy (const GcAlert *alert)
{
  GcAlert *copy = g_memdup2 (alert, sizeof *alert);

  copy->id = g_strdup (alert->id);
  copy->cap = gc_cap_ref (alert->cap);
  copy->note = g_strdup (alert->note);
  return copy;
}

/**
 * gc_alert_free:
 * @alert: (transfer full): an alert
 *
 * Any thread.
 */
void
gc_alert_free (GcAlert *alert)
{
  g_free (alert->id);
  g_clear_pointer (&alert->cap, gc_cap_unref);
  g_free (alert->note);
  g_free (alert);
}

static GcAlert *
alert_from_row (GcRows *rows)
{
  const char *xml = gc_rows_text (rows, 1);
  g_autoptr (GError) why = NULL;
  g_autoptr (GcAlert) alert = g_new0 (GcAlert, 1);

  alert->cap = gc_cap_parse (xml, strlen (xml), &why);
  if (alert->cap == NULL)
    {
      g_message ("a stored alert cannot be read: %s", why->message);
      return NULL;
    }
  alert->id = g_strdup (gc_rows_text (rows, 0));
  alert->received_ms = gc_rows_int64 (rows, 2);
  alert->expires_ms = gc_rows_int64 (rows, 3);
  alert->quiet = gc_rows_int64 (rows, 4) != 0;
  return g_steal_pointer (&alert);
}

static void
add_alerts (GPtrArray *alerts, GcRows *rows, GError **error)
{
  while (rows != NULL && gc_rows_next (rows, error))
    {
      GcAlert *alert = alert_from_row (rows);

      if (alert != NULL)
        g_ptr_array_add (alerts, alert);
    }
}

/* --- what the center says --- */

static gboolean
insert (GcDatabase *database, const GcAlert *alert, const char *xml, GError **why, GError **error)
{
  const GcCapReference *self = &alert->cap->self;

  if (!gc_database_exec (database, error,
                         "INSERT OR IGNORE INTO alert (id, sender, identifier, sent_ms, cap,"
                         " received_ms, expires_ms, state, state_ms)"
                         " VALUES (?, ?, ?, ?, ?, ?, ?, '" STATE_NEW "', ?)",
                         "sssisiii", alert->id, self->sender, self->identifier, self->sent_ms, xml,
                         alert->received_ms, alert->expires_ms, alert->received_ms))
    return FALSE;
  if (gc_database_changes (database) > 0)
    return gc_database_exec (
        database, error,
        "DELETE FROM alert WHERE id IN (SELECT id FROM alert ORDER BY received_ms DESC, id"
        " LIMIT -1 OFFSET ?)",
        "i", (gint64) KEEP_ALERTS);
  g_set_error_literal (why, GC_ERROR, GC_ERROR_CONFLICT, "the alert is already here");
  return FALSE;
}

static gboolean
end (GcDatabase *database,
     const GcCapReference *reference,
     const GcCap *by,
     GcStoreOutcome *outcome,
     guint *ended,
     GError **error)
{
  const char *word = by->type == GC_CAP_CANCEL ? STATE_CANCELLED : STATE_REPLACED;
  g_autoptr (GPtrArray) alerts = g_ptr_array_new_with_free_func ((GDestroyNotify) gc_alert_free);

  {
    g_autoptr (GcRows) rows
        = gc_database_query (database, error,
                             "SELECT " COLUMNS " FROM alert WHERE sender = ? AND identifier = ?"
                             " AND sent_ms = ? AND state IN ('" STATE_NEW "', '" STATE_READ "')",
                             "ssi", reference->sender, reference->identifier, reference->sent_ms);

    add_alerts (alerts, rows, error);
  }
  for (guint i = 0; i < alerts->len && *error == NULL; i++)
    {
      GcAlert *alert = g_ptr_array_index (alerts, i);

      if (!gc_database_exec (database, error,
                             "UPDATE alert SET state = ?, state_ms = ? WHERE id = ?", "sis", word,
                             gc_clock_wall_ms (), alert->id))
        break;
      alert->state = by->type == GC_CAP_CANCEL ? GC_ALERT_CANCELLED : GC_ALERT_REPLACED;
      alert->note = g_strdup (by->note);
      gc_store_outcome_add_alert (outcome, alert, FALSE);
      *ended += 1;
    }
  return *error == NULL;
}

static GcAlert *
read_body (JsonObject *body, GError **why)
{
  const char *id = gc_json_get_string (body, "id", ID_LENGTH, why);
  const char *xml = id != NULL ? gc_json_get_string (body, "cap", GC_CAP_MAX_LENGTH, why) : NULL;
  g_autoptr (GcCap) cap = xml != NULL ? gc_cap_parse (xml, strlen (xml), why) : NULL;
  GcAlert *alert;

  if (cap == NULL)
    return NULL;
  if (!gc_id_is_valid (id) || (cap->status != GC_CAP_ACTUAL && cap->status != GC_CAP_EXERCISE))
    {
      g_set_error_literal (why, GC_ERROR, GC_ERROR_INVALID,
                           "“id” is unusable, or the alert is not for anybody to act on");
      return NULL;
    }
  alert = g_new0 (GcAlert, 1);
  alert->id = g_strdup (id);
  alert->received_ms = gc_clock_wall_ms ();
  alert->expires_ms = gc_cap_get_expires_ms (cap);
  /* PROTOCOL.md, “Alerts”: then this device's clock is wrong. */
  if (alert->expires_ms <= alert->received_ms)
    alert->expires_ms = 0;
  alert->cap = g_steal_pointer (&cap);
  return alert;
}

/**
 * gc_alerts_apply:
 * @database: inside a transaction
 * @body: of alert
 * @outcome: takes what it changes
 * @why: says why it had no effect
 * @error: for the database alone
 *
 * Stores an alert or update, and ends what an update or cancel refers to.
 *
 * Returns: whether it had an effect
 */
gboolean
gc_alerts_apply (
    GcDatabase *database, JsonObject *body, GcStoreOutcome *outcome, GError **why, GError **error)
{
  g_autoptr (GcAlert) alert = read_body (body, why);
  guint ended = 0;

  if (alert == NULL)
    return FALSE;
  if (alert->cap->type != GC_CAP_CANCEL)
    {
      const char *xml = json_object_get_string_member (body, "cap");

      if (!insert (database, alert, xml, why, error))
        return FALSE;
      gc_store_outcome_add_alert (outcome, alert, TRUE);
      ended++;
    }
  for (guint i = 0; i < alert->cap->references->len; i++)
    if (!end (database, g_ptr_array_index (alert->cap->references, i), alert->cap, outcome, &ended,
              error))
      return FALSE;
  if (ended == 0)
    g_set_error_literal (why, GC_ERROR, GC_ERROR_NOT_FOUND, "there is no such alert to cancel");
  return ended > 0;
}

/**
 * gc_alerts_forget:
 * @database: inside a transaction
 * @outcome: takes what it changes
 * @error: %GC_ERROR_STORAGE
 *
 * Removes all alerts: the terminal leaves its center.
 *
 * Returns: whether it succeeded
 */
gboolean
gc_alerts_forget (GcDatabase *database, GcStoreOutcome *outcome, GError **error)
{
  g_autoptr (GPtrArray) alerts = g_ptr_array_new_with_free_func ((GDestroyNotify) gc_alert_free);

  {
    g_autoptr (GcRows) rows = gc_database_query (
        database, error, "SELECT " COLUMNS " FROM alert WHERE state = '" STATE_NEW "'", "");

    add_alerts (alerts, rows, error);
  }
  for (guint i = 0; i < alerts->len; i++)
    {
      GcAlert *alert = g_ptr_array_index (alerts, i);

      alert->state = GC_ALERT_GONE;
      gc_store_outcome_add_alert (outcome, alert, FALSE);
    }
  return *error == NULL && gc_database_exec (database, error, "DELETE FROM alert", "");
}

/* --- what the worker does --- */

static gpointer
read_alert (GcDatabase *database, gpointer id, GcStoreOutcome *outcome, GError **error)
{
  g_autoptr (GPtrArray) alerts = g_ptr_array_new_with_free_func ((GDestroyNotify) gc_alert_free);
  g_autoptr (JsonObject) body = json_object_new ();
  gint64 now_ms = gc_clock_wall_ms ();
  g_autofree char *at = gc_clock_format (now_ms);

  {
    g_autoptr (GcRows) rows = gc_database_query (
        database, error, "SELECT " COLUMNS " FROM alert WHERE id = ? AND state = '" STATE_NEW "'",
        "s", id);

    add_alerts (alerts, rows, error);
  }
  json_object_set_string_member (body, "alert", id);
  json_object_set_string_member (body, "at", at);
  if (alerts->len > 0
      && gc_database_exec (database, error,
                           "UPDATE alert SET state = '" STATE_READ "', state_ms = ? WHERE id = ?",
                           "is", now_ms, id)
      && gc_outbox_append_body (database, GC_MSG_ALERT_READ, body, error))
    {
      GcAlert *alert = g_ptr_array_index (alerts, 0);

      alert->state = GC_ALERT_READ;
      gc_store_outcome_add_alert (outcome, alert, FALSE);
    }
  return NULL;
}

/**
 * gc_store_read_alert_async:
 * @self: a store
 * @id: of an alert
 * @cancellable: (nullable): effective until the work starts
 * @callback: called after the commit
 * @user_data: for @callback
 *
 * The worker has read an alert: saved together with the envelope for the center. One that was read
 * before, taken back or replaced stays as it is.
 */
void
gc_store_read_alert_async (GcStore *self,
                           const char *id,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_return_if_fail (GC_IS_STORE (self) && id != NULL);

  gc_store_run_async (self, gc_store_read_alert_async, read_alert, g_strdup (id), g_free, NULL,
                      cancellable, callback, user_data);
}

/**
 * gc_store_read_alert_finish:
 * @self: a store
 * @result: what the callback got
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: whether it was saved
 */
gboolean
gc_store_read_alert_finish (GcStore *self, GAsyncResult *result, GError **error)
{
  return gc_store_run_finish_boolean (self, result, gc_store_read_alert_async, error);
}

typedef struct
{
  char *id;
  gboolean quiet;
} Loudness;

static void
loudness_free (gpointer data)
{
  Loudness *loudness = data;

  g_free (loudness->id);
  g_free (loudness);
}

static gpointer
set_quiet (GcDatabase *database, gpointer params, GcStoreOutcome *outcome, GError **error)
{
  const Loudness *loudness = params;

  gc_database_exec (database, error, "UPDATE alert SET quiet = ? WHERE id = ?", "is",
                    (gint64) loudness->quiet, loudness->id);
  return NULL;
}

/**
 * gc_store_set_alert_quiet_async:
 * @self: a store
 * @id: of an alert
 * @quiet: whether it is about where the worker is not
 * @cancellable: (nullable): effective until the work starts
 * @callback: (nullable): called after the commit
 * @user_data: for @callback
 *
 * Remembers over a restart who is not concerned.
 */
void
gc_store_set_alert_quiet_async (GcStore *self,
                                const char *id,
                                gboolean quiet,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  Loudness *loudness = g_new0 (Loudness, 1);

  g_return_if_fail (GC_IS_STORE (self) && id != NULL);

  loudness->id = g_strdup (id);
  loudness->quiet = quiet;
  gc_store_run_async (self, gc_store_set_alert_quiet_async, set_quiet, loudness, loudness_free,
                      NULL, cancellable, callback, user_data);
}

/**
 * gc_store_set_alert_quiet_finish:
 * @self: a store
 * @result: what the callback got
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: whether it was saved
 */
gboolean
gc_store_set_alert_quiet_finish (GcStore *self, GAsyncResult *result, GError **error)
{
  return gc_store_run_finish_boolean (self, result, gc_store_set_alert_quiet_async, error);
}

static gpointer
list (GcDatabase *database, gpointer params, GcStoreOutcome *outcome, GError **error)
{
  GPtrArray *alerts = g_ptr_array_new_with_free_func ((GDestroyNotify) gc_alert_free);
  g_autoptr (GcRows) rows
      = gc_database_query (database, error,
                           "SELECT " COLUMNS " FROM alert WHERE state = '" STATE_NEW "'"
                           " AND (expires_ms = 0 OR expires_ms > ?) ORDER BY received_ms",
                           "i", gc_clock_wall_ms ());

  add_alerts (alerts, rows, error);
  return alerts;
}

/**
 * gc_store_list_alerts_async:
 * @self: a store
 * @cancellable: (nullable): effective until the work starts
 * @callback: called when they are read
 * @user_data: for @callback
 */
void
gc_store_list_alerts_async (GcStore *self,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_return_if_fail (GC_IS_STORE (self));

  gc_store_run_async (self, gc_store_list_alerts_async, list, NULL, NULL,
                      (GDestroyNotify) g_ptr_array_unref, cancellable, callback, user_data);
}

/**
 * gc_store_list_alerts_finish:
 * @self: a store
 * @result: what the callback got
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: (transfer full) (nullable) (element-type GcAlert): those that hold and that the worker
 *   has not read, the oldest first
 */
GPtrArray *
gc_store_list_alerts_finish (GcStore *self, GAsyncResult *result, GError **error)
{
  return gc_store_run_finish (self, result, gc_store_list_alerts_async, error);
}
