/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* HTTP clients made right once: their own trust, client certificate, time-outs, bounded answers. */

SoupSession *
gc_http_session_new (guint timeout_s, GTlsDatabase *anchors, GTlsCertificate *client);
void
gc_http_session_bind_interface (SoupSession *session, const char *interface);

void
gc_http_send_async (SoupSession *session,
                    SoupMessage *message,
                    gsize max_answer_length,
                    GCancellable *cancellable,
                    GAsyncReadyCallback callback,
                    gpointer user_data);
GBytes *
gc_http_send_finish (SoupSession *session, GAsyncResult *result, GError **error);
GError *
gc_http_error_from_answer (SoupMessage *message, GBytes *body);
GError *
gc_http_error_from_transport (SoupMessage *message, const GError *error);

G_END_DECLS
