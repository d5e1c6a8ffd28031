/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/gc-fan.h"
#include "camera/gc-media-source.h"

G_BEGIN_DECLS

/* Runs one source at a time and hands its samples to whoever wants them. */
#define GC_TYPE_CAPTURE (gc_capture_get_type ())
G_DECLARE_FINAL_TYPE (GcCapture, gc_capture, GC, CAPTURE, GObject)

GcCapture *
gc_capture_new (void);
void
gc_capture_set_source (GcCapture *self, GcMediaSource *source);
gboolean
gc_capture_start (GcCapture *self);
void
gc_capture_stop (GcCapture *self);
gboolean
gc_capture_is_active (GcCapture *self);
GcFan *
gc_capture_get_output (GcCapture *self);

G_END_DECLS
