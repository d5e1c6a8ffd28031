/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Where connections are until their TLS handshake is over. GIO holds a thread of a small pool for
 * each handshake that it is at work on, waiting included, so that a few clients who do not go on
 * would keep out all others. */

#define GC_TYPE_RECEPTION (gc_reception_get_type ())
G_DECLARE_FINAL_TYPE (GcReception, gc_reception, GC, RECEPTION, GObject)

GcReception *
gc_reception_new (SoupServer *server, gboolean secure);
void
gc_reception_take (GcReception *self, GSocket *socket);
void
gc_reception_close (GcReception *self);
GSocket *
gc_reception_get_socket (SoupServerMessage *message);
char *
gc_reception_dup_address (GSocket *socket);
GTlsCertificate *
gc_reception_get_certificate (SoupServerMessage *message);

G_END_DECLS
