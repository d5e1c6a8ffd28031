/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-live"

#include "live/gc-pacer.h"

#include "live/gc-allowance.h"
#include "live/gc-feedback.h"
#include "live/gc-foresight.h"
#include "live/gc-packet-lanes.h"
#include "live/gc-repair.h"

#include <gst/rtp/rtp.h>
#include <gst/video/video.h>

/* SRTP's tag, UDP, IPv4. */
#define WIRE_OVERHEAD_BYTES 38
/* So many ms of packets leave together: a thread that wakes up for each one costs more than the
 * others gain. */
#define BURST_US 2000
/* Pictures are only coded when they can go: more than this waits only if there is no feedback, and
 * would be of no use when it came. */
#define VIDEO_WAITING_MAX 600
/* A repetition that is lost as well costs another round trip. On paths that lose this much, each is
 * sent twice, so far apart that a burst of loss does not take both. */
#define LOSSY 0.02
#define SECOND_REPEAT_US 15000
/* While nothing gets through, a small packet at this interval tells when something does again. More
 * of them would, where the link carries a packet now and then, be in the first picture's way. */
#define HEARTBEAT_US 200000
/* A server that does not feed back within this time does not know how. */
#define UNMEASURED_AFTER_US (1500 * 1000)
#define UNMEASURED_BPS G_GINT64_CONSTANT (1000000)

struct _GcPacer
{
  GstElement parent_instance;

  GstPad *sink;
  GstPad *src;

  GMutex lock; /* what follows */
  GCond changed;
  GcPacketLanes lanes;
  gboolean flushing;
  gboolean sending; /* a packet has been taken, and has not gone yet */
  gboolean still;   /* pictures come every few seconds, and leave slowly */
  GstFlowReturn flow;
  gint64 free_us; /* when the next packet may leave */
  gint64 heartbeat_us;
  gint64 first_sent_us; /* 0 before */
  gint64 unmeasured_bps;
  GcAllowance unmeasured; /* while there is no feedback */
  GcAllowance limit;      /* of all that is sent */
  GcForesight foresight;
  guint16 repair_sequence;
  GcPacerStreams streams;
  GcCongestion *congestion;
};

G_DEFINE_FINAL_TYPE (GcPacer, gc_pacer, GST_TYPE_ELEMENT)

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS ("application/x-rtp"));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS ("application/x-rtp"));

/* --- what is to be sent; all with the lock --- */

static gboolean
can_repair (GcPacer *self)
{
  return self->streams.repair_ssrc != 0 && self->lanes.recent.tail != NULL;
}

static GcCongestionFigures
get_figures (GcPacer *self)
{
  GcCongestionFigures figures;

  gc_congestion_get_figures (self->congestion, g_get_monotonic_time (), &figures);
  return figures;
}

static void
repeat_again (GcPacer *self, GstBuffer *packet)
{
  if (get_figures (self).loss >= LOSSY)
    gc_packet_lanes_repeat (&self->lanes, packet, g_get_monotonic_time () + SECOND_REPEAT_US);
}

static GcLane
choose_lane (GcPacer *self, guint32 ssrc)
{
  if (ssrc == self->streams.audio_ssrc)
    return GC_LANE_AUDIO;
  return ssrc == self->streams.video_ssrc ? GC_LANE_VIDEO : GC_LANE_REPAIR;
}

/* Whether the picture has to be begun anew, since it was too much. */
static gboolean
enqueue (GcPacer *self, GstBuffer *packet)
{
  GcLane lane = choose_lane (self, gc_repair_get_ssrc (packet));
  gboolean overflow
      = lane == GC_LANE_VIDEO
        && gc_packet_lanes_get_length (&self->lanes, GC_LANE_VIDEO) >= VIDEO_WAITING_MAX;

  if (overflow)
    gc_packet_lanes_drop (&self->lanes, GC_LANE_VIDEO);
  if (lane == GC_LANE_VIDEO)
    gc_packet_lanes_remember (&self->lanes, packet);
  else if (lane == GC_LANE_REPAIR)
    repeat_again (self, packet);
  gc_packet_lanes_push (&self->lanes, lane, packet);
  g_cond_broadcast (&self->changed);
  return overflow;
}

static GstBuffer *
repeat (GcPacer *self, GstBuffer *packet)
{
  return gc_repair_repeat (packet, self->streams.repair_ssrc, self->streams.repair_payload, 0);
}

static void
add_probe (GcPacer *self)
{
  for (GList *at = self->lanes.recent.head; at != NULL; at = at->next)
    {
      GstBuffer *made = repeat (self, at->data);

      if (made != NULL)
        gc_packet_lanes_push (&self->lanes, GC_LANE_VIDEO, made);
    }
}

static gboolean
has_foresight (GcPacer *self, gint64 now_us)
{
  return can_repair (self) && gc_foresight_is_wanted (&self->foresight, now_us);
}

static void
repeat_in_advance (GcPacer *self, gint64 now_us, GstBuffer *packet)
{
  g_autoptr (GstBuffer) made = repeat (self, packet);

  if (made != NULL)
    gc_packet_lanes_repeat (&self->lanes, made, now_us + SECOND_REPEAT_US);
}

/* Whether the server does not feed back: it has said so, or has had its time for it. */
static gboolean
is_unmeasured (GcPacer *self, gint64 now_us)
{
  if (self->streams.unmeasured)
    return TRUE;
  return self->first_sent_us != 0 && now_us - self->first_sent_us > UNMEASURED_AFTER_US
         && get_figures (self).rtt_us < 0;
}

static gint64
get_pacing_bps (GcPacer *self, gint64 now_us, GstBuffer *packet)
{
  if (self->still && gc_repair_get_ssrc (packet) == self->streams.video_ssrc)
    return gc_congestion_get_still_bps (self->congestion);
  return is_unmeasured (self, now_us) ? 2 * self->unmeasured_bps
                                      : gc_congestion_get_pacing_bps (self->congestion);
}

static GstBuffer *
make_heartbeat (GcPacer *self, gint64 now_us, gint64 *until_us)
{
  const GcPacerStreams *streams = &self->streams;

  if (!can_repair (self))
    return NULL;
  *until_us
      = MIN (*until_us, now_us < self->heartbeat_us ? self->heartbeat_us : now_us + HEARTBEAT_US);
  if (gc_congestion_get_state (self->congestion, now_us) != GC_CONGESTION_STALLED
      || now_us < self->heartbeat_us)
    return NULL;
  return gc_repair_pad (self->lanes.recent.tail->data, streams->repair_ssrc,
                        streams->repair_payload, 0);
}

/* The packet that may leave now, or NULL, and when to look again. */
static GstBuffer *
pop_due (GcPacer *self, gint64 now_us, gint64 *until_us)
{
  GstBuffer *packet = gc_packet_lanes_pop (&self->lanes, GC_LANE_AUDIO);
  gboolean is_last;

  if (packet != NULL)
    return packet;
  if (now_us < self->free_us)
    {
      *until_us = self->free_us;
      return NULL;
    }
  packet = gc_packet_lanes_pop (&self->lanes, GC_LANE_REPAIR);
  if (packet == NULL)
    packet = gc_packet_lanes_pop_repeat (&self->lanes, now_us, until_us);
  if (packet != NULL)
    return packet;
  packet = gc_packet_lanes_pop (&self->lanes, GC_LANE_VIDEO);
  if (packet == NULL)
    return make_heartbeat (self, now_us, until_us);
  if (!can_repair (self) || gc_repair_get_ssrc (packet) != self->streams.video_ssrc)
    return packet;
  is_last = gc_packet_lanes_get_length (&self->lanes, GC_LANE_VIDEO) == 0;
  if (has_foresight (self, now_us))
    repeat_in_advance (self, now_us, packet);
  else if (is_last && gc_congestion_wants_probe (self->congestion, now_us))
    add_probe (self);
  return packet;
}

static GstBuffer *
take_number (GcPacer *self, GstBuffer *packet)
{
  return gc_repair_get_ssrc (packet) == self->streams.repair_ssrc && self->streams.repair_ssrc != 0
             ? gc_repair_renumber (packet, self->repair_sequence++)
             : packet;
}

static void
charge (GcPacer *self, gint64 now_us, GstBuffer *packet)
{
  gint64 bits = (gint64) (gst_buffer_get_size (packet) + WIRE_OVERHEAD_BYTES) * 8;

  /* Sound tells as well whether anything gets through. */
  self->heartbeat_us = now_us + HEARTBEAT_US;
  self->free_us = MAX (self->free_us, now_us - BURST_US)
                  + bits * G_USEC_PER_SEC / MAX (get_pacing_bps (self, now_us, packet), 1);
}

static GstBuffer *
wait_for_packet (GcPacer *self)
{
  while (!self->flushing)
    {
      gint64 now_us = g_get_monotonic_time ();
      gint64 until_us = G_MAXINT64;
      GstBuffer *packet = pop_due (self, now_us, &until_us);

      if (packet != NULL)
        {
          self->sending = TRUE;
          charge (self, now_us, packet);
          return take_number (self, packet);
        }
      if (until_us == G_MAXINT64)
        g_cond_wait (&self->changed, &self->lock);
      else
        g_cond_wait_until (&self->changed, &self->lock, until_us);
    }
  return NULL;
}

/* --- the element --- */

static void
send_packets (gpointer user_data)
{
  GcPacer *self = user_data;
  GstBuffer *packet;
  GstFlowReturn flow;

  g_mutex_lock (&self->lock);
  packet = wait_for_packet (self);
  g_mutex_unlock (&self->lock);
  if (packet == NULL)
    {
      gst_pad_pause_task (self->src);
      return;
    }
  flow = gst_pad_push (self->src, packet);
  g_mutex_lock (&self->lock);
  self->flow = flow;
  self->sending = FALSE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  if (flow != GST_FLOW_OK && flow != GST_FLOW_NOT_LINKED)
    gst_pad_pause_task (self->src);
}

static GstFlowReturn
on_chain (GstPad *pad, GstObject *parent, GstBuffer *packet)
{
  GcPacer *self = GC_PACER (parent);
  gboolean overflow = FALSE;
  GstFlowReturn flow;

  g_mutex_lock (&self->lock);
  flow = self->flushing ? GST_FLOW_FLUSHING : self->flow;
  if (flow == GST_FLOW_OK || flow == GST_FLOW_NOT_LINKED)
    overflow = enqueue (self, packet);
  else
    gst_buffer_unref (packet);
  g_mutex_unlock (&self->lock);
  if (overflow)
    gst_pad_push_event (pad,
                        gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, TRUE, 0));
  return flow;
}

static void
set_flushing (GcPacer *self, gboolean flushing)
{
  g_mutex_lock (&self->lock);
  self->flushing = flushing;
  self->flow = GST_FLOW_OK;
  if (flushing)
    gc_packet_lanes_clear (&self->lanes);
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

/* What waits goes before the end does, unless it cannot. */
static void
drain (GcPacer *self)
{
  g_mutex_lock (&self->lock);
  while (!self->flushing && (self->flow == GST_FLOW_OK || self->flow == GST_FLOW_NOT_LINKED)
         && (self->sending || !gc_packet_lanes_is_empty (&self->lanes)))
    g_cond_wait (&self->changed, &self->lock);
  g_mutex_unlock (&self->lock);
}

static gboolean
on_sink_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GcPacer *self = GC_PACER (parent);
  GstEventType type = GST_EVENT_TYPE (event);
  gboolean handled;

  if (type == GST_EVENT_FLUSH_START)
    set_flushing (self, TRUE);
  else if (type == GST_EVENT_EOS)
    drain (self);
  handled = gst_pad_event_default (pad, parent, event);
  if (type == GST_EVENT_FLUSH_START)
    gst_pad_pause_task (self->src);
  if (type == GST_EVENT_FLUSH_STOP)
    {
      set_flushing (self, FALSE);
      gst_pad_start_task (self->src, send_packets, self, NULL);
    }
  return handled;
}

static gboolean
on_activate_src (GstPad *pad, GstObject *parent, GstPadMode mode, gboolean active)
{
  GcPacer *self = GC_PACER (parent);

  set_flushing (self, !active);
  return active ? gst_pad_start_task (pad, send_packets, self, NULL) : gst_pad_stop_task (pad);
}

static void
take_feedback (GcPacer *self, const GstStructure *structure)
{
  g_autoptr (GArray) arrivals = gc_feedback_read (structure);
  gint64 now_us = g_get_monotonic_time ();
  const GcArrival *all = (const GcArrival *) (gconstpointer) arrivals->data;
  GcCongestionFigures figures;

  for (guint i = 0; i < arrivals->len; i++)
    GST_TRACE_OBJECT (self, "arrived %" G_GINT64_FORMAT " %u %" G_GINT64_FORMAT, now_us,
                      all[i].sequence, all[i].received_us);
  g_mutex_lock (&self->lock);
  gc_congestion_arrived (self->congestion, now_us, all, arrivals->len);
  figures = get_figures (self);
  gc_foresight_look (&self->foresight, now_us, &figures);
  g_mutex_unlock (&self->lock);
}

static gboolean
on_src_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  const GstStructure *structure = gst_event_get_structure (event);

  if (!gc_feedback_is (structure))
    return gst_pad_event_default (pad, parent, event);
  take_feedback (GC_PACER (parent), structure);
  gst_event_unref (event);
  return TRUE;
}

static void
gc_pacer_finalize (GObject *object)
{
  GcPacer *self = GC_PACER (object);

  gc_packet_lanes_clear (&self->lanes);
  gc_congestion_free (self->congestion);
  g_cond_clear (&self->changed);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (gc_pacer_parent_class)->finalize (object);
}

static void
gc_pacer_class_init (GcPacerClass *klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = gc_pacer_finalize;
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Gridcast pacer", "Filter/Network/RTP",
                                         "Sends what the path can take, the newest first",
                                         "Gridcast");
}

static void
gc_pacer_init (GcPacer *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  gc_packet_lanes_init (&self->lanes);
  self->flushing = TRUE;
  self->repair_sequence = (guint16) g_random_int_range (0, G_MAXUINT16 / 2);
  self->sink = gst_pad_new_from_static_template (&sink_template, "sink");
  gst_pad_set_chain_function (self->sink, on_chain);
  gst_pad_set_event_function (self->sink, on_sink_event);
  GST_PAD_SET_PROXY_CAPS (self->sink);
  gst_element_add_pad (GST_ELEMENT (self), self->sink);
  self->src = gst_pad_new_from_static_template (&src_template, "src");
  gst_pad_set_event_function (self->src, on_src_event);
  gst_pad_set_activatemode_function (self->src, on_activate_src);
  gst_element_add_pad (GST_ELEMENT (self), self->src);
}

/**
 * gc_pacer_new:
 * @max_bps: most that the picture may take, bit/s
 *
 * Any thread.
 *
 * Returns: (transfer floating): a pacer that knows nothing of its path
 */
GcPacer *
gc_pacer_new (gint64 max_bps)
{
  GcPacer *self = g_object_new (GC_TYPE_PACER, NULL);

  self->congestion = gc_congestion_new (max_bps);
  self->unmeasured_bps = MIN (max_bps, UNMEASURED_BPS);
  gc_allowance_init (&self->unmeasured, self->unmeasured_bps);
  gc_allowance_init (&self->limit, 0);
  return self;
}

/**
 * gc_pacer_set_streams:
 * @self: a pacer
 * @streams: what belongs to what
 *
 * Any thread.
 */
void
gc_pacer_set_streams (GcPacer *self, const GcPacerStreams *streams)
{
  g_mutex_lock (&self->lock);
  self->streams = *streams;
  g_mutex_unlock (&self->lock);
}

/**
 * gc_pacer_set_max:
 * @self: a pacer
 * @max_bps: most that the picture may take, bit/s
 * @limit_bps: most that may be sent, all in all, bit/s; 0 for no limit
 *
 * Holds from the next picture on. Any thread.
 */
void
gc_pacer_set_max (GcPacer *self, gint64 max_bps, gint64 limit_bps)
{
  if (limit_bps > 0)
    max_bps = MIN (max_bps, limit_bps);
  g_mutex_lock (&self->lock);
  gc_congestion_set_max (self->congestion, max_bps);
  gc_allowance_set_rate (&self->limit, limit_bps);
  self->unmeasured_bps = MIN (self->unmeasured_bps, max_bps);
  gc_allowance_set_rate (&self->unmeasured, self->unmeasured_bps);
  g_mutex_unlock (&self->lock);
}

/**
 * gc_pacer_set_unmeasured_rate:
 * @self: a pacer
 * @bps: what the picture may take as long as the server feeds nothing back, bit/s
 *
 * Any thread.
 */
void
gc_pacer_set_unmeasured_rate (GcPacer *self, gint64 bps)
{
  g_mutex_lock (&self->lock);
  self->unmeasured_bps = bps;
  gc_allowance_set_rate (&self->unmeasured, bps);
  g_mutex_unlock (&self->lock);
}

/**
 * gc_pacer_packet_sent:
 * @self: a pacer
 * @sequence: the transport-wide number that the RTP session gave the packet
 * @bytes: size of the RTP packet
 *
 * A packet has left the RTP session. Any thread.
 */
void
gc_pacer_packet_sent (GcPacer *self, guint16 sequence, gsize bytes)
{
  gint64 now_us = g_get_monotonic_time ();

  g_mutex_lock (&self->lock);
  if (self->first_sent_us == 0)
    self->first_sent_us = now_us;
  GST_TRACE_OBJECT (self, "sent %" G_GINT64_FORMAT " %u %zu", now_us, sequence,
                    bytes + WIRE_OVERHEAD_BYTES);
  gc_congestion_sent (self->congestion, now_us, sequence, bytes + WIRE_OVERHEAD_BYTES);
  gc_allowance_spend (&self->limit, bytes + WIRE_OVERHEAD_BYTES);
  g_mutex_unlock (&self->lock);
}

/**
 * gc_pacer_grant:
 * @self: a pacer
 * @interval_us: from one picture to the next, µs, more than 0
 * @target_bps: (out): what pictures may take in the long run, bit/s
 *
 * To be asked just before a picture is coded. Any thread.
 *
 * Returns: how large the picture may be, bytes; 0 if it is best left out
 */
gsize
gc_pacer_grant (GcPacer *self, gint64 interval_us, gint64 *target_bps)
{
  gint64 now_us = g_get_monotonic_time ();
  gsize grant;

  g_mutex_lock (&self->lock);
  self->still = interval_us > GC_CONGESTION_STILL_US;
  if (is_unmeasured (self, now_us))
    grant = gc_allowance_take (&self->unmeasured, now_us, interval_us);
  else if (gc_packet_lanes_get_length (&self->lanes, GC_LANE_VIDEO) == 0)
    grant = gc_congestion_grant (self->congestion, now_us, interval_us);
  else
    grant = 0;
  grant = MIN (grant, gc_allowance_get (&self->limit, now_us, interval_us));
  *target_bps = is_unmeasured (self, now_us) ? self->unmeasured_bps : get_figures (self).target_bps;
  if (has_foresight (self, now_us))
    {
      grant /= 2;
      *target_bps /= 2;
    }
  g_mutex_unlock (&self->lock);
  return grant;
}

/**
 * gc_pacer_is_measured:
 * @self: a pacer
 *
 * Any thread.
 *
 * Returns: %FALSE if the server feeds nothing back: its receiver reports have to do
 */
gboolean
gc_pacer_is_measured (GcPacer *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return !is_unmeasured (self, g_get_monotonic_time ());
}

/**
 * gc_pacer_get_figures:
 * @self: a pacer
 * @figures: (out caller-allocates): what is known of the path
 * @state: (out): whether anything gets through
 *
 * Any thread.
 */
void
gc_pacer_get_figures (GcPacer *self, GcCongestionFigures *figures, GcCongestionState *state)
{
  g_mutex_lock (&self->lock);
  *figures = get_figures (self);
  *state = gc_congestion_get_state (self->congestion, g_get_monotonic_time ());
  g_mutex_unlock (&self->lock);
}
