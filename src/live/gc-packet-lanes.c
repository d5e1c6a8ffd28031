/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "live/gc-packet-lanes.h"

/* A train that is sent to measure has one packet more. */
#define RECENT_PACKETS 4

typedef struct
{
  GstBuffer *packet;
  gint64 due_us;
} Repeat;

static void
repeat_free (gpointer data)
{
  Repeat *repeat = data;

  gst_buffer_unref (repeat->packet);
  g_free (repeat);
}

/**
 * gc_packet_lanes_init:
 * @self: (out caller-allocates): lanes
 *
 * Any thread; use them from one at a time.
 */
void
gc_packet_lanes_init (GcPacketLanes *self)
{
  for (guint lane = 0; lane < GC_N_LANES; lane++)
    g_queue_init (&self->waiting[lane]);
  g_queue_init (&self->repeats);
  g_queue_init (&self->recent);
}

/**
 * gc_packet_lanes_clear:
 * @self: lanes
 *
 * Drops all packets.
 */
void
gc_packet_lanes_clear (GcPacketLanes *self)
{
  for (guint lane = 0; lane < GC_N_LANES; lane++)
    gc_packet_lanes_drop (self, lane);
  g_queue_clear_full (&self->repeats, repeat_free);
  g_queue_clear_full (&self->recent, (GDestroyNotify) gst_buffer_unref);
}

/**
 * gc_packet_lanes_remember:
 * @self: lanes
 * @packet: a packet of the picture; it and the three before it are kept
 */
void
gc_packet_lanes_remember (GcPacketLanes *self, GstBuffer *packet)
{
  g_queue_push_tail (&self->recent, gst_buffer_ref (packet));
  if (g_queue_get_length (&self->recent) > RECENT_PACKETS)
    gst_buffer_unref (g_queue_pop_head (&self->recent));
}

/**
 * gc_packet_lanes_push:
 * @self: lanes
 * @lane: which
 * @packet: (transfer full): what waits there, behind the others
 */
void
gc_packet_lanes_push (GcPacketLanes *self, GcLane lane, GstBuffer *packet)
{
  g_queue_push_tail (&self->waiting[lane], packet);
}

/**
 * gc_packet_lanes_pop:
 * @self: lanes
 * @lane: which
 *
 * Returns: (transfer full) (nullable): the first packet that waits there; %NULL if there is none
 */
GstBuffer *
gc_packet_lanes_pop (GcPacketLanes *self, GcLane lane)
{
  return g_queue_pop_head (&self->waiting[lane]);
}

/**
 * gc_packet_lanes_drop:
 * @self: lanes
 * @lane: which
 *
 * Drops all that waits there.
 */
void
gc_packet_lanes_drop (GcPacketLanes *self, GcLane lane)
{
  g_queue_clear_full (&self->waiting[lane], (GDestroyNotify) gst_buffer_unref);
}

/**
 * gc_packet_lanes_get_length:
 * @self: lanes
 * @lane: which
 *
 * Returns: how many packets wait there
 */
guint
gc_packet_lanes_get_length (GcPacketLanes *self, GcLane lane)
{
  return g_queue_get_length (&self->waiting[lane]);
}

/**
 * gc_packet_lanes_repeat:
 * @self: lanes
 * @packet: a packet, of which a copy is sent later
 * @due_us: when, monotonic time, µs; not before that of the last call
 */
void
gc_packet_lanes_repeat (GcPacketLanes *self, GstBuffer *packet, gint64 due_us)
{
  Repeat *repeat = g_new (Repeat, 1);

  repeat->packet = gst_buffer_copy (packet);
  repeat->due_us = due_us;
  g_queue_push_tail (&self->repeats, repeat);
}

/**
 * gc_packet_lanes_pop_repeat:
 * @self: lanes
 * @now_us: monotonic time, µs
 * @until_us: (inout): when to look again; made earlier if a copy is due before that
 *
 * Returns: (transfer full) (nullable): a copy that is due; %NULL if there is none
 */
GstBuffer *
gc_packet_lanes_pop_repeat (GcPacketLanes *self, gint64 now_us, gint64 *until_us)
{
  Repeat *repeat = g_queue_peek_head (&self->repeats);
  GstBuffer *packet;

  if (repeat == NULL)
    return NULL;
  if (repeat->due_us > now_us)
    {
      *until_us = MIN (*until_us, repeat->due_us);
      return NULL;
    }
  packet = gst_buffer_ref (repeat->packet);
  repeat_free (g_queue_pop_head (&self->repeats));
  return packet;
}

/**
 * gc_packet_lanes_is_empty:
 * @self: lanes
 *
 * Returns: whether nothing waits, now or until later
 */
gboolean
gc_packet_lanes_is_empty (GcPacketLanes *self)
{
  for (guint lane = 0; lane < GC_N_LANES; lane++)
    if (!g_queue_is_empty (&self->waiting[lane]))
      return FALSE;
  return g_queue_is_empty (&self->repeats);
}
