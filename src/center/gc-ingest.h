/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/gc-fan.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* The end of a publisher's connection: takes its offer, hands its access units out. When its
 * property lost turns true, it is of no more use. */
#define GC_TYPE_INGEST (gc_ingest_get_type ())
G_DECLARE_FINAL_TYPE (GcIngest, gc_ingest, GC, INGEST, GObject)

GcIngest *
gc_ingest_new (GcFan *output);
void
gc_ingest_accept_async (GcIngest *self,
                        const char *offer,
                        gsize length,
                        GAsyncReadyCallback callback,
                        gpointer user_data);
char *
gc_ingest_accept_finish (GcIngest *self, GAsyncResult *result, GError **error);
gboolean
gc_ingest_add_candidate (GcIngest *self, guint section, const char *candidate);
void
gc_ingest_request_key_frame (GcIngest *self);
const char *
gc_ingest_get_video (GcIngest *self);
gboolean
gc_ingest_has_audio (GcIngest *self);
void
gc_ingest_close (GcIngest *self);

G_END_DECLS
