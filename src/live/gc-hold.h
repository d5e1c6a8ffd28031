/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* For who goes up and down with what a path carries, but not with each of its moods. */

gboolean
gc_hold_has_lasted (gboolean holds, gint64 *since_us, gint64 now_us, gint64 after_us);

G_END_DECLS
