/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/gc-database.h"

G_BEGIN_DECLS

/**
 * GcHubDelivery:
 * @prefix: of what it is about, as “alert:”; the rest is handed on. The one that others do not fit
 *   has an empty one, and is added last
 * @apply: database thread, in the transaction that commits the acknowledgement
 * @again: database thread, in the transaction in which the terminal's store turns out to be a new
 *   one: puts into the outbox what was acknowledged by the old one and is needed still
 * @was_delivered: main thread, after the commit
 *
 * What to do when an envelope that is about something (gc_channel_store_enqueue()) is acknowledged.
 */
typedef struct
{
  const char *prefix;
  gboolean (*apply) (GcDatabase *database, const char *terminal, const char *about, GError **error);
  gboolean (*again) (GcDatabase *database, const char *terminal, GError **error);
  void (*was_delivered) (gpointer data, const char *terminal, const char *about);
} GcHubDelivery;

/* Who wants to know of what. Nothing is added once the server listens, so any thread may read. */
typedef struct _GcDeliveries GcDeliveries;

GcDeliveries *
gc_deliveries_new (void);
void
gc_deliveries_free (GcDeliveries *self);
void
gc_deliveries_add (GcDeliveries *self, const GcHubDelivery *delivery, gpointer data);
gboolean
gc_deliveries_apply (GcDeliveries *self,
                     GcDatabase *database,
                     const char *terminal,
                     const char *about,
                     GError **error);
gboolean
gc_deliveries_again (GcDeliveries *self,
                     GcDatabase *database,
                     const char *terminal,
                     GError **error);
void
gc_deliveries_tell (GcDeliveries *self, const char *terminal, const char *about);

G_END_DECLS
