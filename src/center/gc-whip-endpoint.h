/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-relay-session.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Where publishers come: WHIP (RFC 9725). */

void
gc_whip_endpoint_handle (SoupServerMessage *message,
                         GcRelaySession *session,
                         const char *resource,
                         GPtrArray *ice_servers);

G_END_DECLS
