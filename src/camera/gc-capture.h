/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "camera/gc-media-source.h"

G_BEGIN_DECLS

/**
 * GcSampleFunc:
 * @sample: a raw picture or sound; its timestamp is of the system clock
 * @data: what was given
 *
 * Takes what a capture sees or hears, on a streaming thread.
 */
typedef void (*GcSampleFunc) (GstSample *sample, gpointer data);

/* Runs one source at a time and hands its samples to whoever wants them. */
#define GC_TYPE_CAPTURE (gc_capture_get_type ())
G_DECLARE_FINAL_TYPE (GcCapture, gc_capture, GC, CAPTURE, GObject)

GcCapture *
gc_capture_new (void);
void
gc_capture_set_source (GcCapture *self, GcMediaSource *source);
void
gc_capture_start (GcCapture *self);
void
gc_capture_stop (GcCapture *self);
gboolean
gc_capture_is_active (GcCapture *self);
guint
gc_capture_add_tap (GcCapture *self, GcSampleFunc func, gpointer data);
void
gc_capture_remove_tap (GcCapture *self, guint id);

G_END_DECLS
