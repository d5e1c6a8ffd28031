/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "protocol/gc-fix.h"

G_BEGIN_DECLS

/* Longer lines are no NMEA 0183, whatever a receiver or file says. */
#define GC_NMEA_MAX_LENGTH 128

/**
 * GcNmea:
 * @fix: what the sentences of this moment said so far; its time is not set
 * @time_of_day_ms: of this moment, by the receiver's clock in UTC, 0 to 86,400,999; -1 before the
 *   first sentence
 *
 * Puts GGA and RMC sentences of the same moment together.
 */
typedef struct
{
  GcFix fix;
  int time_of_day_ms;
} GcNmea;

void
gc_nmea_init (GcNmea *nmea);
gboolean
gc_nmea_feed (GcNmea *nmea, const char *line, GcFix *fix, GError **error);

G_END_DECLS
