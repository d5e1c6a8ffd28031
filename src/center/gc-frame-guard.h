/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-socket-watch.h"

G_BEGIN_DECLS

/* Stands between a connection and its WebSocket: libsoup 3.6 bounds a single frame but not a
 * message of many frames, and does not tell when a ping arrived. Main thread only.
 *
 * Signals:
 *   refused (guint code, const char *reason)
 *     what arrives is not to be borne: a message is over the limit, or answers are asked for and
 *     never fetched; nothing more is handed on, and the WebSocket is to be closed with @code
 */
#define GC_TYPE_FRAME_GUARD (gc_frame_guard_get_type ())
G_DECLARE_FINAL_TYPE (GcFrameGuard, gc_frame_guard, GC, FRAME_GUARD, GIOStream)

/**
 * GcFrameMeter:
 * @max_length: of a message, bytes
 * @message_length: so far
 * @header: of the present frame, as far as it arrived
 * @header_length: how much of it arrived
 * @payload_left: bytes of the present frame that are still to come
 * @frames: how many have begun
 * @pings: of these
 *
 * Follows the framing of RFC 6455 section 5.2, of masked and unmasked frames. Starts as zeros but
 * for @max_length.
 */
typedef struct
{
  guint64 max_length;
  guint64 message_length;
  guint8 header[14];
  guint header_length;
  guint64 payload_left;
  guint64 frames;
  guint64 pings;
} GcFrameMeter;

gboolean
gc_frame_meter_feed (GcFrameMeter *meter, const guint8 *data, gsize length);

GcFrameGuard *
gc_frame_guard_new (GIOStream *base, GSocket *socket, GcSocketWatch *watch, gsize max_length);
gint64
gc_frame_guard_get_heard_ms (GcFrameGuard *self);
void
gc_frame_guard_count_answer (GcFrameGuard *self);

G_END_DECLS
