/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "protocol/gc-envelope.h"
#include "store/gc-store.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* What goes from the store's outbox over one connection: copies of what is urgent first, then the
 * stream in order, as far as the window goes. See PROTOCOL.md, “Reliability” and “Urgent
 * envelopes”. Main thread. */
#define GC_TYPE_OUTFLOW (gc_outflow_get_type ())
G_DECLARE_FINAL_TYPE (GcOutflow, gc_outflow, GC, OUTFLOW, GObject)

/**
 * GcOutflowUser:
 * @send: hands an envelope to the network; says whether it could
 * @fail: the connection has to be closed with @code, for @error
 *
 * Whose connection it is.
 */
typedef struct
{
  gboolean (*send) (gpointer user, GcEnvelope *envelope);
  void (*fail) (gpointer user, gushort code, const GError *error);
} GcOutflowUser;

GcOutflow *
gc_outflow_new (GcStore *store, const GcOutflowUser *functions, gpointer user);
void
gc_outflow_start (GcOutflow *self);
gboolean
gc_outflow_take_ack (GcOutflow *self, gint64 ack);
void
gc_outflow_take_got (GcOutflow *self, const GcEnvelope *got);
gint64
gc_outflow_get_sent (GcOutflow *self);
void
gc_outflow_stop (GcOutflow *self);

G_END_DECLS
