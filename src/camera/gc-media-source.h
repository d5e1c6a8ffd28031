/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <gst/gst.h>

G_BEGIN_DECLS

/* Where pictures or sound come from. A source makes pipelines that end in an appsink named “out”;
 * GcCapture runs them, one at a time, and makes another when one breaks. */
#define GC_TYPE_MEDIA_SOURCE (gc_media_source_get_type ())
G_DECLARE_INTERFACE (GcMediaSource, gc_media_source, GC, MEDIA_SOURCE, GObject)

/**
 * GcMediaSourceInterface:
 * @make_pipeline: makes a pipeline in state NULL
 * @get_name: what a user would call the source
 * @is_endless: whether the pipeline plays from the clock; else it is a recording, to be played
 *   again from the start when it ends, and stamped with the time at which it is shown
 */
struct _GcMediaSourceInterface
{
  GTypeInterface parent_iface;

  GstElement *(*make_pipeline) (GcMediaSource *self, GError **error);
  const char *(*get_name) (GcMediaSource *self);
  gboolean (*is_endless) (GcMediaSource *self);
};

GstElement *
gc_media_source_make_pipeline (GcMediaSource *self, GError **error);
const char *
gc_media_source_get_name (GcMediaSource *self);
gboolean
gc_media_source_is_endless (GcMediaSource *self);
GstElement *
gc_media_source_launch (const char *launch, GError **error);

G_END_DECLS
