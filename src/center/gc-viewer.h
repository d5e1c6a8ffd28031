/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/gc-fan.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* The end of a viewer's connection: answers its offer, sends it what an ingest hands out. */
#define GC_TYPE_VIEWER (gc_viewer_get_type ())
G_DECLARE_FINAL_TYPE (GcViewer, gc_viewer, GC, VIEWER, GObject)

GcViewer *
gc_viewer_new (GcFan *input, const char *name, const char *video, gboolean audio);
void
gc_viewer_accept_async (GcViewer *self,
                        const char *offer,
                        gsize length,
                        GAsyncReadyCallback callback,
                        gpointer user_data);
char *
gc_viewer_accept_finish (GcViewer *self, GAsyncResult *result, GError **error);
gboolean
gc_viewer_add_candidate (GcViewer *self, guint section, const char *candidate);
const char *
gc_viewer_get_name (GcViewer *self);
void
gc_viewer_close (GcViewer *self);

G_END_DECLS
