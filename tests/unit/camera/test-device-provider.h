/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Cameras and microphones that a test plugs in and out, and no others: real providers are out of
 * the way. */

#define TEST_PROVIDERS 2

typedef struct _TestDevice TestDevice;

void
test_device_provider_register (void);
TestDevice *
test_device_plug_in (const char *name, const char *class, const char *kind);
TestDevice *
test_device_plug_in_at (guint provider, const char *name, const char *class, const char *kind);
void
test_device_announce_again (TestDevice *device);
void
test_device_take_back_first (TestDevice *device);
void
test_device_set_launch (TestDevice *device, const char *launch);
void
test_device_set_default (TestDevice *device, gboolean is_default);
void
test_device_plug_out (TestDevice *device);
void
test_device_break (TestDevice *device);

G_END_DECLS
