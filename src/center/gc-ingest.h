/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-relay-peer.h"
#include "center/gc-relay-stream.h"

G_BEGIN_DECLS

/* The end of a publisher's connection: answers its offer, hands its media to a stream. Properties
 * “playing” and “lost”. */
#define GC_TYPE_INGEST (gc_ingest_get_type ())
G_DECLARE_FINAL_TYPE (GcIngest, gc_ingest, GC, INGEST, GObject)

GcIngest *
gc_ingest_new (GcRelayStream *stream);
void
gc_ingest_accept_async (GcIngest *self,
                        const char *offer,
                        gsize length,
                        GAsyncReadyCallback callback,
                        gpointer user_data);
char *
gc_ingest_accept_finish (GcIngest *self, GAsyncResult *result, GError **error);
GcRelayPeer *
gc_ingest_get_peer (GcIngest *self);
const char *
gc_ingest_get_video (GcIngest *self);
gboolean
gc_ingest_has_audio (GcIngest *self);
gboolean
gc_ingest_is_playing (GcIngest *self);
void
gc_ingest_request_key_frame (GcIngest *self);
void
gc_ingest_close (GcIngest *self);

G_END_DECLS
