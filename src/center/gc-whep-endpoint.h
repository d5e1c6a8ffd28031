/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-relay-session.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Where viewers come: WHEP (draft-ietf-wish-whep). */

void
gc_whep_endpoint_handle (SoupServerMessage *message,
                         GcRelaySession *session,
                         const char *resource,
                         const char *name,
                         GPtrArray *ice_servers);

G_END_DECLS
