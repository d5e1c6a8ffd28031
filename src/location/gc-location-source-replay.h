/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "location/gc-location-source.h"

G_BEGIN_DECLS

/* Replays a track of NMEA 0183 sentences at its own pace, again and again, as if it happened now.
 */
#define GC_TYPE_LOCATION_SOURCE_REPLAY (gc_location_source_replay_get_type ())
G_DECLARE_FINAL_TYPE (
    GcLocationSourceReplay, gc_location_source_replay, GC, LOCATION_SOURCE_REPLAY, GObject)

GcLocationSource *
gc_location_source_replay_new (const char *path);

G_END_DECLS
