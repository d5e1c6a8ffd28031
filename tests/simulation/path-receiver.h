/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "path-packet.h"

G_BEGIN_DECLS

/* Told when a picture is shown, when it was taken, and its bytes. */
typedef void (*PathShownFunc) (gint64 now_us, gint64 taken_us, gsize bytes, gpointer user_data);

/* Shows pictures that are complete, in order; asks for what is missing; feeds back. */
typedef struct _PathReceiver PathReceiver;

PathReceiver *
path_receiver_new (gint64 now_us, PathShownFunc on_shown, gpointer user_data);
void
path_receiver_free (PathReceiver *self);

void
path_receiver_take (PathReceiver *self, gint64 now_us, const PathPacket *packet);
PathReport *
path_receiver_report (PathReceiver *self, gint64 now_us);
void
path_report_free (PathReport *report);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PathReceiver, path_receiver_free)

G_END_DECLS
