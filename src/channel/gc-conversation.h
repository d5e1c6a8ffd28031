/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "channel/gc-wire.h"
#include "store/gc-store.h"

G_BEGIN_DECLS

/* What the terminal and the center say to each other over one connection: hello, then both reliable
 * streams between the store and the wire. See PROTOCOL.md, “Reliability”. */

/* Signals:
 *   met (const char *center_name, const char *worker)   both agree where the streams go on;
 *                                                       the names may be NULL
 *   progress ()                                         the center acknowledged something, or
 *                                                       something new of its was committed; may
 *                                                       still come after the end
 *   received (GcEnvelope *envelope)                     an ephemeral envelope, or a reliable one
 *                                                       that took effect; may still come after the
 *                                                       end
 *   ended (guint code, GError *error)                   once, unless it was closed from here; code
 *                                                       is what the center closed with, or 0 */
#define GC_TYPE_CONVERSATION (gc_conversation_get_type ())
G_DECLARE_FINAL_TYPE (GcConversation, gc_conversation, GC, CONVERSATION, GObject)

GcConversation *
gc_conversation_new (GcWire *wire, GcStore *store, const char *device_name);
void
gc_conversation_start (GcConversation *self);
gboolean
gc_conversation_send (GcConversation *self, const GcEnvelope *envelope);
void
gc_conversation_probe (GcConversation *self);
void
gc_conversation_close (GcConversation *self);
void
gc_conversation_drop (GcConversation *self);

G_END_DECLS
