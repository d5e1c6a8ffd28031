/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/gc-fan.h"

#include <gst/gst.h>

G_BEGIN_DECLS

/* One pipeline of a source, from its start to its end. Devices may take seconds to open, or hang:
 * whoever runs one never waits for it. */
#define GC_TYPE_CAPTURE_RUN (gc_capture_run_get_type ())
G_DECLARE_FINAL_TYPE (GcCaptureRun, gc_capture_run, GC, CAPTURE_RUN, GObject)

GcCaptureRun *
gc_capture_run_new (GstElement *pipeline, gboolean recording, GcFan *output);
gboolean
gc_capture_run_rewind (GcCaptureRun *self);
gboolean
gc_capture_run_take_seen (GcCaptureRun *self);
void
gc_capture_run_close (GcCaptureRun *self);

G_END_DECLS
