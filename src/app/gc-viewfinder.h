/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session/gc-session.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* What the camera sees. Takes the preview while it is on a screen that somebody can look at, and
 * gives it back otherwise: sending does not depend on it. A picture that has stopped is not shown.
 * Property: blind (gboolean: there is no camera, or one that has given nothing for seconds). */

#define GC_TYPE_VIEWFINDER (gc_viewfinder_get_type ())
G_DECLARE_FINAL_TYPE (GcViewfinder, gc_viewfinder, GC, VIEWFINDER, AdwBin)

void
gc_viewfinder_set_session (GcViewfinder *self, GcSession *session);
void
gc_viewfinder_set_frame (GcViewfinder *self, gboolean frame);

G_END_DECLS
