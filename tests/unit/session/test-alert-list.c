/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - an alert is loud where the worker is inside of its area, as near to it as the position is
 *    inaccurate, or where nobody knows where the worker is
 *  - one for elsewhere is quiet, over a restart too, until the worker comes into its area
 *  - loud ones come first, of these the worst
 *  - what is withdrawn goes, and is said; what was read goes
 */

#include "session/gc-alert-list.h"
#include "store-fixture.h"
#include "test-wait.h"

#include <math.h>

#define ONE "11111111-1111-4111-8111-111111111111"
#define TWO "22222222-2222-4222-8222-222222222222"
#define THREE "33333333-3333-4333-8333-333333333333"

typedef struct
{
  StoreFixture store;
  GcAlertList *list;
  guint arrived;
  guint withdrawn;
} Fixture;

static void
on_arrived (GcAlertList *list, GcAlertItem *item, gpointer user_data)
{
  *(guint *) user_data += 1;
}

static void
on_withdrawn (GcAlertList *list, GcAlertItem *item, const char *why, gpointer user_data)
{
  *(guint *) user_data += 1;
}

static void
open_list (Fixture *fixture)
{
  fixture->list = gc_alert_list_new (fixture->store.store);
  g_signal_connect (fixture->list, "arrived", G_CALLBACK (on_arrived), &fixture->arrived);
  g_signal_connect (fixture->list, "withdrawn", G_CALLBACK (on_withdrawn), &fixture->withdrawn);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  store_fixture_set_up (&fixture->store, NULL);
  open_list (fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->list);
  store_fixture_tear_down (&fixture->store, NULL);
}

static void
receive (Fixture *fixture, const char *id, GcCap *cap)
{
  g_autofree char *body = make_alert_body (id, cap);
  GcStore *store = fixture->store.store;

  g_assert_cmpint (store_receive_text (store, gc_store_get_committed (store) + 1, "alert", body),
                   ==, GC_RECEIPT_APPLIED);
}

static void
receive_new (Fixture *fixture, const char *id, GcCapSeverity severity)
{
  g_autoptr (GcCap) cap = make_alert (id, GC_CAP_ALERT, NULL);

  ((GcCapInfo *) g_ptr_array_index (cap->infos, 0))->severity = severity;
  receive (fixture, id, cap);
}

static void
go_to (Fixture *fixture, double latitude, double accuracy_m)
{
  const GcFix fix = { 121.1, latitude, 1000, accuracy_m, NAN, NAN };

  gc_alert_list_set_fix (fixture->list, &fix);
}

static void
assert_item (Fixture *fixture, guint position, const char *id, gboolean loud)
{
  g_autoptr (GcAlertItem) item = g_list_model_get_item (G_LIST_MODEL (fixture->list), position);

  g_assert_nonnull (item);
  g_assert_cmpstr (gc_alert_item_get_id (item), ==, id);
  g_assert_cmpint (gc_alert_item_get_loud (item), ==, loud);
}

static guint
count (Fixture *fixture)
{
  return g_list_model_get_n_items (G_LIST_MODEL (fixture->list));
}

static void
test_who_is_concerned (Fixture *fixture, gconstpointer data)
{
  receive_new (fixture, ONE, GC_CAP_SEVERITY_SEVERE);
  assert_item (fixture, 0, ONE, TRUE);
  /* 1.1 km north of the circle, then known to two kilometres, then inside. */
  go_to (fixture, 28.828, 10);
  receive_new (fixture, TWO, GC_CAP_SEVERITY_EXTREME);
  assert_item (fixture, 0, ONE, TRUE);
  assert_item (fixture, 1, TWO, FALSE);
  go_to (fixture, 28.828, 2000);
  assert_item (fixture, 0, TWO, TRUE);
  assert_item (fixture, 1, ONE, TRUE);
  g_assert_cmpuint (fixture->arrived, ==, 3);
  /* What was loud once stays so. */
  go_to (fixture, 30, 10);
  assert_item (fixture, 0, TWO, TRUE);
  g_assert_cmpuint (fixture->arrived, ==, 3);
}

static gboolean
has_item (gpointer data)
{
  return count (data) == 1;
}

static void
test_quiet_over_a_restart (Fixture *fixture, gconstpointer data)
{
  go_to (fixture, 30, 10);
  receive_new (fixture, ONE, GC_CAP_SEVERITY_SEVERE);
  assert_item (fixture, 0, ONE, FALSE);
  g_clear_object (&fixture->list);
  store_fixture_reopen (&fixture->store);
  open_list (fixture);
  test_wait_until (has_item, fixture);
  assert_item (fixture, 0, ONE, FALSE);
  go_to (fixture, 28.8, NAN);
  assert_item (fixture, 0, ONE, TRUE);
  g_assert_cmpuint (fixture->arrived, ==, 2);
}

static void
test_ends (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GcCap) update = make_alert ("update", GC_CAP_UPDATE, ONE);
  g_autoptr (GcCap) cancel = make_alert ("cancel", GC_CAP_CANCEL, "update");
  g_autoptr (GError) error = NULL;

  receive_new (fixture, ONE, GC_CAP_SEVERITY_SEVERE);
  receive (fixture, TWO, update);
  g_assert_cmpuint (count (fixture), ==, 1);
  assert_item (fixture, 0, TWO, TRUE);
  g_assert_cmpuint (fixture->withdrawn, ==, 0);
  receive (fixture, THREE, cancel);
  g_assert_cmpuint (count (fixture), ==, 0);
  g_assert_cmpuint (fixture->withdrawn, ==, 1);
  receive_new (fixture, THREE, GC_CAP_SEVERITY_SEVERE);
  g_assert_true (store_read_alert (fixture->store.store, THREE, &error));
  g_assert_cmpuint (count (fixture), ==, 0);
  g_assert_cmpuint (fixture->withdrawn, ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/alert-list/who-is-concerned", Fixture, NULL, set_up, test_who_is_concerned,
              tear_down);
  g_test_add ("/alert-list/quiet-over-a-restart", Fixture, NULL, set_up, test_quiet_over_a_restart,
              tear_down);
  g_test_add ("/alert-list/ends", Fixture, NULL, set_up, test_ends, tear_down);
  return g_test_run ();
}
