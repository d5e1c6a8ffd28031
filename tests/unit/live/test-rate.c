/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - loss, and a round trip that grows, bring the rate down; a clear path that is used brings it up
 *  - the rate stays within its limits whatever is reported
 *  - a longer path, new or grown into, does not bring the rate down for ever
 *  - where what got lost comes too late when it is asked for, it is sent twice; not where it is in
 *    time, nothing is lost, or the path drops what is too much for it
 *  - frames beyond the limit are dropped evenly, the times of the others are left alone
 *  - a camera that is slower than its caps say loses no frame; one whose time jumps goes on
 *  - what the other side reports is read from webrtcbin's statistics, and nothing else is taken
 */

#include "live/gc-foresight.h"
#include "live/gc-frame-limit.h"
#include "live/gc-rate-control.h"
#include "live/gc-remote-stats.h"

#include <math.h>

#define START_BPS 1000000
#define MAX_BPS 2000000

/* --- foresight --- */

static gboolean
is_wanted (GcForesight *foresight, gint64 now_us, gint64 rtt_us, double loss)
{
  const GcCongestionFigures figures = { .rtt_us = rtt_us, .loss = loss };

  gc_foresight_look (foresight, now_us, &figures);
  return gc_foresight_is_wanted (foresight, now_us);
}

static void
test_foresight (void)
{
  GcForesight foresight = { 0 };
  gint64 now_us = G_USEC_PER_SEC;

  g_assert_false (is_wanted (&foresight, now_us, -1, 0.05));
  g_assert_false (is_wanted (&foresight, now_us, 60000, 0.05));
  g_assert_false (is_wanted (&foresight, now_us, 300000, 0));
  g_assert_false (is_wanted (&foresight, now_us, 300000, 0.3));
  g_assert_true (is_wanted (&foresight, now_us, 300000, 0.02));
  /* Loss is uneven, and is remembered for a while. */
  g_assert_true (is_wanted (&foresight, now_us + G_USEC_PER_SEC, 300000, 0));
  g_assert_false (is_wanted (&foresight, now_us + 60 * G_USEC_PER_SEC, 300000, 0));
  g_assert_true (is_wanted (&foresight, now_us, 300000, 0.02));
  g_assert_false (is_wanted (&foresight, now_us, 300000, 0.3));
  g_assert_true (is_wanted (&foresight, now_us, 300000, 0.02));
  g_assert_false (is_wanted (&foresight, now_us, 60000, 0.02));
}

/* --- rate control --- */

static void
test_loss (void)
{
  GcRateControl control;
  gint64 before;

  gc_rate_control_init (&control, START_BPS, MAX_BPS);
  g_assert_cmpint (gc_rate_control_update (&control, 0.3, 50, START_BPS), <, START_BPS);
  before = control.target_bps;
  /* Between the thresholds: stay. */
  g_assert_cmpint (gc_rate_control_update (&control, 0.05, 50, before), ==, before);
  g_assert_cmpint (gc_rate_control_update (&control, 0, 50, before), >, before);
}

static void
test_queue (void)
{
  GcRateControl control;

  gc_rate_control_init (&control, START_BPS, MAX_BPS);
  gc_rate_control_update (&control, 0, 40, 0);
  g_assert_cmpint (gc_rate_control_update (&control, 0, 400, START_BPS), <, START_BPS);
}

static void
test_unused (void)
{
  GcRateControl control;

  gc_rate_control_init (&control, START_BPS, MAX_BPS);
  for (int i = 0; i < 100; i++)
    gc_rate_control_update (&control, 0, 40, START_BPS / 10);
  g_assert_cmpint (control.target_bps, ==, START_BPS);
}

static void
test_limits (void)
{
  const double values[] = { 0, 0.5, 1, 2, -1, NAN, INFINITY, -INFINITY, 1e300 };
  GcRateControl control;

  gc_rate_control_init (&control, START_BPS, MAX_BPS);
  for (int round = 0; round < 50; round++)
    for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
      for (gsize k = 0; k < G_N_ELEMENTS (values); k++)
        {
          gint64 target = gc_rate_control_update (&control, values[i], values[k],
                                                  round % 2 ? MAX_BPS : G_MAXINT64);

          g_assert_cmpint (target, >=, 32000);
          g_assert_cmpint (target, <=, MAX_BPS);
        }
  gc_rate_control_init (&control, START_BPS, 60000);
  g_assert_cmpint (gc_rate_control_update (&control, 0, 10, START_BPS), ==, 60000);
}

/* On the last rung there is a picture every fourth second; 47 kbit/s make it move again. */
static void
test_thinnest (void)
{
  GcRateControl control;

  gc_rate_control_init (&control, START_BPS, MAX_BPS);
  for (int i = 0; i < 60; i++)
    gc_rate_control_update (&control, 0.5, 40, control.target_bps);
  g_assert_cmpint (control.target_bps, <, 36000);
  for (int i = 0; i < 60; i++)
    gc_rate_control_update (&control, 0, 40, i % 4 == 0 ? 32000 : 0);
  g_assert_cmpint (control.target_bps, >, 47000);
}

static void
test_longer_path (void)
{
  GcRateControl control;

  gc_rate_control_init (&control, START_BPS, MAX_BPS);
  for (int i = 0; i < 10; i++)
    gc_rate_control_update (&control, 0, 10, MAX_BPS);
  gc_rate_control_new_path (&control);
  for (int i = 0; i < 30; i++)
    gc_rate_control_update (&control, 0, 600, MAX_BPS);
  g_assert_cmpint (control.target_bps, ==, MAX_BPS);
  /* Without a word it takes longer to see. */
  for (int i = 0; i < 300; i++)
    gc_rate_control_update (&control, 0, 1600, MAX_BPS);
  g_assert_cmpint (control.target_bps, ==, MAX_BPS);
}

/* --- frame limit --- */

static GstSample *
make_frame (GstClockTime time, int numerator, int denominator)
{
  g_autoptr (GstCaps) caps
      = gst_caps_new_simple ("video/x-raw", "framerate", GST_TYPE_FRACTION, numerator, denominator,
                             "width", G_TYPE_INT, 64, NULL);
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();

  GST_BUFFER_PTS (buffer) = time;
  return gst_sample_new (buffer, caps, NULL, NULL);
}

/* Returns how many of @count frames pass a limit of 30 a second. */
static guint
count_passed (GcFrameLimit *limit, GstClockTime start, int fps, int caps_fps, guint count)
{
  guint passed_count = 0;

  for (guint i = 0; i < count; i++)
    {
      GstClockTime time = start + i * GST_SECOND / (GstClockTime) fps;
      g_autoptr (GstSample) frame = make_frame (time, caps_fps, 1);
      g_autoptr (GstSample) passed = gc_frame_limit_pass (limit, frame);
      const GstStructure *structure;
      int numerator;
      int denominator;

      if (passed == NULL)
        continue;
      passed_count++;
      g_assert_cmpuint (GST_BUFFER_PTS (gst_sample_get_buffer (passed)), ==, time);
      structure = gst_caps_get_structure (gst_sample_get_caps (passed), 0);
      g_assert_true (gst_structure_get_fraction (structure, "framerate", &numerator, &denominator));
      g_assert_cmpint (numerator, >, 0);
      g_assert_cmpint (numerator, <=, 30 * denominator);
    }
  return passed_count;
}

static void
test_frame_limit (void)
{
  const struct
  {
    int fps;
    int caps_fps;
    guint expected; /* of ten seconds */
  } cases[] = {
    { 30, 30, 300 }, { 25, 25, 250 },   { 15, 30, 150 }, { 60, 60, 300 },
    { 50, 50, 300 }, { 120, 120, 300 }, { 24, 0, 240 },  { 240, 0, 300 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      GcFrameLimit limit;
      guint passed;

      gc_frame_limit_init (&limit, 30);
      passed = count_passed (&limit, 7000 * GST_SECOND, cases[i].fps, cases[i].caps_fps,
                             (guint) cases[i].fps * 10);
      g_assert_cmpuint (passed, >=, cases[i].expected - 3);
      g_assert_cmpuint (passed, <=, cases[i].expected + 1);
      gc_frame_limit_clear (&limit);
    }
}

static void
test_frame_times (void)
{
  GcFrameLimit limit;

  gc_frame_limit_init (&limit, 30);
  g_assert_cmpuint (count_passed (&limit, 7000 * GST_SECOND, 30, 30, 30), ==, 30);
  /* Another camera, whose clock is behind; a gap; a camera without times. */
  g_assert_cmpuint (count_passed (&limit, 10 * GST_SECOND, 30, 30, 30), ==, 30);
  g_assert_cmpuint (count_passed (&limit, 500 * GST_SECOND, 30, 30, 30), ==, 30);
  for (int i = 0; i < 3; i++)
    {
      g_autoptr (GstSample) frame = make_frame (GST_CLOCK_TIME_NONE, 30, 1);
      g_autoptr (GstSample) passed = gc_frame_limit_pass (&limit, frame);

      g_assert_nonnull (passed);
    }
  gc_frame_limit_clear (&limit);
}

/* --- statistics --- */

static void
test_remote_stats (void)
{
  g_autoptr (GstStructure) stats = gst_structure_from_string (
      "stats, "
      "a=(structure)[remote-inbound-rtp, kind=video, round-trip-time=0.25, fraction-lost=0.125], "
      "b=(structure)[remote-inbound-rtp, kind=audio, round-trip-time=9.0, fraction-lost=0.9], "
      "c=(structure)[outbound-rtp, kind=video, nack-count=(uint)7], "
      "d=(structure)[outbound-rtp, kind=audio, nack-count=(uint)70], "
      "e=(structure)[candidate-pair, local-candidate-id=ours], "
      "ours=(structure)[local-candidate, candidate-type=relay], g=(int)3;",
      NULL);
  g_autoptr (GstStructure) odd = gst_structure_from_string (
      "stats, a=(structure)[remote-inbound-rtp, kind=video, round-trip-time=text, "
      "fraction-lost=7.0], e=(structure)[candidate-pair, local-candidate-id=g], g=(int)3, "
      "h=(structure)[candidate-pair];",
      NULL);
  GcRemoteStats remote;

  g_assert_nonnull (stats);
  g_assert_nonnull (odd);
  gc_remote_stats_read (stats, &remote);
  g_assert_cmpfloat (remote.rtt_ms, ==, 250);
  g_assert_cmpfloat (remote.loss, ==, 0.125);
  g_assert_cmpuint (remote.nacks, ==, 7);
  g_assert_cmpstr (remote.path, ==, "relay");
  gc_remote_stats_read (odd, &remote);
  g_assert_cmpfloat (remote.rtt_ms, ==, -1);
  g_assert_cmpfloat (remote.loss, ==, 1);
  g_assert_cmpstr (remote.path, ==, "?");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/live/rate/loss-brings-it-down", test_loss);
  g_test_add_func ("/live/rate/queue-brings-it-down", test_queue);
  g_test_add_func ("/live/rate/unused-stays", test_unused);
  g_test_add_func ("/live/rate/stays-in-limits", test_limits);
  g_test_add_func ("/live/rate/thinnest-is-left-again", test_thinnest);
  g_test_add_func ("/live/rate/longer-path", test_longer_path);
  g_test_add_func ("/live/foresight/far-and-lossy", test_foresight);
  g_test_add_func ("/live/frames/limited-evenly", test_frame_limit);
  g_test_add_func ("/live/frames/odd-times", test_frame_times);
  g_test_add_func ("/live/stats/read", test_remote_stats);
  return g_test_run ();
}
