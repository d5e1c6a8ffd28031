/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

GStrv
gc_sdp_frag_parse (const char *text, gsize length, GError **error);

G_END_DECLS
