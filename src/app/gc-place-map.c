/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/gc-place-map.h"

#include "app/gc-grid-layer.h"
#include "app/gc-settings.h"

#include <glib/gi18n.h>
#include <math.h>
#include <shumate/shumate.h>

#define TILE_SIZE 256
#define EARTH_M 40075016.7

struct _GcPlaceMap
{
  AdwBin parent_instance;

  ShumateMap *map;
  ShumateMarker *place;
  ShumateMarker *own;
};

G_DEFINE_FINAL_TYPE (GcPlaceMap, gc_place_map, ADW_TYPE_BIN)

/* The zoom level at which both points are in the middle two thirds of the map. */
static double
fitting_zoom (GcPlaceMap *self, double latitude, double distance_m)
{
  double pixels = MIN (MAX (gtk_widget_get_width (GTK_WIDGET (self)), 200),
                       MAX (gtk_widget_get_height (GTK_WIDGET (self)), 160))
                  * 0.6;
  double metres_per_pixel = MAX (distance_m, 100) / pixels;
  double zoom = log2 (EARTH_M * cos (latitude * G_PI / 180) / TILE_SIZE / metres_per_pixel);

  return CLAMP (zoom, 2, 18);
}

static ShumateMarker *
add_marker (ShumateMarkerLayer *layer, const char *icon_name, const char *css_class)
{
  ShumateMarker *marker = shumate_marker_new ();
  GtkWidget *image = gtk_image_new_from_icon_name (icon_name);

  gtk_widget_add_css_class (image, "marker");
  gtk_widget_add_css_class (image, css_class);
  shumate_marker_set_child (marker, image);
  shumate_marker_layer_add_marker (layer, marker);
  return marker;
}

static char *
dup_tiles_url (void)
{
  g_autoptr (GSettings) settings = gc_settings_new ();

  return settings ? g_settings_get_string (settings, "map-tiles") : g_strdup ("");
}

static ShumateMapSource *
make_source (const char *url)
{
  return SHUMATE_MAP_SOURCE (shumate_raster_renderer_new_full_from_url (
      "tiles", "tiles", NULL, NULL, 0, 19, TILE_SIZE, SHUMATE_MAP_PROJECTION_MERCATOR, url));
}

static void
gc_place_map_class_init (GcPlaceMapClass *klass)
{
  gtk_widget_class_set_css_name (GTK_WIDGET_CLASS (klass), "placemap");
  gtk_widget_class_set_accessible_role (GTK_WIDGET_CLASS (klass), GTK_ACCESSIBLE_ROLE_IMG);
}

static void
gc_place_map_init (GcPlaceMap *self)
{
  g_autofree char *url = dup_tiles_url ();
  g_autoptr (ShumateMapSource) source = NULL;
  ShumateViewport *viewport;
  ShumateMarkerLayer *markers;
  GtkWidget *overlay = gtk_overlay_new ();
  GtkWidget *scale;

  self->map = shumate_map_new ();
  viewport = shumate_map_get_viewport (self->map);
  shumate_viewport_set_max_zoom_level (viewport, 19);
  /* The viewport takes its projection from the source, even where no layer shows its tiles. */
  source = make_source (url);
  shumate_viewport_set_reference_map_source (viewport, source);
  if (*url)
    shumate_map_add_layer (self->map, SHUMATE_LAYER (shumate_map_layer_new (source, viewport)));
  else
    shumate_map_add_layer (self->map, gc_grid_layer_new (viewport));
  markers = shumate_marker_layer_new (viewport);
  shumate_map_add_layer (self->map, SHUMATE_LAYER (markers));
  self->place = add_marker (markers, "mark-location-symbolic", "place");
  self->own = add_marker (markers, "media-record-symbolic", "own");

  scale = GTK_WIDGET (shumate_scale_new (viewport));
  shumate_scale_set_unit (SHUMATE_SCALE (scale), SHUMATE_UNIT_METRIC);
  gtk_widget_set_halign (scale, GTK_ALIGN_START);
  gtk_widget_set_valign (scale, GTK_ALIGN_END);
  gtk_overlay_set_child (GTK_OVERLAY (overlay), GTK_WIDGET (self->map));
  gtk_overlay_add_overlay (GTK_OVERLAY (overlay), scale);
  gtk_widget_set_can_target (GTK_WIDGET (self), FALSE);
  gtk_widget_set_can_focus (GTK_WIDGET (self), FALSE);
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);
  adw_bin_set_child (ADW_BIN (self), overlay);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, _ ("Map"),
                                  -1);
}

/**
 * gc_place_map_show:
 * @self: a map
 * @longitude: of the place, degrees WGS-84
 * @latitude: of the place
 * @own: (nullable): where the worker is
 */
void
gc_place_map_show (GcPlaceMap *self, double longitude, double latitude, const GcFix *own)
{
  double distance_m = 0;
  double middle_longitude = longitude;
  double middle_latitude = latitude;
  ShumateViewport *viewport;

  g_return_if_fail (GC_IS_PLACE_MAP (self));

  viewport = shumate_map_get_viewport (self->map);
  shumate_location_set_location (SHUMATE_LOCATION (self->place), latitude, longitude);
  gtk_widget_set_visible (GTK_WIDGET (self->own), own != NULL);
  if (own)
    {
      shumate_location_set_location (SHUMATE_LOCATION (self->own), own->latitude, own->longitude);
      distance_m = gc_fix_distance_m (longitude, latitude, own->longitude, own->latitude);
      middle_longitude = (longitude + own->longitude) / 2;
      middle_latitude = (latitude + own->latitude) / 2;
    }
  shumate_viewport_set_zoom_level (viewport, fitting_zoom (self, latitude, distance_m));
  shumate_location_set_location (SHUMATE_LOCATION (viewport), middle_latitude, middle_longitude);
}
