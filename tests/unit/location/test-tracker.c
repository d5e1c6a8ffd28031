/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - what is told of one fix in two steps is passed on once, with all that was told
 *  - a jump that nobody can make is dropped, until further fixes agree with it
 *  - impossible speeds, places and accuracies are not passed on, true ones are
 *  - a receiver that falls silent is noticed, and one that comes back too
 *  - a source's failure is passed on once, and it may recover; off, nothing is passed on
 */

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "location/gc-tracker.h"
#include "test-wait.h"

#include <math.h>

#define DEADLINE_MS 20000
#define LON 120.9712
#define LAT 28.9041
#define METRE (1 / 111195.0)

/* A source that says what the test says. */
#define TEST_TYPE_SOURCE (test_source_get_type ())
G_DECLARE_FINAL_TYPE (TestSource, test_source, TEST, SOURCE, GObject)

struct _TestSource
{
  GObject parent_instance;
  gboolean started;
};

static void
start (GcLocationSource *source)
{
  TEST_SOURCE (source)->started = TRUE;
}

static void
stop (GcLocationSource *source)
{
  TEST_SOURCE (source)->started = FALSE;
}

static void
location_source_init (GcLocationSourceInterface *iface)
{
  iface->start = start;
  iface->stop = stop;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (TestSource,
                               test_source,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (GC_TYPE_LOCATION_SOURCE,
                                                      location_source_init))

static void
test_source_class_init (TestSourceClass *klass)
{
}

static void
test_source_init (TestSource *self)
{
}

typedef struct
{
  TestSource *source;
  GcTracker *tracker;
  GArray *fixes;
  guint failures;
} Fixture;

static void
on_fix (GcLocationSource *source, const GcFix *fix, gpointer user_data)
{
  g_array_append_val (((Fixture *) user_data)->fixes, *fix);
}

static void
on_failed (GcLocationSource *source, const GError *error, gpointer user_data)
{
  g_assert_error (error, GC_ERROR, GC_ERROR_REFUSED);
  ((Fixture *) user_data)->failures++;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->source = g_object_new (TEST_TYPE_SOURCE, NULL);
  fixture->tracker = gc_tracker_new (GC_LOCATION_SOURCE (fixture->source));
  fixture->fixes = g_array_new (FALSE, FALSE, sizeof (GcFix));
  g_signal_connect (fixture->tracker, "fix", G_CALLBACK (on_fix), fixture);
  g_signal_connect (fixture->tracker, "failed", G_CALLBACK (on_failed), fixture);
  gc_location_source_start (GC_LOCATION_SOURCE (fixture->tracker));
  g_assert_true (fixture->source->started);
  g_assert_cmpint (gc_tracker_get_state (fixture->tracker), ==, GC_TRACKER_SEARCHING);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_object_unref (fixture->tracker);
  g_assert_false (fixture->source->started);
  g_object_unref (fixture->source);
  g_array_unref (fixture->fixes);
}

static void
wait_for_state (Fixture *fixture, GcTrackerState state)
{
  gint64 until = gc_clock_monotonic_ms () + DEADLINE_MS;

  while (gc_tracker_get_state (fixture->tracker) != state)
    {
      g_assert_cmpint (gc_clock_monotonic_ms (), <, until);
      test_iterate (5);
    }
}

static void
say (Fixture *fixture, GcFix fix)
{
  gc_location_source_emit_fix (GC_LOCATION_SOURCE (fixture->source), &fix);
}

static GcFix
at (double east_m, double north_m)
{
  return (GcFix) { .longitude = LON + east_m * METRE,
                   .latitude = LAT + north_m * METRE,
                   .time_ms = 1,
                   .accuracy_m = 5,
                   .speed_mps = NAN,
                   .bearing_deg = NAN };
}

/* Long enough for the tracker to have judged, whatever else this machine does. */
static void
settle (Fixture *fixture)
{
  test_iterate (400);
}

static const GcFix *
last (Fixture *fixture)
{
  return &g_array_index (fixture->fixes, GcFix, fixture->fixes->len - 1);
}

static void
test_one_moment (Fixture *fixture, gconstpointer data)
{
  GcFix where = at (0, 0);
  GcFix how_fast = at (0, 0);

  how_fast.accuracy_m = NAN;
  how_fast.speed_mps = 1.4;
  how_fast.bearing_deg = 90;
  say (fixture, where);
  say (fixture, how_fast);
  settle (fixture);
  g_assert_cmpuint (fixture->fixes->len, ==, 1);
  g_assert_cmpfloat (last (fixture)->accuracy_m, ==, 5);
  g_assert_cmpfloat (last (fixture)->speed_mps, ==, 1.4);
  g_assert_cmpfloat (last (fixture)->bearing_deg, ==, 90);
  g_assert_cmpint (gc_tracker_get_state (fixture->tracker), ==, GC_TRACKER_TRACKING);
  g_assert_cmpfloat (gc_tracker_get_fix (fixture->tracker)->speed_mps, ==, 1.4);
}

static void
test_teleport (Fixture *fixture, gconstpointer data)
{
  say (fixture, at (0, 0));
  settle (fixture);
  say (fixture, at (50000, 0));
  settle (fixture);
  g_assert_cmpuint (fixture->fixes->len, ==, 1);
  say (fixture, at (3, 0));
  settle (fixture);
  g_assert_cmpuint (fixture->fixes->len, ==, 2);
  /* Now the receiver insists: it was wrong before. */
  for (int i = 0; i < 3; i++)
    {
      g_assert_cmpuint (fixture->fixes->len, ==, 2);
      say (fixture, at (50000 + i, 0));
      settle (fixture);
    }
  g_assert_cmpuint (fixture->fixes->len, ==, 3);
  g_assert_cmpfloat_with_epsilon (last (fixture)->longitude, LON + 50002 * METRE, 1e-9);
}

static void
test_wild_jumps (Fixture *fixture, gconstpointer data)
{
  say (fixture, at (0, 0));
  settle (fixture);
  for (int i = 0; i < 5; i++)
    {
      say (fixture, at (i % 2 == 0 ? 80000 : -80000, 30000 * i));
      settle (fixture);
    }
  g_assert_cmpuint (fixture->fixes->len, ==, 1);
}

static void
test_values (Fixture *fixture, gconstpointer data)
{
  GcFix fix = at (0, 0);

  fix.accuracy_m = -1;
  fix.speed_mps = 300;
  fix.bearing_deg = 400;
  say (fixture, fix);
  settle (fixture);
  g_assert_cmpuint (fixture->fixes->len, ==, 1);
  g_assert_true (isnan (last (fixture)->accuracy_m));
  g_assert_true (isnan (last (fixture)->speed_mps));
  g_assert_true (isnan (last (fixture)->bearing_deg));
  /* Not moved, and yet at 60 m/s. */
  fix.speed_mps = 60;
  say (fixture, fix);
  settle (fixture);
  g_assert_true (isnan (last (fixture)->speed_mps));
  fix.speed_mps = 0;
  fix.bearing_deg = 0;
  fix.accuracy_m = 0.5;
  say (fixture, fix);
  settle (fixture);
  g_assert_cmpfloat (last (fixture)->speed_mps, ==, 0);
  g_assert_cmpfloat (last (fixture)->bearing_deg, ==, 0);
  g_assert_cmpfloat (last (fixture)->accuracy_m, ==, 0.5);
}

static void
test_nowhere (Fixture *fixture, gconstpointer data)
{
  const double places[][2]
      = { { 0, 0 }, { NAN, 0 }, { 0, NAN }, { 181, 0 }, { 0, -91 }, { INFINITY, 1 } };

  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    say (fixture, (GcFix) { .longitude = places[i][0], .latitude = places[i][1] });
  settle (fixture);
  g_assert_cmpuint (fixture->fixes->len, ==, 0);
  g_assert_cmpint (gc_tracker_get_state (fixture->tracker), ==, GC_TRACKER_SEARCHING);
  g_assert_null (gc_tracker_get_fix (fixture->tracker));
}

static void
test_silence (Fixture *fixture, gconstpointer data)
{
  gc_location_source_stop (GC_LOCATION_SOURCE (fixture->tracker));
  gc_tracker_set_lost_after_ms (fixture->tracker, 1500);
  gc_location_source_start (GC_LOCATION_SOURCE (fixture->tracker));
  say (fixture, at (0, 0));
  wait_for_state (fixture, GC_TRACKER_TRACKING);
  wait_for_state (fixture, GC_TRACKER_LOST);
  g_assert_nonnull (gc_tracker_get_fix (fixture->tracker));
  say (fixture, at (1, 0));
  wait_for_state (fixture, GC_TRACKER_TRACKING);
  wait_for_state (fixture, GC_TRACKER_LOST);
  g_assert_cmpuint (fixture->fixes->len, ==, 2);
}

static void
fail_source (Fixture *fixture)
{
  g_autoptr (GError) error = g_error_new_literal (GC_ERROR, GC_ERROR_REFUSED, "no");

  gc_location_source_emit_failed (GC_LOCATION_SOURCE (fixture->source), error);
}

static void
test_failure (Fixture *fixture, gconstpointer data)
{
  fail_source (fixture);
  fail_source (fixture);
  g_assert_cmpuint (fixture->failures, ==, 1);
  g_assert_cmpint (gc_tracker_get_state (fixture->tracker), ==, GC_TRACKER_FAILED);
  say (fixture, at (0, 0));
  wait_for_state (fixture, GC_TRACKER_TRACKING);
  fail_source (fixture);
  g_assert_cmpint (gc_tracker_get_state (fixture->tracker), ==, GC_TRACKER_FAILED);
  g_assert_cmpuint (fixture->failures, ==, 2);
}

static void
test_off (Fixture *fixture, gconstpointer data)
{
  say (fixture, at (0, 0));
  gc_location_source_stop (GC_LOCATION_SOURCE (fixture->tracker));
  g_assert_false (fixture->source->started);
  say (fixture, at (0, 0));
  fail_source (fixture);
  settle (fixture);
  g_assert_cmpuint (fixture->fixes->len, ==, 0);
  g_assert_cmpuint (fixture->failures, ==, 0);
  g_assert_cmpint (gc_tracker_get_state (fixture->tracker), ==, GC_TRACKER_OFF);
  /* A new shift owes nothing to the place of the old one. */
  gc_location_source_start (GC_LOCATION_SOURCE (fixture->tracker));
  say (fixture, at (90000, 0));
  wait_for_state (fixture, GC_TRACKER_TRACKING);
  g_assert_cmpuint (fixture->fixes->len, ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func)                                                                            \
  g_test_add ("/location/tracker/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("one-fix-a-moment", test_one_moment);
  ADD ("no-teleports", test_teleport);
  ADD ("wild-jumps-convince-nobody", test_wild_jumps);
  ADD ("impossible-values-are-unknown", test_values);
  ADD ("nowhere-is-no-place", test_nowhere);
  ADD ("silence-is-noticed", test_silence);
  ADD ("failure-and-recovery", test_failure);
  ADD ("off-is-off", test_off);
  return g_test_run ();
}
