/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "camera/gc-camera-format.h"

#include <math.h>

#define MIN_FPS 24
#define MAX_FPS 30

/* What else a camera may give, if nothing it offers is understood. */
#define ANY_FORMAT "video/x-raw; image/jpeg; video/x-h264"

/* --- values of a field: one, a list, or a range --- */

static int
nearest_int (const GValue *value, int wanted)
{
  int best = 0;

  if (G_VALUE_HOLDS_INT (value))
    return g_value_get_int (value);
  if (GST_VALUE_HOLDS_INT_RANGE (value))
    {
      int min = gst_value_get_int_range_min (value);
      int step = MAX (gst_value_get_int_range_step (value), 1);

      best = CLAMP (wanted, min, gst_value_get_int_range_max (value));
      return best - (best - min) % step;
    }
  if (!GST_VALUE_HOLDS_LIST (value))
    return 0;
  for (guint i = 0; i < gst_value_list_get_size (value); i++)
    {
      int one = nearest_int (gst_value_list_get_value (value, i), wanted);

      if (best == 0 || ABS (one - wanted) < ABS (best - wanted))
        best = one;
    }
  return best;
}

static double
as_rate (const GValue *fraction)
{
  int denominator = gst_value_get_fraction_denominator (fraction);

  return denominator > 0 ? (double) gst_value_get_fraction_numerator (fraction) / denominator : 0;
}

static double
cost_of_rate (double fps)
{
  if (fps <= 0)
    return 100;
  if (fps < MIN_FPS)
    return 3 * log2 (MIN_FPS / fps);
  return fps > MAX_FPS ? 0.5 * log2 (fps / MAX_FPS) : 0;
}

/* Sets the value to the best rate among those given. */
static void
choose_rate (const GValue *offered, GValue *best)
{
  gst_value_set_fraction (best, MAX_FPS, 1);
  if (GST_VALUE_HOLDS_FRACTION (offered))
    g_value_copy (offered, best);
  else if (GST_VALUE_HOLDS_FRACTION_RANGE (offered))
    {
      const GValue *min = gst_value_get_fraction_range_min (offered);
      const GValue *max = gst_value_get_fraction_range_max (offered);

      if (gst_value_compare (best, max) == GST_VALUE_GREATER_THAN)
        g_value_copy (max, best);
      else if (gst_value_compare (best, min) == GST_VALUE_LESS_THAN)
        g_value_copy (min, best);
    }
  else if (GST_VALUE_HOLDS_LIST (offered))
    for (guint i = 0; i < gst_value_list_get_size (offered); i++)
      {
        g_auto (GValue) one = G_VALUE_INIT;

        g_value_init (&one, GST_TYPE_FRACTION);
        choose_rate (gst_value_list_get_value (offered, i), &one);
        if (i == 0 || cost_of_rate (as_rate (&one)) < cost_of_rate (as_rate (best)))
          g_value_copy (&one, best);
      }
}

/* --- structures --- */

/* Coded pictures cost a decoder; but what a cable carries raw is often small or slow. */
static double
cost_of_kind (const GstStructure *structure)
{
  if (gst_structure_has_name (structure, "video/x-raw"))
    return 0;
  if (gst_structure_has_name (structure, "image/jpeg"))
    return 0.5;
  return gst_structure_has_name (structure, "video/x-h264") ? 1 : INFINITY;
}

static int
get_width (int lines)
{
  return lines * 16 / 9;
}

static double
cost_of_size (int width, int height, int lines)
{
  double size = log2 ((double) width * height) - log2 ((double) get_width (lines) * lines);

  return size < 0 ? -2 * size : size;
}

/* Sets the structure's size and rate to the best that it allows. */
static double
settle (GstStructure *structure, int lines)
{
  const GValue *offered_width = gst_structure_get_value (structure, "width");
  const GValue *offered_height = gst_structure_get_value (structure, "height");
  const GValue *offered_rate = gst_structure_get_value (structure, "framerate");
  g_auto (GValue) rate = G_VALUE_INIT;
  int width = offered_width != NULL ? nearest_int (offered_width, get_width (lines)) : 0;
  int height = offered_height != NULL ? nearest_int (offered_height, lines) : 0;
  double cost = cost_of_kind (structure);

  if (width <= 0 || height <= 0 || isinf (cost))
    return INFINITY;
  cost += cost_of_size (width, height, lines);
  gst_structure_set (structure, "width", G_TYPE_INT, width, "height", G_TYPE_INT, height, NULL);
  if (offered_rate == NULL)
    return cost;
  g_value_init (&rate, GST_TYPE_FRACTION);
  choose_rate (offered_rate, &rate);
  cost += cost_of_rate (as_rate (&rate));
  gst_structure_set_value (structure, "framerate", &rate);
  return cost;
}

static gboolean
is_in_memory (const GstCaps *caps, guint at)
{
  const GstCapsFeatures *features = gst_caps_get_features (caps, at);

  return gst_caps_features_is_equal (features, GST_CAPS_FEATURES_MEMORY_SYSTEM_MEMORY);
}

/**
 * gc_camera_format_choose:
 * @offered: (nullable): what a camera can give
 * @lines: of the wide picture that is wanted, 16 to 2160
 *
 * Finds the format nearest to that size at 24 to 30 pictures a second: a camera left to itself
 * may well give its largest, at five a second, or its smallest. Any thread.
 *
 * Returns: (transfer full): that format, and behind it every other that can be used
 */
GstCaps *
gc_camera_format_choose (const GstCaps *offered, int lines)
{
  GstStructure *best = NULL;
  double best_cost = INFINITY;
  GstCaps *chosen = gst_caps_new_empty ();

  for (guint i = 0;
       offered != NULL && !gst_caps_is_any (offered) && i < gst_caps_get_size (offered); i++)
    {
      GstStructure *structure = gst_structure_copy (gst_caps_get_structure (offered, i));
      double cost = is_in_memory (offered, i) ? settle (structure, lines) : INFINITY;

      if (cost < best_cost)
        {
          g_clear_pointer (&best, gst_structure_free);
          best = g_steal_pointer (&structure);
          best_cost = cost;
        }
      g_clear_pointer (&structure, gst_structure_free);
    }
  if (best != NULL)
    gst_caps_append_structure (chosen, best);
  gst_caps_append (chosen, gst_caps_from_string (ANY_FORMAT));
  return chosen;
}
