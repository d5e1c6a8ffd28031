/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <shumate/shumate.h>

G_BEGIN_DECLS

/* The ground of a map without tiles: squares of a round number of metres. */

#define GC_TYPE_GRID_LAYER (gc_grid_layer_get_type ())
G_DECLARE_FINAL_TYPE (GcGridLayer, gc_grid_layer, GC, GRID_LAYER, ShumateLayer)

ShumateLayer *
gc_grid_layer_new (ShumateViewport *viewport);

G_END_DECLS
