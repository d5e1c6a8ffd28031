/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "rtc/gc-ice-server.h"

G_BEGIN_DECLS

/* The way to a TURN server over TCP or TLS, for libnice, which can do neither as we need it: it
 * leaves the interface to the kernel, and takes plain TCP for TLS. */
#define GC_TYPE_TURN_TUNNEL (gc_turn_tunnel_get_type ())
G_DECLARE_FINAL_TYPE (GcTurnTunnel, gc_turn_tunnel, GC, TURN_TUNNEL, GObject)

GcTurnTunnel *
gc_turn_tunnel_new (const GcIceServer *server,
                    const char *interface,
                    GSocketFamily family,
                    GError **error);
guint16
gc_turn_tunnel_get_port (GcTurnTunnel *self);
const char *
gc_turn_tunnel_get_far_end (GcTurnTunnel *self);
const GError *
gc_turn_tunnel_get_error (GcTurnTunnel *self);
void
gc_turn_tunnel_pin (GcTurnTunnel *self, const char *interface);

G_END_DECLS
