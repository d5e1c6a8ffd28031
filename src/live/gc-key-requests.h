/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * GcKeyRequests:
 * @asked_us: when a key frame was asked of the encoder last
 * @made: whether one has come out since
 * @waiting: whether another is to be asked for as soon as it may be
 *
 * Requests for key frames, of several viewers: each gets one, but no two are closer than 300 ms,
 * and those that wait for the same one share it.
 */
typedef struct
{
  gint64 asked_us;
  gboolean made;
  gboolean waiting;
} GcKeyRequests;

void
gc_key_requests_init (GcKeyRequests *self);
gboolean
gc_key_requests_add (GcKeyRequests *self, gint64 now_us);
gboolean
gc_key_requests_look (GcKeyRequests *self, gint64 now_us);
void
gc_key_requests_made (GcKeyRequests *self);

G_END_DECLS
