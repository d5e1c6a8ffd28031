/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session/gc-session.h"

G_BEGIN_DECLS

/* What the worker has chosen, and the schema of it. */

/* Keys. */
#define GC_SETTINGS_SOS_OPENS_LIVE "sos-opens-live"

GSettings *
gc_settings_new (void);
const char *
gc_settings_get_limit_key (GcUplinkCost cost);
gboolean
gc_settings_sos_opens_live (void);
void
gc_settings_bind_limits (GSettings *settings, GcSession *session);

G_END_DECLS
