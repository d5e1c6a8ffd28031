/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-location"

#include "location/gc-location-source-replay.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "location/gc-nmea.h"

/* A day of sentences; more is no track that anybody replays. */
#define FILE_MAX_LENGTH (32 * 1024 * 1024)
#define MIN_STEP_MS 20
#define MAX_STEP_MS 10000

struct _GcLocationSourceReplay
{
  GObject parent_instance;

  char *path;
  GStrv lines;
  gsize next;
  GcNmea nmea;
  guint timer;
};

static void
fail (GcLocationSourceReplay *self, int code, const char *why)
{
  g_autoptr (GError) error = g_error_new (GC_ERROR, code, "the track %s %s", self->path, why);

  gc_location_source_emit_failed (GC_LOCATION_SOURCE (self), error);
}

static gboolean
on_step (gpointer user_data);

/* The first line of the next moment, or the number of lines. */
static gsize
find_next_moment (GcLocationSourceReplay *self, int second)
{
  gsize i = self->next;

  while (self->lines[i] != NULL)
    {
      int found = gc_nmea_get_second (self->lines[i]);

      if (found >= 0 && found != second)
        break;
      i++;
    }
  return i;
}

/* Everything that the file says of one moment becomes one fix. */
static void
play_moment (GcLocationSourceReplay *self)
{
  gsize start = find_next_moment (self, -1);
  int second = self->lines[start] != NULL ? gc_nmea_get_second (self->lines[start]) : -1;
  gsize end;
  GcFix fix;
  gboolean found = FALSE;
  int step_ms = 1000;

  self->next = start;
  end = find_next_moment (self, second);
  for (gsize i = start; i < end; i++)
    found |= gc_nmea_feed (&self->nmea, self->lines[i], &fix, NULL);
  self->next = end;
  if (self->lines[end] == NULL)
    self->next = 0;
  else
    step_ms = (gc_nmea_get_second (self->lines[end]) - second) * 10;
  self->timer = g_timeout_add ((guint) CLAMP (step_ms, MIN_STEP_MS, MAX_STEP_MS), on_step, self);
  if (!found)
    return;
  fix.time_ms = gc_clock_wall_ms ();
  gc_location_source_emit_fix (GC_LOCATION_SOURCE (self), &fix);
}

static gboolean
on_step (gpointer user_data)
{
  GcLocationSourceReplay *self = user_data;

  self->timer = 0;
  play_moment (self);
  return G_SOURCE_REMOVE;
}

static gboolean
has_moment (GcLocationSourceReplay *self)
{
  for (gsize i = 0; self->lines[i] != NULL; i++)
    if (gc_nmea_get_second (self->lines[i]) >= 0)
      return TRUE;
  return FALSE;
}

static gboolean
on_loaded (gpointer user_data)
{
  GcLocationSourceReplay *self = user_data;
  g_autofree char *text = NULL;
  gsize length;

  self->timer = 0;
  if (!g_file_get_contents (self->path, &text, &length, NULL) || length > FILE_MAX_LENGTH)
    {
      fail (self, GC_ERROR_NOT_FOUND, "cannot be read");
      return G_SOURCE_REMOVE;
    }
  self->lines = g_strsplit (text, "\n", -1);
  self->next = 0;
  gc_nmea_init (&self->nmea);
  if (has_moment (self))
    play_moment (self);
  else
    fail (self, GC_ERROR_INVALID, "holds no GGA or RMC sentences");
  return G_SOURCE_REMOVE;
}

static void
stop (GcLocationSource *source)
{
  GcLocationSourceReplay *self = GC_LOCATION_SOURCE_REPLAY (source);

  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_pointer (&self->lines, g_strfreev);
}

static void
start (GcLocationSource *source)
{
  GcLocationSourceReplay *self = GC_LOCATION_SOURCE_REPLAY (source);

  stop (source);
  /* As with a real receiver, the first fix does not come before the caller has gone on. */
  self->timer = g_idle_add (on_loaded, self);
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
