/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "protocol/gc-envelope.h"
#include "store/gc-store.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* The dispatch channel: keeps one WebSocket to the center, sends what the store holds, commits what
 * arrives. It moves envelopes and does not know what a task is. See PROTOCOL.md, “The channel”. */

/**
 * GcChannelState:
 * @GC_CHANNEL_OFF: not wanted
 * @GC_CHANNEL_WAITING: for the next attempt; see the property “problem”
 * @GC_CHANNEL_CONNECTING: connecting, or connected and waiting for the center's hello
 * @GC_CHANNEL_ONLINE: the center answers and envelopes flow
 * @GC_CHANNEL_REPLACED: a newer connection with this certificate took over; waits for
 *   gc_channel_set_enabled()
 * @GC_CHANNEL_REVOKED: the center withdrew the certificate; final
 * @GC_CHANNEL_VERSION_UNKNOWN: the center speaks another version; tries again hourly
 */
typedef enum
{
  GC_CHANNEL_OFF,
  GC_CHANNEL_WAITING,
  GC_CHANNEL_CONNECTING,
  GC_CHANNEL_ONLINE,
  GC_CHANNEL_REPLACED,
  GC_CHANNEL_REVOKED,
  GC_CHANNEL_VERSION_UNKNOWN,
} GcChannelState;

#define GC_TYPE_CHANNEL_STATE (gc_channel_state_get_type ())
GType
gc_channel_state_get_type (void);

/* Properties, all read-only, all notify:
 *   state        GcChannelState
 *   center-name  string    from the last hello, or NULL
 *   worker       string    from the last hello, or NULL
 *   problem      GError    why the last connection failed or ended, NULL while online; for the
 *                          worker's eyes
 * Signals:
 *   received (GcEnvelope *envelope)   an ephemeral envelope, or a reliable one that was committed
 *                                     and took effect */
#define GC_TYPE_CHANNEL (gc_channel_get_type ())
G_DECLARE_FINAL_TYPE (GcChannel, gc_channel, GC, CHANNEL, GObject)

GcChannel *
gc_channel_new (const char *url,
                GTlsDatabase *anchors,
                GTlsCertificate *certificate,
                GcStore *store,
                const char *device_name);
void
gc_channel_set_enabled (GcChannel *self, gboolean enabled);
void
gc_channel_set_keepalive (GcChannel *self, guint interval_s);
GcChannelState
gc_channel_get_state (GcChannel *self);
gboolean
gc_channel_send (GcChannel *self, const GcEnvelope *envelope);
void
gc_channel_network_changed (GcChannel *self, gboolean available);
void
gc_channel_close_async (GcChannel *self,
                        guint flush_ms,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data);
gboolean
gc_channel_close_finish (GcChannel *self, GAsyncResult *result, GError **error);

G_END_DECLS
