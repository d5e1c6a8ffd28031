/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/gc-backoff.h"

/* Below this a retry is a busy loop. */
#define MIN_DELAY_MS 50

static guint
draw (guint64 ceiling)
{
  ceiling = MAX (ceiling, MIN_DELAY_MS + 1);
  return (guint) g_random_int_range (MIN_DELAY_MS, (gint32) MIN (ceiling, G_MAXINT32));
}

/**
 * gc_backoff_next_ms:
 * @backoff: the state; not shared between threads
 *
 * Returns: how long to wait before the next attempt, in ms, between 50 and the cap
 */
guint
gc_backoff_next_ms (GcBackoff *backoff)
{
  guint64 ceiling = (guint64) backoff->base_ms << MIN (backoff->attempt, 20u);

  backoff->attempt++;
  return draw (MIN (ceiling, backoff->cap_ms));
}

/**
 * gc_backoff_spread_ms:
 * @backoff: the state; not shared between threads
 * @spread_ms: over how much time all who have lost the same other side are to return, ms
 *
 * Returns: how long to wait before the next attempt where that is longer than
 *   gc_backoff_next_ms() would say, in ms, from 50 on
 */
guint
gc_backoff_spread_ms (GcBackoff *backoff, guint spread_ms)
{
  guint usual_ms = gc_backoff_next_ms (backoff);
  guint spread = draw (spread_ms);

  return MAX (usual_ms, spread);
}

/**
 * gc_backoff_reset:
 * @backoff: the state; not shared between threads
 *
 * Call it after success, and when the network changed: the next delay is short again.
 */
void
gc_backoff_reset (GcBackoff *backoff)
{
  backoff->attempt = 0;
}
