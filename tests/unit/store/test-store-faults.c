/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises, whichever call to the disk or allocation of SQLite's fails, or call of ours on a file,
 * once or from then on:
 *  - see test-fault-loop.h: nothing crashes, half is done, is lost or comes twice
 *  - no fault makes the store take its file for damaged
 *  - where it is damaged, what can be kept of it is kept all the same, if not now, then the next
 *    time; the damaged file stays as it is, and what was set aside earlier, too
 */

#include "base/gc-error.h"
#include "store-fixture.h"
#include "test-fault-loop.h"

#include <math.h>
#include <string.h>

#define PEER "55555555-5555-4555-8555-555555555555"
#define OTHER_PEER "66666666-6666-4666-8666-666666666666"
#define SESSION "33333333-3333-4333-8333-333333333333"
/* A task is named after the position in which it came. */
#define TASK_ID "11111111-1111-4111-8111-%012d"
#define NEW_TASK                                                                                   \
  "{\"task\": {\"id\": \"" TASK_ID "\", \"title\": \"t\", \"urgency\": \"routine\","               \
  " \"created_at\": \"2026-11-24T02:33:00Z\"}}"
#define CANCEL "{\"task\": \"" TASK_ID "\", \"reason\": \"dry\", \"at\": \"2026-11-24T03:33:00Z\"}"
#define VIEWER                                                                                     \
  "{\"session\": \"" SESSION "\", \"viewer\": \"Wang\", \"event\": \"joined\","                    \
  " \"at\": \"2026-11-24T02:33:00Z\", \"watching\": 1}"
#define SOS_STATE                                                                                  \
  "{\"sos\": \"%s\", \"state\": \"seen\", \"by\": \"Wang\","                                       \
  " \"at\": \"2026-11-24T02:33:00Z\"}"

static const char DIGEST[]
    = "SELECT concat_ws (char (10),"
      " (SELECT concat_ws (' ', 'stream', peer, committed, acknowledged, last_seq) FROM stream),"
      " (SELECT 'outbox ' || group_concat (concat_ws (':', seq, type, body ->> '$.text', task),"
      "  ' ' ORDER BY seq) FROM outbox),"
      " (SELECT 'ids ' || count (DISTINCT id) FROM outbox),"
      " (SELECT 'inbox ' || group_concat (concat_ws (':', number, type, body), ' ' ORDER BY number)"
      "  FROM inbox),"
      " (SELECT 'tasks ' || group_concat (concat_ws (':', id, state, note), ' ' ORDER BY id)"
      "  FROM task),"
      " (SELECT 'steps ' || group_concat (concat_ws (':', task, state, by_center, note), ' '"
      "  ORDER BY number) FROM task_step),"
      " (SELECT 'alerts ' || group_concat (concat_ws (':', identifier, state), ' '"
      "  ORDER BY identifier) FROM alert),"
      " (SELECT 'files ' || group_concat (concat_ws (':', task, delivered_ms > 0), ' '"
      "  ORDER BY number) FROM file),"
      " (SELECT 'points ' || count (*) FROM point),"
      " (SELECT 'watches ' || group_concat (concat_ws (':', viewer, from_ms, until_ms), ' '"
      "  ORDER BY number) FROM watch),"
      " (SELECT 'sos ' || group_concat (concat_ws (':', battery, told IS NULL, state, seen_by,"
      "  ended_ms > 0), ' ' ORDER BY number) FROM sos),"
      " (SELECT 'state ' || group_concat (concat_ws ('=', key, value), ' ' ORDER BY key)"
      "  FROM state WHERE key <> 'set-aside'))";

typedef struct
{
  char *path;
  GcStore *store;
  guint failures; /* of what nobody waits for */
  gboolean fix_waits;
} Subject;

static void
on_failed (GcStore *store, GError *error, gpointer user_data)
{
  g_assert_error (error, GC_ERROR, GC_ERROR_STORAGE);
  (*(guint *) user_data)++;
}

static gpointer
open_any (const char *path, GError **error)
{
  GcStore *store = store_open (path, error);
  Subject *subject;

  if (store == NULL)
    return NULL;
  subject = g_new0 (Subject, 1);
  subject->path = g_strdup (path);
  subject->store = store;
  g_signal_connect (store, "failed", G_CALLBACK (on_failed), &subject->failures);
  return subject;
}

static gpointer
open_good (const char *path, GError **error)
{
  Subject *subject = open_any (path, error);
  g_autofree char *aside = NULL;

  if (subject == NULL)
    return NULL;
  g_object_get (subject->store, "set-aside", &aside, NULL);
  g_assert_null (aside);
  return subject;
}

static void
close_subject (gpointer data)
{
  Subject *subject = data;

  store_close (subject->store);
  g_free (subject->path);
  g_free (subject);
}

/* What the store says without asking the disk must be what is there. */
static char *
make_digest (gpointer data)
{
  Subject *subject = data;
  GcStore *store = subject->store;
  g_autofree char *known = g_strdup_printf (
      "%d %d %d %u %d", (int) gc_store_get_committed (store),
      (int) gc_store_get_acknowledged (store), (int) gc_store_get_last_seq (store),
      gc_store_get_unsent (store), gc_store_get_on_duty (store));
  g_autofree char *stored
      = store_query (subject->path, "SELECT concat_ws (' ', committed, acknowledged, last_seq,"
                                    " (SELECT count (*) FROM outbox),"
                                    " EXISTS (SELECT 1 FROM state WHERE key = 'duty' AND value ="
                                    " 'on')) FROM stream");

  g_assert_cmpstr (known, ==, stored);
  return store_query (subject->path, DIGEST);
}

/* --- steps --- */

static gboolean
receive (Subject *subject, const char *type, const char *body, GError **error)
{
  GcReceipt receipt;

  if (!store_try_receive_text (subject->store, gc_store_get_committed (subject->store) + 1, type,
                               body, &receipt, error))
    return FALSE;
  g_assert_true (receipt == GC_RECEIPT_APPLIED || receipt == GC_RECEIPT_IGNORED);
  return TRUE;
}

static gboolean
set_state (Subject *subject, GError **error)
{
  return store_set_state (subject->store, GC_STORE_CENTER, "{\"name\": \"中心\"}", error);
}

static gboolean
meet_other (Subject *subject, GError **error)
{
  gboolean other = g_strcmp0 (gc_store_get_peer_stream (subject->store), PEER) == 0;

  return store_meet (subject->store, other ? OTHER_PEER : PEER, NULL, 0, error);
}

static gboolean
enqueue (Subject *subject, GError **error)
{
  return store_enqueue (subject->store, "test", "text", error) > 0;
}

/* The last task is the one that came with the highest position. */
static int
find_last_task (GPtrArray *tasks)
{
  int last = 0;

  for (guint i = 0; i < tasks->len; i++)
    {
      const GcTask *task = g_ptr_array_index (tasks, i);

      last = MAX (last, (int) g_ascii_strtoll (strrchr (task->id, '-') + 1, NULL, 10));
    }
  return last;
}

static gboolean
receive_task (Subject *subject, GError **error)
{
  g_autoptr (GPtrArray) tasks = store_try_list_tasks (subject->store, error);
  g_autofree char *body = NULL;

  if (tasks == NULL)
    return FALSE;
  body = g_strdup_printf (NEW_TASK, find_last_task (tasks) + 1);
  return receive (subject, "task.new", body, error);
}

static gboolean
advance (Subject *subject, GError **error)
{
  g_autoptr (GPtrArray) tasks = store_try_list_tasks (subject->store, error);
  GcFix fix = { 121.5, 31.2, 1000, 5, NAN, NAN };
  g_autofree char *id = NULL;
  g_autoptr (GcTask) task = NULL;

  if (tasks == NULL)
    return FALSE;
  id = g_strdup_printf (TASK_ID, find_last_task (tasks));
  task = store_advance (subject->store, id, GC_TASK_ACCEPTED, "好", &fix, error);
  return task != NULL;
}

static gboolean
receive_unknown (Subject *subject, GError **error)
{
  return receive (subject, "news", "{\"a\": 1}", error);
}

static gboolean
toggle_duty (Subject *subject, GError **error)
{
  return store_set_duty (subject->store, !gc_store_get_on_duty (subject->store), error);
}

/* Nobody waits for what this is about: what was begun before the next thing is over with it. */
static gboolean
wait_for_unwaited (Subject *subject, GError **error)
{
  g_autoptr (GPtrArray) any = store_try_read_outbox (subject->store, 0, 1, NULL);

  if (subject->failures == 0)
    return TRUE;
  subject->failures = 0;
  g_set_error_literal (error, GC_ERROR, GC_ERROR_STORAGE, "not saved");
  return FALSE;
}

static gboolean
add_fix (Subject *subject, GError **error)
{
  GcFix fix = { 121, 31, 1000, NAN, NAN, NAN };
  gboolean saved;

  /* One that could not be saved is not given again: it is saved with whatever comes next, if only
   * with saying what is so already. */
  if (subject->fix_waits)
    store_set_duty (subject->store, TRUE, NULL);
  else
    gc_store_add_fix (subject->store, &fix);
  saved = wait_for_unwaited (subject, error);
  subject->fix_waits = !saved;
  return saved;
}

static gboolean
flush_track (Subject *subject, GError **error)
{
  gc_store_flush_track (subject->store);
  return wait_for_unwaited (subject, error);
}

static gboolean
receive_viewer (Subject *subject, GError **error)
{
  return receive (subject, "live.viewer", VIEWER, error);
}

static gboolean
read_outbox (Subject *subject, GError **error)
{
  gint64 acknowledged = gc_store_get_acknowledged (subject->store);
  g_autoptr (GPtrArray) outbox = store_try_read_outbox (subject->store, acknowledged, 1000, error);

  if (outbox == NULL)
    return FALSE;
  g_assert_cmpuint (outbox->len, ==, gc_store_get_unsent (subject->store));
  for (guint i = 0; i < outbox->len; i++)
    {
      const GcEnvelope *envelope = g_ptr_array_index (outbox, i);

      g_assert_cmpint (envelope->seq, ==, acknowledged + 1 + i);
      g_assert_cmpstr (envelope->type, !=, "");
    }
  return TRUE;
}

static gboolean
acknowledge (Subject *subject, GError **error)
{
  gint64 ack = gc_store_get_acknowledged (subject->store);

  /* One stays from each round. */
  if (gc_store_get_unsent (subject->store) > 2)
    ack = gc_store_get_last_seq (subject->store) - 2;
  return store_acknowledge (subject->store, ack, error);
}

static gboolean
cancel (Subject *subject, GError **error)
{
  g_autoptr (GPtrArray) tasks = store_try_list_tasks (subject->store, error);
  g_autofree char *body = NULL;

  if (tasks == NULL)
    return FALSE;
  body = g_strdup_printf (CANCEL, find_last_task (tasks));
  return receive (subject, "task.cancel", body, error);
}

static gboolean
press_sos (Subject *subject, GError **error)
{
  g_autoptr (GcSos) sos = store_press_sos (subject->store, NULL, 42, error);

  return sos != NULL;
}

static gboolean
receive_sos_state (Subject *subject, GError **error)
{
  const GcSos *sos = gc_store_get_sos (subject->store);
  g_autofree char *body = g_strdup_printf (SOS_STATE, sos != NULL ? sos->id : SESSION);

  return receive (subject, GC_MSG_SOS_STATE, body, error);
}

static gboolean
withdraw_sos (Subject *subject, GError **error)
{
  g_autofree char *id = g_strdup (gc_store_get_sos (subject->store)->id);

  return store_withdraw_sos (subject->store, id, error);
}

#define ALERT_ID "33333333-3333-4333-8333-%012d"

static gboolean
receive_message (Subject *subject, GcCapType type, gboolean refers, GError **error)
{
  int seq = (int) gc_store_get_committed (subject->store) + 1;
  g_autofree char *identifier = g_strdup_printf ("a-%d", seq);
  g_autofree char *before = g_strdup_printf ("a-%d", seq - 1);
  g_autofree char *id = g_strdup_printf (ALERT_ID, seq);
  g_autoptr (GcCap) cap = make_alert (identifier, type, refers ? before : NULL);
  g_autofree char *body = make_alert_body (id, cap);

  return receive (subject, "alert", body, error);
}

static gboolean
receive_alert (Subject *subject, GError **error)
{
  return receive_message (subject, GC_CAP_ALERT, FALSE, error);
}

static gboolean
receive_update (Subject *subject, GError **error)
{
  return receive_message (subject, GC_CAP_UPDATE, TRUE, error);
}

static gboolean
receive_cancel (Subject *subject, GError **error)
{
  return receive_message (subject, GC_CAP_CANCEL, TRUE, error);
}

static gboolean
read_alert (Subject *subject, GError **error)
{
  g_autofree char *id = g_strdup_printf (ALERT_ID, (int) gc_store_get_committed (subject->store));

  return store_read_alert (subject->store, id, error);
}

/* Apart, since the loops take the square of the number of steps. */
static gboolean (*const ALERT_STEPS[]) (Subject *subject, GError **error) = {
  receive_alert, read_alert, receive_alert, receive_update, receive_cancel, read_outbox,
};

static gboolean
do_alert_step (gpointer subject, guint number, GError **error)
{
  return ALERT_STEPS[number](subject, error);
}

static gboolean
add_file (Subject *subject, GError **error)
{
  g_autoptr (GPtrArray) tasks = store_try_list_tasks (subject->store, error);
  g_autofree char *id = NULL;
  g_autoptr (GcStoredFile) file = NULL;

  if (tasks == NULL)
    return FALSE;
  id = g_strdup_printf (TASK_ID, find_last_task (tasks));
  file = store_add_file (subject->store, id, "picture", error);
  return file != NULL;
}

static gboolean
deliver_file (Subject *subject, GError **error)
{
  g_autoptr (GPtrArray) files = store_try_list_files (subject->store, NULL, error);
  const GcStoredFile *oldest;

  if (files == NULL)
    return FALSE;
  oldest = g_ptr_array_index (files, 0);
  return store_set_file_delivered (subject->store, oldest->reference->id, error);
}

static gboolean (*const FILE_STEPS[]) (Subject *subject, GError **error) = {
  receive_task,
  add_file,
  add_file,
  deliver_file,
};

static gboolean
do_file_step (gpointer subject, guint number, GError **error)
{
  return FILE_STEPS[number](subject, error);
}

static gboolean (*const STEPS[]) (Subject *subject, GError **error) = {
  set_state,       meet_other,        enqueue,      receive_task, advance,
  receive_unknown, toggle_duty,       add_fix,      add_fix,      flush_track,
  receive_viewer,  read_outbox,       acknowledge,  cancel,       toggle_duty,
  press_sos,       receive_sos_state, withdraw_sos, acknowledge,
};

static gboolean
do_step (gpointer subject, guint number, GError **error)
{
  return STEPS[number](subject, error);
}

/* --- the loops --- */

static const TestFaultScenario WORK = {
  .n_steps = G_N_ELEMENTS (STEPS),
  .open = open_good,
  .step = do_step,
  .digest = make_digest,
  .close = close_subject,
  .disk_stride = 5,
  .memory_stride = 37,
};

static const TestFaultScenario ALERTS = {
  .n_steps = G_N_ELEMENTS (ALERT_STEPS),
  .open = open_good,
  .step = do_alert_step,
  .digest = make_digest,
  .close = close_subject,
  .disk_stride = 13,
  .memory_stride = 127,
};

static const TestFaultScenario FILES = {
  .n_steps = G_N_ELEMENTS (FILE_STEPS),
  .open = open_good,
  .step = do_file_step,
  .digest = make_digest,
  .close = close_subject,
  .disk_stride = 13,
  .memory_stride = 127,
  .file_stride = 7,
};

static const TestFaultScenario FIRST_TIME = {
  .n_steps = 1,
  .open = open_good,
  .step = do_step,
  .digest = make_digest,
  .close = close_subject,
  .from_nothing = TRUE,
  .disk_stride = 5,
  .memory_stride = 37,
  .file_stride = 13,
};

/* --- with a damaged file --- */

static char *damaged;
static gsize damaged_length;

/* A file in which each step was done, but for its beginning. */
static void
make_damaged (void)
{
  StoreFixture fixture = { NULL };
  Subject *subject;

  store_fixture_set_up (&fixture, NULL);
  store_close (g_steal_pointer (&fixture.store));
  subject = open_good (fixture.path, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (STEPS); i++)
    g_assert_true (do_step (subject, i, NULL));
  close_subject (subject);
  g_assert_true (g_file_get_contents (fixture.path, &damaged, &damaged_length, NULL));
  memset (damaged, 'x', 100);
  store_fixture_tear_down (&fixture, NULL);
}

/* Beside what was set aside at another time. */
#define OLDER "older"

static void
put_damaged (const char *path)
{
  g_autofree char *aside = g_strconcat (path, ".damaged-1", NULL);

  g_assert_true (g_file_set_contents (path, damaged, (gssize) damaged_length, NULL));
  g_assert_true (g_file_set_contents (aside, OLDER, -1, NULL));
}

/* With what is kept of the files that were set aside. */
static char *
make_salvaged_digest (gpointer data)
{
  Subject *subject = data;
  g_autofree char *digest = make_digest (subject);
  g_autofree char *older_path = g_strconcat (subject->path, ".damaged-1", NULL);
  g_autofree char *older = NULL;
  g_autofree char *aside = NULL;
  g_autofree char *kept = NULL;
  gsize length = 0;

  g_object_get (subject->store, "set-aside", &aside, NULL);
  g_assert_nonnull (aside);
  g_assert_true (g_file_get_contents (older_path, &older, NULL, NULL));
  g_assert_cmpstr (older, ==, OLDER);
  g_assert_true (g_file_get_contents (aside, &kept, &length, NULL));
  g_assert_cmpmem (kept, length, damaged, damaged_length);
  return g_steal_pointer (&digest);
}

static const TestFaultScenario SALVAGE = {
  .open = open_any,
  .digest = make_salvaged_digest,
  .close = close_subject,
  .prepare = put_damaged,
  .disk_stride = 11,
  .memory_stride = 61,
  .file_stride = 29,
};

int
main (int argc, char *argv[])
{
  int status;

  test_faults_install ();
  g_test_init (&argc, &argv, NULL);
  make_damaged ();
  test_fault_loop_add ("/store/faults/work", &WORK);
  test_fault_loop_add ("/store/faults/alerts", &ALERTS);
  test_fault_loop_add ("/store/faults/files", &FILES);
  test_fault_loop_add ("/store/faults/first-time", &FIRST_TIME);
  test_fault_loop_add ("/store/faults/salvage", &SALVAGE);
  test_fault_loop_add_files ("/store/faults/first-time", &FIRST_TIME);
  test_fault_loop_add_files ("/store/faults/files", &FILES);
  test_fault_loop_add_files ("/store/faults/salvage", &SALVAGE);
  status = g_test_run ();
  g_free (damaged);
  return status;
}
