/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises of the congestion control, most of them on a simulated path:
 *  - a steady link is filled within 3 s, and little waits in front of it
 *  - when the link gets thin, pictures are soon current again, and when it widens it is used again
 *  - in an outage nothing is granted, however long it lasts; a fresh small picture follows soon
 * after
 *  - one feedback is enough to see that the link got thin
 *  - however thin or changeable the link, pictures go on
 *  - 20 % loss costs sharpness, not motion; two senders on one link both live
 *  - feedback may be missing, late, twice, of a clock that was set, or lie: the picture comes back
 *  - what feedback says of packets never sent, or sent later than now, changes nothing
 *  - sequence numbers may wrap around and leave gaps; what is in flight is counted exactly
 *  - sound alone, and a picture that came to nothing, keep no later picture out; until the path is
 *    known, one goes at a time
 *  - when time stands still, no more is granted than the path can hold; no grant is above the limit
 */

#include "path-simulation.h"

#define RATE_BPS 2000000
#define LINK "delay=20,queue=300000,seed=1"
#define LINK_2M LINK ",rate=2000000"
#define BACK "delay=20,rate=50000000,seed=2"
#define INTERVAL_US 33333
#define NOW_US G_GINT64_CONSTANT (7000000000)

static PathSimulation *
simulate (const char *up, const char *down)
{
  g_autoptr (GError) error = NULL;
  PathSimulation *simulation = path_simulation_new (up, down, 1, &error);

  g_assert_no_error (error);
  return simulation;
}

static PathFigures
run_from_to (PathSimulation *simulation, guint from_ms, guint to_ms)
{
  PathFigures figures;

  path_simulation_run (simulation, from_ms);
  path_simulation_take_figures (simulation, 0, &figures);
  path_simulation_run (simulation, to_ms);
  path_simulation_take_figures (simulation, 0, &figures);
  g_test_message (
      "%u to %u ms: %" G_GSIZE_FORMAT " bit/s, %u granted, %u shown, oldest %" G_GINT64_FORMAT
      " ms, queue %" G_GSIZE_FORMAT " bytes",
      from_ms, to_ms, figures.shown_bytes * 8 * 1000 / (to_ms - from_ms), figures.n_granted,
      figures.n_shown, figures.most_age_us / 1000, figures.most_queued);
  return figures;
}

static double
get_share (const PathFigures *figures, guint ms)
{
  return (double) figures->shown_bytes * 8 * 1000 / ms / RATE_BPS;
}

static void
assert_filled (PathSimulation *simulation, guint from_ms, double share)
{
  PathFigures figures = run_from_to (simulation, from_ms, from_ms + 10000);

  g_assert_cmpfloat (get_share (&figures, 10000), >=, share);
}

/* --- links --- */

static void
test_fills (void)
{
  g_autoptr (PathSimulation) simulation = simulate (LINK_2M, BACK);
  PathFigures figures = run_from_to (simulation, 3000, 13000);

  g_assert_cmpfloat (get_share (&figures, 10000), >=, 0.75);
  /* A quarter of a second. */
  g_assert_cmpuint (figures.most_queued, <=, RATE_BPS / 8 / 4);
  g_assert_cmpint (figures.most_age_us, <, 300000);
  g_assert_cmpint (path_simulation_get_state (simulation, 0), ==, GC_CONGESTION_FLOWING);
}

static void
test_step (void)
{
  g_autoptr (PathSimulation) simulation
      = simulate (LINK ",steps=0:3000000/10000:400000/20000:3000000", BACK);
  PathFigures figures = run_from_to (simulation, 11500, 20000);

  g_assert_cmpint (figures.most_age_us, <, 500000);
  g_assert_cmpuint (figures.shown_bytes * 8, >, 400000 * 8.5 * 0.1);
  g_assert_cmpuint (figures.most_queued, <, 400000 / 8 / 2);
  figures = run_from_to (simulation, 23000, 33000);
  g_assert_cmpuint (figures.shown_bytes * 8, >, 3000000 * 10 * 0.7);
}

static void
test_outage (void)
{
  g_autoptr (PathSimulation) simulation
      = simulate (LINK_2M ",outage=10000-20000", BACK ",outage=10000-20000");
  PathFigures figures = run_from_to (simulation, 10500, 20000);

  g_assert_cmpuint (figures.n_granted, ==, 0);
  g_assert_cmpint (path_simulation_get_state (simulation, 0), ==, GC_CONGESTION_STALLED);
  /* What is shown first has waited on the way; then comes what was taken since. */
  for (guint at_ms = 20000; figures.n_shown == 0 || figures.most_age_us > 500000; at_ms += 5)
    figures = run_from_to (simulation, at_ms, at_ms + 5);
  g_assert_cmpuint (figures.shown_bytes / figures.n_shown, <=, RATE_BPS / 8 / 30);
  figures = run_from_to (simulation, 20500, 21500);
  g_assert_cmpint (figures.most_age_us, <, 500000);
}

static void
test_long_outage (void)
{
  g_autoptr (PathSimulation) simulation
      = simulate (LINK_2M ",outage=5000-905000", BACK ",outage=5000-905000");
  PathFigures figures = run_from_to (simulation, 6000, 905000);

  g_assert_cmpuint (figures.n_granted, ==, 0);
  g_assert_cmpint (path_simulation_get_state (simulation, 0), ==, GC_CONGESTION_STALLED);
  figures = run_from_to (simulation, 907000, 908000);
  g_assert_cmpint (figures.most_age_us, <, 500000);
  assert_filled (simulation, 910000, 0.7);
}

static void
test_thin (void)
{
  g_autoptr (PathSimulation) simulation = simulate (LINK ",rate=50000", BACK);

  for (guint at_ms = 5000; at_ms < 60000; at_ms += 5000)
    g_assert_cmpuint (run_from_to (simulation, at_ms, at_ms + 5000).n_shown, >, 0);
}

/* A link like a moving car's: a rate for a moment, then any other, or nothing. */
static char *
make_changeable (guint32 seed, guint until_ms, guint last_bps)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  GString *spec = g_string_new (LINK ",steps=0:1000000");

  for (guint at_ms = 1000; at_ms < until_ms; at_ms += (guint) g_rand_int_range (rand, 20, 1500))
    g_string_append_printf (
        spec, "/%u:%d", at_ms,
        g_rand_int_range (rand, 0, 4) == 0 ? 0 : 1 << g_rand_int_range (rand, 14, 23));
  g_string_append_printf (spec, "/%u:%u", until_ms, last_bps);
  return g_string_free_and_steal (spec);
}

static void
test_changeable (void)
{
  for (guint32 seed = 1; seed <= 10; seed++)
    {
      g_autofree char *spec = make_changeable (seed, 20000, 1000000);
      g_autoptr (PathSimulation) simulation = simulate (spec, BACK);
      PathFigures figures;

      g_test_message ("%s", spec);
      g_assert_cmpuint (run_from_to (simulation, 0, 20000).n_shown, >, 0);
      figures = run_from_to (simulation, 25000, 30000);
      g_assert_cmpint (figures.most_age_us, <, G_USEC_PER_SEC);
      g_assert_cmpuint (figures.shown_bytes * 8, >, 1000000 * 5 / 2);
    }
}

static void
test_lossy (void)
{
  g_autoptr (PathSimulation) simulation = simulate (LINK_2M ",loss=0.2", BACK);
  PathFigures figures = run_from_to (simulation, 3000, 23000);

  g_assert_cmpuint (figures.n_shown, >, 20 * 10);
  g_assert_cmpint (figures.most_age_us, <, 2 * G_USEC_PER_SEC);
}

static void
test_shared (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PathSimulation) simulation = path_simulation_new (LINK_2M, BACK, 2, &error);
  PathFigures first;
  PathFigures second;

  g_assert_no_error (error);
  path_simulation_run (simulation, 5000);
  path_simulation_take_figures (simulation, 1, &second);
  first = run_from_to (simulation, 5000, 35000);
  path_simulation_take_figures (simulation, 1, &second);
  g_assert_cmpfloat (get_share (&first, 30000), >, 0.15);
  g_assert_cmpfloat (get_share (&second, 30000), >, 0.15);
}

/* --- feedback --- */

#define BAD_FROM_US G_GINT64_CONSTANT (5000000)
#define BAD_TO_US G_GINT64_CONSTANT (10000000)

typedef struct
{
  GRand *rand;
  gint64 clock_us;
} Liar;

static void
lose_half (GArray *arrivals, gint64 now_us, gpointer user_data)
{
  Liar *liar = user_data;

  if (g_rand_boolean (liar->rand))
    g_array_set_size (arrivals, 0);
}

static void
lose_all (GArray *arrivals, gint64 now_us, gpointer user_data)
{
  if (now_us >= BAD_FROM_US && now_us < BAD_TO_US)
    g_array_set_size (arrivals, 0);
}

static void
set_clock (GArray *arrivals, gint64 now_us, gpointer user_data)
{
  Liar *liar = user_data;

  for (guint i = 0; now_us >= BAD_FROM_US && i < arrivals->len; i++)
    {
      GcArrival *arrival = &g_array_index (arrivals, GcArrival, i);

      if (arrival->received_us != GC_CONGESTION_LOST)
        arrival->received_us += liar->clock_us;
    }
}

static void
tell_of_others (GArray *arrivals, gint64 now_us, gpointer user_data)
{
  guint n_arrivals = arrivals->len;

  for (guint i = 0; i < n_arrivals; i++)
    {
      GcArrival arrival = g_array_index (arrivals, GcArrival, i);

      arrival.sequence += 1000;
      g_array_append_val (arrivals, arrival);
      arrival.sequence += 20000;
      arrival.received_us = GC_CONGESTION_LOST;
      g_array_prepend_val (arrivals, arrival);
    }
}

static void
tell_nonsense (GArray *arrivals, gint64 now_us, gpointer user_data)
{
  Liar *liar = user_data;

  for (guint i = 0; now_us >= BAD_FROM_US && now_us < BAD_TO_US && i < arrivals->len; i++)
    {
      GcArrival *arrival = &g_array_index (arrivals, GcArrival, i);

      arrival->received_us = g_rand_boolean (liar->rand) ? GC_CONGESTION_LOST
                                                         : (gint64) g_rand_int (liar->rand) << 20;
      if (g_rand_boolean (liar->rand))
        arrival->sequence = (guint16) g_rand_int (liar->rand);
    }
}

/* Whatever it did, 5 s later pictures are current again, and have that share of the link. */
static void
assert_survives (PathFeedbackFunc on_feedback, gint64 clock_us, double share)
{
  g_autoptr (PathSimulation) simulation = simulate (LINK_2M, BACK);
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  Liar liar = { rand, clock_us };
  PathFigures figures;

  path_simulation_set_on_feedback (simulation, on_feedback, &liar);
  path_simulation_run (simulation, 10000);
  figures = run_from_to (simulation, 15000, 25000);
  g_assert_cmpfloat (get_share (&figures, 10000), >=, share);
  g_assert_cmpint (figures.most_age_us, <, 2 * G_USEC_PER_SEC);
  g_assert_cmpuint (figures.most_queued, <=, RATE_BPS / 8 / 2);
}

static void
test_missing (void)
{
  /* For as long as it lasts. */
  assert_survives (lose_half, 0, 0.1);
  assert_survives (lose_all, 0, 0.5);
}

static void
test_late (void)
{
  g_autoptr (PathSimulation) simulation = simulate (LINK_2M, "delay=800");
  PathFigures figures = run_from_to (simulation, 10000, 20000);

  g_assert_cmpuint (figures.n_shown, >, 50);
}

static void
test_twice (void)
{
  g_autoptr (PathSimulation) simulation
      = simulate (LINK_2M ",duplicate=0.2,reorder=0.02:10", BACK ",duplicate=0.5,reorder=0.2:70");

  assert_filled (simulation, 5000, 0.5);
}

static void
test_clock_set (void)
{
  assert_survives (set_clock, 3 * G_USEC_PER_SEC, 0.5);
  assert_survives (set_clock, -3 * G_USEC_PER_SEC, 0.5);
  assert_survives (set_clock, 86400 * (gint64) G_USEC_PER_SEC, 0.5);
}

static void
test_others (void)
{
  g_autoptr (PathSimulation) simulation = simulate (LINK_2M, BACK);

  path_simulation_set_on_feedback (simulation, tell_of_others, NULL);
  assert_filled (simulation, 3000, 0.7);
}

static void
test_nonsense (void)
{
  assert_survives (tell_nonsense, 0, 0.5);
}

/* --- by hand --- */

static GcCongestionFigures
get_figures (GcCongestion *congestion, gint64 now_us)
{
  GcCongestionFigures figures;

  gc_congestion_get_figures (congestion, now_us, &figures);
  return figures;
}

static void
test_never_sent (void)
{
  g_autoptr (GcCongestion) congestion = gc_congestion_new (RATE_BPS);
  const GcArrival lies[] = { { 0, 5 }, { 4, 9 }, { 20000, 7 }, { 65535, GC_CONGESTION_LOST } };

  gc_congestion_arrived (congestion, NOW_US, lies, G_N_ELEMENTS (lies));
  gc_congestion_arrived (congestion, NOW_US, NULL, 0);
  g_assert_cmpint (gc_congestion_get_state (congestion, NOW_US), ==, GC_CONGESTION_BLIND);
  /* Sent, but only later than feedback of it comes. */
  gc_congestion_sent (congestion, NOW_US + 1000, 4, 1200);
  gc_congestion_arrived (congestion, NOW_US, lies, G_N_ELEMENTS (lies));
  g_assert_cmpint (gc_congestion_get_state (congestion, NOW_US + 1000), ==, GC_CONGESTION_BLIND);
  g_assert_cmpuint (get_figures (congestion, NOW_US).in_flight, ==, 1200);
  g_assert_cmpint (get_figures (congestion, NOW_US).rtt_us, ==, -1);
}

/* Packets that left 3.2 ms apart and arrive so; the last ten arrive five times as far apart. */
static void
test_one_feedback (void)
{
  g_autoptr (GcCongestion) congestion = gc_congestion_new (RATE_BPS * 4);
  const guint n_even = 600;
  const guint together = 10;
  const gint64 apart_us = 3200;
  gint64 now_us = NOW_US;
  gsize before = 0;
  gsize after;

  for (guint i = 0; i < n_even + together; i += together)
    {
      GcArrival arrivals[10];

      for (guint j = 0; j < together; j++, now_us += apart_us)
        {
          guint32 late = i < n_even ? 0 : 4 * (guint32) apart_us * (j + 1);

          gc_congestion_sent (congestion, now_us, (guint16) (i + j), 1200);
          arrivals[j] = (GcArrival) { (guint16) (i + j), (guint32) (now_us - NOW_US) + late };
        }
      before = i < n_even ? gc_congestion_grant (congestion, now_us, INTERVAL_US) : before;
      gc_congestion_arrived (congestion, now_us + 20000, arrivals, together);
    }
  after = gc_congestion_grant (congestion, now_us + 20000, INTERVAL_US);
  g_test_message ("%zu bytes, then %zu", before, after);
  g_assert_cmpuint (before, >, 0);
  g_assert_cmpuint (after * 2, <, before);
}

static void
test_first_number (void)
{
  g_autoptr (GcCongestion) congestion = gc_congestion_new (RATE_BPS);

  gc_congestion_sent (congestion, NOW_US, 40000, 1200);
  g_assert_cmpint (gc_congestion_get_state (congestion, NOW_US), ==, GC_CONGESTION_BLIND);
}

static void
test_gap (void)
{
  g_autoptr (GcCongestion) congestion = gc_congestion_new (RATE_BPS);
  const GcArrival arrival = { 7, 1000 };

  gc_congestion_sent (congestion, NOW_US, 7, 1200);
  gc_congestion_sent (congestion, NOW_US + 30000, 9, 1200);
  gc_congestion_arrived (congestion, NOW_US + 50000, &arrival, 1);
  g_assert_cmpint (gc_congestion_get_state (congestion, NOW_US + 50000), ==, GC_CONGESTION_FLOWING);
  /* But what follows the gap is waited for. */
  g_assert_cmpint (gc_congestion_get_state (congestion, NOW_US + 2 * G_USEC_PER_SEC), ==,
                   GC_CONGESTION_STALLED);
}

static void
test_counted (void)
{
  g_autoptr (GcCongestion) congestion = gc_congestion_new (RATE_BPS);
  gint64 now_us = NOW_US;
  gsize in_flight = 0;

  /* Twice round; every fifth number is left out, every seventh packet comes too late. */
  for (guint i = 0; i < 140000; i++, now_us += 1000)
    {
      GcArrival arrivals[] = { { (guint16) i, i % 7 == 0 ? GC_CONGESTION_LOST : i * 1000 },
                               { (guint16) i, i * 1000 + 3 } };

      if (i % 5 == 0)
        continue;
      gc_congestion_sent (congestion, now_us, (guint16) i, 100 + i % 1000);
      in_flight += 100 + i % 1000;
      g_assert_cmpuint (get_figures (congestion, now_us).in_flight, ==, in_flight);
      if (i % 11 == 0)
        continue;
      gc_congestion_arrived (congestion, now_us + 500, arrivals, 2);
      in_flight -= 100 + i % 1000;
      /* What nothing is heard of is given up in time. */
      g_assert_cmpuint (get_figures (congestion, now_us).in_flight, <=, in_flight);
      in_flight = get_figures (congestion, now_us).in_flight;
      g_assert_cmpuint (in_flight, <, 200 * 1100);
    }
}

static void
test_jumps (void)
{
  g_autoptr (GcCongestion) congestion = gc_congestion_new (RATE_BPS);
  guint16 sequence = 0;

  for (guint i = 0; i < 1000; i++, sequence += 30000)
    {
      gc_congestion_sent (congestion, NOW_US + i, sequence, 1000);
      g_assert_cmpuint (get_figures (congestion, NOW_US + i).in_flight, ==, 1000);
    }
}

static void
test_standing_still (void)
{
  g_autoptr (GcCongestion) congestion = gc_congestion_new (50000000);
  guint16 sequence = 0;
  gsize granted = 0;

  for (guint i = 0; i < 1000; i++)
    {
      gsize grant = gc_congestion_grant (congestion, NOW_US, INTERVAL_US);
      GcArrival arrival = { sequence, 777 };

      granted += grant;
      gc_congestion_sent (congestion, NOW_US, sequence++, grant + 80);
      gc_congestion_arrived (congestion, NOW_US, &arrival, i % 2);
    }
  /* A second of all that it may take. */
  g_assert_cmpuint (granted, <=, 50000000 / 8);
}

/* A packet of sound each 20 ms, fed back 100 ms later; the first picture was never sent. */
static void
test_sound_alone (void)
{
  g_autoptr (GcCongestion) congestion = gc_congestion_new (RATE_BPS);
  gint64 now_us = NOW_US;
  guint n_granted = 0;

  g_assert_cmpuint (gc_congestion_grant (congestion, now_us, INTERVAL_US), >, 0);
  for (guint i = 0; i < 500; i++, now_us += 20000)
    {
      GcArrival arrival = { (guint16) (i - 5), i * 20000 };

      gc_congestion_sent (congestion, now_us, (guint16) i, 140);
      if (i >= 5)
        gc_congestion_arrived (congestion, now_us, &arrival, 1);
      n_granted += gc_congestion_grant (congestion, now_us, INTERVAL_US) > 0;
    }
  g_assert_cmpuint (n_granted, >, 490);
  /* What is then sent has to be fed back first. */
  gc_congestion_sent (congestion, now_us, 500, 6000);
  g_assert_cmpuint (gc_congestion_grant (congestion, now_us, INTERVAL_US), ==, 0);
}

static void
test_blind (void)
{
  g_autoptr (GcCongestion) congestion = gc_congestion_new (RATE_BPS);
  gsize first = gc_congestion_grant (congestion, NOW_US, INTERVAL_US);

  gc_congestion_sent (congestion, NOW_US, 0, first);
  for (guint i = 1; i < 100; i++)
    g_assert_cmpuint (gc_congestion_grant (congestion, NOW_US + i * 10000, INTERVAL_US), ==, 0);
}

static void
test_limited (void)
{
  g_autoptr (GcCongestion) congestion = gc_congestion_new (RATE_BPS);

  g_assert_cmpuint (gc_congestion_grant (congestion, NOW_US, INTERVAL_US), >, 0);
  for (guint i = 0; i < 3000; i++)
    {
      gint64 now_us = NOW_US + i * 10000;
      GcArrival arrival = { (guint16) i, i * 10000 };
      gsize grant;

      gc_congestion_sent (congestion, now_us, (guint16) i, 10000);
      gc_congestion_arrived (congestion, now_us + 5000, &arrival, 1);
      grant = gc_congestion_grant (congestion, now_us + 6000, INTERVAL_US);
      g_assert_cmpuint (grant, <=, 2 * RATE_BPS / 8 / 30);
      g_assert_cmpint (get_figures (congestion, now_us).target_bps, <=, RATE_BPS);
    }
  gc_congestion_set_max (congestion, 0);
  g_assert_cmpint (get_figures (congestion, NOW_US).target_bps, >, 0);
  g_assert_cmpint (get_figures (congestion, NOW_US).target_bps, <=, 32000);
}

/* On 24 kbit/s, where everything waits. */
static void
test_still (void)
{
  const gint64 still_us = 4 * G_USEC_PER_SEC;
  g_autoptr (GcCongestion) congestion = gc_congestion_new (RATE_BPS);
  gint64 now_us = NOW_US;

  gc_congestion_grant (congestion, now_us, still_us);
  for (guint i = 0; i < 100; i++, now_us += 40000)
    {
      GcArrival arrival = { (guint16) i, 200000 + i * 40000 };

      for (guint k = 2 * i; k < MIN (2 * i + 2, 100); k++)
        gc_congestion_sent (congestion, now_us - 30000, (guint16) k, 120);
      gc_congestion_arrived (congestion, now_us, &arrival, 1);
    }
  /* Sound gets most of it. */
  g_assert_cmpint (gc_congestion_get_still_bps (congestion), <=, 12000);
  g_assert_cmpint (gc_congestion_get_still_bps (congestion), >=, 4000);
  g_assert_cmpuint (gc_congestion_grant (congestion, now_us, still_us), >=, 900);
  g_assert_cmpuint (gc_congestion_grant (congestion, now_us, still_us), <=, 12000 / 8 * 4);
  /* Nothing while nothing gets through. */
  gc_congestion_sent (congestion, now_us, 100, 120);
  g_assert_cmpuint (gc_congestion_grant (congestion, now_us + 2 * G_USEC_PER_SEC, still_us), ==, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/live/congestion/steady-link-is-filled", test_fills);
  g_test_add_func ("/live/congestion/step-is-followed", test_step);
  g_test_add_func ("/live/congestion/outage-grants-nothing-then-fresh", test_outage);
  g_test_add_func ("/live/congestion/quarter-hour-of-outage-ends", test_long_outage);
  g_test_add_func ("/live/congestion/thin-link-moves", test_thin);
  g_test_add_func ("/live/congestion/changeable-link-never-blocks", test_changeable);
  g_test_add_func ("/live/congestion/lossy-link-moves", test_lossy);
  g_test_add_func ("/live/congestion/two-share-a-link", test_shared);
  g_test_add_func ("/live/congestion/feedback-missing", test_missing);
  g_test_add_func ("/live/congestion/feedback-late", test_late);
  g_test_add_func ("/live/congestion/feedback-twice", test_twice);
  g_test_add_func ("/live/congestion/feedback-of-packets-of-others", test_others);
  g_test_add_func ("/live/congestion/feedback-nonsense", test_nonsense);
  g_test_add_func ("/live/congestion/receiver-clock-set", test_clock_set);
  g_test_add_func ("/live/congestion/never-sent-changes-nothing", test_never_sent);
  g_test_add_func ("/live/congestion/one-feedback-is-enough", test_one_feedback);
  g_test_add_func ("/live/congestion/any-first-number", test_first_number);
  g_test_add_func ("/live/congestion/gap-is-no-stall", test_gap);
  g_test_add_func ("/live/congestion/in-flight-is-exact", test_counted);
  g_test_add_func ("/live/congestion/numbers-may-jump", test_jumps);
  g_test_add_func ("/live/congestion/time-standing-still", test_standing_still);
  g_test_add_func ("/live/congestion/sound-keeps-no-picture-out", test_sound_alone);
  g_test_add_func ("/live/congestion/one-picture-before-feedback", test_blind);
  g_test_add_func ("/live/congestion/limit-holds", test_limited);
  g_test_add_func ("/live/congestion/stills-leave-sound-its-room", test_still);
  return g_test_run ();
}
