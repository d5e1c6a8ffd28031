/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/gc-fan.h"

#include <gst/gst.h>

G_BEGIN_DECLS

/* What the viewers of a session see, whoever publishes it: at any time the media of one source
 * pass, and the key frames that viewers need are asked of it together. Signal key-frame-wanted (),
 * on the main context. */
#define GC_TYPE_RELAY_STREAM (gc_relay_stream_get_type ())
G_DECLARE_FINAL_TYPE (GcRelayStream, gc_relay_stream, GC, RELAY_STREAM, GObject)

GcRelayStream *
gc_relay_stream_new (void);
void
gc_relay_stream_set_source (GcRelayStream *self, gconstpointer source);
void
gc_relay_stream_clear_source (GcRelayStream *self, gconstpointer source);
void
gc_relay_stream_push (GcRelayStream *self, gconstpointer source, gboolean audio, GstSample *sample);
guint
gc_relay_stream_add (GcRelayStream *self, GcFanFunc func, gpointer data);
void
gc_relay_stream_remove (GcRelayStream *self, guint id);
void
gc_relay_stream_want_key_frame (GcRelayStream *self);

G_END_DECLS
