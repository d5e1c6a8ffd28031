/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Keeps strangers from tying the server up: bounds the length of requests before they are kept in
 * memory, the time that a request may take to arrive, and the number of connections at a time. */

#define GC_TYPE_DOORMAN (gc_doorman_get_type ())
G_DECLARE_FINAL_TYPE (GcDoorman, gc_doorman, GC, DOORMAN, GObject)

GcDoorman *
gc_doorman_new (SoupServer *server, guint max_connections, guint arrival_timeout_s);
gboolean
gc_doorman_listen (GcDoorman *self,
                   GSocketAddress *address,
                   guint port,
                   SoupServerListenOptions options,
                   GError **error);
void
gc_doorman_dismiss (GcDoorman *self);
gboolean
gc_doorman_is_alone (GcDoorman *self);

G_END_DECLS
