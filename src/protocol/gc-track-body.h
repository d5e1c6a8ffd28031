/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "protocol/gc-fix.h"

G_BEGIN_DECLS

/* The body of “track”: PROTOCOL.md. */

#define GC_TRACK_MAX_POINTS 200

JsonObject *
gc_track_body_print (JsonArray *points);
GArray *
gc_track_body_parse (JsonObject *body, GError **error);

G_END_DECLS
