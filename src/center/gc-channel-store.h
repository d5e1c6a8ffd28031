/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/gc-database.h"
#include "protocol/gc-envelope.h"

G_BEGIN_DECLS

/* What the center remembers of each terminal's channel: see PROTOCOL.md, “Reliability”. All of it
 * is called inside a #GcDatabaseWork; every error is %GC_ERROR_STORAGE where nothing else is said.
 */

/**
 * GcChannelMemory:
 * @stream: the id of our store towards this terminal
 * @peer: (nullable): the id of its store
 * @received: the highest seq committed from it
 * @assigned: the highest seq given to an envelope for it
 * @acknowledged: the highest of these that it has committed
 */
typedef struct
{
  char *stream;
  char *peer;
  gint64 received;
  gint64 assigned;
  gint64 acknowledged;
} GcChannelMemory;

GcChannelMemory *
gc_channel_memory_load (GcDatabase *database, const char *terminal, GError **error);
void
gc_channel_memory_free (GcChannelMemory *memory);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcChannelMemory, gc_channel_memory_free)

gboolean
gc_channel_store_enqueue (GcDatabase *database,
                          const char *terminal,
                          const char *type,
                          JsonObject *body,
                          const char *about,
                          GError **error);
GPtrArray *
gc_channel_store_load (GcDatabase *database,
                       const char *terminal,
                       gint64 above,
                       gint64 limit,
                       gsize bytes,
                       GError **error);
GPtrArray *
gc_channel_store_load_urgent (
    GcDatabase *database, const char *terminal, gint64 above, gint64 limit, GError **error);
gboolean
gc_channel_store_acknowledge (
    GcDatabase *database, const char *terminal, gint64 ack, GPtrArray *about, GError **error);
gboolean
gc_channel_store_start_anew (GcDatabase *database,
                             const char *terminal,
                             const char *stream,
                             const char *peer,
                             GError **error);
gboolean
gc_channel_store_receive (GcDatabase *database,
                          const char *terminal,
                          const GcEnvelope *envelope,
                          gboolean *fresh,
                          GError **error);
gboolean
gc_channel_store_receive_copy (GcDatabase *database,
                               const char *terminal,
                               const GcEnvelope *envelope,
                               gboolean *fresh,
                               GError **error);
gboolean
gc_channel_store_keep (GcDatabase *database,
                       const char *terminal,
                       const GcEnvelope *envelope,
                       GError **error);

G_END_DECLS
