/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "camera/gc-pipewire-remote.h"

#include <gst/gst.h>

G_BEGIN_DECLS

/* One of GStreamer's device providers, which may take their time, on a thread of its own. */
#define GC_TYPE_DEVICE_PROVIDER (gc_device_provider_get_type ())
G_DECLARE_FINAL_TYPE (GcDeviceProvider, gc_device_provider, GC, DEVICE_PROVIDER, GObject)

GcDeviceProvider *
gc_device_provider_new (GstDeviceProviderFactory *factory, GcPipewireRemote *remote);
void
gc_device_provider_start (GcDeviceProvider *self);
void
gc_device_provider_stop (GcDeviceProvider *self);
void
gc_device_provider_close (GcDeviceProvider *self);
gboolean
gc_device_provider_hides (GcDeviceProvider *self, GcDeviceProvider *other);
gboolean
gc_device_provider_is_started (GcDeviceProvider *self);
void
gc_device_provider_foreach (GcDeviceProvider *self, GFunc func, gpointer user_data);
GcPipewireRemote *
gc_device_provider_get_remote (GcDeviceProvider *self);

G_END_DECLS
