/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "camera/gc-media-source.h"

#include "base/gc-error.h"

G_DEFINE_INTERFACE (GcMediaSource, gc_media_source, G_TYPE_OBJECT)

/**
 * GcMediaSource::changed:
 *
 * The source shows something else now: its pipeline is to be made again.
 */
static void
gc_media_source_default_init (GcMediaSourceInterface *iface)
{
  g_signal_new ("changed", GC_TYPE_MEDIA_SOURCE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                G_TYPE_NONE, 0);
}

/**
 * gc_media_source_make_pipeline:
 * @self: a source
 * @error: %GC_ERROR_NOT_FOUND if there is nothing to play, %GC_ERROR_FAILED
 *
 * Main context.
 *
 * Returns: (transfer full) (nullable): a pipeline with an appsink named “out”
 */
GstElement *
gc_media_source_make_pipeline (GcMediaSource *self, GError **error)
{
  return GC_MEDIA_SOURCE_GET_IFACE (self)->make_pipeline (self, error);
}

/**
 * gc_media_source_get_name:
 * @self: a source
 *
 * Returns: (transfer none): what a user would call it
 */
const char *
gc_media_source_get_name (GcMediaSource *self)
{
  return GC_MEDIA_SOURCE_GET_IFACE (self)->get_name (self);
}

/**
 * gc_media_source_is_endless:
 * @self: a source
 *
 * Returns: whether it is a device rather than a recording
 */
gboolean
gc_media_source_is_endless (GcMediaSource *self)
{
  return GC_MEDIA_SOURCE_GET_IFACE (self)->is_endless (self);
}

/**
 * gc_media_source_launch:
 * @launch: a pipeline in the syntax of gst-launch-1.0
 * @error: %GC_ERROR_FAILED if it cannot be made, as when a plugin is missing
 *
 * For implementations. Any thread.
 *
 * Returns: (transfer full) (nullable): the pipeline
 */
GstElement *
gc_media_source_launch (const char *launch, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  GstElement *pipeline
      = gst_parse_launch_full (launch, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &local_error);

  if (pipeline == NULL)
    g_set_error (error, GC_ERROR, GC_ERROR_FAILED, "a GStreamer plugin is missing: %s",
                 local_error->message);
  else
    gst_object_ref_sink (pipeline);
  return pipeline;
}
