/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/gc-inbox.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "base/gc-refusals.h"
#include "protocol/gc-json.h"
#include "store/gc-store-sos.h"

#include <string.h>

/* PROTOCOL.md, “Reliability”: how many ids are remembered, against effects that come twice. */
#define KEEP_IDS 1000
/* How many bodies without effect are kept, each of at most GC_ENVELOPE_MAX_LENGTH. */
#define KEEP_BODIES 50

typedef gboolean (*Effect) (
    GcDatabase *database, JsonObject *body, GcStoreOutcome *outcome, GError **why, GError **error);

static const struct
{
  const char *type;
  Effect apply;
} EFFECTS[] = {
  { GC_MSG_TASK_NEW, gc_tasks_apply_new },  { GC_MSG_TASK_CANCEL, gc_tasks_apply_cancel },
  { GC_MSG_ALERT, gc_alerts_apply },        { GC_MSG_LIVE_VIEWER, gc_watches_apply },
  { GC_MSG_SOS_STATE, gc_sos_apply_state },
};

static gboolean
apply (GcDatabase *database, const GcEnvelope *envelope, GcStoreOutcome *outcome, GError **error)
{
  g_autoptr (GError) why = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (EFFECTS); i++)
    if (strcmp (EFFECTS[i].type, envelope->type) == 0)
      {
        gboolean applied = EFFECTS[i].apply (database, envelope->body, outcome, &why, error);

        if (why != NULL)
          gc_refusals_log ("center", "%s has no effect: %s", envelope->type, why->message);
        return applied;
      }
  g_debug ("%s without effect: the type is unknown", envelope->type);
  return FALSE;
}

static gboolean
is_known (GcDatabase *database, const char *id, gboolean *known, GError **error)
{
  g_autoptr (GcRows) rows
      = gc_database_query (database, error, "SELECT 1 FROM inbox WHERE id = ?", "s", id);

  *known = rows != NULL && gc_rows_next (rows, error);
  return *error == NULL;
}

static gboolean
remember (GcDatabase *database, const GcEnvelope *envelope, gboolean applied, GError **error)
{
  g_autofree char *body = applied ? NULL : gc_json_print (envelope->body);

  return gc_database_exec (database, error,
                           "INSERT INTO inbox (id, type, received_ms, body) VALUES (?, ?, ?, ?)",
                           "ssis", envelope->id, envelope->type, gc_clock_wall_ms (), body)
         && gc_database_exec (
             database, error,
             "DELETE FROM inbox WHERE number <= (SELECT MAX(number) FROM inbox) - ?", "i",
             (gint64) KEEP_IDS)
         && gc_database_exec (database, error,
                              "UPDATE inbox SET body = NULL WHERE body IS NOT NULL AND number <="
                              " (SELECT MAX(number) FROM inbox) - ?",
                              "i", (gint64) KEEP_BODIES);
}

static gboolean
read_committed (GcDatabase *database, gint64 *committed, GError **error)
{
  g_autoptr (GcRows) rows = gc_database_query (database, error, "SELECT committed FROM stream", "");

  if (rows == NULL || !gc_rows_next (rows, error))
    return FALSE;
  *committed = gc_rows_int64 (rows, 0);
  return TRUE;
}

/* Whether it is the next of the stream, which it then has a place in. */
static GcReceipt
take_place (GcDatabase *database, gint64 seq, GError **error)
{
  gint64 committed;

  if (!read_committed (database, &committed, error))
    return GC_RECEIPT_GAP;
  if (seq <= committed)
    return GC_RECEIPT_DUPLICATE;
  if (seq > committed + 1
      || !gc_database_exec (database, error, "UPDATE stream SET committed = ?", "i", seq))
    return GC_RECEIPT_GAP;
  return GC_RECEIPT_APPLIED;
}

/**
 * gc_inbox_receive:
 * @database: inside a transaction
 * @envelope: a reliable envelope from the center, or the copy of an urgent one (without seq)
 * @outcome: takes what it changes
 * @error: for the database alone; then the result means nothing
 *
 * Commits an envelope and its effect, once.
 *
 * Returns: what became of it
 */
GcReceipt
gc_inbox_receive (GcDatabase *database,
                  const GcEnvelope *envelope,
                  GcStoreOutcome *outcome,
                  GError **error)
{
  gboolean is_copy = envelope->seq == 0;
  GcReceipt place = is_copy ? GC_RECEIPT_APPLIED : take_place (database, envelope->seq, error);
  gboolean applied = FALSE;
  gboolean known;

  if (place != GC_RECEIPT_APPLIED)
    return place;
  if (!is_known (database, envelope->id, &known, error))
    return GC_RECEIPT_GAP;
  if (known && is_copy)
    return GC_RECEIPT_DUPLICATE;
  if (!known)
    {
      applied = apply (database, envelope, outcome, error);
      if (*error == NULL)
        remember (database, envelope, applied, error);
    }
  return applied ? GC_RECEIPT_APPLIED : GC_RECEIPT_IGNORED;
}
