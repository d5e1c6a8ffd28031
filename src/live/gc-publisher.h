/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "live/gc-encoder.h"
#include "live/gc-live-stats.h"
#include "live/gc-path-choice.h"
#include "live/gc-rate-limits.h"
#include "network/gc-network-monitor.h"

G_BEGIN_DECLS

/**
 * GcPublisherState:
 * @GC_PUBLISHER_IDLE: not started, or stopped
 * @GC_PUBLISHER_CONNECTING: the first connection is being made
 * @GC_PUBLISHER_LIVE: picture and sound flow
 * @GC_PUBLISHER_RECONNECTING: the connection broke and is being made again
 * @GC_PUBLISHER_FAILED: refused for good; see gc_publisher_get_error()
 */
typedef enum
{
  GC_PUBLISHER_IDLE,
  GC_PUBLISHER_CONNECTING,
  GC_PUBLISHER_LIVE,
  GC_PUBLISHER_RECONNECTING,
  GC_PUBLISHER_FAILED,
} GcPublisherState;

/* Most that the picture may take unless it is said otherwise, bit/s. */
#define GC_PUBLISHER_MAX_BPS 6000000

/* Publishes to one WHIP URL until told to stop, over as many connections as it takes. */
#define GC_TYPE_PUBLISHER (gc_publisher_get_type ())
G_DECLARE_FINAL_TYPE (GcPublisher, gc_publisher, GC, PUBLISHER, GObject)

GcPublisher *
gc_publisher_new (GcEncoder *encoder,
                  const char *url,
                  const char *token,
                  GTlsDatabase *anchors,
                  GTlsCertificate *client);
void
gc_publisher_watch_network (GcPublisher *self, GcNetworkMonitor *network, GcSecondUplink second);
void
gc_publisher_set_max_bitrate (GcPublisher *self, gint64 bps);
void
gc_publisher_set_limits (GcPublisher *self, const GcRateLimits *limits);
void
gc_publisher_start (GcPublisher *self);
void
gc_publisher_stop_async (GcPublisher *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean
gc_publisher_stop_finish (GcPublisher *self, GAsyncResult *result, GError **error);
void
gc_publisher_set_muted (GcPublisher *self, gboolean muted);
GcPublisherState
gc_publisher_get_state (GcPublisher *self);
const GError *
gc_publisher_get_error (GcPublisher *self);
const GcLiveStats *
gc_publisher_get_stats (GcPublisher *self);
const char *
gc_publisher_state_to_string (GcPublisherState state);

G_END_DECLS
