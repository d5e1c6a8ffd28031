/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/gc-clock.h"

#include "base/gc-error.h"

#include <string.h>

/* "2026-11-24T02:33:00.123456789+08:00" and no longer. */
#define MAX_TIME_LENGTH 40

/**
 * gc_clock_monotonic_ms:
 *
 * The clock for durations: never set, never jumps. Any thread.
 *
 * Returns: milliseconds since an arbitrary moment
 */
gint64
gc_clock_monotonic_ms (void)
{
  return g_get_monotonic_time () / 1000;
}

/**
 * gc_clock_wall_ms:
 *
 * The handset's idea of the time of day, which may be wrong. Any thread.
 *
 * Returns: milliseconds since 1970-01-01T00:00:00Z
 */
gint64
gc_clock_wall_ms (void)
{
  return g_get_real_time () / 1000;
}

/**
 * gc_clock_format:
 * @wall_ms: milliseconds since 1970 in UTC, years 1 to 9999
 *
 * Writes a time as RFC 3339 in UTC with milliseconds. Any thread.
 *
 * Returns: (transfer full): as "2026-11-24T02:33:00.123Z"; a time out of range gives the epoch
 */
char *
gc_clock_format (gint64 wall_ms)
{
  gint64 seconds = wall_ms / 1000 - (wall_ms % 1000 < 0 ? 1 : 0);
  gint64 rest = wall_ms - seconds * 1000;
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (seconds);
  g_autofree char *text = NULL;

  if (time == NULL)
    return g_strdup ("1970-01-01T00:00:00.000Z");
  /* “%Y” would not pad a year before 1000, and gc_clock_parse() would not read it. */
  text = g_date_time_format (time, "%m-%dT%H:%M:%S");
  return g_strdup_printf ("%04d-%s.%03dZ", g_date_time_get_year (time), text, (int) rest);
}

/**
 * gc_clock_parse:
 * @text: an RFC 3339 time with an offset
 * @wall_ms: (out): milliseconds since 1970 in UTC
 * @error: %GC_ERROR_INVALID for anything else
 *
 * Reads what gc_clock_format() writes, and other forms of RFC 3339. Any thread.
 *
 * Returns: whether @text is a time
 */
gboolean
gc_clock_parse (const char *text, gint64 *wall_ms, GError **error)
{
  g_autoptr (GDateTime) time = NULL;

  g_return_val_if_fail (text != NULL && wall_ms != NULL, FALSE);

  if (strnlen (text, MAX_TIME_LENGTH + 1) <= MAX_TIME_LENGTH && g_utf8_validate (text, -1, NULL))
    time = g_date_time_new_from_iso8601 (text, NULL);
  if (time == NULL)
    {
      g_set_error (error, GC_ERROR, GC_ERROR_INVALID, "not a time: “%.40s”", text);
      return FALSE;
    }
  *wall_ms = g_date_time_to_unix (time) * 1000 + g_date_time_get_microsecond (time) / 1000;
  return TRUE;
}
