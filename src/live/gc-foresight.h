/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "live/gc-congestion.h"

G_BEGIN_DECLS

/**
 * GcForesight:
 *
 * Whether the picture is repeated before anybody can have missed it. The fields are private.
 */
typedef struct
{
  gint64 until_us;
} GcForesight;

void
gc_foresight_look (GcForesight *self, gint64 now_us, const GcCongestionFigures *figures);
gboolean
gc_foresight_is_wanted (const GcForesight *self, gint64 now_us);

G_END_DECLS
