/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-location"

#include "location/gc-location-source-geoclue.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"

#include <geoclue.h>
#include <math.h>

/* Faster is no person, and no car of a grid worker's: GeoClue miscalculates now and then. */
#define MAX_SPEED_MPS 70

struct _GcLocationSourceGeoclue
{
  GObject parent_instance;

  char *app_id;
  GClueSimple *service;
  GCancellable *cancellable;
};

static double
known (double value, double max)
{
  return value > 0 && value <= max ? value : NAN;
}

static void
on_location (GcLocationSourceGeoclue *self)
{
  GClueLocation *location = gclue_simple_get_location (self->service);
  GcFix fix;

  if (location == NULL)
    return;
  fix = (GcFix) {
    .longitude = gclue_location_get_longitude (location),
    .latitude = gclue_location_get_latitude (location),
    .time_ms = gc_clock_wall_ms (),
    /* 0 stands for unknown. */
    .accuracy_m = known (gclue_location_get_accuracy (location), 1e6),
    .speed_mps = known (gclue_location_get_speed (location), MAX_SPEED_MPS),
    .bearing_deg = known (gclue_location_get_heading (location), 360),
  };
  if (fix.longitude >= -180 && fix.longitude <= 180 && fix.latitude >= -90 && fix.latitude <= 90)
    gc_location_source_emit_fix (GC_LOCATION_SOURCE (self), &fix);
}

static void
on_service (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcLocationSourceGeoclue) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) ours = NULL;
  GClueSimple *service = gclue_simple_new_finish (result, &error);

  if (service != NULL)
    {
      self->service = service;
      g_signal_connect_object (service, "notify::location", G_CALLBACK (on_location), self,
                               G_CONNECT_SWAPPED);
      on_location (self);
      return;
    }
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED))
    ours = g_error_new_literal (GC_ERROR, GC_ERROR_REFUSED, "the position may not be used");
  else
    ours = g_error_new (GC_ERROR, GC_ERROR_NOT_FOUND, "no position: %s", error->message);
  gc_location_source_emit_failed (GC_LOCATION_SOURCE (self), ours);
}

static void
stop (GcLocationSource *source)
{
  GcLocationSourceGeoclue *self = GC_LOCATION_SOURCE_GEOCLUE (source);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  if (self->service != NULL)
    g_signal_handlers_disconnect_by_data (self->service, self);
  g_clear_object (&self->service);
}

static void
start (GcLocationSource *source)
{
  GcLocationSourceGeoclue *self = GC_LOCATION_SOURCE_GEOCLUE (source);

  stop (source);
  self->cancellable = g_cancellable_new ();
  gclue_simple_new (self->app_id, GCLUE_ACCURACY_LEVEL_EXACT, self->cancellable, on_service,
                    g_object_ref (self));
}

static void
location_source_init (GcLocationSourceInterface *iface)
{
  iface->start = start;
  iface->stop = stop;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (GcLocationSourceGeoclue,
                               gc_location_source_geoclue,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (GC_TYPE_LOCATION_SOURCE,
                                                      location_source_init))

static void
gc_location_source_geoclue_finalize (GObject *object)
{
  stop (GC_LOCATION_SOURCE (object));
  g_free (GC_LOCATION_SOURCE_GEOCLUE (object)->app_id);
  G_OBJECT_CLASS (gc_location_source_geoclue_parent_class)->finalize (object);
}

static void
gc_location_source_geoclue_class_init (GcLocationSourceGeoclueClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gc_location_source_geoclue_finalize;
}

static void
gc_location_source_geoclue_init (GcLocationSourceGeoclue *self)
{
}

/**
 * gc_location_source_geoclue_new:
 * @app_id: under which GeoClue knows us
 *
 * Main context.
 *
 * Returns: (transfer full): the source
 */
GcLocationSource *
gc_location_source_geoclue_new (const char *app_id)
{
  GcLocationSourceGeoclue *self = g_object_new (GC_TYPE_LOCATION_SOURCE_GEOCLUE, NULL);

  self->app_id = g_strdup (app_id);
  return GC_LOCATION_SOURCE (self);
}
