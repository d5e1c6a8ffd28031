/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-authority.h"
#include "center/gc-console-events.h"
#include "center/gc-roster.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Enrolment over Secure Transport (RFC 7030), as PROTOCOL.md narrows it. Main thread only. */

typedef struct _GcEst GcEst;

GcEst *
gc_est_new (GcDatabase *database,
            GcAuthority *authority,
            GcRoster *roster,
            GcConsoleEvents *events);
void
gc_est_free (GcEst *self);
void
gc_est_reply_certificates (SoupServerMessage *message, char *text);
void
gc_est_mount (GcEst *self, SoupServer *server);

GBytes *
gc_est_decode_request (GBytes *body, GError **error);
char *
gc_est_decode_authorization (const char *header);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcEst, gc_est_free)

G_END_DECLS
