/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

G_BEGIN_DECLS

/* What the handlers of the center's HTTP interface share: reading requests and answering in the
 * form that API.md and PROTOCOL.md give. Main thread only. */

/* The largest body of any request, in bytes. */
#define GC_REQUEST_MAX_LENGTH (64 * 1024)

JsonObject *
gc_request_read_json (SoupServerMessage *message, GError **error);
char *
gc_request_dup_text (SoupServerMessage *message, const char *type);
char *
gc_cookie_find (const char *header, const char *name);
char *
gc_request_dup_cookie (SoupServerMessage *message, const char *name);
char *
gc_request_dup_address (SoupServerMessage *message);
gboolean
gc_request_is_same_origin (SoupServerMessage *message);
gboolean
gc_request_has_method (SoupServerMessage *message, const char *method);

void
gc_reply_text (SoupServerMessage *message, guint status, const char *content_type, char *text);
void
gc_reply_json (SoupServerMessage *message, guint status, JsonObject *object);
void
gc_reply_empty (SoupServerMessage *message, guint status);
void
gc_reply_problem (SoupServerMessage *message, guint status, const char *type, const char *title);
const char *
gc_reply_get_problem (SoupServerMessage *message);
void
gc_reply_slow_down (SoupServerMessage *message, guint wait_s);
void
gc_reply_method_not_allowed (SoupServerMessage *message, const char *allowed);
void
gc_reply_error (SoupServerMessage *message, const GError *error);

G_END_DECLS
