/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises of a track that is thinned:
 *  - who stands still is told of once a minute, whatever the receiver's noise
 *  - a walk needs a tenth of its fixes, and is nowhere further off than the width of a road; every
 *    few steps count while it is wanted densely, from the first fix on
 *  - a corner is kept, and a clock that jumps loses nothing
 */

#include "location/gc-nmea-track.h"
#include "location/gc-track-thinner.h"

#include <math.h>

#define METRE_DEG (1 / 111195.0)

static GcFix
make_fix (int second, double east_m, double north_m, double bearing_deg)
{
  return (GcFix) { .longitude = east_m * METRE_DEG,
                   .latitude = north_m * METRE_DEG,
                   .time_ms = 1000000 + second * 1000,
                   .accuracy_m = 8,
                   .speed_mps = NAN,
                   .bearing_deg = bearing_deg };
}

static gboolean
keeps (GcTrackThinner *thinner, GcFix fix, gboolean dense)
{
  return gc_track_thinner_keeps (thinner, &fix, dense);
}

static void
test_standing (void)
{
  GcTrackThinner thinner;
  int kept = 0;

  gc_track_thinner_init (&thinner);
  for (int second = 0; second < 600; second++)
    kept += keeps (&thinner, make_fix (second, second * 7 % 5 - 2, second * 3 % 5 - 2, NAN), FALSE);
  g_assert_cmpint (kept, ==, 10);
}

/* How far a place is off the straight way between two others, in metres. */
static double
off_way (const GcFix *from, const GcFix *to, const GcFix *fix)
{
  double scale = cos (fix->latitude * G_PI / 180);
  double dx = (to->longitude - from->longitude) / METRE_DEG * scale;
  double dy = (to->latitude - from->latitude) / METRE_DEG;
  double x = (fix->longitude - from->longitude) / METRE_DEG * scale;
  double y = (fix->latitude - from->latitude) / METRE_DEG;
  double length = dx * dx + dy * dy;
  double along = length > 0 ? CLAMP ((x * dx + y * dy) / length, 0, 1) : 0;

  return hypot (x - along * dx, y - along * dy);
}

static GArray *
read_walk (void)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  GArray *points;
  gsize length;

  g_file_get_contents (g_getenv ("DEMO_WALK"), &text, &length, &error);
  g_assert_no_error (error);
  points = gc_nmea_track_parse (text, length, &error);
  g_assert_no_error (error);
  /* The recording says how far apart they are, not when they were. */
  for (guint i = 1; i < points->len; i++)
    {
      const GcNmeaPoint *before = &g_array_index (points, GcNmeaPoint, i - 1);

      g_array_index (points, GcNmeaPoint, i).fix.time_ms = before->fix.time_ms + before->pause_ms;
    }
  return points;
}

static const GcFix *
get_fix (GArray *points, guint i)
{
  return &g_array_index (points, GcNmeaPoint, i).fix;
}

static void
check_walk (gboolean dense, double most_share, double most_off_m)
{
  g_autoptr (GArray) points = read_walk ();
  GcTrackThinner thinner;
  guint kept = 0;
  guint last = 0;

  gc_track_thinner_init (&thinner);
  for (guint i = 0; i < points->len; i++)
    {
      if (!gc_track_thinner_keeps (&thinner, get_fix (points, i), dense))
        continue;
      for (guint j = last; j < i; j++)
        g_assert_cmpfloat (
            off_way (get_fix (points, last), get_fix (points, i), get_fix (points, j)), <,
            most_off_m);
      last = i;
      kept++;
    }
  g_test_message ("%u of %u", kept, points->len);
  g_assert_cmpfloat (kept, <=, points->len * most_share);
}

static void
test_walk (void)
{
  check_walk (FALSE, 0.13, 10);
  check_walk (TRUE, 0.4, 4);
}

static void
test_dense_at_once (void)
{
  GcTrackThinner thinner;

  gc_track_thinner_init (&thinner);
  g_assert_true (keeps (&thinner, make_fix (0, 0, 0, 90), FALSE));
  g_assert_false (keeps (&thinner, make_fix (1, 1, 0, 90), FALSE));
  g_assert_true (keeps (&thinner, make_fix (2, 2, 0, 90), TRUE));
  g_assert_false (keeps (&thinner, make_fix (3, 3, 0, 90), TRUE));
  g_assert_true (keeps (&thinner, make_fix (7, 7.5, 0, 90), TRUE));
  g_assert_false (keeps (&thinner, make_fix (9, 15, 0, 90), FALSE));
}

static void
test_corner (void)
{
  GcTrackThinner thinner;

  gc_track_thinner_init (&thinner);
  g_assert_true (keeps (&thinner, make_fix (0, 0, 0, 350), FALSE));
  g_assert_false (keeps (&thinner, make_fix (6, 0, 8, 10), FALSE));
  g_assert_true (keeps (&thinner, make_fix (7, 1, 8, 80), FALSE));
}

static void
test_clock (void)
{
  GcTrackThinner thinner;

  gc_track_thinner_init (&thinner);
  g_assert_true (keeps (&thinner, make_fix (1000, 0, 0, NAN), FALSE));
  g_assert_true (keeps (&thinner, make_fix (0, 0, 0, NAN), FALSE));
  g_assert_false (keeps (&thinner, make_fix (1, 0, 0, NAN), FALSE));
  g_assert_true (keeps (&thinner, make_fix (5000, 0, 0, NAN), FALSE));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/track-thinner/standing", test_standing);
  g_test_add_func ("/track-thinner/walk", test_walk);
  g_test_add_func ("/track-thinner/dense-at-once", test_dense_at_once);
  g_test_add_func ("/track-thinner/corner", test_corner);
  g_test_add_func ("/track-thinner/clock", test_clock);
  return g_test_run ();
}
