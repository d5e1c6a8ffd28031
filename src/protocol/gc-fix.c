/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "protocol/gc-fix.h"

#include "base/gc-clock.h"
#include "protocol/gc-json.h"

#include <math.h>

#define EARTH_RADIUS_M 6371008.8
#define MAX_ACCURACY_M 1e6
#define MAX_SPEED_MPS 1000

G_DEFINE_BOXED_TYPE (GcFix, gc_fix, gc_fix_copy, gc_fix_free)

/**
 * gc_fix_copy:
 * @fix: a fix
 *
 * Any thread.
 *
 * Returns: (transfer full): a copy
 */
GcFix *
gc_fix_copy (const GcFix *fix)
{
  return g_memdup2 (fix, sizeof *fix);
}

/**
 * gc_fix_free:
 * @fix: (transfer full): a fix
 *
 * Any thread.
 */
void
gc_fix_free (GcFix *fix)
{
  g_free (fix);
}

/* Seven decimals are a centimetre; more would only tell which receiver it was. */
static double
rounded (double degrees)
{
  return round (degrees * 1e7) / 1e7;
}

static void
add_if_known (JsonObject *object, const char *member, double value)
{
  if (!isnan (value))
    json_object_set_double_member (object, member, round (value * 100) / 100);
}

/**
 * gc_fix_to_json:
 * @fix: a fix
 *
 * Writes the FIX of PROTOCOL.md. Any thread.
 *
 * Returns: (transfer full): the object
 */
JsonObject *
gc_fix_to_json (const GcFix *fix)
{
  JsonObject *object = json_object_new ();
  g_autofree char *at = gc_clock_format (fix->time_ms);

  json_object_set_double_member (object, "lon", rounded (fix->longitude));
  json_object_set_double_member (object, "lat", rounded (fix->latitude));
  json_object_set_string_member (object, "at", at);
  add_if_known (object, "accuracy_m", fix->accuracy_m);
  add_if_known (object, "speed_mps", fix->speed_mps);
  add_if_known (object, "bearing_deg", fix->bearing_deg);
  return object;
}

static gboolean
read_if_there (JsonObject *object, const char *member, double max, double *value, GError **error)
{
  *value = NAN;
  if (!gc_json_has (object, member))
    return TRUE;
  return gc_json_get_double (object, member, 0, max, value, error);
}

/**
 * gc_fix_from_json:
 * @object: a FIX of PROTOCOL.md
 * @fix: (out caller-allocates): the fix
 * @error: %GC_ERROR_INVALID
 *
 * Any thread.
 *
 * Returns: whether @object is a fix
 */
gboolean
gc_fix_from_json (JsonObject *object, GcFix *fix, GError **error)
{
  return gc_json_get_double (object, "lon", -180, 180, &fix->longitude, error)
         && gc_json_get_double (object, "lat", -90, 90, &fix->latitude, error)
         && gc_json_get_time (object, "at", &fix->time_ms, error)
         && read_if_there (object, "accuracy_m", MAX_ACCURACY_M, &fix->accuracy_m, error)
         && read_if_there (object, "speed_mps", MAX_SPEED_MPS, &fix->speed_mps, error)
         && read_if_there (object, "bearing_deg", 360, &fix->bearing_deg, error);
}

/**
 * gc_fix_distance_m:
 * @longitude_a: degrees WGS-84
 * @latitude_a: degrees WGS-84
 * @longitude_b: degrees WGS-84
 * @latitude_b: degrees WGS-84
 *
 * The great-circle distance (haversine), good to half a percent. Any thread.
 *
 * Returns: metres
 */
double
gc_fix_distance_m (double longitude_a, double latitude_a, double longitude_b, double latitude_b)
{
  double to_radians = G_PI / 180;
  double half_dlat = (latitude_b - latitude_a) * to_radians / 2;
  double half_dlon = (longitude_b - longitude_a) * to_radians / 2;
  double chord = sin (half_dlat) * sin (half_dlat)
                 + cos (latitude_a * to_radians) * cos (latitude_b * to_radians) * sin (half_dlon)
                       * sin (half_dlon);

  return 2 * EARTH_RADIUS_M * asin (sqrt (MIN (chord, 1)));
}
