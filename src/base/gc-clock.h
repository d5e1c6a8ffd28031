/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Durations come from the monotonic clock, wall times are milliseconds since 1970 in UTC. */

gint64
gc_clock_monotonic_ms (void);
gint64
gc_clock_wall_ms (void);
char *
gc_clock_format (gint64 wall_ms);
gboolean
gc_clock_parse (const char *text, gint64 *wall_ms, GError **error);

G_END_DECLS
