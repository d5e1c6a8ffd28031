/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "path-packet.h"

G_BEGIN_DECLS

/* A camera of 30 pictures a second, an encoder that is not exact, and a pacer, in simulated time.
 */
typedef struct _PathSender PathSender;

PathSender *
path_sender_new (guint32 seed, gint64 now_us, gint64 max_bps);
void
path_sender_free (PathSender *self);

gboolean
path_sender_pop (PathSender *self, gint64 now_us, PathPacket *packet);
void
path_sender_take (PathSender *self, gint64 now_us, const PathReport *report);
guint
path_sender_get_n_granted (PathSender *self);
GcCongestion *
path_sender_get_congestion (PathSender *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PathSender, path_sender_free)

G_END_DECLS
