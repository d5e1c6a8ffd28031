/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "identity/gc-credentials.h"
#include "live/gc-live-stats.h"
#include "protocol/gc-envelope.h"
#include "network/gc-network-monitor.h"
#include "session/gc-studio.h"
#include "session/gc-thrift.h"

G_BEGIN_DECLS

/**
 * GcLive:
 * @GC_LIVE_IDLE: no picture or sound leaves the handset
 * @GC_LIVE_ASKING: the worker wants to go live and the center has not answered yet
 * @GC_LIVE_RINGING: the center asks and the worker has not answered yet
 * @GC_LIVE_CONNECTING: accepted, no media flow yet
 * @GC_LIVE_SENDING: picture (and sound, unless muted) flow to the center
 * @GC_LIVE_RECONNECTING: the connection broke and is being made again
 */
typedef enum
{
  GC_LIVE_IDLE,
  GC_LIVE_ASKING,
  GC_LIVE_RINGING,
  GC_LIVE_CONNECTING,
  GC_LIVE_SENDING,
  GC_LIVE_RECONNECTING,
} GcLive;

#define GC_TYPE_LIVE (gc_live_get_type ())
GType
gc_live_get_type (void);

/* Live video between worker and center: who asks, who answers, and the publisher in between. Works
 * on ephemeral envelopes: takes those of the center by gc_live_session_take(), gives its own by the
 * signal send (GcEnvelope *) → gboolean. Properties: state (GcLive), by (string), reason (string),
 * since-ms (int64), muted (gboolean, rw). Signals: stats (once a second while sending), failed
 * (GError *), ended (const char *reason).
 */
#define GC_TYPE_LIVE_SESSION (gc_live_session_get_type ())
G_DECLARE_FINAL_TYPE (GcLiveSession, gc_live_session, GC, LIVE_SESSION, GObject)

GcLiveSession *
gc_live_session_new (GcStudio *studio, GcNetworkMonitor *network, GcThrift *thrift);
void
gc_live_session_set_credentials (GcLiveSession *self, GcCredentials *credentials);
gboolean
gc_live_session_take (GcLiveSession *self, const GcEnvelope *envelope);
void
gc_live_session_go_live (GcLiveSession *self);
void
gc_live_session_answer (GcLiveSession *self, gboolean accept, const char *reason);
void
gc_live_session_end (GcLiveSession *self, const char *reason);
GcLive
gc_live_session_get_state (GcLiveSession *self);
const char *
gc_live_session_get_id (GcLiveSession *self);
const GcLiveStats *
gc_live_session_get_stats (GcLiveSession *self);

G_END_DECLS
