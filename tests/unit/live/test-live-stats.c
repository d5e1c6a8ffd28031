/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - what keeps the picture from being better is named: nothing, network, encoder, camera, battery
 * or the worker's own limit
 *  - a picture every few seconds, with sound, is poor and not stuck
 *  - a camera that gives small pictures, and one that gives 25 a second, are limited by nothing
 *  - the grade is that of the picture's worst property; with nothing through it is 0
 *  - who wants it sharp is not told that motion is missing
 *  - a picture's delay is known only when all of its parts are
 */

#include "live/gc-live-stats.h"

/* As good as it gets. */
static GcLiveStats
make_best (void)
{
  GcLiveStats stats;

  gc_live_stats_init (&stats);
  stats.fps = 30;
  stats.camera_fps = 30;
  stats.width = 1280;
  stats.height = 720;
  stats.lines = 720;
  stats.lines_max = 720;
  stats.fps_max = 30;
  stats.coding_ms = 12;
  stats.queue_ms = 3;
  stats.rtt_ms = 40;
  return stats;
}

typedef struct
{
  const char *what;
  void (*spoil) (GcLiveStats *stats);
  GcLiveLimit limit;
  int grade;
} Case;

static void
leave_alone (GcLiveStats *stats)
{
}

static void
stall (GcLiveStats *stats)
{
  stats->stalled = TRUE;
}

static void
send_nothing (GcLiveStats *stats)
{
  stats->fps = 0;
  stats->left_out = 30;
}

static void
make_smaller (GcLiveStats *stats)
{
  stats->lines = 360;
  stats->width = 640;
  stats->height = 360;
}

static void
make_much_smaller (GcLiveStats *stats)
{
  stats->lines = 180;
  stats->width = 320;
  stats->height = 180;
}

static void
be_slow (GcLiveStats *stats)
{
  stats->slow = TRUE;
  stats->lines = 540;
  stats->width = 960;
  stats->height = 540;
}

static void
be_slow_on_a_thin_path (GcLiveStats *stats)
{
  be_slow (stats);
  stats->left_out = 15;
  stats->fps = 15;
}

static void
lose_in_encoder (GcLiveStats *stats)
{
  stats->fps = 11;
}

static void
stand_upright (GcLiveStats *stats)
{
  stats->width = 720;
  stats->height = 1280;
}

static void
have_small_camera (GcLiveStats *stats)
{
  stats->lines = 540;
  stats->width = 640;
  stats->height = 480;
}

static void
have_european_camera (GcLiveStats *stats)
{
  stats->camera_fps = 25;
  stats->fps = 25;
}

static void
have_dark_scene (GcLiveStats *stats)
{
  stats->camera_fps = 10;
  stats->fps = 10;
}

static void
be_sharp (GcLiveStats *stats)
{
  stats->mode = GC_QUALITY_SHARP;
  stats->fps_max = 10;
  stats->fps = 10;
  stats->left_out = 20;
}

static void
be_late (GcLiveStats *stats)
{
  stats->queue_ms = 700;
}

static void
be_very_late (GcLiveStats *stats)
{
  stats->rtt_ms = 4000;
}

static void
lose_packets (GcLiveStats *stats)
{
  stats->loss = 0.05;
}

static void
send_stills (GcLiveStats *stats)
{
  make_much_smaller (stats);
  stats->stills = TRUE;
  stats->fps_max = 0;
  stats->fps = 0;
  stats->left_out = 30;
  stats->queue_ms = 400;
}

static void
wait_between_stills (GcLiveStats *stats)
{
  send_stills (stats);
  stats->stalled = TRUE;
}

static void
be_rationed (GcLiveStats *stats)
{
  make_smaller (stats);
  stats->target_bps = stats->max_bps = 300000;
}

static void
have_less_than_the_ration (GcLiveStats *stats)
{
  be_rationed (stats);
  stats->target_bps = 250000;
}

static void
be_rationed_to_less_motion (GcLiveStats *stats)
{
  be_rationed (stats);
  stats->fps_max = 15;
  stats->fps = 15;
  stats->left_out = 15;
}

static void
spare_the_battery (GcLiveStats *stats)
{
  make_smaller (stats);
  stats->frugal = TRUE;
  stats->fps_max = 15;
  stats->fps = 15;
  stats->left_out = 15;
  stats->target_bps = stats->max_bps = 300000;
}

static void
spare_it_on_a_thin_path (GcLiveStats *stats)
{
  spare_the_battery (stats);
  stats->target_bps = 60000;
  stats->lines = 180;
  stats->width = 320;
  stats->height = 180;
}

static void
spare_it_on_a_bad_path (GcLiveStats *stats)
{
  spare_the_battery (stats);
  stats->fps = 6;
  stats->left_out = 24;
}

static void
know_nothing (GcLiveStats *stats)
{
  gc_live_stats_init (stats);
}

static const Case CASES[] = {
  { "all is well", leave_alone, GC_LIVE_LIMIT_NOTHING, 4 },
  { "nothing gets through", stall, GC_LIVE_LIMIT_NETWORK, 0 },
  { "every picture is left out", send_nothing, GC_LIVE_LIMIT_NETWORK, 0 },
  { "made smaller for the path", make_smaller, GC_LIVE_LIMIT_NETWORK, 3 },
  { "made much smaller for the path", make_much_smaller, GC_LIVE_LIMIT_NETWORK, 1 },
  { "made smaller for the machine", be_slow, GC_LIVE_LIMIT_ENCODER, 4 },
  { "slow, but the path is thinner", be_slow_on_a_thin_path, GC_LIVE_LIMIT_NETWORK, 3 },
  { "pictures lost in the encoder", lose_in_encoder, GC_LIVE_LIMIT_ENCODER, 2 },
  { "upright", stand_upright, GC_LIVE_LIMIT_NOTHING, 4 },
  { "a camera of 480 lines", have_small_camera, GC_LIVE_LIMIT_NOTHING, 4 },
  { "a camera of 25 pictures", have_european_camera, GC_LIVE_LIMIT_NOTHING, 4 },
  { "a dark scene", have_dark_scene, GC_LIVE_LIMIT_CAMERA, 2 },
  { "sharp on a thin path", be_sharp, GC_LIVE_LIMIT_NETWORK, 4 },
  { "a queue on the way", be_late, GC_LIVE_LIMIT_NETWORK, 2 },
  { "two seconds late", be_very_late, GC_LIVE_LIMIT_NETWORK, 1 },
  { "five per cent lost", lose_packets, GC_LIVE_LIMIT_NETWORK, 3 },
  { "a picture every few seconds", send_stills, GC_LIVE_LIMIT_NETWORK, 1 },
  { "between two of these", wait_between_stills, GC_LIVE_LIMIT_NETWORK, 1 },
  { "made smaller for a limit", be_rationed, GC_LIVE_LIMIT_SETTING, 3 },
  { "with fewer pictures for a limit", be_rationed_to_less_motion, GC_LIVE_LIMIT_SETTING, 3 },
  { "the path is below the limit", have_less_than_the_ration, GC_LIVE_LIMIT_NETWORK, 3 },
  { "the battery is to last", spare_the_battery, GC_LIVE_LIMIT_BATTERY, 3 },
  { "and the path is thinner", spare_it_on_a_thin_path, GC_LIVE_LIMIT_NETWORK, 1 },
  { "and the path leaves pictures out", spare_it_on_a_bad_path, GC_LIVE_LIMIT_NETWORK, 2 },
  { "nothing is known", know_nothing, GC_LIVE_LIMIT_CAMERA, 0 },
};

static void
test_judgement (gconstpointer data)
{
  const Case *row = data;
  GcLiveStats stats = make_best ();

  row->spoil (&stats);
  gc_live_stats_judge (&stats);
  g_assert_cmpint (stats.limit, ==, row->limit);
  g_assert_cmpint (stats.grade, ==, row->grade);
}

static void
test_delay (void)
{
  GcLiveStats stats = make_best ();

  gc_live_stats_judge (&stats);
  g_assert_cmpfloat_with_epsilon (stats.delay_ms, 35, 0.001);
  /* A server without transport-wide feedback says nothing of the queue. */
  stats.queue_ms = -1;
  gc_live_stats_judge (&stats);
  g_assert_cmpfloat_with_epsilon (stats.delay_ms, 32, 0.001);
  stats.rtt_ms = -1;
  gc_live_stats_judge (&stats);
  g_assert_cmpfloat (stats.delay_ms, <, 0);
  stats = make_best ();
  stats.coding_ms = -1;
  gc_live_stats_judge (&stats);
  g_assert_cmpfloat (stats.delay_ms, <, 0);
}

static void
test_words (void)
{
  g_assert_cmpstr (gc_live_limit_to_string (GC_LIVE_LIMIT_NOTHING), ==, "nothing");
  g_assert_cmpstr (gc_live_limit_to_string (GC_LIVE_LIMIT_CAMERA), ==, "camera");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (CASES); i++)
    {
      g_autofree char *path = g_strdelimit (
          g_strconcat ("/live-stats/limit-and-grade/", CASES[i].what, NULL), " ,", '-');

      g_test_add_data_func (path, &CASES[i], test_judgement);
    }
  g_test_add_func ("/live-stats/delay/known-when-its-parts-are", test_delay);
  g_test_add_func ("/live-stats/limit/has-a-word", test_words);
  return g_test_run ();
}
