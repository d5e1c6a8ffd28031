/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What the worker reads about the picture at the center. */

char *
gc_picture_words_new (int grade, gboolean stills, const char *limit);

G_END_DECLS
