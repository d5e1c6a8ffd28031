/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-relay-session.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* What WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep) have in common on the side of HTTP. Main
 * thread only. */

/**
 * GcRelayExchange:
 * @message: a POST that waits for its answer
 * @session: what it is about
 * @resource: (nullable): what it makes, if that has a name yet
 * @ice_servers: (element-type GcIceServer): what the peer may use
 */
typedef struct
{
  SoupServerMessage *message;
  GcRelaySession *session;
  char *resource;
  GPtrArray *ice_servers;
} GcRelayExchange;

GcRelayExchange *
gc_relay_exchange_new (SoupServerMessage *message,
                       GcRelaySession *session,
                       const char *resource,
                       GPtrArray *ice_servers);
void
gc_relay_exchange_free (GcRelayExchange *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcRelayExchange, gc_relay_exchange_free)

void
gc_relay_http_set_header (SoupServerMessage *message, const char *name, const char *value);
void
gc_relay_http_add_ice_servers (SoupServerMessage *message, GPtrArray *servers);
GBytes *
gc_relay_http_read_offer (SoupServerMessage *message);
GStrv
gc_relay_http_read_candidates (SoupServerMessage *message, const char *resource);
void
gc_relay_http_reply_options (SoupServerMessage *message, GPtrArray *ice_servers);
void
gc_relay_http_reply_created (SoupServerMessage *message,
                             const char *resource,
                             GPtrArray *ice_servers,
                             char *answer);
void
gc_relay_http_reply_refused (SoupServerMessage *message, const GError *error);
void
gc_relay_http_reply_no_session (SoupServerMessage *message);

G_END_DECLS
