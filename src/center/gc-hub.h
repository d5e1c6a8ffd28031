/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-authority.h"
#include "center/gc-deliveries.h"
#include "center/gc-roster.h"
#include "protocol/gc-envelope.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* The center's end of all dispatch channels: lets terminals in by their certificates, keeps one
 * link for each, and hands envelopes to whoever understands their type. Main thread only.
 *
 * Signals:
 *   online (const char *terminal)
 *   offline (const char *terminal)
 */
#define GC_TYPE_HUB (gc_hub_get_type ())
G_DECLARE_FINAL_TYPE (GcHub, gc_hub, GC, HUB, GObject)

/**
 * GcHubHandler:
 * @type: of the envelopes
 * @apply: (nullable): for a reliable type: makes the effect on the database's thread, in the
 *   transaction that commits the envelope; may leave a result for @took_effect. An error other than
 *   %GC_ERROR_STORAGE and %GC_ERROR_DAMAGED leaves the envelope without effect for good
 * @took_effect: main thread: after the commit, or at once for an ephemeral type; takes the result
 * @result_free: (nullable): frees a result that nobody takes
 *
 * What to do with envelopes of one type.
 */
typedef struct
{
  const char *type;
  gboolean (*apply) (GcDatabase *database,
                     const char *terminal,
                     const GcEnvelope *envelope,
                     gpointer *result,
                     GError **error);
  void (*took_effect) (gpointer data,
                       const char *terminal,
                       const GcEnvelope *envelope,
                       gpointer result);
  GDestroyNotify result_free;
} GcHubHandler;

GcHub *
gc_hub_new (GcDatabase *database, GcRoster *roster, GcAuthority *authority, const char *name);
void
gc_hub_handle (GcHub *self, const GcHubHandler *handler, gpointer data);
void
gc_hub_handle_delivery (GcHub *self, const GcHubDelivery *delivery, gpointer data);
void
gc_hub_mount (GcHub *self, SoupServer *server);
gboolean
gc_hub_is_online (GcHub *self, const char *terminal);
gboolean
gc_hub_send (GcHub *self, const char *terminal, const char *type, JsonObject *body);
void
gc_hub_flush (GcHub *self, const char *terminal);
void
gc_hub_flush_urgent (GcHub *self, const char *terminal);
void
gc_hub_flush_all_urgent (GcHub *self);
void
gc_hub_disconnect (GcHub *self, const char *terminal, gushort code, const char *reason);
void
gc_hub_close (GcHub *self);
gboolean
gc_hub_is_closed (GcHub *self);

G_END_DECLS
