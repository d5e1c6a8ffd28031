/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Calls for help when it is held for two seconds, by hand or by Space or Enter, and shows how far
 * that is: a pocket or a tap by mistake calls nobody.
 *
 * Signals:
 *   held ()      it was held long enough; once, whatever is held on
 *   tapped ()    it was let go too early */
#define GC_TYPE_SOS_BUTTON (gc_sos_button_get_type ())
G_DECLARE_FINAL_TYPE (GcSosButton, gc_sos_button, GC, SOS_BUTTON, GtkWidget)

G_END_DECLS
