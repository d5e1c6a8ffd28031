/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-relay-peer.h"
#include "center/gc-relay-stream.h"

G_BEGIN_DECLS

/* The end of a viewer's connection: answers its offer, sends it what a stream hands out. Properties
 * “joined”, “lost” and “behind”. */
#define GC_TYPE_VIEWER (gc_viewer_get_type ())
G_DECLARE_FINAL_TYPE (GcViewer, gc_viewer, GC, VIEWER, GObject)

GcViewer *
gc_viewer_new (GcRelayStream *stream, const char *name, const char *video, gboolean audio);
void
gc_viewer_accept_async (GcViewer *self,
                        const char *offer,
                        gsize length,
                        GAsyncReadyCallback callback,
                        gpointer user_data);
char *
gc_viewer_accept_finish (GcViewer *self, GAsyncResult *result, GError **error);
GcRelayPeer *
gc_viewer_get_peer (GcViewer *self);
const char *
gc_viewer_get_name (GcViewer *self);
gboolean
gc_viewer_has_joined (GcViewer *self);
gboolean
gc_viewer_is_behind (GcViewer *self);
gboolean
gc_viewer_fits (GcViewer *self, const char *video, gboolean audio);
void
gc_viewer_close (GcViewer *self);

G_END_DECLS
