/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How often to ask whether the other side is there, by what the network has been seen to tolerate:
 * each time wakes the radio up, and too seldom lets a gateway forget the connection. Shared by the
 * connections of one channel; main thread only. */
typedef struct _GcKeepalive GcKeepalive;

GcKeepalive *
gc_keepalive_new (void);
GcKeepalive *
gc_keepalive_new_fixed (guint interval_s);
GcKeepalive *
gc_keepalive_ref (GcKeepalive *self);
void
gc_keepalive_unref (GcKeepalive *self);
guint
gc_keepalive_get_interval_s (const GcKeepalive *self);
gboolean
gc_keepalive_answered (GcKeepalive *self);
void
gc_keepalive_broke (GcKeepalive *self);
void
gc_keepalive_network_changed (GcKeepalive *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcKeepalive, gc_keepalive_unref)

G_END_DECLS
