/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-authority.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Each request that is refused leaves a line in the log, whoever refuses it. */

void
gc_request_log_mount (SoupServer *server, GcAuthority *authority);

G_END_DECLS
