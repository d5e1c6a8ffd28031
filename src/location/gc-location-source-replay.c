/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-location"

#include "location/gc-location-source-replay.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "location/gc-nmea-track.h"

struct _GcLocationSourceReplay
{
  GObject parent_instance;

  char *path;
  GCancellable *cancellable; /* while the file is read */
  GArray *points;
  guint next;
  guint timer;
};

static void
fail (GcLocationSourceReplay *self, int code, const char *why)
{
  g_autofree char *name = g_path_get_basename (self->path);
  g_autoptr (GError) error = g_error_new (GC_ERROR, code, "%s: %s", name, why);

  gc_location_source_emit_failed (GC_LOCATION_SOURCE (self), error);
}

static gboolean
on_step (gpointer user_data)
{
  GcLocationSourceReplay *self = user_data;
  const GcNmeaPoint *point = &g_array_index (self->points, GcNmeaPoint, self->next);
  GcFix fix = point->fix;

  self->next = (self->next + 1) % self->points->len;
  self->timer = g_timeout_add (point->pause_ms, on_step, self);
  fix.time_ms = gc_clock_wall_ms ();
  gc_location_source_emit_fix (GC_LOCATION_SOURCE (self), &fix);
  return G_SOURCE_REMOVE;
}

typedef struct
{
  GcLocationSourceReplay *self;
  char *buffer;
} Reading;

static void
reading_free (Reading *reading)
{
  g_object_unref (reading->self);
  g_free (reading->buffer);
  g_free (reading);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Reading, reading_free)

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Reading) reading = user_data;
  GcLocationSourceReplay *self = reading->self;
  g_autoptr (GError) error = NULL;
  gsize length = 0;

  g_input_stream_read_all_finish (G_INPUT_STREAM (source), result, &length, &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_clear_object (&self->cancellable);
  if (error != NULL)
    {
      fail (self, GC_ERROR_NOT_FOUND, error->message);
      return;
    }
  self->points = gc_nmea_track_parse (reading->buffer, length, &error);
  if (self->points == NULL)
    {
      fail (self, error->code, error->message);
      return;
    }
  self->next = 0;
  on_step (self);
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcLocationSourceReplay) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GFileInputStream) stream = g_file_read_finish (G_FILE (source), result, &error);
  Reading *reading;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (stream == NULL)
    {
      g_clear_object (&self->cancellable);
      fail (self, GC_ERROR_NOT_FOUND, error->message);
      return;
    }
  /* One more byte than is allowed tells that there are too many. */
  reading = g_new0 (Reading, 1);
  reading->self = g_object_ref (self);
  reading->buffer = g_malloc (GC_NMEA_TRACK_MAX_BYTES + 1);
  g_input_stream_read_all_async (G_INPUT_STREAM (stream), reading->buffer,
                                 GC_NMEA_TRACK_MAX_BYTES + 1, G_PRIORITY_DEFAULT, self->cancellable,
                                 on_read, reading);
}

static void
stop (GcLocationSource *source)
{
  GcLocationSourceReplay *self = GC_LOCATION_SOURCE_REPLAY (source);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_pointer (&self->points, g_array_unref);
}

static void
start (GcLocationSource *source)
{
  GcLocationSourceReplay *self = GC_LOCATION_SOURCE_REPLAY (source);
  g_autoptr (GFile) file = g_file_new_for_path (self->path);

  stop (source);
  self->cancellable = g_cancellable_new ();
  g_file_read_async (file, G_PRIORITY_DEFAULT, self->cancellable, on_opened, g_object_ref (self));
}

static void
location_source_init (GcLocationSourceInterface *iface)
{
  iface->start = start;
  iface->stop = stop;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (GcLocationSourceReplay,
                               gc_location_source_replay,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (GC_TYPE_LOCATION_SOURCE,
                                                      location_source_init))

static void
gc_location_source_replay_finalize (GObject *object)
{
  stop (GC_LOCATION_SOURCE (object));
  g_free (GC_LOCATION_SOURCE_REPLAY (object)->path);
  G_OBJECT_CLASS (gc_location_source_replay_parent_class)->finalize (object);
}

static void
gc_location_source_replay_class_init (GcLocationSourceReplayClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gc_location_source_replay_finalize;
}

static void
gc_location_source_replay_init (GcLocationSourceReplay *self)
{
}

/**
 * gc_location_source_replay_new:
 * @path: a file of NMEA 0183 sentences
 *
 * Main context.
 *
 * Returns: (transfer full): the source
 */
GcLocationSource *
gc_location_source_replay_new (const char *path)
{
  GcLocationSourceReplay *self = g_object_new (GC_TYPE_LOCATION_SOURCE_REPLAY, NULL);

  self->path = g_strdup (path);
  return GC_LOCATION_SOURCE (self);
}
