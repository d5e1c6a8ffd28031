/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Trust in one pinned CA and nobody else, for gc_http_session_new(). */

#define GC_TYPE_ANCHORS (gc_anchors_get_type ())
G_DECLARE_FINAL_TYPE (GcAnchors, gc_anchors, GC, ANCHORS, GTlsDatabase)

GTlsDatabase *
gc_anchors_new (const char *ca_pem, GError **error);

G_END_DECLS
