/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - the outbox keeps ids and order, and forgets what was acknowledged, once
 *  - an acknowledgement of what was never sent is refused and changes nothing
 *  - what is too long for a frame is refused before it takes a place in the stream
 *  - each envelope takes effect once: duplicates, gaps, ids that come again, unfit bodies
 *  - what had no effect is kept, within bounds
 *  - stores that do not know each other start anew; stores that were set back notice
 *  - a process that dies at any moment leaves all or nothing of each operation
 *  - any interleaving of sending, acknowledging, losing, restarting and starting anew delivers each
 *    envelope once and in order
 */

#include "base/gc-error.h"
#include "store-fixture.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PEER "55555555-5555-4555-8555-555555555555"
#define OTHER_PEER "66666666-6666-4666-8666-666666666666"
#define TASK_BODY                                                                                  \
  "{\"task\": {\"id\": \"%s\", \"title\": \"t\", \"urgency\": \"routine\","                        \
  " \"created_at\": \"2026-11-24T02:33:00Z\"}}"

#define ADD(name, func)                                                                            \
  g_test_add ("/stream/" name, StoreFixture, NULL, store_fixture_set_up, func,                     \
              store_fixture_tear_down)

static void
assert_outbox (GcStore *store, const char *expected)
{
  g_autoptr (GPtrArray) envelopes = store_read_outbox (store, 0, 1000);
  g_autoptr (GString) found = g_string_new (NULL);

  for (guint i = 0; i < envelopes->len; i++)
    {
      const GcEnvelope *envelope = g_ptr_array_index (envelopes, i);

      g_string_append_printf (found, "%d:%s ", (int) envelope->seq,
                              json_object_get_string_member (envelope->body, "text"));
    }
  g_assert_cmpstr (found->str, ==, expected);
}

static void
enqueue_all (GcStore *store, const char *letters)
{
  for (const char *letter = letters; *letter != '\0'; letter++)
    {
      char text[2] = { *letter, '\0' };
      g_autoptr (GError) error = NULL;

      store_enqueue (store, "test", text, &error);
      g_assert_no_error (error);
    }
}

static void
test_outbox (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  enqueue_all (fixture->store, "abcd");
  g_assert_cmpuint (gc_store_get_unsent (fixture->store), ==, 4);
  g_assert_true (store_acknowledge (fixture->store, 2, &error));
  g_assert_true (store_acknowledge (fixture->store, 1, &error));
  g_assert_true (store_acknowledge (fixture->store, 2, &error));
  assert_outbox (fixture->store, "3:c 4:d ");
  g_assert_false (store_acknowledge (fixture->store, 5, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_INVALID);
  store_fixture_reopen (fixture);
  assert_outbox (fixture->store, "3:c 4:d ");
  g_assert_cmpint (gc_store_get_acknowledged (fixture->store), ==, 2);
  enqueue_all (fixture->store, "e");
  assert_outbox (fixture->store, "3:c 4:d 5:e ");
}

static void
test_too_long (StoreFixture *fixture, gconstpointer data)
{
  g_autofree char *text = g_strnfill (GC_ENVELOPE_MAX_LENGTH - 100, 'x');
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (store_enqueue (fixture->store, "test", text, &error), ==, 0);
  g_assert_error (error, GC_ERROR, GC_ERROR_TOO_LARGE);
  enqueue_all (fixture->store, "a");
  assert_outbox (fixture->store, "1:a ");
}

static void
test_once (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (JsonObject) body = NULL;
  g_autofree char *text = g_strdup_printf (TASK_BODY, PEER);
  g_autoptr (GcEnvelope) envelope = NULL;

  body = parse_object (text);
  envelope = gc_envelope_new ("task.new", body);
  envelope->seq = 2;
  g_assert_cmpint (store_receive (fixture->store, envelope), ==, GC_RECEIPT_GAP);
  envelope->seq = 1;
  g_assert_cmpint (store_receive (fixture->store, envelope), ==, GC_RECEIPT_APPLIED);
  g_assert_cmpint (store_receive (fixture->store, envelope), ==, GC_RECEIPT_DUPLICATE);
  store_fixture_reopen (fixture);
  g_assert_cmpint (store_receive (fixture->store, envelope), ==, GC_RECEIPT_DUPLICATE);
  /* The same envelope under another seq, as after starting anew. */
  envelope->seq = 2;
  g_assert_cmpint (store_receive (fixture->store, envelope), ==, GC_RECEIPT_IGNORED);
  g_assert_cmpint (gc_store_get_committed (fixture->store), ==, 2);
  g_assert_cmpint (store_receive_text (fixture->store, 4, "x", "{}"), ==, GC_RECEIPT_GAP);
  g_assert_cmpint (gc_store_get_committed (fixture->store), ==, 2);
}

static void
test_inbox_is_bounded (StoreFixture *fixture, gconstpointer data)
{
  for (gint64 seq = 1; seq <= 1100; seq++)
    g_assert_cmpint (store_receive_text (fixture->store, seq, "x", "{\"a\": 1}"), ==,
                     GC_RECEIPT_IGNORED);
  gc_store_close (fixture->store);
  g_assert_cmpint (store_count (fixture->path, "SELECT COUNT(*) FROM inbox"), ==, 1000);
  g_assert_cmpint (store_count (fixture->path, "SELECT COUNT(body) FROM inbox"), ==, 50);
}

static void
test_start_anew (StoreFixture *fixture, gconstpointer data)
{
  GcStore *store = fixture->store;
  g_autofree char *own = g_strdup (gc_store_get_stream (store));
  g_autoptr (GError) error = NULL;

  enqueue_all (store, "abcde");
  g_assert_true (store_meet (store, PEER, NULL, 4, &error));
  assert_outbox (store, "1:a 2:b 3:c 4:d 5:e ");
  store_receive_text (store, 1, "x", "{}");
  g_assert_true (store_acknowledge (store, 2, &error));
  /* They know each other: the ack counts. */
  g_assert_true (store_meet (store, PEER, own, 3, &error));
  assert_outbox (store, "4:d 5:e ");
  g_assert_cmpint (gc_store_get_committed (store), ==, 1);
  /* A new center. */
  g_assert_true (store_meet (store, OTHER_PEER, NULL, 9, &error));
  assert_outbox (store, "1:d 2:e ");
  g_assert_cmpint (gc_store_get_committed (store), ==, 0);
  g_assert_cmpint (gc_store_get_acknowledged (store), ==, 0);
  enqueue_all (store, "f");
  assert_outbox (store, "1:d 2:e 3:f ");
  /* The same center, which has forgotten us. */
  g_assert_true (store_acknowledge (store, 1, &error));
  g_assert_true (store_meet (store, OTHER_PEER, PEER, 3, &error));
  assert_outbox (store, "1:e 2:f ");
  g_assert_cmpstr (gc_store_get_stream (store), ==, own);
}

static void
check_set_back (StoreFixture *fixture, gint64 ack)
{
  GcStore *store = fixture->store;
  g_autofree char *own = g_strdup (gc_store_get_stream (store));
  g_autoptr (GError) error = NULL;

  store_meet (store, PEER, NULL, 0, &error);
  enqueue_all (store, "abcd");
  store_acknowledge (store, 2, &error);
  g_assert_false (store_meet (store, PEER, own, ack, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_CONFLICT);
  g_assert_cmpstr (gc_store_get_stream (store), !=, own);
  g_assert_null (gc_store_get_peer_stream (store));
  g_clear_error (&error);
  g_assert_true (store_meet (store, PEER, own, ack, &error));
  assert_outbox (store, "1:c 2:d ");
}

static void
test_peer_set_back (StoreFixture *fixture, gconstpointer data)
{
  check_set_back (fixture, 1);
}

static void
test_own_set_back (StoreFixture *fixture, gconstpointer data)
{
  check_set_back (fixture, 5);
}

/* --- Dying --- */

#define LIVE_OPTION "--live"

typedef struct
{
  gint64 seq;
  gint64 committed;
} Confirmed;

/* What another process does until it is killed: it sends, receives and acknowledges without end,
 * and says on its standard output what was confirmed to it. */
static int
live_until_killed (const char *path)
{
  g_autoptr (GcStore) store = store_open (path, NULL);

  for (;;)
    {
      Confirmed confirmed;
      g_autofree char *id = g_uuid_string_random ();
      g_autofree char *body = g_strdup_printf (TASK_BODY, id);
      g_autoptr (GcTask) task = NULL;

      confirmed.committed = gc_store_get_committed (store) + 1;
      if (store_receive_text (store, confirmed.committed, "task.new", body) != GC_RECEIPT_APPLIED)
        return 1;
      task = store_advance (store, id, GC_TASK_ACCEPTED, NULL, NULL, NULL);
      confirmed.seq = gc_store_get_last_seq (store);
      if (task == NULL || write (STDOUT_FILENO, &confirmed, sizeof confirmed) < 0)
        return 1;
      if (confirmed.seq % 3 == 0)
        store_acknowledge (store, confirmed.seq - 1, NULL);
    }
}

static Confirmed
run_and_kill (const char *path, guint confirmations)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error,
                                                      "/proc/self/exe", LIVE_OPTION, path, NULL);
  GInputStream *output;
  Confirmed confirmed = { 0 };
  Confirmed next;
  gsize length;

  g_assert_no_error (error);
  output = g_subprocess_get_stdout_pipe (process);
  for (guint i = 0; i < confirmations; i++)
    {
      g_input_stream_read_all (output, &confirmed, sizeof confirmed, &length, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (length, ==, sizeof confirmed);
    }
  g_usleep ((gulong) g_test_rand_int_range (0, 3000));
  g_subprocess_force_exit (process);
  g_subprocess_wait (process, NULL, NULL);
  while (g_input_stream_read_all (output, &next, sizeof next, &length, NULL, NULL)
         && length == sizeof next)
    confirmed = next;
  return confirmed;
}

static void
test_killed (StoreFixture *fixture, gconstpointer data)
{
  gc_store_close (fixture->store);
  g_clear_object (&fixture->store);
  for (int round = 0; round < 15; round++)
    {
      Confirmed confirmed = run_and_kill (fixture->path, (guint) g_test_rand_int_range (1, 20));
      g_autoptr (GPtrArray) tasks = NULL;
      g_autoptr (GPtrArray) outbox = NULL;
      gint64 committed, last_seq, acknowledged;
      g_autofree char *aside = NULL;
      g_autoptr (GError) error = NULL;

      fixture->store = store_open (fixture->path, &error);
      g_assert_no_error (error);
      g_object_get (fixture->store, "set-aside", &aside, NULL);
      g_assert_null (aside);
      committed = gc_store_get_committed (fixture->store);
      last_seq = gc_store_get_last_seq (fixture->store);
      acknowledged = gc_store_get_acknowledged (fixture->store);
      g_assert_cmpint (committed, >=, confirmed.committed);
      g_assert_cmpint (committed, <=, confirmed.committed + 1);
      g_assert_cmpint (last_seq, >=, confirmed.seq);
      outbox = store_read_outbox (fixture->store, 0, 100000);
      g_assert_cmpint (outbox->len, ==, last_seq - acknowledged);
      g_assert_cmpuint (gc_store_get_unsent (fixture->store), ==, outbox->len);
      for (guint i = 0; i < outbox->len; i++)
        g_assert_cmpint (((GcEnvelope *) g_ptr_array_index (outbox, i))->seq, ==,
                         acknowledged + 1 + i);
      gc_store_close (fixture->store);
      g_clear_object (&fixture->store);
      /* Each task has its history, each step of the worker was put into the stream. */
      g_assert_cmpint (store_count (fixture->path, "SELECT COUNT(*) FROM task"), ==, committed);
      g_assert_cmpint (store_count (fixture->path, "SELECT COUNT(*) FROM task_step"), ==,
                       committed + last_seq);
      g_assert_cmpint (
          store_count (fixture->path, "SELECT COUNT(*) FROM task WHERE state = 'accepted'"), ==,
          last_seq);
    }
}

/* --- Any interleaving --- */

typedef struct
{
  StoreFixture *terminal;
  char *stream;
  char *peer;
  gint64 committed;
  GHashTable *ids;
  GArray *received;  /* of int: the numbers that arrived, once each */
  GPtrArray *outbox; /* of GcEnvelope, the first is acked + 1 */
  gint64 acked;
  int sent_up;
  int sent_down;
} Model;

static void
model_meet (Model *model)
{
  GcStore *store = model->terminal->store;
  const char *stream = gc_store_get_stream (store);
  gboolean known = g_strcmp0 (gc_store_get_peer_stream (store), model->stream) == 0
                   && g_strcmp0 (model->peer, stream) == 0;
  gint64 terminal_ack = gc_store_get_committed (store);
  g_autoptr (GError) error = NULL;

  g_assert_true (store_meet (store, model->stream, model->peer, model->committed, &error));
  if (!known)
    {
      g_set_str (&model->peer, stream);
      model->committed = 0;
      model->acked = 0;
      return;
    }
  g_ptr_array_remove_range (model->outbox, 0, (guint) (terminal_ack - model->acked));
  model->acked = terminal_ack;
}

static void
model_send_up (Model *model, guint limit)
{
  /* From what was acknowledged, as after a reconnect: some of it is there already. */
  g_autoptr (GPtrArray) page = store_read_outbox (
      model->terminal->store, gc_store_get_acknowledged (model->terminal->store), limit);

  for (guint i = 0; i < page->len; i++)
    {
      const GcEnvelope *envelope = g_ptr_array_index (page, i);
      int number = atoi (json_object_get_string_member (envelope->body, "text"));

      if (envelope->seq <= model->committed)
        continue;
      g_assert_cmpint (envelope->seq, ==, model->committed + 1);
      model->committed = envelope->seq;
      if (g_hash_table_add (model->ids, g_strdup (envelope->id)))
        g_array_append_val (model->received, number);
    }
}

static void
model_send_down (Model *model, guint limit)
{
  for (guint i = 0; i < MIN (limit, model->outbox->len); i++)
    {
      GcEnvelope *envelope = g_ptr_array_index (model->outbox, i);
      gboolean duplicate;

      envelope->seq = model->acked + 1 + i;
      duplicate = envelope->seq <= gc_store_get_committed (model->terminal->store);
      g_assert_cmpint (store_receive (model->terminal->store, envelope) == GC_RECEIPT_DUPLICATE, ==,
                       duplicate);
    }
}

static void
model_enqueue_down (Model *model)
{
  g_autofree char *id = g_uuid_string_random ();
  g_autofree char *text = g_strdup_printf (TASK_BODY, id);
  g_autoptr (JsonObject) body = parse_object (text);

  g_ptr_array_add (model->outbox, gc_envelope_new ("task.new", body));
  model->sent_down++;
}

static void
model_step (Model *model)
{
  guint limit = (guint) g_test_rand_int_range (1, 6);
  g_autoptr (GError) error = NULL;

  switch (g_test_rand_int_range (0, 20))
    {
    case 0:
      store_fixture_reopen (model->terminal);
      break;
    case 1:
      g_free (model->stream);
      model->stream = g_uuid_string_random ();
      g_clear_pointer (&model->peer, g_free);
      model_meet (model);
      break;
    case 2:
      g_clear_pointer (&model->peer, g_free);
      model_meet (model);
      break;
    case 3:
    case 4:
      model_meet (model);
      break;
    case 5:
    case 6:
      store_acknowledge (model->terminal->store, model->committed, &error);
      break;
    case 7:
    case 8:
    case 9:
      model_enqueue_down (model);
      break;
    case 10:
    case 11:
    case 12:
      model_send_down (model, limit);
      break;
    case 13:
    case 14:
    case 15:
      model_send_up (model, limit);
      break;
    default:
      {
        g_autofree char *text = g_strdup_printf ("%d", ++model->sent_up);

        store_enqueue (model->terminal->store, "test", text, &error);
      }
    }
  g_assert_no_error (error);
}

static void
test_interleavings (StoreFixture *fixture, gconstpointer data)
{
  Model model = { fixture };
  g_autoptr (GPtrArray) tasks = NULL;

  model.stream = g_uuid_string_random ();
  model.ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  model.received = g_array_new (FALSE, FALSE, sizeof (int));
  model.outbox = g_ptr_array_new_with_free_func ((GDestroyNotify) gc_envelope_free);
  model_meet (&model);
  for (int step = 0; step < 2000; step++)
    model_step (&model);
  model_meet (&model);
  model_send_up (&model, G_MAXINT);
  model_send_down (&model, G_MAXUINT);
  model_meet (&model);

  g_assert_cmpuint (gc_store_get_unsent (fixture->store), ==, 0);
  g_assert_cmpuint (model.outbox->len, ==, 0);
  g_assert_cmpuint (model.received->len, ==, model.sent_up);
  for (guint i = 0; i < model.received->len; i++)
    g_assert_cmpint (g_array_index (model.received, int, i), ==, i + 1);
  tasks = store_list_tasks (fixture->store);
  g_assert_cmpuint (tasks->len, ==, model.sent_down);
  g_hash_table_unref (model.ids);
  g_array_unref (model.received);
  g_ptr_array_unref (model.outbox);
  g_free (model.stream);
  g_free (model.peer);
}

int
main (int argc, char *argv[])
{
  if (argc == 3 && strcmp (argv[1], LIVE_OPTION) == 0)
    return live_until_killed (argv[2]);
  g_test_init (&argc, &argv, NULL);
  ADD ("outbox", test_outbox);
  ADD ("too-long", test_too_long);
  ADD ("once", test_once);
  ADD ("inbox-is-bounded", test_inbox_is_bounded);
  ADD ("stores/start-anew", test_start_anew);
  ADD ("stores/peer-set-back", test_peer_set_back);
  ADD ("stores/own-set-back", test_own_set_back);
  ADD ("killed", test_killed);
  ADD ("interleavings", test_interleavings);
  return g_test_run ();
}
