/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * GcLane:
 * @GC_LANE_AUDIO: never waits
 * @GC_LANE_REPAIR: what is missing at the other end, and holds up what comes later
 * @GC_LANE_VIDEO: the picture
 *
 * What goes first, from the top.
 */
typedef enum
{
  GC_LANE_AUDIO,
  GC_LANE_REPAIR,
  GC_LANE_VIDEO,
} GcLane;

#define GC_N_LANES 3

/**
 * GcPacketLanes:
 *
 * Packets that wait to be sent, and those that are to be sent again at some time. The fields are
 * private, but for the last packets of the picture.
 */
typedef struct
{
  GQueue waiting[GC_N_LANES];
  GQueue repeats; /* by time */
  GQueue recent;  /* the last packets of the picture */
} GcPacketLanes;

void
gc_packet_lanes_init (GcPacketLanes *self);
void
gc_packet_lanes_clear (GcPacketLanes *self);

void
gc_packet_lanes_remember (GcPacketLanes *self, GstBuffer *packet);
void
gc_packet_lanes_push (GcPacketLanes *self, GcLane lane, GstBuffer *packet);
GstBuffer *
gc_packet_lanes_pop (GcPacketLanes *self, GcLane lane);
void
gc_packet_lanes_drop (GcPacketLanes *self, GcLane lane);
guint
gc_packet_lanes_get_length (GcPacketLanes *self, GcLane lane);

void
gc_packet_lanes_repeat (GcPacketLanes *self, GstBuffer *packet, gint64 due_us);
GstBuffer *
gc_packet_lanes_pop_repeat (GcPacketLanes *self, gint64 now_us, gint64 *until_us);
gboolean
gc_packet_lanes_is_empty (GcPacketLanes *self);

G_END_DECLS
