/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - an alert is there until the worker has read it, whenever the terminal dies; the center hears
 * of it exactly once, however often it is said
 *  - an update takes the place of what it refers to, a cancel ends it; what has ended does not come
 *    back
 *  - what has expired is not listed; what had expired when it came is, for the clock is wrong
 *  - a body that does not fit has no effect
 *  - a terminal that leaves its center keeps none of its alerts
 */

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "store-fixture.h"

#define ONE "11111111-1111-4111-8111-111111111111"
#define TWO "22222222-2222-4222-8222-222222222222"
#define THREE "33333333-3333-4333-8333-333333333333"

static GcReceipt
receive_cap (StoreFixture *fixture, const char *id, GcCap *cap)
{
  g_autofree char *body = make_alert_body (id, cap);

  return store_receive_text (fixture->store, gc_store_get_committed (fixture->store) + 1, "alert",
                             body);
}

static GcReceipt
receive (StoreFixture *fixture,
         const char *id,
         const char *identifier,
         GcCapType type,
         const char *refers_to)
{
  g_autoptr (GcCap) cap = make_alert (identifier, type, refers_to);

  return receive_cap (fixture, id, cap);
}

/* The ids of those that are listed, by their first letter. */
static void
assert_listed (StoreFixture *fixture, const char *letters)
{
  g_autoptr (GPtrArray) alerts = store_list_alerts (fixture->store);
  g_autoptr (GString) found = g_string_new (NULL);

  for (guint i = 0; i < alerts->len; i++)
    g_string_append_c (found, ((GcAlert *) g_ptr_array_index (alerts, i))->id[0]);
  g_assert_cmpstr (found->str, ==, letters);
}

static void
test_until_read (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) outbox = NULL;
  const GcEnvelope *envelope;

  g_assert_cmpint (receive (fixture, ONE, "a", GC_CAP_ALERT, NULL), ==, GC_RECEIPT_APPLIED);
  assert_listed (fixture, "1");
  store_fixture_reopen (fixture);
  assert_listed (fixture, "1");
  g_assert_true (store_read_alert (fixture->store, ONE, &error));
  g_assert_true (store_read_alert (fixture->store, ONE, &error));
  g_assert_true (store_read_alert (fixture->store, TWO, &error));
  g_assert_no_error (error);
  assert_listed (fixture, "");
  store_fixture_reopen (fixture);
  assert_listed (fixture, "");
  outbox = store_read_outbox (fixture->store, 0, 10);
  g_assert_cmpuint (outbox->len, ==, 1);
  envelope = g_ptr_array_index (outbox, 0);
  g_assert_cmpstr (envelope->type, ==, "alert.read");
  g_assert_cmpstr (json_object_get_string_member (envelope->body, "alert"), ==, ONE);
}

static void
test_ends (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (receive (fixture, ONE, "a", GC_CAP_ALERT, NULL), ==, GC_RECEIPT_APPLIED);
  g_assert_cmpint (receive (fixture, TWO, "b", GC_CAP_UPDATE, "a"), ==, GC_RECEIPT_APPLIED);
  assert_listed (fixture, "2");
  g_assert_cmpint (receive (fixture, THREE, "c", GC_CAP_CANCEL, "b"), ==, GC_RECEIPT_APPLIED);
  assert_listed (fixture, "");
  /* After starting anew everything may come once more. */
  g_assert_cmpint (receive (fixture, ONE, "a", GC_CAP_ALERT, NULL), ==, GC_RECEIPT_IGNORED);
  g_assert_cmpint (receive (fixture, TWO, "b", GC_CAP_UPDATE, "a"), ==, GC_RECEIPT_IGNORED);
  g_assert_cmpint (receive (fixture, THREE, "c", GC_CAP_CANCEL, "b"), ==, GC_RECEIPT_IGNORED);
  assert_listed (fixture, "");
  /* Nobody has read what was taken back. */
  g_assert_true (store_read_alert (fixture->store, TWO, &error));
  g_assert_cmpuint (gc_store_get_unsent (fixture->store), ==, 0);
}

static void
test_expiry (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GcCap) old = make_alert ("a", GC_CAP_ALERT, NULL);
  g_autoptr (GPtrArray) alerts = NULL;
  g_autofree char *changed = NULL;

  ((GcCapInfo *) g_ptr_array_index (old->infos, 0))->expires_ms = 2000;
  g_assert_cmpint (receive_cap (fixture, ONE, old), ==, GC_RECEIPT_APPLIED);
  alerts = store_list_alerts (fixture->store);
  g_assert_cmpuint (alerts->len, ==, 1);
  g_assert_cmpint (((GcAlert *) g_ptr_array_index (alerts, 0))->expires_ms, ==, 0);
  g_assert_cmpint (receive (fixture, TWO, "b", GC_CAP_ALERT, NULL), ==, GC_RECEIPT_APPLIED);
  /* Its time comes. */
  changed = store_query (fixture->path,
                         "UPDATE alert SET expires_ms = 1 WHERE id = '" TWO "' RETURNING 1");
  assert_listed (fixture, "1");
}

static void
test_misfits (StoreFixture *fixture, gconstpointer data)
{
  static const char *const BODIES[] = {
    "{}",
    "{\"id\": \"" ONE "\"}",
    "{\"id\": \"" ONE "\", \"cap\": \"<alert/>\"}",
    "{\"id\": \"" ONE "\", \"cap\": 7}",
  };
  g_autoptr (GcCap) test = make_alert ("a", GC_CAP_ALERT, NULL);
  g_autoptr (GcCap) good = make_alert ("b", GC_CAP_ALERT, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (BODIES); i++)
    g_assert_cmpint (store_receive_text (fixture->store, (gint64) i + 1, "alert", BODIES[i]), ==,
                     GC_RECEIPT_IGNORED);
  test->status = GC_CAP_TEST;
  g_assert_cmpint (receive_cap (fixture, ONE, test), ==, GC_RECEIPT_IGNORED);
  g_assert_cmpint (receive_cap (fixture, "one", good), ==, GC_RECEIPT_IGNORED);
  assert_listed (fixture, "");
}

static void
on_changed (GcStore *store, const GcAlert *alert, gboolean is_new, gpointer user_data)
{
  *(int *) user_data = (int) alert->state;
}

static void
test_forgotten (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  int state = -1;

  receive (fixture, ONE, "a", GC_CAP_ALERT, NULL);
  g_signal_connect (fixture->store, "alert-changed", G_CALLBACK (on_changed), &state);
  g_assert_cmpint (store_forget_center (fixture->store, &error), ==, 0);
  g_assert_cmpint (state, ==, GC_ALERT_GONE);
  assert_listed (fixture, "");
}

#define ADD(name, func)                                                                            \
  g_test_add ("/store/alerts/" name, StoreFixture, NULL, store_fixture_set_up, func,               \
              store_fixture_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("until-read", test_until_read);
  ADD ("ends", test_ends);
  ADD ("expiry", test_expiry);
  ADD ("misfits", test_misfits);
  ADD ("forgotten", test_forgotten);
  return g_test_run ();
}
