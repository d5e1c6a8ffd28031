/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises of the center's database, whichever call to the disk or allocation of SQLite's fails,
 * once or from then on:
 *  - see test-fault-loop.h: nothing crashes, half is done, is lost or comes twice
 *  - an envelope whose effect the database could not make is not taken for one without effect
 */

#include "base/gc-error.h"
#include "base/gc-id.h"
#include "center/gc-attachments.h"
#include "center/gc-alert-store.h"
#include "center/gc-center-schema.h"
#include "center/gc-channel-store.h"
#include "center/gc-link-work.h"
#include "center/gc-pairing.h"
#include "center/gc-reports.h"
#include "center/gc-task-query.h"
#include "center/gc-sos-store.h"
#include "center/gc-task-files.h"
#include "center/gc-task-store.h"
#include "protocol/gc-json.h"
#include "test-fault-loop.h"

#include <string.h>

#define TERMINAL "3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11"
#define STREAM "3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a13"
#define TRACK                                                                                      \
  "{\"points\": [{\"lon\": 121, \"lat\": 31, \"at\": \"2026-11-24T02:33:00Z\"},"                   \
  " {\"lon\": 121, \"lat\": 31, \"at\": \"2026-11-24T02:33:10Z\"}]}"

static const char DIGEST[]
    = "SELECT concat_ws (char (10),"
      " (SELECT concat_ws (' ', 'terminal', stream, peer_stream, received, assigned, acknowledged)"
      "  FROM terminal),"
      " (SELECT 'outbox ' || group_concat (concat_ws (':', seq, type, about IS NOT NULL), ' '"
      "  ORDER BY seq) FROM outbox),"
      " (SELECT 'recent ' || count (*) || ' ' || count (DISTINCT id) FROM recent),"
      " (SELECT 'unknown ' || group_concat (concat_ws (':', type, body), ' ') FROM unknown),"
      " (SELECT 'track ' || group_concat (at_ms, ' ' ORDER BY at_ms) FROM track),"
      " (SELECT 'tasks ' || group_concat (concat_ws (':', content ->> '$.title', state, open, "
      "note),"
      "  ' ' ORDER BY rowid) FROM task),"
      " (SELECT 'steps ' || group_concat (concat_ws (':', state, by, note, refused), ' '"
      "  ORDER BY number) FROM task_step),"
      " (SELECT 'sos ' || group_concat (concat_ws (':', battery, state, open, seen_by), ' '"
      "  ORDER BY rowid) FROM sos),"
      " (SELECT 'pairings ' || group_concat (concat_ws (':', worker, terminal, void), ' '"
      "  ORDER BY rowid) FROM pairing),"
      " (SELECT 'alerts ' || group_concat (concat_ws (':', type, ended), ' ' ORDER BY number)"
      "  FROM alert),"
      " (SELECT 'receipts ' || group_concat (concat_ws (':', received_ms IS NOT NULL, read_ms), ' '"
      "  ORDER BY received_ms IS NOT NULL, read_ms) FROM alert_receipt),"
      " (SELECT 'files ' || group_concat (concat_ws (':', by, received, complete_ms IS NULL,"
      "  task IN (SELECT id FROM task)), ' ' ORDER BY number)"
      "  FROM file JOIN task_file ON file.id = task_file.file),"
      " (SELECT 'loose ' || count (*) FROM file WHERE id NOT IN (SELECT file FROM task_file)),"
      " (SELECT 'audit ' || group_concat (concat_ws (':', who, what, detail), ' ' ORDER BY number)"
      "  FROM audit))";

static gpointer
add_terminal (GcDatabase *database, gpointer data, GError **error)
{
  gc_database_exec (database, error,
                    "INSERT OR IGNORE INTO terminal (id, worker, device, fingerprint, paired_ms,"
                    "  last_seen_ms, stream) VALUES (?, 'w', 'd', 'f', 1, 1, ?)",
                    "ss", TERMINAL, STREAM);
  return NULL;
}

static gpointer
open_database (const char *path, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcDatabase) database = gc_database_open (path, GC_CENTER_SCHEMA, error);

  if (database == NULL)
    return NULL;
  gc_database_run (database, add_terminal, NULL, &local_error);
  if (local_error == NULL)
    return g_steal_pointer (&database);
  g_propagate_error (error, g_steal_pointer (&local_error));
  return NULL;
}

static void
close_database (gpointer database)
{
  gc_database_close (database);
  g_assert_finalize_object (database);
}

static gpointer
query (GcDatabase *database, gpointer sql, GError **error)
{
  g_autoptr (GcRows) rows = gc_database_query (database, error, sql, "");

  return rows != NULL && gc_rows_next (rows, error) ? g_strdup (gc_rows_text (rows, 0)) : NULL;
}

static char *
make_digest (gpointer database)
{
  g_autoptr (GError) error = NULL;
  char *digest = gc_database_run (database, query, (gpointer) DIGEST, &error);

  g_assert_no_error (error);
  return digest;
}

static char *
find_last_task (GcDatabase *database, GError **error)
{
  return query (database, (gpointer) "SELECT id FROM task ORDER BY rowid DESC LIMIT 1", error);
}

/* --- steps --- */

static gpointer
create_task (GcDatabase *database, gpointer data, GError **error)
{
  g_autoptr (JsonObject) form
      = gc_json_parse_object ("{\"title\": \"t\", \"urgency\": \"routine\"}", -1, 1000, NULL);
  JsonObject *task = gc_task_store_create (database, TERMINAL, "u", form, error);

  g_clear_pointer (&task, json_object_unref);
  return NULL;
}

static gconstpointer
find_handler (gpointer hub, const char *type)
{
  return g_str_equal (type, "news") ? NULL : "known";
}

static gboolean
apply (GcDatabase *database, const char *terminal, GcLinkOutcome *outcome, GError **error)
{
  g_autofree char *id = NULL;
  g_autoptr (GArray) points = NULL;
  g_autoptr (JsonObject) news = NULL;
  g_autoptr (GcSos) sos = NULL;

  if (g_str_equal (outcome->envelope->type, GC_MSG_TASK_FILE))
    return gc_task_files_add (database, terminal, outcome->envelope->body, &news, error);
  if (g_str_equal (outcome->envelope->type, GC_MSG_ALERT_READ))
    return gc_alert_store_read (database, terminal, outcome->envelope->body, &id, error);
  if (g_str_equal (outcome->envelope->type, GC_MSG_TASK_STATE))
    return gc_task_store_step (database, terminal, outcome->envelope->body, &id, error);
  if (g_str_equal (outcome->envelope->type, GC_MSG_SOS))
    {
      sos = gc_sos_parse_press (outcome->envelope->body, error);
      return sos != NULL && gc_sos_store_press (database, terminal, sos, error);
    }
  points = gc_track_store (database, terminal, outcome->envelope->body, error);
  return points != NULL;
}

static gboolean
deliver (
    gpointer hub, GcDatabase *database, const char *terminal, const char *about, GError **error)
{
  return g_str_has_prefix (about, GC_ALERT_ABOUT)
             ? gc_alert_store_deliver (database, terminal, about + strlen (GC_ALERT_ABOUT), error)
             : gc_task_store_deliver (database, terminal, about, error);
}

static const GcLinkHandlers HANDLERS = {
  .find_handler = find_handler,
  .apply = apply,
  .delivered = deliver,
};

static void
add_envelope (GcLinkBatch *batch, gint64 seq, const char *type, const char *text)
{
  g_autoptr (JsonObject) body = gc_json_parse_object (text, -1, 4000, NULL);
  GcEnvelope *envelope = gc_envelope_new (type, body);

  envelope->seq = seq;
  gc_link_batch_add (batch, envelope);
}

/* A step, what nobody knows, a step that does not fit, and places; with an acknowledgement. */
static gpointer
receive (GcDatabase *database, gpointer data, GError **error)
{
  g_autoptr (GObject) nobody = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GcLinkBatch) batch = gc_link_batch_new (nobody, nobody, &HANDLERS, TERMINAL);
  g_autoptr (GcChannelMemory) memory = gc_channel_memory_load (database, TERMINAL, error);
  g_autofree char *task = memory != NULL ? find_last_task (database, error) : NULL;
  g_autofree char *step = NULL;
  g_autofree char *misfit = NULL;

  if (task == NULL)
    return NULL;
  step = g_strdup_printf ("{\"task\": \"%s\", \"state\": \"accepted\","
                          " \"at\": \"2026-11-24T02:33:00Z\", \"note\": \"好\"}",
                          task);
  misfit = g_strdup_printf ("{\"task\": \"%s\", \"state\": \"declined\"}", task);
  batch->work.ack = memory->assigned;
  add_envelope (batch, memory->received + 1, GC_MSG_TASK_STATE, step);
  add_envelope (batch, memory->received + 2, "news", "{\"a\": 1}");
  add_envelope (batch, memory->received + 3, GC_MSG_TASK_STATE, misfit);
  add_envelope (batch, memory->received + 4, GC_MSG_TRACK, TRACK);
  return gc_link_batch_commit (database, batch, error);
}

/* A copy, then the same in its place. */
static gpointer
receive_sos (GcDatabase *database, gpointer data, GError **error)
{
  g_autoptr (GObject) nobody = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GcLinkBatch) batch = gc_link_batch_new (nobody, nobody, &HANDLERS, TERMINAL);
  g_autoptr (GcChannelMemory) memory = gc_channel_memory_load (database, TERMINAL, error);
  g_autoptr (GcSos) sos = gc_sos_new (NULL, 42);
  g_autoptr (JsonObject) body = gc_sos_print_press (sos);
  GcEnvelope *copy = gc_envelope_new (GC_MSG_SOS, body);
  GcEnvelope *placed = gc_envelope_copy (copy);

  placed->seq = memory != NULL ? memory->received + 1 : 1;
  gc_link_batch_add (batch, copy);
  gc_link_batch_add (batch, placed);
  return memory != NULL ? gc_link_batch_commit (database, batch, error) : NULL;
}

static char *
find_last_sos (GcDatabase *database, GError **error)
{
  return query (database, (gpointer) "SELECT id FROM sos ORDER BY rowid DESC LIMIT 1", error);
}

static gpointer
answer_sos (GcDatabase *database, gpointer data, GError **error)
{
  g_autofree char *id = find_last_sos (database, error);
  JsonObject *sos = id != NULL ? gc_sos_store_answer (database, id, GC_SOS_SEEN, "u", error) : NULL;

  g_clear_pointer (&sos, json_object_unref);
  return NULL;
}

static gpointer
withdraw_sos (GcDatabase *database, gpointer data, GError **error)
{
  g_autofree char *id = find_last_sos (database, error);

  if (id != NULL)
    gc_sos_store_withdraw (database, TERMINAL, id, error);
  return NULL;
}

static gpointer
cancel_task (GcDatabase *database, gpointer data, GError **error)
{
  g_autofree char *id = find_last_task (database, error);
  JsonObject *task
      = id != NULL ? gc_task_store_cancel (database, id, "u", "dry again", error) : NULL;

  g_clear_pointer (&task, json_object_unref);
  return NULL;
}

static gpointer
start_anew (GcDatabase *database, gpointer data, GError **error)
{
  gc_channel_store_start_anew (database, TERMINAL, STREAM, TERMINAL, error);
  return NULL;
}

static gpointer
pair (GcDatabase *database, gpointer data, GError **error)
{
  g_autofree char *token = NULL;
  g_autofree char *used = NULL;
  g_autofree char *worker = NULL;
  g_autofree char *id = gc_pairing_create (database, "李强", "u", 1000000, &token, error);

  if (id == NULL || !gc_pairing_redeem (database, token, TERMINAL, &used, &worker, error))
    return NULL;
  g_assert_cmpstr (used, ==, id);
  g_assert_cmpstr (worker, ==, "李强");
  return NULL;
}

static const GcAlertOffice OFFICE = { (char *) "gridcast@center", (char *) "中心" };

static gpointer
send_alert (GcDatabase *database, gpointer data, GError **error)
{
  g_autoptr (JsonObject) form
      = gc_json_parse_object ("{\"event\": \"e\", \"urgency\": \"Future\", \"severity\": \"Minor\","
                              " \"expires\": \"2126-11-24T02:33:00Z\"}",
                              -1, 1000, NULL);
  JsonObject *alert = gc_alert_store_create (database, &OFFICE, "u", form, error);

  g_clear_pointer (&alert, json_object_unref);
  return NULL;
}

static char *
find_current_alert (GcDatabase *database, GError **error)
{
  return query (database, (gpointer) "SELECT id FROM alert WHERE ended IS NULL ORDER BY number",
                error);
}

/* The terminal has it, and its worker has read it. */
static gpointer
read_alert (GcDatabase *database, gpointer data, GError **error)
{
  g_autoptr (GObject) nobody = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GcLinkBatch) batch = gc_link_batch_new (nobody, nobody, &HANDLERS, TERMINAL);
  g_autoptr (GcChannelMemory) memory = gc_channel_memory_load (database, TERMINAL, error);
  g_autofree char *id = memory != NULL ? find_current_alert (database, error) : NULL;
  g_autofree char *body = NULL;

  if (id == NULL)
    return NULL;
  body = g_strdup_printf ("{\"alert\": \"%s\", \"at\": \"2026-11-24T02:33:00Z\"}", id);
  batch->work.ack = memory->assigned;
  add_envelope (batch, memory->received + 1, GC_MSG_ALERT_READ, body);
  return gc_link_batch_commit (database, batch, error);
}

static gpointer
cancel_alert (GcDatabase *database, gpointer data, GError **error)
{
  g_autofree char *id = find_current_alert (database, error);
  JsonObject *alert
      = id != NULL ? gc_alert_store_cancel (database, &OFFICE, id, "u", "dry", error) : NULL;

  g_clear_pointer (&alert, json_object_unref);
  return NULL;
}

static gpointer
lapse (GcDatabase *database, gpointer data, GError **error)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (JsonArray) alerts = NULL;
  gint64 next_ms;

  if (!gc_alert_store_send_again (database, TERMINAL, error)
      || !gc_alert_store_lapse (database, G_MAXINT64, ids, &next_ms, error))
    return NULL;
  alerts = gc_alert_store_list (database, error);
  return NULL;
}

/* What is read is there or an error. */
static gpointer
read_all (GcDatabase *database, gpointer data, GError **error)
{
  g_autofree char *id = find_last_task (database, error);
  g_autoptr (JsonObject) task = id != NULL ? gc_task_store_print (database, id, TRUE, error) : NULL;
  g_autoptr (GcTaskQuery) query = gc_task_query_new (NULL, NULL);
  g_autoptr (JsonArray) tasks = task != NULL ? gc_task_query_read (query, database, error) : NULL;
  g_autoptr (GPtrArray) outbox
      = tasks != NULL ? gc_channel_store_load (database, TERMINAL, 0, 64, G_MAXSIZE, error) : NULL;

  if (outbox == NULL)
    return NULL;
  g_assert_cmpstr (json_object_get_string_member (task, "title"), ==, "t");
  g_assert_cmpstr (json_object_get_string_member (task, "note"), ==, "dry again");
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (task, "history")), ==, 4);
  g_assert_cmpuint (outbox->len, >, 0);
  return NULL;
}

/* The worker adds a photo to the task. */
static gpointer
receive_file (GcDatabase *database, gpointer data, GError **error)
{
  g_autoptr (GObject) nobody = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GcLinkBatch) batch = gc_link_batch_new (nobody, nobody, &HANDLERS, TERMINAL);
  g_autoptr (GcChannelMemory) memory = gc_channel_memory_load (database, TERMINAL, error);
  g_autofree char *task = memory != NULL ? find_last_task (database, error) : NULL;
  g_autofree char *id = gc_id_new ();
  g_autofree char *hash = g_strnfill (64, 'a');
  g_autofree char *body = NULL;

  if (task == NULL)
    return NULL;
  body = g_strdup_printf ("{\"task\": \"%s\", \"file\": {\"id\": \"%s\", \"sha256\": \"%s\","
                          " \"size\": 10, \"media_type\": \"image/png\"}}",
                          task, id, hash);
  add_envelope (batch, memory->received + 1, GC_MSG_TASK_FILE, body);
  return gc_link_batch_commit (database, batch, error);
}

static char *
find_last_file (GcDatabase *database, GError **error)
{
  return query (database, (gpointer) "SELECT id FROM file ORDER BY number DESC LIMIT 1", error);
}

static gpointer
store_part (GcDatabase *database, gpointer data, GError **error)
{
  g_autofree char *id = find_last_file (database, error);

  if (id != NULL)
    gc_task_files_set_received (database, id, 5, FALSE, error);
  return NULL;
}

static gpointer
store_whole (GcDatabase *database, gpointer data, GError **error)
{
  g_autofree char *id = find_last_file (database, error);
  g_autoptr (GcTaskFile) file = NULL;
  g_autoptr (JsonArray) files = NULL;

  if (id == NULL || !gc_task_files_set_received (database, id, 10, TRUE, error))
    return NULL;
  file = gc_task_files_find_of (database, TERMINAL, id, error);
  if (file == NULL)
    return NULL;
  g_assert_true (file->complete);
  files = gc_task_files_list (database, file->task, error);
  g_assert_true (files == NULL || json_array_get_length (files) > 0);
  return NULL;
}

static gpointer
announce (GcDatabase *database, gpointer data, GError **error)
{
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "x", -1);
  g_autofree char *text
      = g_strdup_printf ("{\"sha256\": \"%s\", \"size\": 10, \"media_type\": \"image/png\"}", hash);
  g_autoptr (JsonObject) form = gc_json_parse_object (text, -1, 1000, NULL);
  g_autoptr (JsonObject) file = gc_attachments_announce (database, "u", form, error);

  if (file != NULL)
    gc_task_files_set_received (database, json_object_get_string_member (file, "id"), 10, TRUE,
                                error);
  return NULL;
}

static gpointer
attach (GcDatabase *database, gpointer data, GError **error)
{
  g_autofree char *id = find_last_file (database, error);
  g_autofree char *text
      = g_strdup_printf ("{\"title\": \"attached\", \"urgency\": \"routine\", \"files\": [\"%s\"]}",
                         id != NULL ? id : "");
  g_autoptr (JsonObject) form = gc_json_parse_object (text, -1, 1000, NULL);
  JsonObject *task
      = id != NULL ? gc_task_store_create (database, TERMINAL, "u", form, error) : NULL;

  g_clear_pointer (&task, json_object_unref);
  return NULL;
}

static gpointer
give_up (GcDatabase *database, gpointer data, GError **error)
{
  g_autoptr (GPtrArray) ids = gc_attachments_give_up (database, G_MAXINT64, error);

  for (guint i = 0; ids != NULL && i < ids->len; i++)
    if (!gc_attachments_forget (database, g_ptr_array_index (ids, i), error))
      break;
  return NULL;
}

static const GcDatabaseWork STEPS[]
    = { create_task, receive, create_task, receive, cancel_task, read_all, start_anew, pair };
/* Apart, since the loops take the square of the number of steps. */
static const GcDatabaseWork ALERT_STEPS[]
    = { send_alert, read_alert, send_alert, lapse, send_alert, cancel_alert };
static const GcDatabaseWork SOS_STEPS[] = { receive_sos, answer_sos, withdraw_sos };
static const GcDatabaseWork ATTACHMENT_STEPS[] = { announce, attach, announce, give_up };
static const GcDatabaseWork FILE_STEPS[] = { create_task, receive_file, store_part, store_whole };

static gboolean
run_step (gpointer database, GcDatabaseWork step, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  gc_database_run (database, step, NULL, &local_error);
  if (local_error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

static gboolean
do_step (gpointer database, guint number, GError **error)
{
  return run_step (database, STEPS[number], error);
}

static gboolean
do_alert_step (gpointer database, guint number, GError **error)
{
  return run_step (database, ALERT_STEPS[number], error);
}

static gboolean
do_sos_step (gpointer database, guint number, GError **error)
{
  return run_step (database, SOS_STEPS[number], error);
}

static gboolean
do_attachment_step (gpointer database, guint number, GError **error)
{
  return run_step (database, ATTACHMENT_STEPS[number], error);
}

static gboolean
do_file_step (gpointer database, guint number, GError **error)
{
  return run_step (database, FILE_STEPS[number], error);
}

/* --- the loops --- */

static const TestFaultScenario WORK = {
  .n_steps = G_N_ELEMENTS (STEPS),
  .open = open_database,
  .step = do_step,
  .digest = make_digest,
  .close = close_database,
  .disk_stride = 2,
  .memory_stride = 13,
};

static const TestFaultScenario ALERTS = {
  .n_steps = G_N_ELEMENTS (ALERT_STEPS),
  .open = open_database,
  .step = do_alert_step,
  .digest = make_digest,
  .close = close_database,
  .disk_stride = 9,
  .memory_stride = 61,
};

static const TestFaultScenario CALLS = {
  .n_steps = G_N_ELEMENTS (SOS_STEPS),
  .open = open_database,
  .step = do_sos_step,
  .digest = make_digest,
  .close = close_database,
  .disk_stride = 5,
  .memory_stride = 29,
};

static const TestFaultScenario ATTACHMENTS = {
  .n_steps = G_N_ELEMENTS (ATTACHMENT_STEPS),
  .open = open_database,
  .step = do_attachment_step,
  .digest = make_digest,
  .close = close_database,
  .disk_stride = 19,
  .memory_stride = 97,
};

static const TestFaultScenario FILES = {
  .n_steps = G_N_ELEMENTS (FILE_STEPS),
  .open = open_database,
  .step = do_file_step,
  .digest = make_digest,
  .close = close_database,
  .disk_stride = 19,
  .memory_stride = 97,
};

int
main (int argc, char *argv[])
{
  test_faults_install ();
  g_test_init (&argc, &argv, NULL);
  test_fault_loop_add ("/center/faults", &WORK);
  test_fault_loop_add ("/center/faults/alerts", &ALERTS);
  test_fault_loop_add ("/center/faults/sos", &CALLS);
  test_fault_loop_add ("/center/faults/attachments", &ATTACHMENTS);
  test_fault_loop_add ("/center/faults/files", &FILES);
  return g_test_run ();
}
