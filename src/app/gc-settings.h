/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session/gc-session.h"

G_BEGIN_DECLS

/* What the worker has chosen, and the schema of it. */

GSettings *
gc_settings_new (void);
const char *
gc_settings_get_limit_key (GcUplinkCost cost);
void
gc_settings_bind_limits (GSettings *settings, GcSession *session);

G_END_DECLS
