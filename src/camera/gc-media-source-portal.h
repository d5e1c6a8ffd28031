/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "camera/gc-media-source.h"

G_BEGIN_DECLS

/* The camera of a sandboxed terminal: a PipeWire remote that the Camera portal opened. */
#define GC_TYPE_MEDIA_SOURCE_PORTAL (gc_media_source_portal_get_type ())
G_DECLARE_FINAL_TYPE (GcMediaSourcePortal, gc_media_source_portal, GC, MEDIA_SOURCE_PORTAL, GObject)

void
gc_media_source_portal_new_async (GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
GcMediaSource *
gc_media_source_portal_new_finish (GAsyncResult *result, GError **error);

G_END_DECLS
