/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "live/gc-feed.h"
#include "live/gc-whip-client.h"
#include "network/gc-path.h"

G_BEGIN_DECLS

/**
 * GcPublicationState:
 * @GC_PUBLICATION_CONNECTING: on the way
 * @GC_PUBLICATION_CONNECTED: picture and sound flow, unless it is held
 * @GC_PUBLICATION_LOST: it broke; see gc_publication_get_error()
 */
typedef enum
{
  GC_PUBLICATION_CONNECTING,
  GC_PUBLICATION_CONNECTED,
  GC_PUBLICATION_LOST,
} GcPublicationState;

/**
 * GcPublicationSetup:
 * @identity: of the stream
 * @max_bps: most that the picture may take, bit/s
 * @path: (nullable): to talk over this alone, with the server and with its media end; %NULL for
 *   what the kernel takes
 * @ice_servers: (nullable) (element-type GcIceServer): what was learnt from an earlier one, to
 *   save the question
 * @patience_ms: how long the server may take to answer the offer; twice as long, and 12 s at most,
 *   the media may then take to get through
 * @gathering_ms: how long to wait for what STUN and TURN servers answer
 * @held: whether to send no media before gc_publication_release()
 *
 * How a connection is to be made.
 */
typedef struct
{
  GcFeedIdentity identity;
  gint64 max_bps;
  const GcPath *path;
  GPtrArray *ice_servers;
  guint patience_ms;
  guint gathering_ms;
  gboolean held;
} GcPublicationSetup;

/* One connection over WHIP: a pipeline of its own, fed from a running encoder, made once and
 * thrown away when it breaks. */
#define GC_TYPE_PUBLICATION (gc_publication_get_type ())
G_DECLARE_FINAL_TYPE (GcPublication, gc_publication, GC, PUBLICATION, GObject)

GcPublication *
gc_publication_new (GcEncoder *encoder, GcWhipClient *client, const GcPublicationSetup *setup);
void
gc_publication_start (GcPublication *self);
void
gc_publication_release (GcPublication *self);
void
gc_publication_refresh (GcPublication *self);
void
gc_publication_set_muted (GcPublication *self, gboolean muted);
GcPublicationState
gc_publication_get_state (GcPublication *self);
const GError *
gc_publication_get_error (GcPublication *self);
GcWhipClient *
gc_publication_get_client (GcPublication *self);
GcRtcBin *
gc_publication_get_rtc (GcPublication *self);
const GcPath *
gc_publication_get_path (GcPublication *self);
GPtrArray *
gc_publication_get_ice_servers (GcPublication *self);
gboolean
gc_publication_is_received (GcPublication *self);
void
gc_publication_get_counters (GcPublication *self, GcFeedCounters *counters);
GcPacer *
gc_publication_get_pacer (GcPublication *self);
void
gc_publication_close_async (GcPublication *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean
gc_publication_close_finish (GcPublication *self, GAsyncResult *result, GError **error);

G_END_DECLS
