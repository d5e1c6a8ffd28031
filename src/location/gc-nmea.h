/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "protocol/gc-fix.h"

G_BEGIN_DECLS

/* Longer lines are no NMEA 0183, whatever a receiver or file says. */
#define GC_NMEA_MAX_LENGTH 128

/**
 * GcNmea:
 * @fix: what the sentences of this second said so far
 * @second: of the day, in hundredths; -1 before the first sentence
 * @has_position: whether @fix has a place
 *
 * Puts GGA and RMC sentences of the same moment together.
 */
typedef struct
{
  GcFix fix;
  int second;
  gboolean has_position;
} GcNmea;

void
gc_nmea_init (GcNmea *nmea);
gboolean
gc_nmea_feed (GcNmea *nmea, const char *line, GcFix *fix, GError **error);
int
gc_nmea_get_second (const char *line);

G_END_DECLS
