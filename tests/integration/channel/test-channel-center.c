/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises, with the real center at the other end:
 *  - a task goes to the terminal and its steps come back, through restarts of the center
 *  - duty, track and status arrive
 *  - a cancel that crosses a step ends at the same state on both sides
 *  - a new store of either side goes on where it can, and the terminal gets its open tasks again
 *  - the terminal is told that it is revoked, or replaced
 */

#include "base/gc-error.h"
#include "both-fixture.h"
#include "protocol/gc-json.h"

#include <math.h>
#include <string.h>

static gboolean
is_replaced (gpointer data)
{
  return gc_channel_get_state (((Both *) data)->channel) == GC_CHANNEL_REPLACED;
}

static gboolean
is_revoked (gpointer data)
{
  return gc_channel_get_state (((Both *) data)->channel) == GC_CHANNEL_REVOKED;
}

static void
make_task (Both *both)
{
  g_autofree char *body = g_strdup_printf (
      "{\"terminal\": \"%s\", \"title\": \"Look at the weir\", \"urgency\": \"urgent\"}",
      gc_credentials_get_terminal_id (both->credentials));
  g_autoptr (Answer) answer = fixture_request (&both->center, "POST", "/api/tasks", body);

  g_assert_cmpuint (answer->status, ==, 201);
  g_free (both->task_id);
  both->task_id = g_strdup (gc_json_get_string (answer->json, "id", 36, NULL));
}

static char *
center_state (Both *both)
{
  g_autofree char *path = g_strconcat ("/api/tasks/", both->task_id, NULL);
  g_autoptr (Answer) answer = fixture_request (&both->center, "GET", path, NULL);

  g_assert_cmpuint (answer->status, ==, 200);
  return g_strdup (gc_json_get_string (answer->json, "state", 16, NULL));
}

static gboolean
center_has_state (gpointer data)
{
  Both *both = data;
  g_autofree char *state = center_state (both);

  return strcmp (state, both->expected) == 0;
}

static void
wait_for_center_state (Both *both, const char *state)
{
  both->expected = state;
  wait_until (center_has_state, both);
}

static GcTask *
find_task (Both *both)
{
  g_autoptr (GPtrArray) tasks = store_list_tasks (both->terminal.store);

  for (guint i = 0; i < tasks->len; i++)
    {
      const GcTask *task = g_ptr_array_index (tasks, i);

      if (strcmp (task->id, both->task_id) == 0)
        return gc_task_copy (task);
    }
  return NULL;
}

static gboolean
terminal_has_task (gpointer data)
{
  Both *both = data;
  g_autoptr (GcTask) task = find_task (both);

  return task != NULL
         && (both->expected == NULL
             || strcmp (gc_task_state_to_string (task->state), both->expected) == 0);
}

static void
wait_for_terminal_state (Both *both, const char *state)
{
  both->expected = state;
  wait_until (terminal_has_task, both);
}

static void
advance (Both *both, GcTaskState state)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GcTask) task
      = store_advance (both->terminal.store, both->task_id, state, "note", NULL, &error);

  g_assert_no_error (error);
}

static void
test_task_life (Both *both, gconstpointer data)
{
  make_task (both);
  both_go_online (both);
  wait_for_terminal_state (both, "delivered");
  wait_for_center_state (both, "delivered");
  advance (both, GC_TASK_ACCEPTED);
  wait_for_center_state (both, "accepted");
  fixture_restart (&both->center);
  test_link_set_target (both->link, gc_center_get_port (both->center.center));
  advance (both, GC_TASK_EN_ROUTE);
  advance (both, GC_TASK_DONE);
  wait_until (both_is_delivered, both);
  g_assert_true (gc_store_task_is_sent (both->terminal.store, both->task_id));
  wait_for_center_state (both, "done");
}

static gboolean
terminal_is_seen (gpointer data)
{
  Both *both = data;
  g_autoptr (Answer) answer = fixture_request (&both->center, "GET", "/api/terminals", NULL);
  JsonArray *terminals = json_object_get_array_member (answer->json, "terminals");
  JsonObject *terminal = json_array_get_object_element (terminals, 0);
  gint64 battery = 0;

  return json_object_get_boolean_member (terminal, "duty")
         && gc_json_get_int (terminal, "battery_percent", 0, 100, &battery, NULL) && battery == 42
         && gc_json_has (terminal, "position");
}

static void
test_reports (Both *both, gconstpointer data)
{
  GcFix fix = { 121.5, 31.2, 1795487580123, 5, NAN, NAN };
  g_autoptr (JsonObject) body = parse_object ("{\"battery_percent\": 42, \"charging\": false}");
  g_autoptr (GcEnvelope) status = gc_envelope_new ("status", body);
  g_autoptr (GError) error = NULL;

  both_go_online (both);
  g_assert_true (store_set_duty (both->terminal.store, TRUE, &error));
  gc_store_add_fix (both->terminal.store, &fix);
  gc_store_flush_track (both->terminal.store);
  g_assert_true (gc_channel_send (both->channel, status));
  wait_until (terminal_is_seen, both);
  wait_until (both_is_delivered, both);
}

static gboolean
terminal_knows_late_cancel (gpointer data)
{
  g_autoptr (GcTask) task = find_task (data);

  return g_strcmp0 (task->late_cancel, "dry again") == 0;
}

static void
test_cancel_crosses_done (Both *both, gconstpointer data)
{
  g_autofree char *path = NULL;
  g_autoptr (Answer) answer = NULL;

  make_task (both);
  both_go_online (both);
  wait_for_center_state (both, "delivered");
  gc_channel_set_enabled (both->channel, FALSE);
  advance (both, GC_TASK_DONE);
  path = g_strconcat ("/api/tasks/", both->task_id, "/cancel", NULL);
  answer = fixture_request (&both->center, "POST", path, "{\"reason\": \"dry again\"}");
  g_assert_cmpuint (answer->status, ==, 200);
  both_go_online (both);
  wait_until (terminal_knows_late_cancel, both);
  wait_until (both_is_delivered, both);
  wait_for_terminal_state (both, "done");
  wait_for_center_state (both, "done");
}

static void
test_new_terminal_store (Both *both, gconstpointer data)
{
  StoreFixture other;
  g_autofree char *first = NULL;

  make_task (both);
  both_go_online (both);
  wait_for_center_state (both, "delivered");
  advance (both, GC_TASK_ACCEPTED);
  wait_for_center_state (both, "accepted");
  both_end_channel (both);
  /* The worker's handset lost its data, but not its key. */
  first = g_strdup (both->task_id);
  make_task (both);
  store_fixture_set_up (&other, NULL);
  store_fixture_tear_down (&both->terminal, NULL);
  both->terminal = other;
  both->channel = both_make_channel (both);
  both_go_online (both);
  wait_for_terminal_state (both, "delivered");
  advance (both, GC_TASK_ACCEPTED);
  wait_for_center_state (both, "accepted");
  wait_until (both_is_delivered, both);
  /* The task that it had comes once more, and can be finished. */
  g_free (both->task_id);
  both->task_id = g_steal_pointer (&first);
  wait_for_terminal_state (both, "delivered");
  advance (both, GC_TASK_DONE);
  wait_for_center_state (both, "done");
}

static void
test_disagreeing_stores (Both *both, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  make_task (both);
  both_go_online (both);
  wait_for_terminal_state (both, "delivered");
  wait_until (both_is_delivered, both);
  gc_channel_set_enabled (both->channel, FALSE);
  /* As if the center had been given back an older copy: it asks for what is no longer there. */
  store_enqueue (both->terminal.store, "test.up", "x", &error);
  store_acknowledge (both->terminal.store, gc_store_get_last_seq (both->terminal.store), &error);
  g_assert_no_error (error);
  advance (both, GC_TASK_ACCEPTED);
  gc_channel_set_enabled (both->channel, TRUE);
  wait_until (both_is_delivered, both);
  wait_for_center_state (both, "accepted");
  make_task (both);
  wait_for_terminal_state (both, "delivered");
}

static void
test_revoked (Both *both, gconstpointer data)
{
  g_autofree char *path
      = g_strconcat ("/api/terminals/", gc_credentials_get_terminal_id (both->credentials), NULL);
  g_autoptr (Answer) answer = NULL;

  both_go_online (both);
  answer = fixture_request (&both->center, "DELETE", path, NULL);
  g_assert_cmpuint (answer->status, ==, 204);
  wait_until (is_revoked, both);
  /* And also when it comes back later. */
  both_end_channel (both);
  both->channel = both_make_channel (both);
  gc_channel_set_enabled (both->channel, TRUE);
  wait_until (is_revoked, both);
}

static void
test_replaced (Both *both, gconstpointer data)
{
  StoreFixture other_terminal;
  Both other = *both;

  both_go_online (both);
  store_fixture_set_up (&other_terminal, NULL);
  other.terminal = other_terminal;
  other.channel = both_make_channel (&other);
  both_go_online (&other);
  wait_until (is_replaced, both);
  both_end_channel (&other);
  store_fixture_tear_down (&other_terminal, NULL);
}

#define ADD(name, func)                                                                            \
  g_test_add ("/channel/center/" name, Both, NULL, both_set_up, func, both_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("task-life", test_task_life);
  ADD ("reports", test_reports);
  ADD ("cancel-crosses-done", test_cancel_crosses_done);
  ADD ("new-terminal-store", test_new_terminal_store);
  ADD ("disagreeing-stores", test_disagreeing_stores);
  ADD ("revoked", test_revoked);
  ADD ("replaced", test_replaced);
  return g_test_run ();
}
