/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * GcAllowance:
 *
 * A rate that is kept to, as credit that comes with time and goes with what is sent. The fields are
 * private.
 */
typedef struct
{
  gint64 bps;
  double credit; /* bytes; below 0 in debt */
  gint64 since_us;
} GcAllowance;

void
gc_allowance_init (GcAllowance *self, gint64 bps);
void
gc_allowance_set_rate (GcAllowance *self, gint64 bps);
void
gc_allowance_spend (GcAllowance *self, gsize bytes);
gsize
gc_allowance_get (GcAllowance *self, gint64 now_us, gint64 interval_us);
gsize
gc_allowance_take (GcAllowance *self, gint64 now_us, gint64 interval_us);

G_END_DECLS
