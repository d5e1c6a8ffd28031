/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * GcBackoff:
 * @base_ms: the longest first delay
 * @cap_ms: the longest delay of all
 * @attempt: how many delays were handed out since the last success
 *
 * Delays between attempts: exponential with full jitter.
 */
typedef struct
{
  guint base_ms;
  guint cap_ms;
  guint attempt;
} GcBackoff;

guint
gc_backoff_next_ms (GcBackoff *backoff);
guint
gc_backoff_spread_ms (GcBackoff *backoff, guint spread_ms);
void
gc_backoff_reset (GcBackoff *backoff);

G_END_DECLS
