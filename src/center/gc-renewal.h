/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/gc-database.h"
#include "center/gc-authority.h"
#include "center/gc-roster.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* New certificates for terminals that have one: the old one is good until the new one is used, for
 * the answer that brings it may be lost. */

const GcTerminal *
gc_renewal_recognise (GcDatabase *database,
                      GcAuthority *authority,
                      GcRoster *roster,
                      GTlsCertificate *certificate);
void
gc_renewal_answer (GcDatabase *database,
                   GcAuthority *authority,
                   GcRoster *roster,
                   SoupServerMessage *message);

G_END_DECLS
