/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "protocol/gc-cap.h"

#include "protocol/gc-fix.h"

#include <math.h>

#define METRES_PER_DEGREE 111195.0
/* Who stands on the edge is inside, whatever the last digit says. */
#define EDGE_M 0.5
#define TURN_DEG 360.0

/**
 * gc_cap_info_has_geometry:
 * @info: what is said
 *
 * Any thread.
 *
 * Returns: whether it says by coordinates where it holds, all of it
 */
gboolean
gc_cap_info_has_geometry (const GcCapInfo *info)
{
  for (guint i = 0; i < info->areas->len; i++)
    {
      const GcCapArea *area = g_ptr_array_index (info->areas, i);

      if (area->polygons->len == 0 && area->circles->len == 0)
        return FALSE;
    }
  return info->areas->len > 0;
}

/* To the segment between two points given from here, in metres. */
static double
distance_to_segment_m (double x1, double y1, double x2, double y2)
{
  double dx = x2 - x1;
  double dy = y2 - y1;
  double length = dx * dx + dy * dy;
  double along = length > 0 ? CLAMP (-(x1 * dx + y1 * dy) / length, 0, 1) : 0;

  return hypot (x1 + along * dx, y1 + along * dy);
}

/* @corners is relative to the point, in degrees. */
static gboolean
surrounds (const GcCapPoint *corners, guint count, double latitude, double shift, double margin_m)
{
  double per_degree = METRES_PER_DEGREE * cos (latitude * G_PI / 180);
  gboolean inside = FALSE;

  for (guint i = 0; i + 1 < count; i++)
    {
      double x1 = corners[i].longitude + shift;
      double y1 = corners[i].latitude;
      double x2 = corners[i + 1].longitude + shift;
      double y2 = corners[i + 1].latitude;

      if (distance_to_segment_m (x1 * per_degree, y1 * METRES_PER_DEGREE, x2 * per_degree,
                                 y2 * METRES_PER_DEGREE)
          <= margin_m)
        return TRUE;
      /* Each edge that a ray eastward crosses turns inside out. */
      if ((y1 > 0) != (y2 > 0) && x1 - y1 * (x2 - x1) / (y2 - y1) > 0)
        inside = !inside;
    }
  return inside;
}

/* Edges are straight in longitude and latitude, and the shorter way round the earth. */
static gboolean
polygon_concerns (const GArray *polygon, double longitude, double latitude, double margin_m)
{
  g_autofree GcCapPoint *corners = g_new (GcCapPoint, polygon->len);

  for (guint i = 0; i < polygon->len; i++)
    {
      const GcCapPoint *corner = &g_array_index (polygon, GcCapPoint, i);
      double from = i > 0 ? corners[i - 1].longitude : 0;

      corners[i].latitude = corner->latitude - latitude;
      corners[i].longitude = from + remainder (corner->longitude - longitude - from, TURN_DEG);
    }
  for (int turn = -1; turn <= 1; turn++)
    if (surrounds (corners, polygon->len, latitude, turn * TURN_DEG, margin_m))
      return TRUE;
  return FALSE;
}

static gboolean
area_concerns (const GcCapArea *area, double longitude, double latitude, double margin_m)
{
  if (area->polygons->len == 0 && area->circles->len == 0)
    return TRUE;
  for (guint i = 0; i < area->circles->len; i++)
    {
      const GcCapCircle *circle = &g_array_index (area->circles, GcCapCircle, i);

      if (gc_fix_distance_m (longitude, latitude, circle->center.longitude, circle->center.latitude)
          <= circle->radius_m + margin_m)
        return TRUE;
    }
  for (guint i = 0; i < area->polygons->len; i++)
    if (polygon_concerns (g_ptr_array_index (area->polygons, i), longitude, latitude, margin_m))
      return TRUE;
  return FALSE;
}

/**
 * gc_cap_info_concerns:
 * @info: what is said
 * @longitude: degrees WGS-84
 * @latitude: degrees WGS-84
 * @margin_m: how far off the position may be, in metres, from 0
 *
 * Whether somebody is where it holds; on the edge is inside. What is known in words alone, or
 * nowhere in particular, concerns everybody. Any thread.
 *
 * Returns: whether it concerns whoever is there
 */
gboolean
gc_cap_info_concerns (const GcCapInfo *info, double longitude, double latitude, double margin_m)
{
  for (guint i = 0; i < info->areas->len; i++)
    if (area_concerns (g_ptr_array_index (info->areas, i), longitude, latitude, margin_m + EDGE_M))
      return TRUE;
  return info->areas->len == 0;
}
