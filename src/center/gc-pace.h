/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Lets through so much of what each terminal says and no more: one that talks too much costs the
 * others nothing. Main thread only. */

typedef struct _GcPace GcPace;

GcPace *
gc_pace_new (guint interval_ms);
void
gc_pace_free (GcPace *self);
gboolean
gc_pace_allows (GcPace *self, const char *terminal);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcPace, gc_pace_free)

G_END_DECLS
