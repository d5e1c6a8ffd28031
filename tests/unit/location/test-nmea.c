/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - GGA and RMC of any talker are read, in every hemisphere, and those of one moment together
 *  - what is no sentence is an error, what says nothing of the place is passed over, and neither
 *    changes what was read before
 *  - a recording becomes a track at its own pace: over midnight, over gaps, with rubbish in it
 *  - recordings without a position, and endless ones, are refused
 */

#include "base/gc-error.h"
#include "location/gc-nmea-track.h"
#include "location/gc-nmea.h"

#include <math.h>
#include <string.h>

#define GGA "GPGGA,010203.00,2854.24600,N,12058.27200,E,1,10,0.9,62.0,M,8.0,M,,"
#define RMC "GPRMC,010203.00,A,2854.24600,N,12058.27200,E,3.00,56.5,241126,,,A"

static char *
sentence (const char *body)
{
  guint8 sum = 0;

  for (const char *at = body; *at != '\0'; at++)
    sum ^= (guint8) *at;
  return g_strdup_printf ("$%s*%02X", body, sum);
}

static gboolean
feed (GcNmea *nmea, const char *body, GcFix *fix)
{
  g_autofree char *line = sentence (body);
  g_autoptr (GError) error = NULL;
  gboolean read = gc_nmea_feed (nmea, line, fix, &error);

  g_assert_no_error (error);
  return read;
}

static void
test_reads (void)
{
  GcNmea nmea;
  GcFix fix;

  gc_nmea_init (&nmea);
  g_assert_true (feed (&nmea, GGA, &fix));
  g_assert_cmpfloat_with_epsilon (fix.latitude, 28.9041, 1e-9);
  g_assert_cmpfloat_with_epsilon (fix.longitude, 120.9712, 1e-9);
  g_assert_cmpfloat_with_epsilon (fix.accuracy_m, 4.5, 1e-9);
  g_assert_true (isnan (fix.speed_mps));
  g_assert_true (feed (&nmea, RMC, &fix));
  g_assert_cmpfloat_with_epsilon (fix.accuracy_m, 4.5, 1e-9);
  g_assert_cmpfloat_with_epsilon (fix.speed_mps, 1.543332, 1e-6);
  g_assert_cmpfloat_with_epsilon (fix.bearing_deg, 56.5, 1e-9);
  g_assert_cmpint (nmea.time_of_day_ms, ==, 3723000);
}

static void
test_moments_apart (void)
{
  GcNmea nmea;
  GcFix fix;

  gc_nmea_init (&nmea);
  g_assert_true (feed (&nmea, RMC, &fix));
  g_assert_true (feed (&nmea, "GPGGA,010204.00,2854.25,N,12058.27,E,1,10,,62.0,M,8.0,M,,", &fix));
  g_assert_true (isnan (fix.speed_mps));
  g_assert_true (isnan (fix.bearing_deg));
  g_assert_true (isnan (fix.accuracy_m));
}

typedef struct
{
  const char *body;
  double latitude;
  double longitude;
} Place;

static void
test_talkers_and_hemispheres (void)
{
  const Place places[] = {
    { "GNGGA,000000,3351.0000,S,15112.0000,E,1,4,1.0,,M,,M,,", -33.85, 151.2 },
    { "BDGGA,235960.9,0000.0000,N,00000.6000,W,2,4,1.0,,M,,M,,", 0, -0.01 },
    { "GLRMC,120000.123,A,9000.0,N,18000.0,E,,,010126,,", 90, 180 },
    { "QZRMC,120000,A,0001.5,S,07030,W,0.0,360.0,010126,,", -0.025, -70.5 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    {
      GcNmea nmea;
      GcFix fix;

      gc_nmea_init (&nmea);
      g_assert_true (feed (&nmea, places[i].body, &fix));
      g_assert_cmpfloat_with_epsilon (fix.latitude, places[i].latitude, 1e-9);
      g_assert_cmpfloat_with_epsilon (fix.longitude, places[i].longitude, 1e-9);
    }
}

static void
test_passed_over (void)
{
  const char *const bodies[] = {
    "GPGSV,1,1,00",
    "GPGGA",
    "GPGGA,",
    "GPRMC,,,,,,,,,,,",
    "GPGGA,010203.00,2854.24600,N,12058.27200,E,0,10,0.9,62.0,M,8.0,M,,",
    "GPGGA,010203.00,2854.24600,N,12058.27200,E,,10,0.9,62.0,M,8.0,M,,",
    "GPGGA,010203.00,,,,,1,10,0.9,62.0,M,8.0,M,,",
    "GPGGA,010203.00,2860.00000,N,12058.27200,E,1,10,0.9,62.0,M,8.0,M,,",
    "GPGGA,010203.00,9001.00000,N,12058.27200,E,1,10,0.9,62.0,M,8.0,M,,",
    "GPGGA,010203.00,2854.24600,N,18000.10000,E,1,10,0.9,62.0,M,8.0,M,,",
    "GPGGA,010203.00,2854.24600,X,12058.27200,E,1,10,0.9,62.0,M,8.0,M,,",
    "GPGGA,010203.00,2854.24600,NS,12058.27200,E,1,10,0.9,62.0,M,8.0,M,,",
    "GPGGA,010203.00,2854.24600,,12058.27200,E,1,10,0.9,62.0,M,8.0,M,,",
    "GPGGA,010203.00,-2854.2460,N,12058.27200,E,1,10,0.9,62.0,M,8.0,M,,",
    "GPGGA,010203.00,854.24600,N,12058.27200,E,1,10,0.9,62.0,M,8.0,M,,",
    "GPGGA,010203.00,28e4,N,12058.27200,E,1,10,0.9,62.0,M,8.0,M,,",
    "GPGGA,010203.00,2854.2.4,N,12058.27200,E,1,10,0.9,62.0,M,8.0,M,,",
    "GPGGA,010203.00,0x2854,N,12058.27200,E,1,10,0.9,62.0,M,8.0,M,,",
    "GPGGA,nan,2854.24600,N,12058.27200,E,1,10,0.9,62.0,M,8.0,M,,",
    "GPGGA,240000,2854.24600,N,12058.27200,E,1,10,0.9,62.0,M,8.0,M,,",
    "GPGGA,016000,2854.24600,N,12058.27200,E,1,10,0.9,62.0,M,8.0,M,,",
    "GPGGA,010261,2854.24600,N,12058.27200,E,1,10,0.9,62.0,M,8.0,M,,",
    "GPGGA,01020,2854.24600,N,12058.27200,E,1,10,0.9,62.0,M,8.0,M,,",
    "GPGGA,0102030,2854.24600,N,12058.27200,E,1,10,0.9,62.0,M,8.0,M,,",
    "GPRMC,010203.00,V,2854.24600,N,12058.27200,E,3.00,56.5,241126,,,A",
    "GPRMC,010203.00,,2854.24600,N,12058.27200,E,3.00,56.5,241126,,,A",
    "GPRMC,010203.00,A,2854.24600,N,12058.27200",
    "PMGGA,010203.00,2854.24600,N,12058.27200,E,1,10,0.9,62.0,M,8.0,M,,",
    "GPSGGA,010203.00,2854.24600,N,12058.27200,E,1,10,0.9,62.0,M,8.0,M,,",
    ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bodies); i++)
    {
      GcNmea nmea;
      GcFix fix = { .latitude = 7 };

      gc_nmea_init (&nmea);
      g_assert_false (feed (&nmea, bodies[i], &fix));
      g_assert_cmpfloat (fix.latitude, ==, 7);
    }
}

static void
test_strange_values_unknown (void)
{
  GcNmea nmea;
  GcFix fix;

  gc_nmea_init (&nmea);
  g_assert_true (feed (&nmea, "GPRMC,010203,A,2854.2,N,12058.2,E,99999,361,241126,,,A", &fix));
  g_assert_true (isnan (fix.speed_mps));
  g_assert_true (isnan (fix.bearing_deg));
  g_assert_true (feed (&nmea, "GPGGA,010203,2854.2,N,12058.2,E,1,10,-1,62.0,M,8.0,M,,", &fix));
  g_assert_true (isnan (fix.accuracy_m));
}

static void
test_refuses (void)
{
  g_autofree char *good = sentence (GGA);
  g_autofree char *no_dollar = g_strdup (good + 1);
  g_autofree char *truncated = g_strndup (good, strlen (good) - 1);
  g_autofree char *no_sum = g_strndup (good, strlen (good) - 3);
  g_autofree char *half = g_strndup (good, 30);
  g_autofree char *changed = g_strdup (good);
  g_autofree char *padding = g_strnfill (200, ',');
  g_autofree char *long_body = g_strconcat (GGA, padding, NULL);
  g_autofree char *too_long = sentence (long_body);
  g_autofree char *control = sentence ("GPGGA,010203.00,28\t54.24600,N,12058.27200,E,1,10,0.9");
  g_autofree char *foreign = sentence ("GPGGA,010203.00,２８54.24600,N,12058.27200,E,1,10,0.9");
  const char *const lines[]
      = { "",   "$",    "$*",      "*00",     "$GPGGA*", "$GPGGA*5", "$GPGGA*ZZ", "\xff\xfe",
          half, no_sum, no_dollar, truncated, changed,   too_long,   control,     foreign };

  changed[20] = changed[20] == '1' ? '2' : '1';
  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autoptr (GError) error = NULL;
      GcNmea nmea;
      GcFix fix;

      gc_nmea_init (&nmea);
      g_assert_false (gc_nmea_feed (&nmea, lines[i], &fix, &error));
      g_assert_error (error, GC_ERROR, GC_ERROR_INVALID);
    }
}

static void
test_line_ends (void)
{
  g_autofree char *line = sentence (GGA);
  g_autofree char *with_end = g_strconcat (line, "\r\n", NULL);
  GcNmea nmea;
  GcFix fix;

  gc_nmea_init (&nmea);
  g_assert_true (gc_nmea_feed (&nmea, with_end, &fix, NULL));
}

static void
append (GString *text, const char *time)
{
  g_autofree char *gga
      = g_strdup_printf ("GPGGA,%s,2854.24600,N,12058.27200,E,1,10,0.9,62.0,M,8.0,M,,", time);
  g_autofree char *rmc
      = g_strdup_printf ("GPRMC,%s,A,2854.24600,N,12058.27200,E,3.00,56.5,241126,,,A", time);
  g_autofree char *first = sentence (gga);
  g_autofree char *second = sentence (rmc);

  g_string_append_printf (text, "%s\r\n%s\r\n", first, second);
}

static void
test_track_pace (void)
{
  const char *const times[] = { "235958", "235959.5", "000000", "000000.001", "000730", "000600" };
  const guint pauses[] = { 1500, 500, 20, 60000, 1000, 1000 };
  g_autoptr (GString) text = g_string_new ("12058.27200,E,1,10*00\r\n");
  g_autoptr (GArray) points = NULL;
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (times); i++)
    {
      append (text, times[i]);
      g_string_append_len (text, "\0\xff rubbish\n\n", 12);
    }
  points = gc_nmea_track_parse (text->str, text->len, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (points->len, ==, G_N_ELEMENTS (times));
  for (guint i = 0; i < points->len; i++)
    {
      GcNmeaPoint *point = &g_array_index (points, GcNmeaPoint, i);

      g_assert_cmpuint (point->pause_ms, ==, pauses[i]);
      g_assert_cmpfloat_with_epsilon (point->fix.accuracy_m, 4.5, 1e-9);
      g_assert_cmpfloat_with_epsilon (point->fix.speed_mps, 1.543332, 1e-6);
    }
}

static void
test_track_refused (void)
{
  g_autofree char *lines = g_strnfill (100000, '\n');
  g_autofree char *one_line = g_strnfill (100000, '$');
  g_autofree char *void_fix
      = sentence ("GPRMC,010203.00,V,2854.24600,N,12058.27200,E,3.00,56.5,241126,,,N");
  const char *const texts[] = { "", lines, one_line, void_fix };
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_assert_null (gc_nmea_track_parse (texts[i], strlen (texts[i]), &error));
      g_assert_error (error, GC_ERROR, GC_ERROR_INVALID);
      g_clear_error (&error);
    }
  g_assert_null (gc_nmea_track_parse ("", GC_NMEA_TRACK_MAX_BYTES + 1, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_TOO_LARGE);
}

/* The track of the demo: ten minutes at a walk, closed, so that it can go round. */
static void
test_demo_track (void)
{
  g_autofree char *path
      = g_test_build_filename (G_TEST_DIST, "..", "data", "demo", "walk.nmea", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GArray) points = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  g_assert_true (g_file_get_contents (path, &text, &length, &error));
  points = gc_nmea_track_parse (text, length, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (points->len, ==, 600);
  for (guint i = 0; i < points->len; i++)
    {
      const GcNmeaPoint *here = &g_array_index (points, GcNmeaPoint, i);
      const GcNmeaPoint *next = &g_array_index (points, GcNmeaPoint, (i + 1) % points->len);

      g_assert_cmpuint (here->pause_ms, ==, 1000);
      g_assert_cmpfloat (here->fix.speed_mps, <, 2);
      g_assert_cmpfloat (gc_fix_distance_m (here->fix.longitude, here->fix.latitude,
                                            next->fix.longitude, next->fix.latitude),
                         <, 2.5);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/location/nmea/one-moment-together", test_reads);
  g_test_add_func ("/location/nmea/moments-apart", test_moments_apart);
  g_test_add_func ("/location/nmea/talkers-and-hemispheres", test_talkers_and_hemispheres);
  g_test_add_func ("/location/nmea/no-place-is-passed-over", test_passed_over);
  g_test_add_func ("/location/nmea/strange-values-are-unknown", test_strange_values_unknown);
  g_test_add_func ("/location/nmea/refuses-malformed", test_refuses);
  g_test_add_func ("/location/nmea/line-ends", test_line_ends);
  g_test_add_func ("/location/track/own-pace", test_track_pace);
  g_test_add_func ("/location/track/refuses-none-and-endless", test_track_refused);
  g_test_add_func ("/location/track/demo-walk-is-a-walk", test_demo_track);
  return g_test_run ();
}
