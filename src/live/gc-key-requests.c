/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "live/gc-key-requests.h"

/* libwebrtc's: a key frame costs what ten pictures cost, and who asks twice within a round trip
 * means the same one. */
#define INTERVAL_US (300 * 1000)

/**
 * gc_key_requests_init:
 * @self: (out caller-allocates): the state, without requests
 *
 * Any thread.
 */
void
gc_key_requests_init (GcKeyRequests *self)
{
  *self = (GcKeyRequests) { .asked_us = -INTERVAL_US };
}

/**
 * gc_key_requests_look:
 * @self: the state
 * @now_us: monotonic time
 *
 * Any thread.
 *
 * Returns: whether a request has waited, and the encoder is to be asked now
 */
gboolean
gc_key_requests_look (GcKeyRequests *self, gint64 now_us)
{
  if (!self->waiting || now_us - self->asked_us < INTERVAL_US)
    return FALSE;
  *self = (GcKeyRequests) { .asked_us = now_us };
  return TRUE;
}

/**
 * gc_key_requests_add:
 * @self: the state
 * @now_us: monotonic time
 *
 * Somebody needs a key frame. Any thread.
 *
 * Returns: whether the encoder is to be asked now; if not, either one is under way or
 *   gc_key_requests_look() will say so
 */
gboolean
gc_key_requests_add (GcKeyRequests *self, gint64 now_us)
{
  self->waiting |= self->made || now_us - self->asked_us >= INTERVAL_US;
  return gc_key_requests_look (self, now_us);
}

/**
 * gc_key_requests_made:
 * @self: the state
 *
 * The encoder has made one. Any thread.
 */
void
gc_key_requests_made (GcKeyRequests *self)
{
  self->made = TRUE;
}
