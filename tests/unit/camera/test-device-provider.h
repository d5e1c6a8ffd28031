/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Cameras and microphones that a test plugs in and out; GStreamer's device monitor sees them like
 * any other provider's. */

void
test_device_provider_register (void);
GstDevice *
test_device_plug_in (const char *name, const char *class, const char *kind);
void
test_device_plug_out (GstDevice *device);
void
test_device_break (GstDevice *device);

G_END_DECLS
