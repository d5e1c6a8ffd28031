/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-frame-guard.h"
#include "center/gc-link-work.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* One connection of one terminal: hello, sequence, acknowledgement and window, as PROTOCOL.md says
 * under “Reliability”. What envelopes mean is the hub's business. Main thread only. */

#define GC_TYPE_TERMINAL_LINK (gc_terminal_link_get_type ())
G_DECLARE_FINAL_TYPE (GcTerminalLink, gc_terminal_link, GC, TERMINAL_LINK, GObject)

GcTerminalLink *
gc_terminal_link_new (const char *terminal,
                      JsonObject *introduction,
                      GcDatabase *database,
                      SoupWebsocketConnection *socket,
                      GcFrameGuard *guard,
                      const GcLinkHandlers *handlers,
                      GObject *hub);
const char *
gc_terminal_link_get_terminal (GcTerminalLink *self);
gboolean
gc_terminal_link_is_open (GcTerminalLink *self);
gint64
gc_terminal_link_get_heard_ms (GcTerminalLink *self);
void
gc_terminal_link_flush (GcTerminalLink *self);
void
gc_terminal_link_flush_urgent (GcTerminalLink *self);
void
gc_terminal_link_send (GcTerminalLink *self, const char *type, JsonObject *body);
void
gc_terminal_link_close (GcTerminalLink *self, gushort code, const char *reason);

G_END_DECLS
