/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "live/gc-feed.h"
#include "live/gc-whip-client.h"

G_BEGIN_DECLS

/**
 * GcPublicationState:
 * @GC_PUBLICATION_CONNECTING: on the way
 * @GC_PUBLICATION_CONNECTED: picture and sound flow
 * @GC_PUBLICATION_LOST: it broke; see gc_publication_get_error()
 */
typedef enum
{
  GC_PUBLICATION_CONNECTING,
  GC_PUBLICATION_CONNECTED,
  GC_PUBLICATION_LOST,
} GcPublicationState;

/* One connection over WHIP: a pipeline of its own, fed from a running encoder, made once and
 * thrown away when it breaks. */
#define GC_TYPE_PUBLICATION (gc_publication_get_type ())
G_DECLARE_FINAL_TYPE (GcPublication, gc_publication, GC, PUBLICATION, GObject)

GcPublication *
gc_publication_new (GcEncoder *encoder, GcWhipClient *client, gint64 max_bps);
void
gc_publication_start (GcPublication *self);
void
gc_publication_set_muted (GcPublication *self, gboolean muted);
GcPublicationState
gc_publication_get_state (GcPublication *self);
const GError *
gc_publication_get_error (GcPublication *self);
guint
gc_publication_get_retry_after (GcPublication *self);
void
gc_publication_get_counters (GcPublication *self, GcFeedCounters *counters);
GcPacer *
gc_publication_get_pacer (GcPublication *self);
void
gc_publication_get_stats_async (GcPublication *self,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
GstStructure *
gc_publication_get_stats_finish (GcPublication *self, GAsyncResult *result, GError **error);
void
gc_publication_close_async (GcPublication *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean
gc_publication_close_finish (GcPublication *self, GAsyncResult *result, GError **error);

G_END_DECLS
