/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "live/gc-path-choice.h"
#include "live/gc-publication.h"
#include "live/gc-rate-limits.h"
#include "network/gc-network-monitor.h"

G_BEGIN_DECLS

/**
 * GcHandoverState:
 * @GC_HANDOVER_IDLE: not started, or stopped
 * @GC_HANDOVER_TRYING: nothing gets through at present
 * @GC_HANDOVER_SENDING: picture and sound flow
 * @GC_HANDOVER_ENDED: refused for good; see gc_handover_get_error()
 */
typedef enum
{
  GC_HANDOVER_IDLE,
  GC_HANDOVER_TRYING,
  GC_HANDOVER_SENDING,
  GC_HANDOVER_ENDED,
} GcHandoverState;

/* One stream over as many connections as it takes: the one that sends, the one that is to take over
 * from it, and one that is kept ready over another uplink. Each exists once at most. */
#define GC_TYPE_HANDOVER (gc_handover_get_type ())
G_DECLARE_FINAL_TYPE (GcHandover, gc_handover, GC, HANDOVER, GObject)

GcHandover *
gc_handover_new (GcEncoder *encoder,
                 const char *url,
                 const char *token,
                 GTlsDatabase *anchors,
                 GTlsCertificate *certificate);
void
gc_handover_watch_network (GcHandover *self, GcNetworkMonitor *network, GcSecondUplink second);
void
gc_handover_set_max_bitrate (GcHandover *self, gint64 bps);
void
gc_handover_set_limits (GcHandover *self, const GcRateLimits *limits);
gint64
gc_handover_get_limit (GcHandover *self);
void
gc_handover_start (GcHandover *self);
void
gc_handover_stop_async (GcHandover *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean
gc_handover_stop_finish (GcHandover *self, GAsyncResult *result, GError **error);
void
gc_handover_set_muted (GcHandover *self, gboolean muted);
GcHandoverState
gc_handover_get_state (GcHandover *self);
const GError *
gc_handover_get_error (GcHandover *self);
GcPublication *
gc_handover_get_current (GcHandover *self);

G_END_DECLS
