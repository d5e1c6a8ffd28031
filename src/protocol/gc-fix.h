/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * GcFix:
 * @longitude: degrees WGS-84, -180 to 180
 * @latitude: degrees WGS-84, -90 to 90
 * @time_ms: wall time of the fix, ms since 1970
 * @accuracy_m: 68 % radius in metres, NAN if unknown
 * @speed_mps: metres per second, NAN if unknown
 * @bearing_deg: degrees from true north, 0 to 360, NAN if unknown
 *
 * Where the terminal was at one moment.
 */
typedef struct
{
  double longitude;
  double latitude;
  gint64 time_ms;
  double accuracy_m;
  double speed_mps;
  double bearing_deg;
} GcFix;

#define GC_TYPE_FIX (gc_fix_get_type ())
GType
gc_fix_get_type (void);

GcFix *
gc_fix_copy (const GcFix *fix);
void
gc_fix_free (GcFix *fix);
JsonObject *
gc_fix_to_json (const GcFix *fix);
gboolean
gc_fix_from_json (JsonObject *object, GcFix *fix, GError **error);
double
gc_fix_distance_m (double longitude_a, double latitude_a, double longitude_b, double latitude_b);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcFix, gc_fix_free)

G_END_DECLS
