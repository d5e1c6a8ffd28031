/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "protocol/gc-fix.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* A small map that shows one place and where the worker is, both always in view. It is looked at,
 * not handled: no gestures. */

#define GC_TYPE_PLACE_MAP (gc_place_map_get_type ())
G_DECLARE_FINAL_TYPE (GcPlaceMap, gc_place_map, GC, PLACE_MAP, AdwBin)

void
gc_place_map_show (GcPlaceMap *self, double longitude, double latitude, const GcFix *own);

G_END_DECLS
