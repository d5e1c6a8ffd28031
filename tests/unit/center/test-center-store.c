/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises of what the center keeps:
 *  - envelopes get numbers without gaps; starting anew numbers what is left from 1 in order
 *  - an envelope takes effect once, also under another number
 *  - a pairing token is used once, in time, and never kept as it is
 *  - a task goes forward only; who is not its terminal cannot touch it
 *  - a terminal whose store is a new one is sent its open tasks once more
 *  - one that is given to another terminal ends at the first, and begins anew
 */

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "base/gc-id.h"
#include "center/gc-center-schema.h"
#include "center/gc-channel-store.h"
#include "center/gc-link-work.h"
#include "center/gc-pairing.h"
#include "center/gc-task-handover.h"
#include "center/gc-task-store.h"
#include "protocol/gc-json.h"

#include <glib/gstdio.h>

#define TERMINAL "3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11"
#define OTHER "3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a12"

typedef struct
{
  char *folder;
  char *path;
  GcDatabase *database;
} Fixture;

static gpointer
add_terminals (GcDatabase *database, gpointer data, GError **error)
{
  const char *const ids[] = { TERMINAL, OTHER };

  for (gsize i = 0; i < G_N_ELEMENTS (ids); i++)
    gc_database_exec (database, error,
                      "INSERT INTO terminal (id, worker, device, fingerprint, paired_ms,"
                      "  last_seen_ms, stream) VALUES (?, 'w', 'd', 'f', 1, 1, ?)",
                      "ss", ids[i], ids[i]);
  return NULL;
}

static void
run (Fixture *fixture, GcDatabaseWork work, gpointer data)
{
  g_autoptr (GError) error = NULL;

  gc_database_run (fixture->database, work, data, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->folder = g_dir_make_tmp ("gridcast-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->folder, "center.db", NULL);
  fixture->database = gc_database_open (fixture->path, GC_CENTER_SCHEMA, &error);
  g_assert_no_error (error);
  run (fixture, add_terminals, NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->database);
  g_unlink (fixture->path);
  g_rmdir (fixture->folder);
  g_free (fixture->path);
  g_free (fixture->folder);
}

static gpointer
work_numbers (GcDatabase *database, gpointer data, GError **error)
{
  g_autoptr (JsonObject) body = json_object_new ();
  g_autoptr (GPtrArray) about = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) left = NULL;
  g_autoptr (GcChannelMemory) memory = NULL;

  for (int i = 0; i < 5; i++)
    {
      g_autofree char *name = g_strdup_printf ("task-%d", i);

      json_object_set_int_member (body, "n", i);
      g_assert_true (gc_channel_store_enqueue (database, TERMINAL, "task.new", body, name, error));
    }
  g_assert_true (gc_channel_store_acknowledge (database, TERMINAL, 2, about, error));
  g_assert_cmpuint (about->len, ==, 2);
  g_assert_cmpstr (g_ptr_array_index (about, 1), ==, "task-1");
  g_assert_true (gc_channel_store_start_anew (database, TERMINAL, "stream", "peer", error));
  left = gc_channel_store_load (database, TERMINAL, 0, 64, G_MAXSIZE, error);
  g_assert_cmpuint (left->len, ==, 3);
  for (guint i = 0; i < left->len; i++)
    {
      const GcEnvelope *envelope = g_ptr_array_index (left, i);

      g_assert_cmpint (envelope->seq, ==, i + 1);
      g_assert_cmpint (json_object_get_int_member (envelope->body, "n"), ==, i + 2);
    }
  memory = gc_channel_memory_load (database, TERMINAL, error);
  g_assert_cmpint (memory->assigned, ==, 3);
  g_assert_cmpint (memory->acknowledged, ==, 0);
  g_assert_cmpstr (memory->peer, ==, "peer");
  return NULL;
}

static void
test_numbers (Fixture *fixture, gconstpointer data)
{
  run (fixture, work_numbers, NULL);
}

static gpointer
work_once (GcDatabase *database, gpointer data, GError **error)
{
  g_autoptr (GcEnvelope) envelope = gc_envelope_new ("track", NULL);
  g_autoptr (GError) local_error = NULL;
  gboolean fresh = FALSE;

  envelope->seq = 2;
  g_assert_false (gc_channel_store_receive (database, TERMINAL, envelope, &fresh, &local_error));
  g_assert_error (local_error, GC_ERROR, GC_ERROR_CONFLICT);
  envelope->seq = 1;
  g_assert_true (gc_channel_store_receive (database, TERMINAL, envelope, &fresh, error));
  g_assert_true (fresh);
  envelope->seq = 2;
  g_assert_true (gc_channel_store_receive (database, TERMINAL, envelope, &fresh, error));
  g_assert_false (fresh);
  for (int i = 3; i < 1010; i++)
    {
      g_autoptr (GcEnvelope) more = gc_envelope_new ("track", NULL);

      more->seq = i;
      g_assert_true (gc_channel_store_receive (database, TERMINAL, more, &fresh, error));
      g_assert_true (gc_channel_store_keep (database, TERMINAL, more, error));
    }
  {
    g_autoptr (GcRows) rows = gc_database_query (
        database, error, "SELECT (SELECT count(*) FROM recent), (SELECT count(*) FROM unknown)",
        "");

    g_assert_true (gc_rows_next (rows, error));
    g_assert_cmpint (gc_rows_int64 (rows, 0), ==, 1000);
    g_assert_cmpint (gc_rows_int64 (rows, 1), ==, 1000);
  }
  return NULL;
}

static void
test_once (Fixture *fixture, gconstpointer data)
{
  run (fixture, work_once, NULL);
}

static void
assert_redeem (GcDatabase *database, const char *token, int code)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *id = NULL;
  g_autofree char *worker = NULL;

  g_assert_cmpint (gc_pairing_redeem (database, token, TERMINAL, &id, &worker, &error), ==,
                   code < 0);
  if (code < 0)
    g_assert_cmpstr (worker, ==, "李强");
  else
    g_assert_error (error, GC_ERROR, code);
}

static gpointer
work_tokens (GcDatabase *database, gpointer data, GError **error)
{
  g_autofree char *token = NULL;
  g_autofree char *late_token = NULL;
  g_autofree char *id = gc_pairing_create (database, "李强", "u", 1000000, &token, error);
  g_autofree char *late = gc_pairing_create (database, "李强", "u", 0, &late_token, error);
  g_autoptr (JsonObject) printed = NULL;

  assert_redeem (database, "AAAAAAAAAAAAAAAAAAAAAA", GC_ERROR_UNAUTHORIZED);
  assert_redeem (database, late_token, GC_ERROR_EXPIRED);
  assert_redeem (database, token, -1);
  assert_redeem (database, token, GC_ERROR_USED);
  printed = gc_pairing_print (database, id, error);
  g_assert_cmpstr (json_object_get_string_member (printed, "state"), ==, "used");
  {
    g_autoptr (GcRows) rows = gc_database_query (
        database, error, "SELECT count(*) FROM pairing WHERE token_hash = ?", "s", token);

    g_assert_true (gc_rows_next (rows, error));
    g_assert_cmpint (gc_rows_int64 (rows, 0), ==, 0);
  }
  return NULL;
}

static void
test_tokens (Fixture *fixture, gconstpointer data)
{
  run (fixture, work_tokens, NULL);
}

static void
assert_step (
    GcDatabase *database, const char *terminal, const char *task, const char *state, gboolean good)
{
  g_autoptr (JsonObject) body = json_object_new ();
  g_autofree char *id = NULL;
  g_autofree char *now = gc_clock_format (gc_clock_wall_ms ());

  json_object_set_string_member (body, "task", task);
  json_object_set_string_member (body, "state", state);
  json_object_set_string_member (body, "at", now);
  g_assert_cmpint (gc_task_store_step (database, terminal, body, &id, NULL), ==, good);
}

static void
assert_state (GcDatabase *database, const char *id, const char *state, guint steps)
{
  g_autoptr (JsonObject) task = gc_task_store_print (database, id, TRUE, NULL);

  g_assert_cmpstr (json_object_get_string_member (task, "state"), ==, state);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (task, "history")), ==,
                    steps);
}

static gpointer
work_task (GcDatabase *database, gpointer data, GError **error)
{
  g_autoptr (JsonObject) form = gc_json_parse_object (
      "{\"title\": \"t\", \"urgency\": \"routine\", \"id\": \"x\", \"created_by\": \"mallory\"}",
      -1, 1000, NULL);
  g_autoptr (JsonObject) task = gc_task_store_create (database, TERMINAL, "u", form, error);
  g_autoptr (GError) conflict = NULL;
  const char *id = json_object_get_string_member (task, "id");

  g_assert_true (gc_id_is_valid (id));
  g_assert_cmpstr (json_object_get_string_member (task, "created_by"), ==, "u");
  g_assert_true (gc_task_store_deliver (database, TERMINAL, id, error));
  assert_state (database, id, "delivered", 2);
  assert_step (database, OTHER, id, "accepted", FALSE);
  assert_step (database, TERMINAL, id, "cancelled", FALSE);
  assert_step (database, TERMINAL, id, "declined", FALSE);
  assert_step (database, TERMINAL, id, "arrived", TRUE);
  assert_state (database, id, "arrived", 3);
  assert_step (database, TERMINAL, id, "accepted", TRUE);
  assert_state (database, id, "arrived", 4);
  assert_step (database, TERMINAL, id, "done", TRUE);
  g_assert_cmpint (gc_task_store_count_open (database, TERMINAL, error), ==, 0);
  g_assert_null (gc_task_store_cancel (database, id, "u", "r", &conflict));
  g_assert_error (conflict, GC_ERROR, GC_ERROR_CONFLICT);
  assert_state (database, id, "done", 5);
  return NULL;
}

/* The worker had not heard of it yet. */
static gpointer
work_cancelled (GcDatabase *database, gpointer data, GError **error)
{
  g_autoptr (JsonObject) form
      = gc_json_parse_object ("{\"title\": \"t\", \"urgency\": \"routine\"}", -1, 1000, NULL);
  g_autoptr (JsonObject) task = gc_task_store_create (database, TERMINAL, "u", form, error);
  g_autoptr (JsonObject) cancelled = NULL;
  const char *id = json_object_get_string_member (task, "id");

  cancelled = gc_task_store_cancel (database, id, "u", "r", error);
  assert_step (database, TERMINAL, id, "accepted", TRUE);
  assert_state (database, id, "cancelled", 3);
  assert_step (database, TERMINAL, id, "done", TRUE);
  assert_state (database, id, "done", 4);
  return NULL;
}

static void
test_cancelled (Fixture *fixture, gconstpointer data)
{
  run (fixture, work_cancelled, NULL);
}

static void
test_task (Fixture *fixture, gconstpointer data)
{
  run (fixture, work_task, NULL);
}

static gboolean
send_again (gpointer hub, GcDatabase *database, const char *terminal, GError **error)
{
  return gc_task_store_send_again (database, terminal, error);
}

static gint64
greet (GcDatabase *database, const char *stream, const char *peer)
{
  const GcLinkHandlers handlers = { .started_anew = send_again };
  g_autoptr (GObject) nobody = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GcLinkGreeting) greeting = gc_link_greeting_new (nobody, nobody, &handlers, TERMINAL);
  g_autoptr (GcChannelMemory) ours = NULL;
  g_autoptr (GcChannelMemory) now = NULL;
  g_autoptr (GError) error = NULL;

  ours = gc_channel_memory_load (database, TERMINAL, &error);
  greeting->ours = ours;
  greeting->work.ack = ours->acknowledged;
  greeting->stream = g_strdup (stream);
  greeting->peer = g_strdup (peer);
  now = gc_link_greeting_act (database, greeting, &error);
  g_assert_no_error (error);
  return now->assigned;
}

static JsonObject *
create_task (GcDatabase *database, const char *title, GError **error)
{
  g_autofree char *text = g_strdup_printf ("{\"title\": \"%s\", \"urgency\": \"routine\"}", title);
  g_autoptr (JsonObject) form = gc_json_parse_object (text, -1, 1000, NULL);

  return gc_task_store_create (database, TERMINAL, "u", form, error);
}

static gpointer
work_again (GcDatabase *database, gpointer data, GError **error)
{
  g_autoptr (JsonObject) open = create_task (database, "open", error);
  g_autoptr (JsonObject) done = create_task (database, "done", error);
  g_autoptr (JsonObject) waits = NULL;
  g_autoptr (GPtrArray) about = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) outbox = NULL;
  const char *id = json_object_get_string_member (open, "id");
  JsonObject *sent;

  g_assert_cmpint (greet (database, "store", NULL), ==, 2);
  g_assert_true (gc_channel_store_acknowledge (database, TERMINAL, 2, about, error));
  g_assert_true (gc_task_store_deliver (database, TERMINAL, id, error));
  assert_step (database, TERMINAL, id, "en-route", TRUE);
  assert_step (database, TERMINAL, json_object_get_string_member (done, "id"), "done", TRUE);
  waits = create_task (database, "waits", error);
  /* They know each other. */
  g_assert_cmpint (greet (database, "store", TERMINAL), ==, 3);
  g_assert_cmpint (greet (database, "new store", NULL), ==, 2);
  g_assert_cmpint (greet (database, "newer store", NULL), ==, 2);
  outbox = gc_channel_store_load (database, TERMINAL, 0, 64, G_MAXSIZE, error);
  g_assert_cmpuint (outbox->len, ==, 2);
  sent = json_object_get_object_member (((GcEnvelope *) g_ptr_array_index (outbox, 1))->body,
                                        "task");
  g_assert_cmpstr (json_object_get_string_member (sent, "id"), ==, id);
  g_assert_cmpstr (json_object_get_string_member (sent, "title"), ==, "open");
  assert_state (database, id, "en-route", 3);
  return NULL;
}

static void
test_again (Fixture *fixture, gconstpointer data)
{
  run (fixture, work_again, NULL);
}

static gpointer
work_assign (GcDatabase *database, gpointer data, GError **error)
{
  g_autoptr (JsonObject) form
      = gc_json_parse_object ("{\"title\": \"Bridge\", \"urgency\": \"urgent\"}", -1, 1000, error);
  g_autoptr (JsonObject) task = gc_task_store_create (database, TERMINAL, "user", form, error);
  const char *id = json_object_get_string_member (task, "id");
  g_autoptr (GError) same = NULL;
  g_autoptr (GError) ended = NULL;
  g_autoptr (JsonObject) given = NULL;
  g_autoptr (JsonObject) old = NULL;
  g_autoptr (GPtrArray) told = NULL;

  g_assert_null (gc_task_store_assign (database, id, TERMINAL, "user", &same));
  g_assert_error (same, GC_ERROR, GC_ERROR_INVALID);
  given = gc_task_store_assign (database, id, OTHER, "user", error);
  g_assert_no_error (*error);
  g_assert_cmpstr (json_object_get_string_member (given, "id"), !=, id);
  g_assert_cmpstr (json_object_get_string_member (given, "title"), ==, "Bridge");
  g_assert_cmpstr (json_object_get_string_member (given, "terminal"), ==, OTHER);
  g_assert_cmpstr (json_object_get_string_member (given, "state"), ==, "sent");
  old = gc_task_store_print (database, id, FALSE, error);
  g_assert_cmpstr (json_object_get_string_member (old, "state"), ==, "cancelled");
  told = gc_channel_store_load (database, TERMINAL, 0, 64, G_MAXSIZE, error);
  g_assert_cmpuint (told->len, ==, 2);
  g_assert_cmpstr (((GcEnvelope *) g_ptr_array_index (told, 1))->type, ==, GC_MSG_TASK_CANCEL);
  g_assert_null (gc_task_store_assign (database, id, OTHER, "user", &ended));
  g_assert_error (ended, GC_ERROR, GC_ERROR_CONFLICT);
  return NULL;
}

static void
test_assign (Fixture *fixture, gconstpointer data)
{
  run (fixture, work_assign, NULL);
}

static gpointer
work_handover (GcDatabase *database, gpointer data, GError **error)
{
  g_autoptr (JsonObject) given = NULL;
  g_autoptr (GError) same = NULL;
  g_autoptr (GError) nobody = NULL;
  JsonArray *tasks;

  for (int i = 0; i < 3; i++)
    {
      g_autofree char *text
          = g_strdup_printf ("{\"title\": \"Bridge %d\", \"urgency\": \"urgent\"}", i);
      g_autoptr (JsonObject) form = gc_json_parse_object (text, -1, 1000, error);
      g_autoptr (JsonObject) task = gc_task_store_create (database, TERMINAL, "user", form, error);

      if (i == 0)
        assert_step (database, TERMINAL, json_object_get_string_member (task, "id"), "done", TRUE);
    }
  g_assert_null (gc_task_handover (database, TERMINAL, TERMINAL, "user", &same));
  g_assert_error (same, GC_ERROR, GC_ERROR_INVALID);
  g_assert_null (gc_task_handover (database, TERMINAL, "x", "user", &nobody));
  g_assert_error (nobody, GC_ERROR, GC_ERROR_NOT_FOUND);
  given = gc_task_handover (database, TERMINAL, OTHER, "user", error);
  g_assert_no_error (*error);
  tasks = json_object_get_array_member (given, "tasks");
  g_assert_cmpuint (json_array_get_length (tasks), ==, 2);
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *title = g_strdup_printf ("Bridge %u", i + 1);
      JsonObject *task = json_array_get_object_element (tasks, i);

      g_assert_cmpstr (json_object_get_string_member (task, "title"), ==, title);
      g_assert_cmpstr (json_object_get_string_member (task, "terminal"), ==, OTHER);
    }
  g_assert_cmpint (gc_task_store_count_open (database, TERMINAL, error), ==, 0);
  g_assert_cmpint (gc_task_store_count_open (database, OTHER, error), ==, 2);
  return NULL;
}

static void
test_handover (Fixture *fixture, gconstpointer data)
{
  run (fixture, work_handover, NULL);
}

#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/center/store/numbers", test_numbers);
  ADD ("/center/store/effect-once", test_once);
  ADD ("/center/store/tokens", test_tokens);
  ADD ("/center/store/task", test_task);
  ADD ("/center/store/task-done-before-it-was-cancelled", test_cancelled);
  ADD ("/center/store/tasks-once-more", test_again);
  ADD ("/center/store/task-given-to-another", test_assign);
  ADD ("/center/store/all-tasks-given-to-another", test_handover);
  return g_test_run ();
}
