/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/gc-database.h"
#include "center/gc-frame-guard.h"
#include "protocol/gc-envelope.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* One connection of one terminal: hello, sequence, acknowledgement and window, as PROTOCOL.md says
 * under “Reliability”. What envelopes mean is the hub's business. Main thread only. */

/**
 * GcLinkOutcome:
 * @envelope: what arrived
 * @handler: (nullable): what find_handler() said
 * @fresh: whether a reliable envelope took effect now
 * @result: (nullable): what its effect left for the main thread
 *
 * One envelope on its way through the database.
 */
typedef struct
{
  GcEnvelope *envelope;
  gconstpointer handler;
  gboolean fresh;
  gpointer result;
} GcLinkOutcome;

/**
 * GcLinkHandlers:
 * @find_handler: main thread: who understands a type, or %NULL
 * @apply: database thread, in the transaction that commits the envelope's position; a failure of
 *   another kind than %GC_ERROR_STORAGE leaves the envelope without effect
 * @delivered: database thread, in the transaction that takes an envelope out of the outbox
 * @took_effect: main thread, after the commit; frees the result
 * @was_delivered: main thread, after the commit
 * @discard: frees the result of an envelope that took no effect after all
 * @opened: main thread: hello was exchanged
 * @closed: main thread, once: nothing more comes or goes
 * @gone: main thread, once, after @closed: the socket is closed too
 *
 * What the hub does for its links.
 */
typedef struct
{
  gconstpointer (*find_handler) (gpointer hub, const char *type);
  gboolean (*apply) (GcDatabase *database,
                     const char *terminal,
                     GcLinkOutcome *outcome,
                     GError **error);
  gboolean (*delivered) (
      gpointer hub, GcDatabase *database, const char *terminal, const char *about, GError **error);
  void (*took_effect) (gpointer hub, const char *terminal, GcLinkOutcome *outcome);
  void (*was_delivered) (gpointer hub, const char *terminal, const char *about);
  void (*discard) (GcLinkOutcome *outcome);
  void (*opened) (gpointer hub, GObject *link, const char *device);
  void (*closed) (gpointer hub, GObject *link);
  void (*gone) (gpointer hub);
} GcLinkHandlers;

#define GC_TYPE_TERMINAL_LINK (gc_terminal_link_get_type ())
G_DECLARE_FINAL_TYPE (GcTerminalLink, gc_terminal_link, GC, TERMINAL_LINK, GObject)

GcTerminalLink *
gc_terminal_link_new (const char *terminal,
                      const char *worker,
                      const char *center_name,
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
gc_terminal_link_send (GcTerminalLink *self, const char *type, JsonObject *body);
void
gc_terminal_link_close (GcTerminalLink *self, gushort code, const char *reason);

G_END_DECLS
