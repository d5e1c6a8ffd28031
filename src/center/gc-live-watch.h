/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-hub.h"

G_BEGIN_DECLS

void
gc_live_watch_tell (GcDatabase *database,
                    GcHub *hub,
                    const char *terminal,
                    const char *viewer,
                    gboolean joined,
                    JsonObject *body);

G_END_DECLS
