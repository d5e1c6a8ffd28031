/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Keeps strangers from tying the server up: bounds the length of requests before they are kept in
 * memory, the time that a request may take to arrive, and the number of connections at a time. */

#define GC_TYPE_DOORMAN (gc_doorman_get_type ())
G_DECLARE_FINAL_TYPE (GcDoorman, gc_doorman, GC, DOORMAN, GObject)

/**
 * GcDoormanAllowance:
 * @message: a request whose headers have arrived
 * @data: what was given to gc_doorman_set_allowance()
 *
 * Says how long its body may be; may answer instead, then the body is not kept. A body that may be
 * longer than %GC_REQUEST_MAX_LENGTH has the arrival timeout again and again, as long as it comes.
 *
 * Returns: bytes
 */
typedef gsize (*GcDoormanAllowance) (SoupServerMessage *message, gpointer data);

GcDoorman *
gc_doorman_new (SoupServer *server, guint max_connections, guint arrival_timeout_s);
void
gc_doorman_set_allowance (GcDoorman *self, GcDoormanAllowance allowance, gpointer data);
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
