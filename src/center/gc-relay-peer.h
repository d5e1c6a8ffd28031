/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "rtc/gc-rtc-bin.h"

G_BEGIN_DECLS

/**
 * GcRelayPeerState:
 * @GC_RELAY_PEER_CONNECTING: nothing has come of the peer yet
 * @GC_RELAY_PEER_CONNECTED: media can flow
 * @GC_RELAY_PEER_LOST: it went, fell silent, or never came
 */
typedef enum
{
  GC_RELAY_PEER_CONNECTING,
  GC_RELAY_PEER_CONNECTED,
  GC_RELAY_PEER_LOST,
} GcRelayPeerState;

/* The relay's end of one connection: a pipeline around a webrtcbin that answers an offer, and the
 * patience with the other end. Property “state”. */
#define GC_TYPE_RELAY_PEER (gc_relay_peer_get_type ())
G_DECLARE_FINAL_TYPE (GcRelayPeer, gc_relay_peer, GC, RELAY_PEER, GObject)

GcRelayPeer *
gc_relay_peer_new (const char *name, guint silence_max_ms);
GstBin *
gc_relay_peer_get_pipeline (GcRelayPeer *self);
GcRtcBin *
gc_relay_peer_get_rtc (GcRelayPeer *self);
GcRelayPeerState
gc_relay_peer_get_state (GcRelayPeer *self);
void
gc_relay_peer_answer_async (GcRelayPeer *self,
                            const char *offer,
                            gsize length,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
char *
gc_relay_peer_answer_finish (GcRelayPeer *self, GAsyncResult *result, GError **error);
void
gc_relay_peer_add_candidates (GcRelayPeer *self, const char *const *candidates);
void
gc_relay_peer_close (GcRelayPeer *self);

G_END_DECLS
