/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - a peer that reports often is missed in a fraction of a second, one that reports seldom is
 *    given the time that it usually takes
 *  - silence counts only while we send
 *  - one outage does not make us patient, a network that falters all the time does; that is
 *    forgotten again
 *  - what was learnt of a peer counts for the next connection with it, from its first packet on
 *  - a clock of any value will do
 */

#include "rtc/gc-rtc-failure-detector.h"

/* Sends all the time and hears an answer every @interval_ms, for so long; returns the time. */
static gint64
talk (GcRtcFailureDetector *detector, gint64 from_ms, gint64 interval_ms, gint64 duration_ms)
{
  gint64 now_ms = from_ms;

  for (; now_ms < from_ms + duration_ms; now_ms += interval_ms)
    {
      gc_rtc_failure_detector_heard (detector, now_ms);
      gc_rtc_failure_detector_sent (detector, now_ms + 1);
    }
  return now_ms - interval_ms + 1;
}

static gboolean
is_missed (const GcRtcFailureDetector *detector, gint64 now_ms)
{
  return gc_rtc_failure_detector_get_wait_ms (detector, now_ms)
         > gc_rtc_failure_detector_get_patience_ms (detector);
}

static void
test_often (void)
{
  GcRtcFailureDetector detector = { 0 };
  gint64 since_ms = talk (&detector, 1000, 60, 5000);

  g_assert_false (is_missed (&detector, since_ms + 300));
  g_assert_true (is_missed (&detector, since_ms + 400));
}

static void
test_seldom (void)
{
  const gint64 intervals_ms[] = { 1000, 2500, 3900 };

  for (gsize i = 0; i < G_N_ELEMENTS (intervals_ms); i++)
    {
      GcRtcFailureDetector detector = { 0 };
      gint64 since_ms = talk (&detector, 1000, intervals_ms[i], 60000);

      g_assert_false (is_missed (&detector, since_ms + intervals_ms[i] * 3 / 2));
      g_assert_true (is_missed (&detector, since_ms + intervals_ms[i] * 5 / 2));
    }
}

static void
test_never_heard (void)
{
  GcRtcFailureDetector detector = { 0 };

  g_assert_false (is_missed (&detector, 100000));
  gc_rtc_failure_detector_sent (&detector, 100000);
  g_assert_false (is_missed (&detector, 102900));
  g_assert_true (is_missed (&detector, 103100));
}

static void
test_nothing_sent (void)
{
  GcRtcFailureDetector detector = { 0 };
  gint64 now_ms = talk (&detector, 1000, 60, 5000) + 59;

  gc_rtc_failure_detector_heard (&detector, now_ms);
  g_assert_false (is_missed (&detector, now_ms + 3600000));
  gc_rtc_failure_detector_sent (&detector, now_ms + 3600000);
  g_assert_false (is_missed (&detector, now_ms + 3600100));
  g_assert_true (is_missed (&detector, now_ms + 3600500));
}

static void
test_kept_ready (void)
{
  GcRtcFailureDetector detector = { 0 };

  /* For a minute it only says that it is there. */
  for (gint64 now_ms = 1000; now_ms < 61000; now_ms += 1000)
    gc_rtc_failure_detector_heard (&detector, now_ms);
  gc_rtc_failure_detector_sent (&detector, 61000);
  gc_rtc_failure_detector_heard (&detector, 61040);
  gc_rtc_failure_detector_sent (&detector, 61041);
  gc_rtc_failure_detector_heard (&detector, 61090);
  gc_rtc_failure_detector_sent (&detector, 61091);
  g_assert_false (is_missed (&detector, 62000));
}

static void
test_outage (void)
{
  GcRtcFailureDetector detector = { 0 };
  gint64 since_ms = talk (&detector, 1000, 60, 5000);

  since_ms = talk (&detector, since_ms + 10000, 60, 1000);
  g_assert_false (is_missed (&detector, since_ms + 300));
  g_assert_true (is_missed (&detector, since_ms + 400));
}

static void
test_falters (void)
{
  GcRtcFailureDetector detector = { 0 };
  gint64 now_ms = talk (&detector, 1000, 60, 5000);
  guint misses = 0;

  /* Every two seconds nothing comes for 600 ms. */
  for (guint i = 0; i < 30; i++)
    {
      misses += is_missed (&detector, now_ms + 600);
      now_ms = talk (&detector, now_ms + 600, 60, 2000);
    }
  g_assert_cmpuint (misses, <=, 3);
  now_ms = talk (&detector, now_ms, 60, 60000);
  g_assert_true (is_missed (&detector, now_ms + 400));
}

static void
test_inherits (void)
{
  GcRtcFailureDetector first = { 0 };
  GcRtcFailureDetector second = { 0 };
  GcRtcFailureDetector third = { 0 };
  GcRtcFailureDetector stranger = { 0 };

  talk (&first, 1000, 60, 5000);
  gc_rtc_failure_detector_inherit (&second, &first);
  gc_rtc_failure_detector_sent (&second, 7000);
  g_assert_false (is_missed (&second, 7600));
  g_assert_true (is_missed (&second, 7800));
  /* Over too soon to have learnt anything. */
  gc_rtc_failure_detector_inherit (&third, &second);
  gc_rtc_failure_detector_sent (&third, 8000);
  g_assert_false (is_missed (&third, 8600));
  g_assert_true (is_missed (&third, 8800));
  gc_rtc_failure_detector_inherit (&third, &stranger);
  g_assert_false (is_missed (&third, 10000));
}

static void
test_clock (void)
{
  GcRtcFailureDetector detector = { 0 };
  gint64 since_ms = talk (&detector, G_MAXINT64 - 100000, 60, 5000);

  g_assert_false (is_missed (&detector, since_ms + 300));
  g_assert_true (is_missed (&detector, since_ms + 400));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rtc/failure-detector/missed-at-once-if-often", test_often);
  g_test_add_func ("/rtc/failure-detector/given-time-if-seldom", test_seldom);
  g_test_add_func ("/rtc/failure-detector/never-heard", test_never_heard);
  g_test_add_func ("/rtc/failure-detector/nothing-sent-nothing-missed", test_nothing_sent);
  g_test_add_func ("/rtc/failure-detector/got-to-know-when-we-send", test_kept_ready);
  g_test_add_func ("/rtc/failure-detector/one-outage-changes-nothing", test_outage);
  g_test_add_func ("/rtc/failure-detector/patient-while-it-falters", test_falters);
  g_test_add_func ("/rtc/failure-detector/known-from-another-path", test_inherits);
  g_test_add_func ("/rtc/failure-detector/any-clock", test_clock);
  return g_test_run ();
}
