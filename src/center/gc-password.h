/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define GC_PASSWORD_MIN_LENGTH 8
#define GC_PASSWORD_MAX_LENGTH 256

char *
gc_password_hash (const char *password, GError **error);
gboolean
gc_password_matches (const char *password, const char *hash);

G_END_DECLS
