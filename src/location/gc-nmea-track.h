/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "protocol/gc-fix.h"

G_BEGIN_DECLS

/* A longer recording is no track that anybody replays: about a day of one fix a second. */
#define GC_NMEA_TRACK_MAX_BYTES (16 * 1024 * 1024)

/**
 * GcNmeaPoint:
 * @fix: where the receiver was; its time is not set
 * @pause_ms: how long after it the next point came
 *
 * One moment of a recorded track.
 */
typedef struct
{
  GcFix fix;
  guint pause_ms;
} GcNmeaPoint;

GArray *
gc_nmea_track_parse (const char *text, gsize length, GError **error);

G_END_DECLS
