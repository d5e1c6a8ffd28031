/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rtc/gc-rtc-hearing.h"

#include <math.h>

/* Before it is known how often the peer reports: RFC 3550 section 6.2 lets it take 2.5 s for the
 * first report. */
#define FIRST_PATIENCE_MS 3000
/* So long it takes to get to know it: some begin with long pauses. */
#define LEARNING_MS 2000
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

/**
 * gc_rtc_hearing_sent:
 * @hearing: the state
 * @now_ms: ms
 *
 * Something was sent to which the peer answers.
 */
void
gc_rtc_hearing_sent (GcRtcHearing *hearing, gint64 now_ms)
{
  if (hearing->waiting_since_ms == 0)
    hearing->waiting_since_ms = now_ms;
}

static void
fade (GcRtcHearing *hearing, gint64 now_ms)
{
  double half_life_ms = MAX (HALF_LIFE_MS, hearing->longest_ms * HALF_LIFE_RATIO);
  double factor = exp2 (-(double) (now_ms - hearing->aged_ms) / half_life_ms);

  hearing->longest_ms *= factor;
  hearing->second_ms *= factor;
  hearing->aged_ms = now_ms;
}

/**
 * gc_rtc_hearing_heard:
 * @hearing: the state
 * @now_ms: ms
 *
 * Something came from the peer.
 */
void
gc_rtc_hearing_heard (GcRtcHearing *hearing, gint64 now_ms)
{
  /* An outage says little about how the peer is otherwise: of it not more is learnt than this. */
  double limit_ms = (double) gc_rtc_hearing_get_patience_ms (hearing) * PATIENCE_RATIO;
  double wait_ms = MIN ((double) gc_rtc_hearing_get_wait_ms (hearing, now_ms), limit_ms);

  fade (hearing, now_ms);
  if (wait_ms >= hearing->longest_ms)
    {
      hearing->second_ms = hearing->longest_ms;
      hearing->longest_ms = wait_ms;
    }
  else if (wait_ms > hearing->second_ms)
    hearing->second_ms = wait_ms;
  hearing->heard_ms = now_ms;
  if (hearing->first_ms == 0 && hearing->waiting_since_ms != 0)
    hearing->first_ms = now_ms;
  hearing->waiting_since_ms = 0;
}

/**
 * gc_rtc_hearing_get_wait_ms:
 * @hearing: the state
 * @now_ms: ms
 *
 * Returns: for how long we have been sending without hearing anything, ms
 */
gint64
gc_rtc_hearing_get_wait_ms (const GcRtcHearing *hearing, gint64 now_ms)
{
  return hearing->waiting_since_ms != 0 ? now_ms - hearing->waiting_since_ms : 0;
}

/**
 * gc_rtc_hearing_get_patience_ms:
 * @hearing: the state
 *
 * One outlier, as an outage, does not make it longer.
 *
 * Returns: from which wait on something is wrong, 350 to 8000 ms
 */
gint64
gc_rtc_hearing_get_patience_ms (const GcRtcHearing *hearing)
{
  if (hearing->second_ms <= 0 || hearing->heard_ms - hearing->first_ms < LEARNING_MS)
    return FIRST_PATIENCE_MS;
  return CLAMP ((gint64) (hearing->second_ms * PATIENCE_RATIO) + PATIENCE_MARGIN_MS,
                MIN_PATIENCE_MS, MAX_PATIENCE_MS);
}
