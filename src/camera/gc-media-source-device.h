/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "camera/gc-media-source.h"
#include "camera/gc-pipewire-remote.h"

G_BEGIN_DECLS

/* A camera or microphone that GStreamer found: by PipeWire, libcamera, V4L2, PulseAudio or ALSA. */
#define GC_TYPE_MEDIA_SOURCE_DEVICE (gc_media_source_device_get_type ())
G_DECLARE_FINAL_TYPE (GcMediaSourceDevice, gc_media_source_device, GC, MEDIA_SOURCE_DEVICE, GObject)

GcMediaSource *
gc_media_source_device_new (GstDevice *device, GcPipewireRemote *remote, int lines);

G_END_DECLS
