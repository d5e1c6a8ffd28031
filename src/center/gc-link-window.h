/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "protocol/gc-envelope.h"

G_BEGIN_DECLS

/* How much of the reliable stream to a terminal is under way: a terminal that does not fetch it
 * must not fill the center's memory. */

/**
 * GcLinkWindow:
 * @sent: the highest seq that was sent over this connection
 * @acknowledged: the highest seq of which the terminal has said that it is on its disk
 *
 * The rest is its own.
 */
typedef struct
{
  gint64 sent;
  gint64 acknowledged;
  gsize under_way; /* bytes */
  gsize sizes[GC_ENVELOPE_WINDOW];
} GcLinkWindow;

void
gc_link_window_begin (GcLinkWindow *self, gint64 seq);
gint64
gc_link_window_get_room (const GcLinkWindow *self, gsize *bytes);
void
gc_link_window_add (GcLinkWindow *self, gint64 seq, gsize size);
void
gc_link_window_acknowledge (GcLinkWindow *self, gint64 seq);

G_END_DECLS
