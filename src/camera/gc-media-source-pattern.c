/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "camera/gc-media-source-pattern.h"

#define VIDEO_LAUNCH                                                                               \
  "videotestsrc is-live=true do-timestamp=true pattern=smpte100 horizontal-speed=2 "               \
  "! video/x-raw,format=I420,width=1280,height=720,framerate=30/1 "                                \
  "! appsink name=out sync=false async=false max-buffers=2 drop=true"
#define AUDIO_LAUNCH                                                                               \
  "audiotestsrc is-live=true do-timestamp=true wave=ticks volume=0.1 samplesperbuffer=480 "        \
  "! audio/x-raw,format=S16LE,rate=48000,channels=1 "                                              \
  "! appsink name=out sync=false async=false max-buffers=50 drop=true"

struct _GcMediaSourcePattern
{
  GObject parent_instance;

  gboolean audio;
};

static GstElement *
make_pipeline (GcMediaSource *source, GError **error)
{
  GcMediaSourcePattern *self = GC_MEDIA_SOURCE_PATTERN (source);

  return gc_media_source_launch (self->audio ? AUDIO_LAUNCH : VIDEO_LAUNCH, error);
}

static const char *
get_name (GcMediaSource *source)
{
  return GC_MEDIA_SOURCE_PATTERN (source)->audio ? "tone" : "pattern";
}

static gboolean
is_endless (GcMediaSource *source)
{
  return TRUE;
}

static void
media_source_init (GcMediaSourceInterface *iface)
{
  iface->make_pipeline = make_pipeline;
  iface->get_name = get_name;
  iface->is_endless = is_endless;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (GcMediaSourcePattern,
                               gc_media_source_pattern,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (GC_TYPE_MEDIA_SOURCE, media_source_init))

static void
gc_media_source_pattern_class_init (GcMediaSourcePatternClass *klass)
{
}

static void
gc_media_source_pattern_init (GcMediaSourcePattern *self)
{
}

/**
 * gc_media_source_pattern_new:
 * @audio: a tone instead of a picture
 *
 * Main context.
 *
 * Returns: (transfer full): the source
 */
GcMediaSource *
gc_media_source_pattern_new (gboolean audio)
{
  GcMediaSourcePattern *self = g_object_new (GC_TYPE_MEDIA_SOURCE_PATTERN, NULL);

  self->audio = audio;
  return GC_MEDIA_SOURCE (self);
}
