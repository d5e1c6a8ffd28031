/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Identifiers that are unique for ever, secrets that cannot be guessed, and base64url (RFC 4648
 * section 5, without padding), in which both travel. */

char *
gc_id_new (void);
gboolean
gc_id_is_valid (const char *id);
char *
gc_id_new_token (void);
char *
gc_base64url_encode (const guint8 *data, gsize length);
GBytes *
gc_base64url_decode (const char *text, GError **error);

G_END_DECLS
