/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "camera/gc-media-source-device.h"

#include "base/gc-error.h"

#define VIDEO_LAUNCH                                                                               \
  "decodebin3 name=in ! videoconvert ! video/x-raw,format={I420,NV12} "                            \
  "! appsink name=out sync=false async=false max-buffers=2 drop=true"
#define AUDIO_LAUNCH                                                                               \
  "audioconvert name=in ! audioresample ! audio/x-raw,format=S16LE,rate=48000,channels=1 "         \
  "! appsink name=out sync=false async=false max-buffers=50 drop=true"

struct _GcMediaSourceDevice
{
  GObject parent_instance;

  GstDevice *device;
  char *name;
  gboolean audio;
};

static GstElement *
make_pipeline (GcMediaSource *source, GError **error)
{
  GcMediaSourceDevice *self = GC_MEDIA_SOURCE_DEVICE (source);
  g_autoptr (GstElement) pipeline
      = gc_media_source_launch (self->audio ? AUDIO_LAUNCH : VIDEO_LAUNCH, error);
  GstElement *element;
  g_autoptr (GstElement) in = NULL;

  if (pipeline == NULL)
    return NULL;
  element = gst_device_create_element (self->device, NULL);
  in = gst_bin_get_by_name (GST_BIN (pipeline), "in");
  if (element == NULL || !gst_bin_add (GST_BIN (pipeline), element)
      || !gst_element_link (element, in))
    {
      g_set_error (error, GC_ERROR, GC_ERROR_FAILED, "%s cannot be used", self->name);
      return NULL;
    }
  return g_steal_pointer (&pipeline);
}

static const char *
get_name (GcMediaSource *source)
{
  return GC_MEDIA_SOURCE_DEVICE (source)->name;
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

G_DEFINE_FINAL_TYPE_WITH_CODE (GcMediaSourceDevice,
                               gc_media_source_device,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (GC_TYPE_MEDIA_SOURCE, media_source_init))

static void
gc_media_source_device_finalize (GObject *object)
{
  GcMediaSourceDevice *self = GC_MEDIA_SOURCE_DEVICE (object);

  gst_clear_object (&self->device);
  g_free (self->name);
  G_OBJECT_CLASS (gc_media_source_device_parent_class)->finalize (object);
}

static void
gc_media_source_device_class_init (GcMediaSourceDeviceClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gc_media_source_device_finalize;
}

static void
gc_media_source_device_init (GcMediaSourceDevice *self)
{
}

/**
 * gc_media_source_device_new:
 * @device: from a device monitor
 * @audio: whether it is a microphone
 *
 * Main context.
 *
 * Returns: (transfer full): the source
 */
GcMediaSource *
gc_media_source_device_new (GstDevice *device, gboolean audio)
{
  GcMediaSourceDevice *self = g_object_new (GC_TYPE_MEDIA_SOURCE_DEVICE, NULL);

  self->device = gst_object_ref (device);
  self->name = gst_device_get_display_name (device);
  self->audio = audio;
  return GC_MEDIA_SOURCE (self);
}
