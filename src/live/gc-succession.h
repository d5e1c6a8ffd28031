/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "live/gc-path-choice.h"
#include "live/gc-publication.h"
#include "network/gc-network-monitor.h"

G_BEGIN_DECLS

/**
 * GcSuccessionState:
 * @GC_SUCCESSION_IDLE: not started, or stopped
 * @GC_SUCCESSION_TRYING: nothing gets through at present
 * @GC_SUCCESSION_SENDING: picture and sound flow
 * @GC_SUCCESSION_ENDED: refused for good; see gc_succession_get_error()
 */
typedef enum
{
  GC_SUCCESSION_IDLE,
  GC_SUCCESSION_TRYING,
  GC_SUCCESSION_SENDING,
  GC_SUCCESSION_ENDED,
} GcSuccessionState;

/* One stream over as many connections as it takes: the one that sends, the one that is to take over
 * from it, and one that is kept ready over another uplink. Each exists once at most. */
#define GC_TYPE_SUCCESSION (gc_succession_get_type ())
G_DECLARE_FINAL_TYPE (GcSuccession, gc_succession, GC, SUCCESSION, GObject)

GcSuccession *
gc_succession_new (GcEncoder *encoder,
                   const char *url,
                   const char *token,
                   GTlsDatabase *anchors,
                   GTlsCertificate *certificate);
void
gc_succession_watch_network (GcSuccession *self, GcNetworkMonitor *network, GcSecondUplink second);
void
gc_succession_set_max_bitrate (GcSuccession *self, gint64 bps);
void
gc_succession_start (GcSuccession *self);
void
gc_succession_stop_async (GcSuccession *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean
gc_succession_stop_finish (GcSuccession *self, GAsyncResult *result, GError **error);
void
gc_succession_set_muted (GcSuccession *self, gboolean muted);
GcSuccessionState
gc_succession_get_state (GcSuccession *self);
const GError *
gc_succession_get_error (GcSuccession *self);
GcPublication *
gc_succession_get_current (GcSuccession *self);

G_END_DECLS
