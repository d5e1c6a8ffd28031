/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "rtc/gc-ice-server.h"

G_BEGIN_DECLS

/* Asks a TURN server why it gives no relay: libnice tells nobody what it was answered. */

void
gc_turn_probe_async (const GcIceServer *server,
                     const char *interface,
                     GCancellable *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer user_data);
char *
gc_turn_probe_finish (GAsyncResult *result);
char *
gc_turn_probe_explain (int code);

G_END_DECLS
