/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "camera/gc-media-source-device.h"

#include "base/gc-error.h"

#include "camera/gc-camera-format.h"

/* Cameras in a phone are mounted on their side, and say so; flipped here, all who see the picture
 * see it upright. */
#define VIDEO_LAUNCH                                                                               \
  "capsfilter name=in ! decodebin3 ! videoconvert ! video/x-raw,format={I420,NV12} "               \
  "! videoflip video-direction=auto "                                                              \
  "! appsink name=out sync=false async=false max-buffers=2 drop=true"
#define AUDIO_LAUNCH                                                                               \
  "capsfilter name=in caps=audio/x-raw ! audioconvert ! audioresample "                            \
  "! audio/x-raw,format=S16LE,rate=48000,channels=1 "                                              \
  "! appsink name=out sync=false async=false max-buffers=50 drop=true"

/* As indicators of microphones and cameras in use show it. */
#define CLIENT_NAME "Gridcast"
/* PipeWire would take another camera for one that has just gone: which one is shown is for the
 * worker to say. */
#define STREAM_PROPERTIES "properties,node.dont-fallback=true"

struct _GcMediaSourceDevice
{
  GObject parent_instance;

  GstDevice *device;
  GcPipewireRemote *remote; /* NULL unless it is PipeWire’s */
  char *name;
  int lines; /* of the picture that is wanted; 0: a microphone */
  gboolean tried;
  int works; /* atomic: whether it ever gave anything */
};

static GstPadProbeReturn
on_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  g_atomic_int_set (&GC_MEDIA_SOURCE_DEVICE (user_data)->works, TRUE);
  return GST_PAD_PROBE_REMOVE;
}

static GstElement *
make_element (GcMediaSourceDevice *self, GcPipewireRemote *remote)
{
  GstElement *element = gst_device_create_element (self->device, NULL);
  g_autoptr (GstPad) pad = NULL;

  if (element == NULL)
    return NULL;
  if (remote != NULL)
    {
      g_autoptr (GstStructure) properties = gst_structure_from_string (STREAM_PROPERTIES, NULL);

      g_object_set (element, "client-name", CLIENT_NAME, "stream-properties", properties, "fd",
                    gc_pipewire_remote_get_fd (remote), NULL);
      /* When a camera goes, PipeWire unmaps its pictures, whoever is looking at them: copies stay.
       */
      g_object_set (element, "use-bufferpool", FALSE, NULL);
    }
  pad = gst_element_get_static_pad (element, "src");
  if (pad != NULL)
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, g_object_ref (self),
                       g_object_unref);
  return element;
}

/* The best of the formats that the device offers; but if it was asked for that one and gave
 * nothing, whatever it gives. */
static void
choose_format (GcMediaSourceDevice *self, GstElement *filter)
{
  g_autoptr (GstCaps) offered = gst_device_get_caps (self->device);
  g_autoptr (GstCaps) caps = NULL;

  caps = gc_camera_format_choose (self->tried && !g_atomic_int_get (&self->works) ? NULL : offered,
                                  self->lines);
  g_object_set (filter, "caps", caps, NULL);
  self->tried = TRUE;
}

static GstElement *
make_pipeline (GcMediaSource *source, GError **error)
{
  GcMediaSourceDevice *self = GC_MEDIA_SOURCE_DEVICE (source);
  g_autoptr (GstElement) pipeline
      = gc_media_source_launch (self->lines == 0 ? AUDIO_LAUNCH : VIDEO_LAUNCH, error);
  g_autoptr (GcPipewireRemote) remote
      = self->remote != NULL ? gc_pipewire_remote_dup (self->remote) : NULL;
  GstElement *element;
  g_autoptr (GstElement) in = NULL;

  if (pipeline == NULL)
    return NULL;
  element = make_element (self, remote);
  in = gst_bin_get_by_name (GST_BIN (pipeline), "in");
  if (self->lines > 0)
    choose_format (self, in);
  if (element == NULL || !gst_bin_add (GST_BIN (pipeline), element)
      || !gst_element_link (element, in))
    {
      g_set_error (error, GC_ERROR, GC_ERROR_FAILED, "%s cannot be used", self->name);
      return NULL;
    }
  if (remote != NULL)
    g_object_set_data_full (G_OBJECT (pipeline), "remote", g_steal_pointer (&remote),
                            g_object_unref);
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
  g_clear_object (&self->remote);
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
 * @device: from a device provider
 * @remote: (nullable): what must stay open while it is used
 * @lines: of the picture that is wanted, 16 to 2160; 0 for a microphone
 *
 * Main context.
 *
 * Returns: (transfer full): the source
 */
GcMediaSource *
gc_media_source_device_new (GstDevice *device, GcPipewireRemote *remote, int lines)
{
  GcMediaSourceDevice *self = g_object_new (GC_TYPE_MEDIA_SOURCE_DEVICE, NULL);

  self->device = gst_object_ref (device);
  self->remote = remote != NULL ? g_object_ref (remote) : NULL;
  self->name = gst_device_get_display_name (device);
  self->lines = lines;
  return GC_MEDIA_SOURCE (self);
}
