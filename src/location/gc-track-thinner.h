/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "protocol/gc-fix.h"

G_BEGIN_DECLS

/**
 * GcTrackThinner:
 * @kept: the fix that was kept last
 * @any: whether there is one
 * @dense: whether the last one was wanted densely
 *
 * Chooses the fixes of a track that say something: a receiver gives one each second, and each costs
 * battery, data, and the center's attention. One thread.
 */
typedef struct
{
  GcFix kept;
  gboolean any;
  gboolean dense;
} GcTrackThinner;

void
gc_track_thinner_init (GcTrackThinner *self);
gboolean
gc_track_thinner_keeps (GcTrackThinner *self, const GcFix *fix, gboolean dense);

G_END_DECLS
