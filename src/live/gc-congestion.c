/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "live/gc-congestion.h"

#include "live/gc-path-clock.h"
#include "live/gc-path-rate.h"

#include <math.h>

/* Packets of which we remember when they were sent: 8 s at 10 Mbit/s. A power of two, below half of
 * the sequence numbers' range. */
#define HISTORY 8192
/* The first picture, before anything is known: 12 packets, whose spacing on arrival tells the rate
 * of the path. Even 200 kbit/s carry it in half a second. */
#define FIRST_GRANT 12000
/* What sound takes at most, with all headers; on a long path some of it is always in flight. */
#define SOUND_BPS 64000
/* A path that carries less than this shows no moving pictures. */
#define MIN_BPS 32000
/* Pictures get this share of what the path carries in the time of one, for headers, sound,
 * repetition, and queues to drain. */
#define SHARE 0.9
/* A picture may be this much larger than an average one while nothing waits. */
#define LARGEST 1.3
/* A picture that would get less than this share of an average one waits for the next. */
#define SMALLEST 0.35
/* Pictures that come every few seconds get this share of what the path carries: sound goes along.
 */
#define STILL_SHARE 0.25
/* Which is as much as a picture of 180 lines can make use of. */
#define STILL_MOST_BYTES 8000
/* Encoders make no picture that is smaller, whatever they are told. */
#define LEAST_BYTES 900
/* How long what we sent may be expected to wait when the next picture comes. */
#define SLACK_US 20000
/* Besides what is on its way and what feedback has not told yet, this much may be on the path. */
#define HEADROOM_US 20000
/* Feedback later than expected by this much, and two of its intervals, means that nothing arrives.
 */
#define OVERDUE_US 30000
/* No more than this is forgiven for a queue of our own. */
#define OVERDUE_QUEUE_US 100000
/* Before the first feedback: networks with a longer round trip carry no conversation. */
#define BLIND_OVERDUE_US 600000
#define USUAL_ROUND_TRIP_US 100000
/* A packet that waited longer than this came through a queue which may hold more of it: the next
 * picture is not sent before that has drained. */
#define DEEP_QUEUE_US 250000
/* Who finds a queue of this length in front of each picture shares the path, or sends too much. */
#define STANDING_QUEUE_US 60000
#define YIELD 0.85
#define RECOVER 0.03
#define LEAST_YIELD 0.3
/* Loss beyond this is not the radio's: the path drops what it cannot carry. */
#define HIGH_LOSS 0.15
/* A train leaves this many times faster than the path is thought to be: its spacing on arrival then
 * shows more than is known. As in libwebrtc. */
#define PACING 2.5
#define BLIND_PACING_BPS G_GINT64_CONSTANT (8000000)
#define MIN_PACING_BPS G_GINT64_CONSTANT (300000)
/* What one measurement is good for, before another is made on purpose. */
#define PROBE_INTERVAL_US 500000
/* Packets over which loss is averaged. */
#define LOSS_WINDOW 100
/* Clocks and schedulers are off by this much: shorter waits are none. */
#define TIMING_ERROR_US 500
/* Packets that were sent closer together than this belong to one train. */
#define TRAIN_GAP_US 4000
/* While the longest wait is below this, and this share of what the path should carry was sent, it
 * may carry more: it is taken to, by this factor each time that feedback should come. */
#define QUIET_QUEUE_US 8000
#define USED_SHARE 0.5
#define GROWTH 1.12
#define USUAL_FEEDBACK_US 50000
/* Feedback that was longer in coming says nothing about its interval. */
#define LONGEST_FEEDBACK_US 200000
/* Feedback gets lost, too: what it would have told is not waited for longer than this. */
#define FORGET_US G_USEC_PER_SEC

typedef enum
{
  PACKET_UNKNOWN,
  PACKET_IN_FLIGHT,
  PACKET_ARRIVED,
  PACKET_LOST,
} PacketState;

typedef struct
{
  guint64 number;
  gint64 sent_us;
  gsize bytes;
  PacketState state;
} Packet;

struct _GcCongestion
{
  gint64 max_bps;
  Packet packets[HISTORY];
  guint64 first;    /* the oldest packet in flight, or next */
  guint64 next;     /* its low 16 bits are the next sequence number */
  guint64 expected; /* the first packet after all of which something was heard */
  gsize in_flight;
  gsize sent_bytes; /* since the last feedback */
  GcPathClock clock;
  GcPathRate rate;
  gint64 last_sent_us; /* of the newest packet that arrived; negative before */
  gint64 last_received_us;
  gint64 departed_us; /* when it left the bottleneck, by our clock */
  gint64 free_us;     /* when the bottleneck will have passed on all that was sent */
  gint64 queue_us;    /* how long it waited */
  gint64 last_measured_us;
  gint64 last_feedback_us; /* negative before */
  gint64 feedback_interval_us;
  gint64 last_yield_us; /* when the share was last made smaller */
  double share;         /* of what the path carries: ours, 0.3 to 1 */
  double loss;
};

/**
 * gc_congestion_new:
 * @max_bps: most that pictures may take, bit/s
 *
 * Any thread; use it from one at a time.
 *
 * Returns: (transfer full): the state of a path of which nothing is known
 */
GcCongestion *
gc_congestion_new (gint64 max_bps)
{
  GcCongestion *self = g_new0 (GcCongestion, 1);

  gc_congestion_set_max (self, max_bps);
  gc_path_clock_init (&self->clock);
  gc_path_rate_init (&self->rate);
  self->feedback_interval_us = USUAL_FEEDBACK_US;
  self->last_feedback_us = -1;
  self->last_sent_us = -1;
  self->last_received_us = -1;
  self->share = 1;
  return self;
}

/**
 * gc_congestion_free:
 * @self: (transfer full): a path
 */
void
gc_congestion_free (GcCongestion *self)
{
  g_free (self);
}

/**
 * gc_congestion_set_max:
 * @self: a path
 * @max_bps: most that pictures may take, bit/s; at least 32,000 is granted
 */
void
gc_congestion_set_max (GcCongestion *self, gint64 max_bps)
{
  self->max_bps = MAX (max_bps, MIN_BPS);
}

static double
bytes_per_us (gint64 bps)
{
  return (double) bps / 8 / G_USEC_PER_SEC;
}

static gint64
to_bps (double bytes_per_us)
{
  return (gint64) (bytes_per_us * 8 * G_USEC_PER_SEC);
}

/* What the path carries for us, bytes per µs. */
static double
get_rate (GcCongestion *self)
{
  double rate = gc_path_rate_is_known (&self->rate) ? gc_path_rate_get_sure (&self->rate)
                                                    : bytes_per_us (BLIND_PACING_BPS);

  return MAX (rate * self->share, bytes_per_us (MIN_BPS));
}

static Packet *
get_packet (GcCongestion *self, guint64 number)
{
  return &self->packets[number % HISTORY];
}

static void
pass_on (GcCongestion *self, const Packet *packet)
{
  self->free_us
      = MAX (self->free_us, packet->sent_us) + (gint64) ((double) packet->bytes / get_rate (self));
}

/* What is in flight is thought to leave the bottleneck at the rate that is known now, after the
 * last packet of which it is known when it left. */
static void
predict (GcCongestion *self)
{
  self->free_us = self->departed_us;
  for (guint64 number = self->first; number < self->next; number++)
    if (get_packet (self, number)->state == PACKET_IN_FLIGHT)
      pass_on (self, get_packet (self, number));
}

static void
settle (GcCongestion *self, Packet *packet, PacketState state)
{
  if (packet->state == PACKET_IN_FLIGHT)
    self->in_flight -= packet->bytes;
  packet->state = state;
}

static void
move_on (GcCongestion *self)
{
  while (self->first < self->next && get_packet (self, self->first)->state != PACKET_IN_FLIGHT)
    self->first++;
}

/* Feedback gets lost, too: nobody waits for what it would have told. */
static void
forget (GcCongestion *self, gint64 now_us)
{
  for (; self->first < self->expected; self->first++)
    {
      Packet *packet = get_packet (self, self->first);

      if (packet->state == PACKET_IN_FLIGHT && now_us - packet->sent_us < FORGET_US)
        break;
      settle (self, packet, packet->state == PACKET_IN_FLIGHT ? PACKET_LOST : packet->state);
    }
  move_on (self);
}

/**
 * gc_congestion_sent:
 * @self: a path
 * @now_us: monotonic time, µs
 * @sequence: the packet's transport-wide sequence number; they are given in order
 * @bytes: its size on the wire, with all headers
 *
 * A packet leaves.
 */
void
gc_congestion_sent (GcCongestion *self, gint64 now_us, guint16 sequence, gsize bytes)
{
  guint64 number = self->next + (guint16) (sequence - (guint16) self->next);
  Packet *packet;

  if (self->in_flight == 0 && self->first == self->next)
    self->first = number;
  while (self->first < number && number - self->first >= HISTORY)
    settle (self, get_packet (self, self->first++), PACKET_LOST);
  /* Numbers that were left out belong to no packet. */
  for (guint64 gap = MAX (self->next, self->first); gap < number; gap++)
    *get_packet (self, gap) = (Packet) { .number = gap };
  packet = get_packet (self, number);
  *packet
      = (Packet) { .number = number, .sent_us = now_us, .bytes = bytes, .state = PACKET_IN_FLIGHT };
  self->next = number + 1;
  self->in_flight += bytes;
  self->sent_bytes += bytes;
  pass_on (self, packet);
  move_on (self);
}

/* The packet that a sequence number means; NULL if there was none. */
static Packet *
find_packet (GcCongestion *self, guint16 sequence)
{
  guint64 back = (guint16) ((guint16) self->next - sequence);
  Packet *packet;

  if (back == 0 || back > HISTORY || back > self->next)
    return NULL;
  packet = get_packet (self, self->next - back);
  return packet->number == self->next - back && packet->state != PACKET_UNKNOWN ? packet : NULL;
}

typedef struct
{
  gint64 now_us;
  gint64 least_queue_us;
  gint64 most_queue_us;
  gboolean arrived;
  gboolean measured;
} Feedback;

/* The time between two arrivals tells the rate if the second packet was there before the first had
 * left. If it was not, it came as fast as it was sent, and the path carries at least that. */
static void
measure (GcCongestion *self, const Packet *packet, gint64 received_us, Feedback *feedback)
{
  gint64 gap_us = received_us - self->last_received_us;
  gint64 waited_us = gc_path_clock_get_queue_us (&self->clock, packet->sent_us, received_us);
  gboolean in_train = packet->sent_us - self->last_sent_us < TRAIN_GAP_US && gap_us > 0;

  if (waited_us - gap_us > TIMING_ERROR_US)
    feedback->measured = TRUE;
  else if (!in_train
           || (double) packet->bytes <= gc_path_rate_get_mean (&self->rate) * (double) gap_us)
    return;
  gc_path_rate_add (&self->rate, gap_us, packet->bytes);
}

static void
take_arrival (GcCongestion *self, Packet *packet, gint64 received_us, Feedback *feedback)
{
  gint64 queue_us;
  gint64 own_us;

  settle (self, packet, PACKET_ARRIVED);
  gc_path_clock_add (&self->clock, feedback->now_us, packet->sent_us, received_us);
  queue_us = gc_path_clock_get_queue_us (&self->clock, packet->sent_us, received_us);
  feedback->arrived = TRUE;
  feedback->least_queue_us = MIN (feedback->least_queue_us, queue_us);
  /* On a thin path a packet takes long without waiting for others. */
  own_us = (gint64) ((double) packet->bytes / get_rate (self));
  feedback->most_queue_us = MAX (feedback->most_queue_us, queue_us - own_us);
  /* One that was overtaken says nothing about the bottleneck. */
  if (packet->sent_us < self->last_sent_us)
    return;
  if (self->last_received_us >= 0 && received_us >= self->last_received_us)
    measure (self, packet, received_us, feedback);
  self->last_received_us = received_us;
  self->last_sent_us = packet->sent_us;
  self->queue_us = queue_us;
  /* Whatever its clock says: it has arrived. */
  self->departed_us = MIN (packet->sent_us + queue_us, feedback->now_us);
}

/* What others, or a path that drops, leave for us. */
static void
adapt_share (GcCongestion *self, const Feedback *feedback, gint64 elapsed_us)
{
  double times = (double) MIN (elapsed_us, LONGEST_FEEDBACK_US) / USUAL_FEEDBACK_US;

  if (feedback->least_queue_us <= STANDING_QUEUE_US && self->loss <= HIGH_LOSS)
    {
      self->share = MIN (self->share + RECOVER * times, 1);
      return;
    }
  /* Whether it was enough shows in what is sent from now on. */
  if (self->last_sent_us <= self->last_yield_us)
    return;
  self->share = MAX (self->share * YIELD, LEAST_YIELD);
  self->last_yield_us = feedback->now_us;
}

static void
grow (GcCongestion *self, gint64 elapsed_us)
{
  double rate = get_rate (self);
  double times = (double) MIN (elapsed_us, 2 * USUAL_FEEDBACK_US) / USUAL_FEEDBACK_US;

  if ((double) self->sent_bytes >= rate * USED_SHARE * (double) elapsed_us
      && rate * SHARE < bytes_per_us (self->max_bps))
    gc_path_rate_grow (&self->rate, pow (GROWTH, times));
}

static void
end_feedback (GcCongestion *self, const Feedback *feedback)
{
  gint64 elapsed_us = self->last_feedback_us >= 0 ? feedback->now_us - self->last_feedback_us : 0;

  gc_path_clock_check (&self->clock, feedback->now_us, self->last_sent_us, self->last_received_us);
  adapt_share (self, feedback, elapsed_us);
  if (feedback->measured)
    self->last_measured_us = feedback->now_us;
  else if (feedback->most_queue_us < QUIET_QUEUE_US && elapsed_us > 0)
    grow (self, elapsed_us);
  if (elapsed_us > 0 && elapsed_us < LONGEST_FEEDBACK_US)
    self->feedback_interval_us += (elapsed_us - self->feedback_interval_us) / 10;
  self->last_feedback_us = feedback->now_us;
  self->sent_bytes = 0;
}

static void
take_loss (GcCongestion *self, double lost)
{
  self->loss += (lost - self->loss) / LOSS_WINDOW;
}

/**
 * gc_congestion_arrived:
 * @self: a path
 * @now_us: monotonic time, µs
 * @arrivals: (array length=n_arrivals): what feedback says, in order of sequence numbers; packets
 *   that were never sent, or of which it was said before, are passed over
 * @n_arrivals: how many
 *
 * Feedback came.
 */
void
gc_congestion_arrived (GcCongestion *self,
                       gint64 now_us,
                       const GcArrival *arrivals,
                       gsize n_arrivals)
{
  Feedback feedback = { .now_us = now_us, .least_queue_us = G_MAXINT64 };

  for (gsize i = 0; i < n_arrivals; i++)
    {
      Packet *packet = find_packet (self, arrivals[i].sequence);
      gboolean lost = arrivals[i].received_us < 0;

      if (packet == NULL || packet->state == PACKET_ARRIVED
          || (lost && packet->state == PACKET_LOST) || packet->sent_us > now_us)
        continue;
      self->expected = MAX (self->expected, packet->number + 1);
      if (packet->state == PACKET_IN_FLIGHT)
        take_loss (self, lost);
      if (lost)
        settle (self, packet, PACKET_LOST);
      else
        take_arrival (self, packet, arrivals[i].received_us, &feedback);
    }
  forget (self, now_us);
  if (feedback.arrived)
    end_feedback (self, &feedback);
  predict (self);
}

/* The oldest packet of which we should hear next; NULL if none is under way. It may have been
 * forgotten to make room, and numbers that were left out belong to none. */
static const Packet *
find_awaited (GcCongestion *self)
{
  for (guint64 number = MAX (self->expected, self->first); number < self->next; number++)
    if (get_packet (self, number)->state == PACKET_IN_FLIGHT)
      return get_packet (self, number);
  return NULL;
}

/* How long after sending a packet we would hear of it if all went well. */
static gint64
get_patience_us (GcCongestion *self)
{
  gint64 round_trip_us = gc_path_clock_get_round_trip_us (&self->clock);
  gint64 drain_us = (gint64) ((double) self->in_flight / get_rate (self));

  if (round_trip_us < 0)
    return BLIND_OVERDUE_US;
  return round_trip_us + 2 * self->feedback_interval_us + OVERDUE_US
         + MIN (drain_us, OVERDUE_QUEUE_US);
}

/**
 * gc_congestion_get_state:
 * @self: a path
 * @now_us: monotonic time, µs
 *
 * Returns: whether anything gets through
 */
GcCongestionState
gc_congestion_get_state (GcCongestion *self, gint64 now_us)
{
  const Packet *awaited = find_awaited (self);

  if (awaited != NULL && now_us - awaited->sent_us > get_patience_us (self))
    return GC_CONGESTION_STALLED;
  return self->last_feedback_us < 0 ? GC_CONGESTION_BLIND : GC_CONGESTION_FLOWING;
}

/* Most that may be in flight: what is on its way, what has arrived and feedback has yet to tell,
 * and a little to wait at the bottleneck. */
static double
get_window (GcCongestion *self, double rate)
{
  gint64 round_trip_us = gc_path_clock_get_round_trip_us (&self->clock);

  return rate * (double) (round_trip_us + self->feedback_interval_us + HEADROOM_US);
}

/* One picture at a time. It may have come to nothing, or have been too small to tell the rate. */
static gsize
get_first_grant (GcCongestion *self)
{
  gint64 round_trip_us = gc_path_clock_get_round_trip_us (&self->clock);
  gint64 told_us
      = (round_trip_us >= 0 ? round_trip_us : USUAL_ROUND_TRIP_US) + 2 * self->feedback_interval_us;

  if ((double) self->in_flight > bytes_per_us (SOUND_BPS) * (double) told_us)
    return 0;
  return MIN (FIRST_GRANT, (gsize) (bytes_per_us (self->max_bps) * G_USEC_PER_SEC / 2));
}

/**
 * gc_congestion_grant:
 * @self: a path
 * @now_us: monotonic time, µs
 * @interval_us: from one picture of the camera to the next, µs, more than 0
 *
 * Asks before a picture is coded. If the path cannot take it now, it is best left out: the next one
 * will be newer.
 *
 * Returns: how large the picture may be, bytes, without headers of packets; 0 if it is best left
 * out
 */
gsize
gc_congestion_grant (GcCongestion *self, gint64 now_us, gint64 interval_us)
{
  double rate = MIN (get_rate (self), bytes_per_us (self->max_bps) / SHARE);
  double average = rate * SHARE * (double) interval_us;
  double wait_us = (double) MAX (self->free_us - now_us, 0);
  GcCongestionState state;
  double grant;

  forget (self, now_us);
  state = gc_congestion_get_state (self, now_us);
  if (state == GC_CONGESTION_BLIND)
    return get_first_grant (self);
  if (interval_us > GC_CONGESTION_STILL_US)
    return state == GC_CONGESTION_FLOWING
               ? (gsize) CLAMP (rate * STILL_SHARE * SHARE * (double) interval_us, LEAST_BYTES,
                                STILL_MOST_BYTES)
               : 0;
  if (state != GC_CONGESTION_FLOWING || (self->queue_us > DEEP_QUEUE_US && self->in_flight > 0))
    return 0;
  /* A packet alone tells no rate. */
  if (!gc_path_rate_is_known (&self->rate))
    return get_first_grant (self);
  grant = MIN (average * LARGEST, average + rate * (SLACK_US - wait_us));
  grant = MIN (grant, get_window (self, rate) - (double) self->in_flight);
  if (grant >= MAX (average * SMALLEST, LEAST_BYTES))
    return (gsize) grant;
  /* On a path so thin that each picture takes longer than the camera's interval. */
  return average * SMALLEST < LEAST_BYTES && wait_us <= SLACK_US ? LEAST_BYTES : 0;
}

/**
 * gc_congestion_get_pacing_bps:
 * @self: a path
 *
 * Returns: how fast packets may leave one after the other, bit/s
 */
gint64
gc_congestion_get_pacing_bps (GcCongestion *self)
{
  if (!gc_path_rate_is_known (&self->rate))
    return BLIND_PACING_BPS;
  return MAX (to_bps (gc_path_rate_get_peak (&self->rate) * PACING), MIN_PACING_BPS);
}

/**
 * gc_congestion_get_still_bps:
 * @self: a path
 *
 * Returns: how fast a picture may leave that comes every few seconds, so that sound goes on beside
 *   it, bit/s
 */
gint64
gc_congestion_get_still_bps (GcCongestion *self)
{
  return to_bps (get_rate (self) * STILL_SHARE);
}

/**
 * gc_congestion_wants_probe:
 * @self: a path
 * @now_us: monotonic time, µs
 *
 * What is sent may be too little to measure the path. A few packets sent as one train, whatever is
 * in them, would.
 *
 * Returns: whether such a train is of use now
 */
gboolean
gc_congestion_wants_probe (GcCongestion *self, gint64 now_us)
{
  return gc_congestion_get_state (self, now_us) == GC_CONGESTION_FLOWING
         && now_us - self->last_measured_us > PROBE_INTERVAL_US
         && get_rate (self) * SHARE < bytes_per_us (self->max_bps);
}

/**
 * gc_congestion_get_figures:
 * @self: a path
 * @now_us: monotonic time, µs
 * @figures: (out caller-allocates): what is known of it
 */
void
gc_congestion_get_figures (GcCongestion *self, gint64 now_us, GcCongestionFigures *figures)
{
  double rate = get_rate (self);

  *figures = (GcCongestionFigures) {
    .capacity_bps = gc_path_rate_is_known (&self->rate) ? to_bps (rate) : 0,
    .target_bps = MIN (to_bps (rate * SHARE), self->max_bps),
    .queue_us = self->queue_us,
    .rtt_us = gc_path_clock_get_round_trip_us (&self->clock),
    .loss = self->loss,
    .in_flight = self->in_flight,
  };
}
