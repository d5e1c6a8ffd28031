/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - what was pressed is on disk, and urgent; a second press is the same SOS
 *  - it is received when the center says so, by whichever way
 *  - the center's answers are kept, in whichever order they come, and each takes effect once
 *  - a false alarm is taken back once, and an answer that crosses it has no effect
 *  - what is urgent is read ahead of what waits, and keeps its place in the stream
 *  - an SOS that was confirmed to the worker is there after a kill at any moment
 *  - forgetting the center forgets the SOS; an old one that is over goes, an open one stays
 */

#include "base/gc-error.h"
#include "store-fixture.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#define PRESS_OPTION "--press"
#define STATE(id, state, by)                                                                       \
  "{\"sos\": \"%s\", \"state\": \"" state "\", \"by\": \"" by "\","                                \
  " \"at\": \"2026-11-24T02:33:00Z\"}",                                                            \
      id

#define ADD(name, func)                                                                            \
  g_test_add ("/store/sos/" name, StoreFixture, NULL, store_fixture_set_up, func,                  \
              store_fixture_tear_down)

static GcSos *
press (GcStore *store)
{
  const GcFix fix = { 121.5, 31.2, 1000, 5, NAN, NAN };
  g_autoptr (GError) error = NULL;
  GcSos *sos = store_press_sos (store, &fix, 42, &error);

  g_assert_no_error (error);
  return sos;
}

static GcReceipt
answer (GcStore *store, gint64 seq, char *body)
{
  g_autofree char *text = body;

  return store_receive_text (store, seq, GC_MSG_SOS_STATE, text);
}

static void
test_pressed (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GcSos) sos = press (fixture->store);
  g_autoptr (GcSos) again = press (fixture->store);
  g_autoptr (GPtrArray) outbox = NULL;
  const GcSos *kept;

  store_fixture_reopen (fixture);
  kept = gc_store_get_sos (fixture->store);
  outbox = store_read_outbox (fixture->store, 0, 10);
  g_assert_cmpstr (again->id, ==, sos->id);
  g_assert_cmpstr (kept->id, ==, sos->id);
  g_assert_cmpint (kept->pressed_ms, ==, sos->pressed_ms);
  g_assert_cmpfloat (kept->fix->longitude, ==, 121.5);
  g_assert_cmpint (kept->battery_percent, ==, 42);
  g_assert_cmpint (kept->received_ms, ==, 0);
  g_assert_cmpuint (outbox->len, ==, 1);
  g_assert_cmpint (gc_store_get_last_urgent_seq (fixture->store), ==, 1);
}

static void
test_acknowledged (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  store_enqueue (fixture->store, "test", "a", &error);
  gc_sos_free (press (fixture->store));
  g_assert_true (store_acknowledge (fixture->store, 1, &error));
  g_assert_cmpint (gc_store_get_sos (fixture->store)->received_ms, ==, 0);
  g_assert_true (store_acknowledge (fixture->store, 2, &error));
  g_assert_cmpint (gc_store_get_sos (fixture->store)->received_ms, >, 0);
  g_assert_cmpint (gc_store_get_last_urgent_seq (fixture->store), ==, 0);
}

static void
on_changed (GcStore *store, gpointer user_data)
{
  (*(guint *) user_data)++;
}

static void
test_confirmed (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GcSos) sos = press (fixture->store);
  g_autoptr (GPtrArray) urgent = store_read_urgent (fixture->store, 0);
  const GcEnvelope *envelope = g_ptr_array_index (urgent, 0);
  guint changes = 0;

  g_signal_connect (fixture->store, "sos-changed", G_CALLBACK (on_changed), &changes);
  store_confirm (fixture->store, "55555555-5555-4555-8555-555555555555");
  g_assert_cmpint (gc_store_get_sos (fixture->store)->received_ms, ==, 0);
  store_confirm (fixture->store, envelope->id);
  store_confirm (fixture->store, envelope->id);
  g_assert_cmpuint (changes, ==, 1);
  g_assert_cmpint (gc_store_get_sos (fixture->store)->received_ms, >, 0);
  /* Its place in the stream is still to be acknowledged. */
  g_assert_cmpuint (gc_store_get_unsent (fixture->store), ==, 1);
}

static void
test_answered (StoreFixture *fixture, gconstpointer data)
{
  GcStore *store = fixture->store;
  g_autoptr (GcSos) sos = press (store);
  g_autoptr (JsonObject) body = NULL;
  g_autoptr (GcEnvelope) seen = NULL;
  g_autofree char *text = g_strdup_printf (STATE (sos->id, "seen", "王芳"));

  body = parse_object (text);
  seen = gc_envelope_new (GC_MSG_SOS_STATE, body);
  g_assert_cmpint (store_receive (store, seen), ==, GC_RECEIPT_APPLIED);
  g_assert_cmpint (store_receive (store, seen), ==, GC_RECEIPT_DUPLICATE);
  g_assert_cmpint (gc_store_get_committed (store), ==, 0);
  seen->seq = 1;
  g_assert_cmpint (store_receive (store, seen), ==, GC_RECEIPT_IGNORED);
  store_fixture_reopen (fixture);
  store = fixture->store;
  g_assert_cmpint (gc_store_get_sos (store)->state, ==, GC_SOS_SEEN);
  g_assert_cmpstr (gc_store_get_sos (store)->seen_by, ==, "王芳");
  g_assert_cmpint (gc_store_get_sos (store)->received_ms, >, 0);
  g_assert_cmpint (answer (store, 2, g_strdup_printf (STATE (sos->id, "ended", "w"))), ==,
                   GC_RECEIPT_APPLIED);
  g_assert_cmpint (answer (store, 3, g_strdup_printf (STATE (sos->id, "seen", "other"))), ==,
                   GC_RECEIPT_IGNORED);
  g_assert_cmpint (gc_store_get_sos (store)->state, ==, GC_SOS_ENDED);
  g_assert_cmpstr (gc_store_get_sos (store)->seen_by, ==, "王芳");
  g_assert_cmpint (
      answer (store, 4,
              g_strdup_printf (STATE ("55555555-5555-4555-8555-555555555555", "seen", "w"))),
      ==, GC_RECEIPT_IGNORED);
}

static void
test_withdrawn (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GcSos) sos = press (fixture->store);
  g_autoptr (GcSos) next = NULL;
  g_autoptr (GPtrArray) urgent = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (store_withdraw_sos (fixture->store, sos->id, &error));
  g_assert_false (store_withdraw_sos (fixture->store, sos->id, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_CONFLICT);
  g_assert_cmpint (answer (fixture->store, 1, g_strdup_printf (STATE (sos->id, "seen", "w"))), ==,
                   GC_RECEIPT_IGNORED);
  g_assert_cmpint (gc_store_get_sos (fixture->store)->state, ==, GC_SOS_WITHDRAWN);
  urgent = store_read_urgent (fixture->store, 0);
  g_assert_cmpuint (urgent->len, ==, 2);
  g_assert_cmpstr (((GcEnvelope *) g_ptr_array_index (urgent, 1))->type, ==, GC_MSG_SOS_WITHDRAW);
  /* After that another may be pressed. */
  next = press (fixture->store);
  g_assert_cmpstr (next->id, !=, sos->id);
  g_assert_cmpint (gc_store_get_sos (fixture->store)->state, ==, GC_SOS_OPEN);
}

static void
test_overtakes (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) urgent = NULL;
  g_autoptr (GPtrArray) rest = NULL;

  for (int i = 0; i < 20; i++)
    store_enqueue (fixture->store, "test", "x", &error);
  gc_sos_free (press (fixture->store));
  urgent = store_read_urgent (fixture->store, 0);
  g_assert_cmpuint (urgent->len, ==, 1);
  g_assert_cmpint (((GcEnvelope *) g_ptr_array_index (urgent, 0))->seq, ==, 21);
  rest = store_read_urgent (fixture->store, 21);
  g_assert_cmpuint (rest->len, ==, 0);
}

/* What another process does until it is killed: it says which SOS it was told is pressed. */
static int
press_until_killed (const char *path)
{
  g_autoptr (GcStore) store = store_open (path, NULL);

  for (;;)
    {
      g_autoptr (GcSos) sos = press (store);

      if (write (STDOUT_FILENO, sos->id, strlen (sos->id)) < 0
          || !store_withdraw_sos (store, sos->id, NULL))
        return 1;
    }
}

static void
test_killed (StoreFixture *fixture, gconstpointer data)
{
  g_clear_pointer (&fixture->store, store_close);
  for (guint round = 0; round < 8; round++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GSubprocess) process
          = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, "/proc/self/exe",
                              PRESS_OPTION, fixture->path, NULL);
      char id[37] = "";
      gsize length;
      g_autofree char *sql = NULL;

      g_assert_no_error (error);
      g_input_stream_read_all (g_subprocess_get_stdout_pipe (process), id, 36, &length, NULL,
                               &error);
      g_assert_no_error (error);
      g_assert_cmpuint (length, ==, 36);
      g_usleep ((gulong) g_test_rand_int_range (0, 2000));
      g_subprocess_force_exit (process);
      g_subprocess_wait (process, NULL, NULL);
      sql = g_strdup_printf ("SELECT (SELECT count (*) FROM sos WHERE id = '%s') * (SELECT count"
                             " (*) FROM outbox WHERE urgent AND type = 'sos' AND body ->> '$.sos'"
                             " = '%s')",
                             id, id);
      g_assert_cmpint (store_count (fixture->path, sql), ==, 1);
      g_assert_cmpint (store_count (fixture->path, "SELECT (SELECT count (*) FROM sos) = (SELECT"
                                                   " count (*) FROM outbox WHERE type = 'sos')"),
                       ==, 1);
    }
}

static void
test_forgotten (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  gc_sos_free (press (fixture->store));
  g_assert_cmpint (store_forget_center (fixture->store, &error), ==, 1);
  g_assert_null (gc_store_get_sos (fixture->store));
  store_fixture_reopen (fixture);
  g_assert_null (gc_store_get_sos (fixture->store));
  g_assert_cmpint (gc_store_get_last_urgent_seq (fixture->store), ==, 0);
}

static void
test_old (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GcSos) sos = press (fixture->store);
  g_autoptr (GError) error = NULL;

  g_assert_true (store_withdraw_sos (fixture->store, sos->id, &error));
  gc_sos_free (press (fixture->store));
  g_assert_true (store_acknowledge (fixture->store, 3, &error));
  g_clear_pointer (&fixture->store, store_close);
  store_count (fixture->path, "UPDATE sos SET pressed_ms = 1, ended_ms = min (ended_ms, 1)"
                              " RETURNING 1");
  fixture->store = store_open (fixture->path, &error);
  g_assert_no_error (error);
  g_assert_cmpint (gc_store_get_sos (fixture->store)->state, ==, GC_SOS_OPEN);
  g_clear_pointer (&fixture->store, store_close);
  g_assert_cmpint (store_count (fixture->path, "SELECT count (*) FROM sos"), ==, 1);
}

int
main (int argc, char *argv[])
{
  if (argc == 3 && strcmp (argv[1], PRESS_OPTION) == 0)
    return press_until_killed (argv[2]);
  g_test_init (&argc, &argv, NULL);
  ADD ("pressed", test_pressed);
  ADD ("acknowledged", test_acknowledged);
  ADD ("confirmed", test_confirmed);
  ADD ("answered", test_answered);
  ADD ("withdrawn", test_withdrawn);
  ADD ("overtakes", test_overtakes);
  ADD ("killed", test_killed);
  ADD ("forgotten", test_forgotten);
  ADD ("old", test_old);
  return g_test_run ();
}
