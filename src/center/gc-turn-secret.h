/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Credentials for TURN servers that are worth something for a while only (“TURN REST API”,
 * draft-uberti-behave-turn-rest-00): the center and the servers share a secret, terminals and
 * viewers never see it. */

char *
gc_turn_secret_read (const char *path, GError **error);
GPtrArray *
gc_turn_secret_sign (const char *secret, GPtrArray *servers, const char *name, gint64 now_s);
void
gc_turn_secret_free (char *secret);

G_END_DECLS
