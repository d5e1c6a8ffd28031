/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Follows the cameras, or microphones, that GStreamer finds: by PipeWire first, and by V4L2,
 * libcamera, PulseAudio or ALSA what PipeWire does not know. PipeWire may come, go and come back;
 * in a sandbox the Camera portal opens it. */
#define GC_TYPE_DEVICE_WATCH (gc_device_watch_get_type ())
G_DECLARE_FINAL_TYPE (GcDeviceWatch, gc_device_watch, GC, DEVICE_WATCH, GObject)

GcDeviceWatch *
gc_device_watch_new (gboolean audio);
void
gc_device_watch_start (GcDeviceWatch *self);
void
gc_device_watch_ask (GcDeviceWatch *self);

G_END_DECLS
