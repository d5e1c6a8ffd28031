/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/gc-grid-layer.h"

#include <math.h>

#define METRES_PER_DEGREE 111320.0
#define NARROWEST 40.0 /* pixels between two lines */

struct _GcGridLayer
{
  ShumateLayer parent_instance;
};

G_DEFINE_FINAL_TYPE (GcGridLayer, gc_grid_layer, SHUMATE_TYPE_LAYER)

/* 1, 2 or 5 times a power of ten, in metres. */
static double
round_step (double metres)
{
  double power = pow (10, floor (log10 (metres)));
  double digit = metres / power;

  return power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
}

static void
gc_grid_layer_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  ShumateViewport *viewport = shumate_layer_get_viewport (SHUMATE_LAYER (widget));
  double width = gtk_widget_get_width (widget);
  double height = gtk_widget_get_height (widget);
  double west;
  double east;
  double north;
  double south;
  double step;
  GdkRGBA color;

  shumate_viewport_widget_coords_to_location (viewport, widget, 0, 0, &north, &west);
  shumate_viewport_widget_coords_to_location (viewport, widget, width, height, &south, &east);
  if (width < 1 || height < 1 || north - south < 1e-9 || east - west < 1e-9)
    return;
  gtk_widget_get_color (widget, &color);
  color.alpha *= 0.16f;
  step = round_step ((north - south) * METRES_PER_DEGREE / height * NARROWEST) / METRES_PER_DEGREE;
  for (double latitude = ceil (south / step) * step; latitude < north; latitude += step)
    {
      double y = height * (north - latitude) / (north - south);

      gtk_snapshot_append_color (snapshot, &color,
                                 &GRAPHENE_RECT_INIT (0, (float) y, (float) width, 1));
    }
  step /= MAX (cos ((north + south) / 2 * G_PI / 180), 0.01);
  for (double longitude = ceil (west / step) * step; longitude < east; longitude += step)
    {
      double x = width * (longitude - west) / (east - west);

      gtk_snapshot_append_color (snapshot, &color,
                                 &GRAPHENE_RECT_INIT ((float) x, 0, 1, (float) height));
    }
}

static void
gc_grid_layer_class_init (GcGridLayerClass *klass)
{
  GTK_WIDGET_CLASS (klass)->snapshot = gc_grid_layer_snapshot;
}

static void
gc_grid_layer_init (GcGridLayer *self)
{
}

/**
 * gc_grid_layer_new:
 * @viewport: of the map
 *
 * Returns: (transfer floating): a new layer
 */
ShumateLayer *
gc_grid_layer_new (ShumateViewport *viewport)
{
  return g_object_new (GC_TYPE_GRID_LAYER, "viewport", viewport, NULL);
}
