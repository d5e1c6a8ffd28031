/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "channel/gc-keepalive.h"
#include "protocol/gc-envelope.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* One connection of the channel, from connecting to its end, with everything that is watched on
 * it: sizes, form, signs of life, the uplink. What the envelopes mean is GcChannel's business. */

/* Signals:
 *   opened ()
 *   envelope (GcEnvelope *envelope)
 *   ended (guint code, GError *error)   once, last; code is what the center closed with, 0 if it
 *                                       did not */
#define GC_TYPE_WIRE (gc_wire_get_type ())
G_DECLARE_FINAL_TYPE (GcWire, gc_wire, GC, WIRE, GObject)

GcWire *
gc_wire_new (const char *url,
             GTlsDatabase *anchors,
             GTlsCertificate *certificate,
             GcKeepalive *keepalive);
void
gc_wire_connect (GcWire *self);
gboolean
gc_wire_send (GcWire *self, const GcEnvelope *envelope);
void
gc_wire_close (GcWire *self, gushort code);
void
gc_wire_drop (GcWire *self);
void
gc_wire_probe (GcWire *self);

G_END_DECLS
