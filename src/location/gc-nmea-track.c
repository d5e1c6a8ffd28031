/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "location/gc-nmea-track.h"

#include "base/gc-error.h"
#include "location/gc-nmea.h"

#include <string.h>

#define DAY_MS (24 * 3600 * 1000)
/* What separates two points whose times do not, as where two recordings were put together. */
#define USUAL_PAUSE_MS 1000
#define MIN_PAUSE_MS 20
/* A longer pause is a lunch break, which nobody wants to replay. */
#define MAX_PAUSE_MS 60000

static guint
pause_between (int from_ms, int to_ms)
{
  int pause_ms = to_ms - from_ms;

  /* Midnight. */
  if (pause_ms < -DAY_MS / 2)
    pause_ms += DAY_MS;
  return pause_ms > 0 ? (guint) CLAMP (pause_ms, MIN_PAUSE_MS, MAX_PAUSE_MS) : USUAL_PAUSE_MS;
}

static void
add (GArray *points, const GcNmea *nmea, int *time_of_day_ms)
{
  GcNmeaPoint *last
      = points->len > 0 ? &g_array_index (points, GcNmeaPoint, points->len - 1) : NULL;
  const GcNmeaPoint point = { nmea->fix, USUAL_PAUSE_MS };

  if (last != NULL && nmea->time_of_day_ms == *time_of_day_ms)
    {
      last->fix = nmea->fix;
      return;
    }
  if (last != NULL)
    last->pause_ms = pause_between (*time_of_day_ms, nmea->time_of_day_ms);
  *time_of_day_ms = nmea->time_of_day_ms;
  g_array_append_val (points, point);
}

/**
 * gc_nmea_track_parse:
 * @text: a recording of NMEA 0183 sentences, one a line; hostile until read
 * @length: of @text in bytes
 * @error: %GC_ERROR_TOO_LARGE, or %GC_ERROR_INVALID if there is no position in it
 *
 * Reads the points of a track, GGA and RMC sentences of one moment as one; what is no sentence is
 * passed over, as recordings begin and end in the middle of one. Any thread.
 *
 * Returns: (transfer full) (element-type GcNmeaPoint) (nullable): one point at least
 */
GArray *
gc_nmea_track_parse (const char *text, gsize length, GError **error)
{
  g_autoptr (GArray) points = g_array_new (FALSE, FALSE, sizeof (GcNmeaPoint));
  const char *end = text + length;
  int time_of_day_ms = -1;
  GcNmea nmea;

  if (length > GC_NMEA_TRACK_MAX_BYTES)
    {
      g_set_error (error, GC_ERROR, GC_ERROR_TOO_LARGE, "the track is over %d bytes",
                   GC_NMEA_TRACK_MAX_BYTES);
      return NULL;
    }
  gc_nmea_init (&nmea);
  while (text < end)
    {
      const char *line_end = memchr (text, '\n', (gsize) (end - text));
      gsize line_length = (gsize) ((line_end != NULL ? line_end : end) - text);
      char line[GC_NMEA_MAX_LENGTH + 2];
      GcFix fix;

      if (line_length < sizeof line)
        {
          memcpy (line, text, line_length);
          line[line_length] = '\0';
          if (gc_nmea_feed (&nmea, line, &fix, NULL))
            add (points, &nmea, &time_of_day_ms);
        }
      text += line_length + 1;
    }
  if (points->len > 0)
    return g_steal_pointer (&points);
  g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID,
                       "the track holds no position in a GGA or RMC sentence");
  return NULL;
}
