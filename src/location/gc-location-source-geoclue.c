/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-location"

#include "location/gc-location-source-geoclue.h"

#include "base/gc-backoff.h"
#include "base/gc-clock.h"
#include "base/gc-error.h"

#include <float.h>
#include <geoclue.h>
#include <math.h>

#define MAX_ACCURACY_M 1e6
/* A service that died comes back by itself, and soon; where there is none each attempt costs
 * battery. Who was refused may ask again after some time: the worker may have changed his mind in
 * the settings, but must not be asked without end. */
#define RETRY_BASE_MS 4000
#define RETRY_CAP_MS 300000
#define RETRY_REFUSED_MS 120000
/* Where there is no system bus; it hardly comes while the terminal runs. */
#define RETRY_NO_BUS_MS 600000

struct _GcLocationSourceGeoclue
{
  GObject parent_instance;

  char *app_id;
  GClueSimple *service;
  GClueClient *client; /* of the service; NULL in a sandbox, where the portal stands before it */
  GCancellable *cancellable;
  GcBackoff backoff;
  guint retry;
};

static double
known (double value, double min, double max)
{
  return value >= min && value <= max ? value : NAN;
}

static void
on_location (GcLocationSourceGeoclue *self)
{
  GClueLocation *location = gclue_simple_get_location (self->service);
  GcFix fix;

  if (location == NULL)
    return;
  gc_backoff_reset (&self->backoff);
  fix = (GcFix) {
    .longitude = gclue_location_get_longitude (location),
    .latitude = gclue_location_get_latitude (location),
    .time_ms = gc_clock_wall_ms (),
    /* GeoClue says 0 for sentences that do not tell, and -1 for an unknown speed and heading. */
    .accuracy_m = known (gclue_location_get_accuracy (location), DBL_MIN, MAX_ACCURACY_M),
    .speed_mps = known (gclue_location_get_speed (location), 0, DBL_MAX),
    .bearing_deg = known (gclue_location_get_heading (location), 0, 360),
  };
  if (fabs (fix.longitude) <= 180 && fabs (fix.latitude) <= 90)
    gc_location_source_emit_fix (GC_LOCATION_SOURCE (self), &fix);
}

static void
let_go (GcLocationSourceGeoclue *self)
{
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  if (self->service != NULL)
    g_signal_handlers_disconnect_by_data (self->service, self);
  if (self->client != NULL)
    g_signal_handlers_disconnect_by_data (self->client, self);
  g_clear_object (&self->client);
  g_clear_object (&self->service);
}

static gboolean
on_retry (gpointer user_data);

static void
fail (GcLocationSourceGeoclue *self, const GError *error, guint retry_ms)
{
  let_go (self);
  self->retry = g_timeout_add (retry_ms, on_retry, self);
  gc_location_source_emit_failed (GC_LOCATION_SOURCE (self), error);
}

static guint
next_delay_ms (GcLocationSourceGeoclue *self)
{
  return RETRY_BASE_MS + gc_backoff_next_ms (&self->backoff);
}

static void
fail_refused (GcLocationSourceGeoclue *self)
{
  g_autoptr (GError) error
      = g_error_new_literal (GC_ERROR, GC_ERROR_REFUSED, "the position may not be used");

  fail (self, error, RETRY_REFUSED_MS);
}

/* A service that died makes its client inactive too; else it was taken back in the settings. */
static void
on_client (GcLocationSourceGeoclue *self)
{
  g_autofree char *owner = g_dbus_proxy_get_name_owner (G_DBUS_PROXY (self->client));
  g_autoptr (GError) error = NULL;

  if (owner == NULL)
    {
      error = g_error_new_literal (GC_ERROR, GC_ERROR_NOT_FOUND, "no position: GeoClue went away");
      fail (self, error, next_delay_ms (self));
    }
  else if (!gclue_client_get_active (self->client))
    fail_refused (self);
}

static void
adopt (GcLocationSourceGeoclue *self, GClueSimple *service)
{
  self->service = service;
  g_signal_connect_object (service, "notify::location", G_CALLBACK (on_location), self,
                           G_CONNECT_SWAPPED);
  g_set_object (&self->client, gclue_simple_get_client (service));
  if (self->client != NULL)
    {
      g_signal_connect_object (self->client, "notify::active", G_CALLBACK (on_client), self,
                               G_CONNECT_SWAPPED);
      g_signal_connect_object (self->client, "notify::g-name-owner", G_CALLBACK (on_client), self,
                               G_CONNECT_SWAPPED);
    }
  on_location (self);
}

static void
on_service (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcLocationSourceGeoclue) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) ours = NULL;
  GClueSimple *service = gclue_simple_new_finish (result, &error);

  /* One that comes after stop(), or beside another, comes too late. */
  if (service != NULL && self->cancellable != NULL && self->service == NULL)
    {
      adopt (self, service);
      return;
    }
  g_clear_object (&service);
  if (error == NULL || self->cancellable == NULL
      || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED))
    {
      fail_refused (self);
      return;
    }
  ours = g_error_new (GC_ERROR, GC_ERROR_NOT_FOUND, "no position: %s", error->message);
  fail (self, ours,
        g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) ? RETRY_NO_BUS_MS
                                                                  : next_delay_ms (self));
}

static void
connect_service (GcLocationSourceGeoclue *self)
{
  self->cancellable = g_cancellable_new ();
  gclue_simple_new (self->app_id, GCLUE_ACCURACY_LEVEL_EXACT, self->cancellable, on_service,
                    g_object_ref (self));
}

static gboolean
on_retry (gpointer user_data)
{
  GcLocationSourceGeoclue *self = user_data;

  self->retry = 0;
  connect_service (self);
  return G_SOURCE_REMOVE;
}

static void
stop (GcLocationSource *source)
{
  GcLocationSourceGeoclue *self = GC_LOCATION_SOURCE_GEOCLUE (source);

  g_clear_handle_id (&self->retry, g_source_remove);
  let_go (self);
}

static void
start (GcLocationSource *source)
{
  GcLocationSourceGeoclue *self = GC_LOCATION_SOURCE_GEOCLUE (source);

  stop (source);
  gc_backoff_reset (&self->backoff);
  connect_service (self);
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
  self->backoff = (GcBackoff) { RETRY_BASE_MS, RETRY_CAP_MS, 0 };
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
