/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/gc-database.h"
#include "center/gc-channel-store.h"
#include "center/gc-link-window.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* What a link has the database do: act on a hello, and commit what arrives. Made and freed on the
 * main thread, worked on by the database's. */

/**
 * GcLinkOutcome:
 * @envelope: what arrived
 * @handler: (nullable): what find_handler() said
 * @committed: whether it is reliable, or the copy of an urgent one: its effect is stored
 * @fresh: whether such an envelope took effect now
 * @result: (nullable): what its effect left for the main thread
 *
 * One envelope on its way through the database.
 */
typedef struct
{
  GcEnvelope *envelope;
  gconstpointer handler;
  gboolean committed;
  gboolean fresh;
  gpointer result;
} GcLinkOutcome;

/**
 * GcLinkHandlers:
 * @find_handler: main thread: who understands a type, or %NULL
 * @apply: database thread, in the transaction that commits the envelope's position; a failure of
 *   another kind than %GC_ERROR_STORAGE and %GC_ERROR_DAMAGED leaves the envelope without effect
 * @delivered: database thread, in the transaction that takes an envelope out of the outbox
 * @started_anew: database thread, in the transaction in which the terminal's store and ours turn
 * out not to know each other
 * @took_effect: main thread, after the commit; frees the result
 * @was_delivered: main thread, after the commit
 * @discard: frees the result of an envelope that took no effect after all
 * @greeted: main thread, once at the most: the terminal has said hello, which is to be acted on
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
  gboolean (*started_anew) (gpointer hub,
                            GcDatabase *database,
                            const char *terminal,
                            GError **error);
  void (*took_effect) (gpointer hub, const char *terminal, GcLinkOutcome *outcome);
  void (*was_delivered) (gpointer hub, const char *terminal, const char *about);
  void (*discard) (GcLinkOutcome *outcome);
  void (*greeted) (gpointer hub, GObject *link);
  void (*opened) (gpointer hub, GObject *link, const char *device);
  void (*closed) (gpointer hub, GObject *link);
  void (*gone) (gpointer hub);
} GcLinkHandlers;

/**
 * GcLinkWork:
 * @owner: the link, which is kept alive
 * @hub: for @handlers
 * @handlers: what the hub does
 * @terminal: its id
 * @ack: up to where the terminal acknowledges, 0 if it says nothing new
 * @about: (element-type utf8): gets the ids of what was delivered by it
 *
 * What both kinds of work have.
 */
typedef struct
{
  GObject *owner;
  GObject *hub;
  const GcLinkHandlers *handlers;
  char *terminal;
  gint64 ack;
  GPtrArray *about;
} GcLinkWork;

/**
 * GcLinkBatch:
 * @work: what every work has
 * @outcomes: (element-type GcLinkOutcome): what arrived, in order
 * @commits: whether any of it is to be committed
 * @committed: gets the highest seq that was committed
 *
 * Envelopes that are committed in one transaction.
 */
typedef struct
{
  GcLinkWork work;
  GPtrArray *outcomes;
  gboolean commits;
  gint64 committed;
} GcLinkBatch;

/**
 * GcLinkGreeting:
 * @work: what every work has
 * @ours: (nullable): what our hello said
 * @stream: the id of the terminal's store
 * @peer: (nullable): the id of our store as it remembers it
 * @device: (nullable): what it calls itself
 * @set_back: gets whether one of the stores was set back
 *
 * A hello that is acted on.
 */
typedef struct
{
  GcLinkWork work;
  const GcChannelMemory *ours;
  char *stream;
  char *peer;
  char *device;
  gboolean set_back;
} GcLinkGreeting;

void
gc_link_log_refusal (const char *terminal, const char *format, ...) G_GNUC_PRINTF (2, 3);

void
gc_link_log_close (const char *terminal, gushort code, const char *reason);

GcLinkBatch *
gc_link_batch_new (GObject *owner,
                   GObject *hub,
                   const GcLinkHandlers *handlers,
                   const char *terminal);
void
gc_link_batch_add (GcLinkBatch *batch, GcEnvelope *envelope);
gpointer
gc_link_batch_commit (GcDatabase *database, gpointer batch, GError **error);
void
gc_link_batch_tell (GcLinkBatch *batch);
GPtrArray *
gc_link_batch_list_got (GcLinkBatch *batch);
void
gc_link_batch_discard (GcLinkBatch *batch);
void
gc_link_batch_free (GcLinkBatch *batch);

GcLinkGreeting *
gc_link_greeting_new (GObject *owner,
                      GObject *hub,
                      const GcLinkHandlers *handlers,
                      const char *terminal);
gushort
gc_link_greeting_read (GcLinkGreeting *greeting, const GcEnvelope *envelope);
JsonObject *
gc_link_introduce (JsonObject *introduction, const GcChannelMemory *memory);
gpointer
gc_link_greeting_act (GcDatabase *database, gpointer greeting, GError **error);
void
gc_link_greeting_tell (GcLinkGreeting *greeting);
void
gc_link_greeting_free (GcLinkGreeting *greeting);

gpointer
gc_link_outbox_new (const char *terminal, const GcLinkWindow *window, gint64 urgent_above);
gpointer
gc_link_outbox_load (GcDatabase *database, gpointer outbox, GError **error);
gint64
gc_link_outbox_take_place (GcEnvelope *envelope);
void
gc_link_outbox_free (gpointer outbox);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcLinkBatch, gc_link_batch_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcLinkGreeting, gc_link_greeting_free)

G_END_DECLS
