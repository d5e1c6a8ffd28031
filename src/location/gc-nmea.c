/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "location/gc-nmea.h"

#include "base/gc-error.h"

#include <math.h>
#include <string.h>

#define FIELDS_MAX 24
#define KNOT_MPS 0.514444
#define MAX_KNOTS 1000
/* What a consumer receiver's horizontal dilution of 1 means, in metres. */
#define HDOP_M 5.0

static gboolean
fail (GError **error, const char *what)
{
  g_set_error (error, GC_ERROR, GC_ERROR_INVALID, "not NMEA: %s", what);
  return FALSE;
}

/* NMEA 0183: $<address>,<fields>*<checksum>; the exclusive or of what stands between. */
static gboolean
check_line (const char *line, gsize *length, GError **error)
{
  guint8 sum = 0;
  gsize end;

  *length = strcspn (line, "\r\n");
  if (*length > GC_NMEA_MAX_LENGTH)
    return fail (error, "too long");
  if (*length < 9 || line[0] != '$')
    return fail (error, "no sentence");
  end = *length - 3;
  if (line[end] != '*' || !g_ascii_isxdigit (line[end + 1]) || !g_ascii_isxdigit (line[end + 2]))
    return fail (error, "no checksum");
  for (gsize i = 1; i < end; i++)
    {
      if (!g_ascii_isprint (line[i]))
        return fail (error, "strange characters");
      sum ^= (guint8) line[i];
    }
  if (sum != g_ascii_xdigit_value (line[end + 1]) * 16 + g_ascii_xdigit_value (line[end + 2]))
    return fail (error, "wrong checksum");
  *length = end;
  return TRUE;
}

static gboolean
read_number (const char *text, double min, double max, double *number)
{
  char *end;

  if (!g_ascii_isdigit (text[0]) || strspn (text, "0123456789.") != strlen (text))
    return FALSE;
  *number = g_ascii_strtod (text, &end);
  return *end == '\0' && *number >= min && *number <= max;
}

/* “ddmm.mmmm” with “N” or “S”, or “dddmm.mmmm” with “E” or “W”. */
static gboolean
read_angle (const char *text, const char *hemisphere, const char *letters, int limit, double *angle)
{
  gsize digits = limit > 99 ? 5 : 4;
  double number;
  double whole;

  if (strspn (text, "0123456789") != digits || !read_number (text, 0, limit * 100, &number)
      || strlen (hemisphere) != 1 || strchr (letters, hemisphere[0]) == NULL)
    return FALSE;
  whole = floor (number / 100);
  if (number - whole * 100 >= 60)
    return FALSE;
  *angle = whole + (number - whole * 100) / 60;
  if (hemisphere[0] == letters[1])
    *angle = -*angle;
  return TRUE;
}

/* “hhmmss.sss”, in milliseconds of the day; a leap second is the 60th. */
static int
read_time (const char *text)
{
  double number;
  int hours;
  int minutes;

  if (strspn (text, "0123456789") != 6 || !read_number (text, 0, 235960.999, &number))
    return -1;
  hours = (int) number / 10000;
  minutes = (int) number / 100 % 100;
  if (minutes > 59 || (int) number % 100 > 60)
    return -1;
  return (hours * 3600 + minutes * 60) * 1000 + (int) lround (fmod (number, 100) * 1000);
}

static gboolean
read_place (GcNmea *nmea, char **fields)
{
  double latitude;
  double longitude;

  if (!read_angle (fields[0], fields[1], "NS", 90, &latitude)
      || !read_angle (fields[2], fields[3], "EW", 180, &longitude))
    return FALSE;
  nmea->fix.latitude = latitude;
  nmea->fix.longitude = longitude;
  return TRUE;
}

static void
begin_moment (GcNmea *nmea, int time_of_day_ms)
{
  if (time_of_day_ms == nmea->time_of_day_ms)
    return;
  gc_nmea_init (nmea);
  nmea->time_of_day_ms = time_of_day_ms;
}

/* $xxGGA,time,lat,N,lon,E,quality,satellites,hdop,… */
static gboolean
read_gga (GcNmea *nmea, char **fields, guint count)
{
  int time_of_day_ms = count >= 9 ? read_time (fields[1]) : -1;
  double quality;
  double hdop;

  if (time_of_day_ms < 0 || !read_number (fields[6], 1, 9, &quality))
    return FALSE;
  begin_moment (nmea, time_of_day_ms);
  if (read_number (fields[8], 0.1, 99, &hdop))
    nmea->fix.accuracy_m = hdop * HDOP_M;
  return read_place (nmea, fields + 2);
}

/* $xxRMC,time,status,lat,N,lon,E,knots,course,date,… */
static gboolean
read_rmc (GcNmea *nmea, char **fields, guint count)
{
  int time_of_day_ms = count >= 9 ? read_time (fields[1]) : -1;
  double number;

  if (time_of_day_ms < 0 || strcmp (fields[2], "A") != 0)
    return FALSE;
  begin_moment (nmea, time_of_day_ms);
  if (read_number (fields[7], 0, MAX_KNOTS, &number))
    nmea->fix.speed_mps = number * KNOT_MPS;
  if (read_number (fields[8], 0, 360, &number))
    nmea->fix.bearing_deg = number;
  return read_place (nmea, fields + 3);
}

/**
 * gc_nmea_init:
 * @nmea: (out caller-allocates): the state
 *
 * Any thread.
 */
void
gc_nmea_init (GcNmea *nmea)
{
  nmea->fix = (GcFix) { .accuracy_m = NAN, .speed_mps = NAN, .bearing_deg = NAN };
  nmea->time_of_day_ms = -1;
}

/**
 * gc_nmea_feed:
 * @nmea: the state
 * @line: a line of a receiver or file; hostile until read
 * @fix: (out caller-allocates): what is known of this moment, without its time
 * @error: %GC_ERROR_INVALID if @line is no NMEA 0183 sentence
 *
 * Reads GGA and RMC sentences of any talker; others are passed over without error. Any thread.
 *
 * Returns: whether @fix was set
 */
gboolean
gc_nmea_feed (GcNmea *nmea, const char *line, GcFix *fix, GError **error)
{
  g_autofree char *body = NULL;
  g_auto (GStrv) fields = NULL;
  gsize length;
  guint count;
  gboolean read;

  if (!check_line (line, &length, error))
    return FALSE;
  body = g_strndup (line + 1, length - 1);
  fields = g_strsplit (body, ",", FIELDS_MAX);
  count = g_strv_length (fields);
  /* Talkers that begin with P are makers who write what they like. */
  if (strlen (fields[0]) != 5 || fields[0][0] == 'P')
    return FALSE;
  if (strcmp (fields[0] + 2, "GGA") == 0)
    read = read_gga (nmea, fields, count);
  else if (strcmp (fields[0] + 2, "RMC") == 0)
    read = read_rmc (nmea, fields, count);
  else
    return FALSE;
  if (read)
    *fix = nmea->fix;
  return read;
}
