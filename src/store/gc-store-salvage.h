/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Makes a store of what can still be read of a damaged one. */

gboolean
gc_store_salvage (const char *damaged, const char *aside, const char *path, GError **error);

G_END_DECLS
