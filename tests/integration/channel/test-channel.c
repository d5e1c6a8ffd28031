/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - what both sides store arrives once and in order, over a clean line and over a bad one, through
 *    restarts of the center and of the terminal
 *  - while something gets through each time, the next attempt is soon
 *  - a new center gets what the old one had not acknowledged; stores that were set back agree again
 *  - at most 64 envelopes are under way; acknowledgements ride along, or follow alone soon
 *  - what only an older connection has brought is not acknowledged over a newer one
 *  - little is under way that an SOS cannot overtake, and a copy of the SOS does not wait for the
 *    rest; a center that knows nothing of copies gets it in its place, and many copies do not keep
 *    the stream back
 */

#include "base/gc-error.h"
#include "channel-fixture.h"
#include "test-link.h"

#include <sqlite3.h>
#include <string.h>

/* The order of what arrived at the center is the order of what was stored. */
static void
assert_order (ChannelFixture *fixture)
{
  gint64 last_ms = 0;

  for (guint i = 0; i < fixture->received->len; i++)
    {
      const GcEnvelope *envelope = g_ptr_array_index (fixture->received, i);

      g_assert_cmpstr (envelope->type, ==, "task.new");
      if (i > 0)
        g_assert_cmpint (envelope->seq, >,
                         ((GcEnvelope *) g_ptr_array_index (fixture->received, i - 1))->seq);
    }
  for (guint i = 0; i < fixture->center->applied->len; i++)
    {
      JsonObject *body
          = json_object_get_object_member (g_ptr_array_index (fixture->center->applied, i), "body");
      gint64 number = json_object_get_int_member (body, "number");

      g_assert_cmpint (number, ==, last_ms + 1);
      last_ms = number;
    }
}

/* --- No loss --- */

static void
test_clean_line (ChannelFixture *fixture, gconstpointer data)
{
  g_autofree char *center_name = NULL;
  g_autofree char *worker = NULL;

  channel_fixture_enqueue_numbered (fixture, 1, 150);
  channel_fixture_center_enqueue (fixture, 100);
  channel_fixture_go_online (fixture);
  channel_fixture_enqueue_numbered (fixture, 151, 200);
  channel_fixture_center_enqueue (fixture, 50);
  wait_until (channel_fixture_all_delivered (fixture, 200, 150));
  assert_order (fixture);
  g_assert_cmpuint (fixture->center->connections, ==, 1);
  g_assert_cmpuint (fixture->center->duplicates, ==, 0);
  g_assert_cmpuint (fixture->center->largest_window, <=, 64);
  g_assert_false (fixture->center->extensions_offered);
  g_assert_cmpstr (g_ptr_array_index (fixture->center->client_names, 0), ==, "CN=terminal 1");
  g_object_get (fixture->channel, "center-name", &center_name, "worker", &worker, NULL);
  g_assert_cmpstr (center_name, ==, "指挥中心");
  g_assert_cmpstr (worker, ==, "Wang");
}

static void
check_bad_line (ChannelFixture *fixture, int drop, int duplicate, int skip)
{
  fixture->center->drop_percent = drop;
  fixture->center->duplicate_percent = duplicate;
  fixture->center->skip_percent = skip;
  gc_channel_set_enabled (fixture->channel, TRUE);
  for (guint round = 0; round < 10; round++)
    {
      channel_fixture_enqueue_numbered (fixture, round * 10 + 1, round * 10 + 10);
      channel_fixture_center_enqueue (fixture, 10);
      wait_until (fixture->center->applied->len > round * 10);
    }
  /* What is left out is noticed by what follows it. */
  fixture->center->skip_percent = 0;
  channel_fixture_center_enqueue (fixture, 1);
  wait_until (channel_fixture_all_delivered (fixture, 100, 101));
  assert_order (fixture);
}

static void
test_drops (ChannelFixture *fixture, gconstpointer data)
{
  check_bad_line (fixture, 4, 0, 0);
  g_assert_cmpuint (fixture->center->connections, >, 1);
}

static void
test_duplicates (ChannelFixture *fixture, gconstpointer data)
{
  check_bad_line (fixture, 0, 50, 0);
  g_assert_cmpuint (fixture->center->connections, ==, 1);
}

static void
test_gaps (ChannelFixture *fixture, gconstpointer data)
{
  check_bad_line (fixture, 0, 0, 5);
}

static void
test_everything (ChannelFixture *fixture, gconstpointer data)
{
  check_bad_line (fixture, 3, 20, 2);
}

static void
test_gap_code (ChannelFixture *fixture, gconstpointer data)
{
  fixture->center->skip_percent = 100;
  channel_fixture_center_enqueue (fixture, 1);
  channel_fixture_go_online (fixture);
  fixture->center->skip_percent = 0;
  channel_fixture_center_enqueue (fixture, 1);
  wait_until (fixture->center->close_code_seen == 4002);
  wait_until (channel_fixture_all_delivered (fixture, 0, 2));
}

static void
test_terminal_restarts (ChannelFixture *fixture, gconstpointer data)
{
  for (guint round = 0; round < 5; round++)
    {
      channel_fixture_center_enqueue (fixture, 30);
      gc_channel_set_enabled (fixture->channel, TRUE);
      channel_fixture_enqueue_numbered (fixture, round * 30 + 1, round * 30 + 30);
      wait_until (fixture->center->applied->len > round * 30 + 5);
      channel_fixture_end_channel (fixture);
      store_fixture_reopen (&fixture->terminal);
      channel_fixture_make_channel (fixture, NULL, NULL);
    }
  gc_channel_set_enabled (fixture->channel, TRUE);
  wait_until (fixture->center->applied->len == 150 && fixture->center->outbox.length == 0);
  g_assert_cmpint (gc_store_get_committed (fixture->terminal.store), ==, 150);
}

static void
test_center_restarts (ChannelFixture *fixture, gconstpointer data)
{
  for (guint round = 0; round < 3; round++)
    {
      channel_fixture_enqueue_numbered (fixture, round * 20 + 1, round * 20 + 20);
      channel_fixture_center_enqueue (fixture, 20);
      gc_channel_set_enabled (fixture->channel, TRUE);
      wait_until (fixture->center->applied->len > round * 20);
      test_center_stop (fixture->center);
      wait_until (channel_fixture_state_is (fixture, GC_CHANNEL_WAITING));
      g_assert_true (channel_fixture_problem_is (fixture, GC_ERROR_UNREACHABLE));
      test_center_listen (fixture->center);
    }
  wait_until (channel_fixture_all_delivered (fixture, 60, 60));
  assert_order (fixture);
}

/* The disk has what an older connection brought only when the next one is there. For the center,
 * which has not sent it there yet, an acknowledgement would be one from the future. */
static void
test_late_commit (ChannelFixture *fixture, gconstpointer data)
{
  JsonObject *envelope;
  sqlite3 *other = NULL;

  channel_fixture_go_online (fixture);
  wait_until (fixture->center->met);
  g_assert_cmpint (sqlite3_open (fixture->terminal.path, &other), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (other, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
  channel_fixture_center_enqueue (fixture, 1);
  test_center_drop (fixture->center);
  envelope = g_queue_pop_head (&fixture->center->outbox);
  wait_until (fixture->center->met);
  g_assert_cmpint (gc_store_get_committed (fixture->terminal.store), ==, 0);
  g_assert_cmpint (sqlite3_exec (other, "COMMIT", NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (other);
  wait_until (gc_store_get_committed (fixture->terminal.store) == 1);
  channel_fixture_enqueue_numbered (fixture, 1, 1);
  wait_until (fixture->center->applied->len == 1);
  g_assert_cmpuint (fixture->center->connections, ==, 2);
  g_queue_push_head (&fixture->center->outbox, envelope);
  channel_fixture_center_enqueue (fixture, 1);
  wait_until (channel_fixture_all_delivered (fixture, 1, 2));
  g_assert_cmpuint (fixture->center->connections, ==, 2);
}

/* --- Stores that do not know each other --- */

static void
test_new_center_store (ChannelFixture *fixture, gconstpointer data)
{
  channel_fixture_enqueue_numbered (fixture, 1, 10);
  channel_fixture_center_enqueue (fixture, 10);
  channel_fixture_go_online (fixture);
  wait_until (channel_fixture_all_delivered (fixture, 10, 10));
  test_center_drop (fixture->center);
  wait_until (channel_fixture_state_is (fixture, GC_CHANNEL_WAITING));
  channel_fixture_enqueue_numbered (fixture, 11, 20);
  test_center_renew (fixture->center);
  channel_fixture_center_enqueue (fixture, 5);
  wait_until (channel_fixture_all_delivered (fixture, 20, 15));
  g_assert_cmpint (gc_store_get_last_seq (fixture->terminal.store), ==, 10);
  g_assert_cmpint (gc_store_get_committed (fixture->terminal.store), ==, 5);
}

static void
test_center_forgot_terminal (ChannelFixture *fixture, gconstpointer data)
{
  channel_fixture_enqueue_numbered (fixture, 1, 10);
  channel_fixture_go_online (fixture);
  wait_until (channel_fixture_all_delivered (fixture, 10, 0));
  test_center_drop (fixture->center);
  wait_until (channel_fixture_state_is (fixture, GC_CHANNEL_WAITING));
  channel_fixture_enqueue_numbered (fixture, 11, 20);
  g_clear_pointer (&fixture->center->peer, g_free);
  wait_until (channel_fixture_all_delivered (fixture, 20, 0));
}

static void
test_center_set_back (ChannelFixture *fixture, gconstpointer data)
{
  channel_fixture_enqueue_numbered (fixture, 1, 10);
  channel_fixture_center_enqueue (fixture, 10);
  channel_fixture_go_online (fixture);
  wait_until (channel_fixture_all_delivered (fixture, 10, 10));
  test_center_drop (fixture->center);
  wait_until (channel_fixture_state_is (fixture, GC_CHANNEL_WAITING));
  channel_fixture_enqueue_numbered (fixture, 11, 20);
  fixture->center->committed = 4;
  wait_until (channel_fixture_all_delivered (fixture, 20, 10));
  assert_order (fixture);
  /* And in the other direction: the center gives out positions again that it had given out. */
  test_center_drop (fixture->center);
  wait_until (channel_fixture_state_is (fixture, GC_CHANNEL_WAITING));
  fixture->center->acked = 0;
  fixture->center->sent = 0;
  channel_fixture_center_enqueue (fixture, 1);
  channel_fixture_enqueue_numbered (fixture, 21, 22);
  wait_until (channel_fixture_all_delivered (fixture, 22, 11));
}

/* --- Acknowledgements --- */

static void
test_window (ChannelFixture *fixture, gconstpointer data)
{
  fixture->center->never_ack = TRUE;
  channel_fixture_enqueue_numbered (fixture, 1, 200);
  channel_fixture_go_online (fixture);
  wait_until (fixture->center->applied->len == 64);
  for (int i = 0; i < 20; i++)
    {
      g_autoptr (GcEnvelope) status = gc_envelope_new ("status", NULL);

      g_assert_true (gc_channel_send (fixture->channel, status));
    }
  wait_until (fixture->center->ephemerals == 20);
  g_assert_cmpuint (fixture->center->applied->len, ==, 64);
  g_assert_cmpuint (gc_store_get_unsent (fixture->terminal.store), ==, 200);
  fixture->center->never_ack = FALSE;
  test_center_send (fixture->center,
                    "{\"id\": \"3b0d0000-0000-4000-8000-000000000000\", \"type\": \"ack\","
                    " \"ack\": 64}");
  wait_until (channel_fixture_all_delivered (fixture, 200, 0));
}

static void
test_acks_alone_and_riding (ChannelFixture *fixture, gconstpointer data)
{
  channel_fixture_go_online (fixture);
  channel_fixture_center_enqueue (fixture, 1);
  wait_until (channel_fixture_all_delivered (fixture, 0, 1));
  g_assert_cmpuint (fixture->center->acks, ==, 1);
  /* Something else is sent as soon as it is committed: no ack of its own. */
  channel_fixture_center_enqueue (fixture, 1);
  wait_until (fixture->received->len == 2);
  {
    g_autoptr (GcEnvelope) status = gc_envelope_new ("status", NULL);

    g_assert_true (gc_channel_send (fixture->channel, status));
  }
  wait_until (channel_fixture_all_delivered (fixture, 0, 2));
  g_assert_cmpuint (fixture->center->acks, ==, 1);
}

/* Were its attempts rarer each time, as they are where nothing gets through, this would take
 * more than ten minutes. */
static void
test_some_comes_each_time (ChannelFixture *fixture, gconstpointer data)
{
  const guint rounds = 20;

  gc_channel_set_enabled (fixture->channel, TRUE);
  for (guint i = 0; i < rounds; i++)
    {
      channel_fixture_center_enqueue (fixture, 1);
      wait_until (fixture->received->len == i + 1);
      test_center_drop (fixture->center);
    }
  wait_until (channel_fixture_all_delivered (fixture, 0, rounds));
}

static void
test_urgent (ChannelFixture *fixture, gconstpointer data)
{
  const guint waiting = 10;
  g_autofree char *text = g_strnfill (10000, 'x');
  g_autoptr (GcSos) sos = NULL;
  g_autoptr (GError) error = NULL;

  fixture->center->never_ack = TRUE;
  for (guint i = 0; i < waiting; i++)
    store_enqueue (fixture->terminal.store, "test", text, &error);
  channel_fixture_go_online (fixture);
  wait_until (fixture->center->applied->len == 3);
  sos = store_press_sos (fixture->terminal.store, NULL, 42, &error);
  g_assert_no_error (error);
  wait_until (fixture->center->ephemerals == 1);
  g_assert_cmpuint (fixture->center->applied->len, ==, 3);
  fixture->center->never_ack = FALSE;
  test_center_drop (fixture->center);
  wait_until (gc_store_get_unsent (fixture->terminal.store) == 0);
  g_assert_cmpuint (fixture->center->applied->len, ==, waiting + 1);
  g_assert_cmpint (gc_store_get_sos (fixture->terminal.store)->received_ms, >, 0);
}

/* Of a center that knows nothing of copies. */
static void
test_urgent_in_bulk (ChannelFixture *fixture, gconstpointer data)
{
  const guint calls = 40;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < calls; i++)
    {
      g_autoptr (GcSos) sos = store_press_sos (fixture->terminal.store, NULL, 42, &error);

      g_assert_no_error (error);
      g_assert_true (store_withdraw_sos (fixture->terminal.store, sos->id, &error));
    }
  gc_channel_set_enabled (fixture->channel, TRUE);
  wait_until (gc_store_get_unsent (fixture->terminal.store) == 0);
  g_assert_cmpuint (fixture->center->applied->len, ==, 2 * calls);
  g_assert_cmpuint (fixture->center->ephemerals, ==, 16);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  CHANNEL_TEST ("no-loss/clean-line", test_clean_line);
  CHANNEL_TEST ("no-loss/drops", test_drops);
  CHANNEL_TEST ("no-loss/duplicates", test_duplicates);
  CHANNEL_TEST ("no-loss/gaps", test_gaps);
  CHANNEL_TEST ("no-loss/everything", test_everything);
  CHANNEL_TEST ("no-loss/gap-code", test_gap_code);
  CHANNEL_TEST ("no-loss/some-comes-each-time", test_some_comes_each_time);
  CHANNEL_TEST ("no-loss/terminal-restarts", test_terminal_restarts);
  CHANNEL_TEST ("no-loss/center-restarts", test_center_restarts);
  CHANNEL_TEST ("acks/late-commit", test_late_commit);
  CHANNEL_TEST ("stores/new-center", test_new_center_store);
  CHANNEL_TEST ("stores/center-forgot-terminal", test_center_forgot_terminal);
  CHANNEL_TEST ("stores/center-set-back", test_center_set_back);
  CHANNEL_TEST ("acks/window", test_window);
  CHANNEL_TEST ("urgent/overtakes", test_urgent);
  CHANNEL_TEST ("urgent/in-bulk", test_urgent_in_bulk);
  CHANNEL_TEST ("acks/alone-and-riding", test_acks_alone_and_riding);
  return g_test_run ();
}
