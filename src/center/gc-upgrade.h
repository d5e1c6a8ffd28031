/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-frame-guard.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

/**
 * GcUpgraded:
 * @socket: the WebSocket, whose messages are bounded; too big a one is closed with 1009
 * @guard: the stream below it
 * @data: what was given to gc_upgrade()
 *
 * The request became a WebSocket.
 */
typedef void (*GcUpgraded) (SoupWebsocketConnection *socket, GcFrameGuard *guard, gpointer data);

void
gc_upgrade (SoupServerMessage *message,
            const char *who,
            GcSocketWatch *watch,
            const char *protocol,
            gsize max_length,
            GcUpgraded upgraded,
            gpointer data,
            GDestroyNotify data_free);

G_END_DECLS
