/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* An arrow that points where to go, north being up. Decoration: words say the same beside it. */

#define GC_TYPE_BEARING_ARROW (gc_bearing_arrow_get_type ())
G_DECLARE_FINAL_TYPE (GcBearingArrow, gc_bearing_arrow, GC, BEARING_ARROW, GtkWidget)

void
gc_bearing_arrow_set_bearing (GcBearingArrow *self, double bearing_deg);

G_END_DECLS
