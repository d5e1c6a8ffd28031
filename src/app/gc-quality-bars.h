/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Four bars that say how good the picture is over there. A meter to assistive technology; a word
 * says the same beside it. */

#define GC_TYPE_QUALITY_BARS (gc_quality_bars_get_type ())
G_DECLARE_FINAL_TYPE (GcQualityBars, gc_quality_bars, GC, QUALITY_BARS, GtkWidget)

void
gc_quality_bars_set_grade (GcQualityBars *self, int grade, const char *words);

G_END_DECLS
