/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * GcPathRate:
 *
 * What the bottleneck of a path passes on, from the spacing of packets that it passed on one behind
 * the other. The fields are private.
 */
typedef struct
{
  double fast_bytes;
  double fast_us;
  double slow_bytes;
  double slow_us;
  double variance; /* of the fast rate around the slow one, (bytes/µs)² */
} GcPathRate;

void
gc_path_rate_init (GcPathRate *self);
void
gc_path_rate_add (GcPathRate *self, gint64 gap_us, gsize bytes);
void
gc_path_rate_grow (GcPathRate *self, double factor);
gboolean
gc_path_rate_is_known (const GcPathRate *self);
double
gc_path_rate_get_mean (const GcPathRate *self);
double
gc_path_rate_get_sure (const GcPathRate *self);
double
gc_path_rate_get_peak (const GcPathRate *self);

G_END_DECLS
