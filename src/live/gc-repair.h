/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

guint32
gc_repair_get_ssrc (GstBuffer *packet);
GstBuffer *
gc_repair_repeat (GstBuffer *packet, guint32 ssrc, guint8 payload, guint16 sequence);
GstBuffer *
gc_repair_pad (GstBuffer *packet, guint32 ssrc, guint8 payload, guint16 sequence);
GstBuffer *
gc_repair_renumber (GstBuffer *packet, guint16 sequence);

G_END_DECLS
