/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Reads what a WHIP server answers; all of it is hostile until read. */

GUri *
gc_whip_answer_parse_url (const char *url, GUri *base, GError **error);
gboolean
gc_whip_answer_is_sdp (SoupMessage *message);
guint
gc_whip_answer_parse_retry_after (const char *value, const char *date);
gboolean
gc_whip_answer_announces (SoupMessage *message, const char *extension);
GPtrArray *
gc_whip_answer_read_ice_servers (SoupMessage *message, GTlsDatabase *anchors);
GError *
gc_whip_answer_refusal (SoupMessage *message, GBytes *body, guint *retry_after_s);

G_END_DECLS
