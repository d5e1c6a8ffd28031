/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "protocol/gc-envelope.h"

G_BEGIN_DECLS

/**
 * GcHello:
 * @stream: the sender's stream
 * @peer: (nullable): our stream as the sender remembers it
 * @ack: what the sender has committed from @peer
 * @name: (nullable): what the center calls itself
 * @worker: (nullable): for whom the terminal was paired
 * @spread_s: over how much time terminals return to a center that was away, s, 0 to 60
 *
 * The first envelope of a connection: see PROTOCOL.md, “hello”.
 */
typedef struct
{
  char *stream;
  char *peer;
  gint64 ack;
  char *name;
  char *worker;
  guint spread_s;
} GcHello;

GcEnvelope *
gc_hello_new_envelope (const char *stream, const char *peer, gint64 ack, const char *device_name);
GcHello *
gc_hello_parse (const GcEnvelope *envelope, GError **error);
void
gc_hello_free (GcHello *hello);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcHello, gc_hello_free)

G_END_DECLS
