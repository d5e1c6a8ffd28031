/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rtc/gc-rtc-failure-detector.h"

#include <math.h>

/* Before it is known how often the peer reports: RFC 3550 section 6.2 lets it take 2.5 s for the
 * first report. */
#define FIRST_PATIENCE_MS 3000
/* So long it takes to get to know it: some begin with long pauses. */
#define LEARNING_MS 2000
/* What is known of a peer from another path to it: this one may be longer. */
#define INHERITANCE_RATIO 2
/* Transport-wide feedback comes every 50 to 100 ms. Below this a Wi-Fi that looks around for other
 * stations, or a mobile network that hands us on, would count as silence. */
#define MIN_PATIENCE_MS 350
/* Peers that report every 5 s without transport-wide feedback exist: they are given up late. */
#define MAX_PATIENCE_MS 8000
/* The usual wait, twice over, and what a busy machine adds. */
#define PATIENCE_RATIO 2
#define PATIENCE_MARGIN_MS 100
/* Waits are forgotten by half in this time, or in so many of their own lengths. */
#define HALF_LIFE_MS 8000
#define HALF_LIFE_RATIO 8

static gboolean
has_learnt (const GcRtcFailureDetector *detector)
{
  return detector->second_ms > 0 && detector->heard_ms - detector->first_ms >= LEARNING_MS;
}

/**
 * gc_rtc_failure_detector_inherit:
 * @detector: the state
 * @predecessor: the state of another connection with the same peer
 *
 * Begins with what is known of the peer already.
 */
void
gc_rtc_failure_detector_inherit (GcRtcFailureDetector *detector,
                                 const GcRtcFailureDetector *predecessor)
{
  gint64 patience_ms = gc_rtc_failure_detector_get_patience_ms (predecessor);

  detector->expected_ms
      = has_learnt (predecessor) ? patience_ms * INHERITANCE_RATIO : predecessor->expected_ms;
}

/**
 * gc_rtc_failure_detector_sent:
 * @detector: the state
 * @now_ms: ms
 *
 * Something was sent to which the peer answers.
 */
void
gc_rtc_failure_detector_sent (GcRtcFailureDetector *detector, gint64 now_ms)
{
  if (detector->waiting_since_ms == 0)
    detector->waiting_since_ms = now_ms;
}

static void
fade (GcRtcFailureDetector *detector, gint64 now_ms)
{
  double half_life_ms = MAX (HALF_LIFE_MS, detector->longest_ms * HALF_LIFE_RATIO);
  double factor = exp2 (-(double) (now_ms - detector->aged_ms) / half_life_ms);

  detector->longest_ms *= factor;
  detector->second_ms *= factor;
  detector->aged_ms = now_ms;
}

/**
 * gc_rtc_failure_detector_heard:
 * @detector: the state
 * @now_ms: ms
 *
 * Something came from the peer.
 */
void
gc_rtc_failure_detector_heard (GcRtcFailureDetector *detector, gint64 now_ms)
{
  /* An outage says little about how the peer is otherwise: of it not more is learnt than this. */
  double limit_ms = (double) gc_rtc_failure_detector_get_patience_ms (detector) * PATIENCE_RATIO;
  double wait_ms = MIN ((double) gc_rtc_failure_detector_get_wait_ms (detector, now_ms), limit_ms);

  fade (detector, now_ms);
  if (wait_ms >= detector->longest_ms)
    {
      detector->second_ms = detector->longest_ms;
      detector->longest_ms = wait_ms;
    }
  else if (wait_ms > detector->second_ms)
    detector->second_ms = wait_ms;
  detector->heard_ms = now_ms;
  if (detector->first_ms == 0 && detector->waiting_since_ms != 0)
    detector->first_ms = now_ms;
  detector->waiting_since_ms = 0;
}

/**
 * gc_rtc_failure_detector_get_wait_ms:
 * @detector: the state
 * @now_ms: ms
 *
 * Returns: for how long we have been sending without hearing anything, ms
 */
gint64
gc_rtc_failure_detector_get_wait_ms (const GcRtcFailureDetector *detector, gint64 now_ms)
{
  return detector->waiting_since_ms != 0 ? now_ms - detector->waiting_since_ms : 0;
}

/**
 * gc_rtc_failure_detector_get_patience_ms:
 * @detector: the state
 *
 * One outlier, as an outage, does not make it longer.
 *
 * Returns: from which wait on something is wrong, 350 to 8000 ms
 */
gint64
gc_rtc_failure_detector_get_patience_ms (const GcRtcFailureDetector *detector)
{
  if (!has_learnt (detector))
    return detector->expected_ms > 0 ? MIN (detector->expected_ms, MAX_PATIENCE_MS)
                                     : FIRST_PATIENCE_MS;
  return CLAMP ((gint64) (detector->second_ms * PATIENCE_RATIO) + PATIENCE_MARGIN_MS,
                MIN_PATIENCE_MS, MAX_PATIENCE_MS);
}
