/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "camera/gc-preview.h"

#include <gst/app/app.h>

/* A phone's screen needs no more. */
#define MAX_WIDTH 960
#define MAX_HEIGHT 960

struct _GcPreview
{
  GObject parent_instance;

  GcCapture *capture;
  guint tap;
  GstElement *pipeline;
  GstElement *in;
};

G_DEFINE_FINAL_TYPE (GcPreview, gc_preview, G_TYPE_OBJECT)

static void
on_sample (guint detail, gpointer sample, gpointer user_data)
{
  GcPreview *self = user_data;

  gst_app_src_push_sample (GST_APP_SRC (self->in), sample);
}

static void
gc_preview_dispose (GObject *object)
{
  GcPreview *self = GC_PREVIEW (object);

  if (self->capture != NULL)
    gc_fan_remove (gc_capture_get_output (self->capture), self->tap);
  if (self->pipeline != NULL)
    gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_clear_object (&self->in);
  gst_clear_object (&self->pipeline);
  g_clear_object (&self->capture);
  G_OBJECT_CLASS (gc_preview_parent_class)->dispose (object);
}

static void
gc_preview_class_init (GcPreviewClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = gc_preview_dispose;
}

static void
gc_preview_init (GcPreview *self)
{
}

static void
add_chain (GcPreview *self, GstElement *sink)
{
  GstElement *scale = gst_element_factory_make ("videoscale", NULL);
  GstElement *convert = gst_element_factory_make ("videoconvert", NULL);
  g_autoptr (GstCaps) caps
      = gst_caps_new_simple ("video/x-raw", "format", G_TYPE_STRING, "BGRx", "width",
                             GST_TYPE_INT_RANGE, 16, MAX_WIDTH, "height", GST_TYPE_INT_RANGE, 16,
                             MAX_HEIGHT, "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, NULL);

  self->in = gst_object_ref_sink (gst_element_factory_make ("appsrc", NULL));
  g_object_set (self->in, "is-live", TRUE, "format", GST_FORMAT_TIME, "max-buffers", (guint64) 1,
                "leaky-type", GST_APP_LEAKY_TYPE_DOWNSTREAM, NULL);
  gst_bin_add_many (GST_BIN (self->pipeline), self->in, scale, convert, sink, NULL);
  gst_element_link_many (self->in, scale, convert, NULL);
  /* gtk4paintablesink takes no planar formats from system memory. */
  gst_element_link_filtered (convert, sink, caps);
}

/**
 * gc_preview_new:
 * @capture: what to show
 * @sink: (transfer none): a video sink that is in no pipeline; free for another preview when this
 *   one is gone
 *
 * Main context.
 *
 * Returns: (transfer full): a preview that runs
 */
GcPreview *
gc_preview_new (GcCapture *capture, GstElement *sink)
{
  GcPreview *self = g_object_new (GC_TYPE_PREVIEW, NULL);
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();

  self->capture = g_object_ref (capture);
  self->pipeline = gst_object_ref_sink (gst_pipeline_new ("preview"));
  gst_pipeline_use_clock (GST_PIPELINE (self->pipeline), clock);
  gst_element_set_start_time (self->pipeline, GST_CLOCK_TIME_NONE);
  gst_element_set_base_time (self->pipeline, 0);
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (sink), "sync") != NULL)
    g_object_set (sink, "sync", FALSE, NULL);
  add_chain (self, sink);
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  self->tap = gc_fan_add (gc_capture_get_output (capture), on_sample, self);
  return self;
}
