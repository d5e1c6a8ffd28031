/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "location/gc-location-source.h"

G_BEGIN_DECLS

/* The system's location service, GeoClue; inside a sandbox it is reached through the portal. */
#define GC_TYPE_LOCATION_SOURCE_GEOCLUE (gc_location_source_geoclue_get_type ())
G_DECLARE_FINAL_TYPE (
    GcLocationSourceGeoclue, gc_location_source_geoclue, GC, LOCATION_SOURCE_GEOCLUE, GObject)

GcLocationSource *
gc_location_source_geoclue_new (const char *app_id);

G_END_DECLS
