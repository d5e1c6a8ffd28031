/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "path-sender.h"

#include "live/gc-foresight.h"
#include "live/gc-frame-budget.h"

#include <math.h>

#define INTERVAL_US 33333
/* x264 at 720 lines on a slow core; the picture that it makes is off by this factor's logarithm. */
#define CODING_US 9000
#define CODING_NOISE 0.12
#define LEAST_PICTURE 500
#define PAYLOAD 1150
#define HEADERS 80
#define PADDING 60
#define BURST_US 2000
#define HEARTBEAT_US 200000
#define PROBE_PACKETS 4
#define LOSSY 0.02
#define SECOND_REPEAT_US 15000
/* So that the 16 bits of the sequence number are used up early. */
#define FIRST_NUMBER 65000

typedef struct
{
  gint64 id;
  gint64 due_us;
} Again;

struct _PathSender
{
  GRand *rand;
  GcCongestion *congestion;
  GcFrameBudget budget;
  GArray *packets; /* of PathPacket, by id */
  GQueue repeats;  /* of ids */
  GQueue waiting;  /* of ids */
  GQueue probe;    /* of ids, sent again in a train that measures */
  GQueue again;    /* of Again, by time */
  GcForesight foresight;
  guint64 number;
  guint picture;
  guint n_granted;
  gboolean key_wanted;
  gint64 next_picture_us;
  gsize coding; /* bytes of the picture that is being coded; 0 without */
  gint64 taken_us;
  gint64 free_us;
  gint64 heartbeat_us;
};

/**
 * path_sender_new:
 * @seed: of the encoder's noise and the camera's phase
 * @now_us: the present
 * @max_bps: most that pictures may take
 *
 * Returns: (transfer full): a sender that has sent nothing
 */
PathSender *
path_sender_new (guint32 seed, gint64 now_us, gint64 max_bps)
{
  PathSender *self = g_new0 (PathSender, 1);

  self->rand = g_rand_new_with_seed (seed);
  self->congestion = gc_congestion_new (max_bps);
  gc_frame_budget_init (&self->budget);
  self->packets = g_array_new (FALSE, FALSE, sizeof (PathPacket));
  g_queue_init (&self->repeats);
  g_queue_init (&self->waiting);
  g_queue_init (&self->probe);
  g_queue_init (&self->again);
  self->number = FIRST_NUMBER;
  self->key_wanted = TRUE;
  self->next_picture_us = now_us + g_rand_int_range (self->rand, 0, INTERVAL_US);
  return self;
}

/**
 * path_sender_free:
 * @self: (transfer full): a sender
 */
void
path_sender_free (PathSender *self)
{
  g_queue_clear (&self->repeats);
  g_queue_clear (&self->waiting);
  g_queue_clear (&self->probe);
  g_queue_clear_full (&self->again, g_free);
  g_array_unref (self->packets);
  gc_congestion_free (self->congestion);
  g_rand_free (self->rand);
  g_free (self);
}

/* Ids begin at 0, which no queue can tell from nothing. */
static void
push_id (GQueue *queue, gint64 id)
{
  g_queue_push_tail (queue, GSIZE_TO_POINTER ((gsize) id + 1));
}

static gint64
pop_id (GQueue *queue)
{
  return (gint64) GPOINTER_TO_SIZE (g_queue_pop_head (queue)) - 1;
}

static double
draw_noise (PathSender *self)
{
  double radius = sqrt (-2 * log (1 - g_rand_double (self->rand)));

  return exp (CODING_NOISE * radius * cos (2 * G_PI * g_rand_double (self->rand)));
}

static void
take_picture (PathSender *self, gint64 now_us)
{
  gsize grant = 0;

  self->next_picture_us += INTERVAL_US;
  if (g_queue_is_empty (&self->waiting))
    grant = gc_congestion_grant (self->congestion, now_us, INTERVAL_US);
  if (gc_foresight_is_wanted (&self->foresight, now_us))
    grant /= 2;
  if (grant == 0)
    return;
  self->n_granted++;
  self->taken_us = now_us;
  self->coding = (gsize) ((double) gc_frame_budget_ask (&self->budget, grant) * draw_noise (self));
  self->coding = MAX (self->coding, LEAST_PICTURE);
}

static void
finish_picture (PathSender *self)
{
  guint n_packets = (guint) ((self->coding + PAYLOAD - 1) / PAYLOAD);
  gsize left = self->coding;
  PathPacket packet = {
    .id = self->packets->len,
    .first_id = self->packets->len,
    .picture = self->picture++,
    .n_packets = n_packets,
    .is_key = self->key_wanted,
    .taken_us = self->taken_us,
  };

  gc_frame_budget_made (&self->budget, self->coding);
  for (guint i = 0; i < n_packets; i++, packet.id++)
    {
      packet.payload = left / (n_packets - i);
      packet.bytes = packet.payload + HEADERS;
      left -= packet.payload;
      g_array_append_val (self->packets, packet);
      push_id (&self->waiting, packet.id);
    }
  self->coding = 0;
  self->key_wanted = FALSE;
}

static void
add_probe (PathSender *self, gint64 last_id)
{
  for (gint64 id = MAX (last_id - PROBE_PACKETS + 1, 0); id <= last_id; id++)
    push_id (&self->probe, id);
}

static gboolean
pop_heartbeat (PathSender *self, gint64 now_us, PathPacket *packet)
{
  if (gc_congestion_get_state (self->congestion, now_us) != GC_CONGESTION_STALLED
      || now_us < self->heartbeat_us)
    return FALSE;
  self->heartbeat_us = now_us + HEARTBEAT_US;
  *packet = (PathPacket) { .id = -1, .bytes = PADDING };
  return TRUE;
}

static void
send_again (PathSender *self, gint64 id, gint64 due_us)
{
  Again *again = g_new (Again, 1);

  *again = (Again) { id, due_us };
  g_queue_push_tail (&self->again, again);
}

/* Those that are due become repetitions. */
static void
remember_again (PathSender *self, gint64 now_us)
{
  const Again *first;

  while ((first = g_queue_peek_head (&self->again)) != NULL && first->due_us <= now_us)
    {
      push_id (&self->repeats, first->id);
      g_free (g_queue_pop_head (&self->again));
    }
}

static gboolean
choose (PathSender *self, gint64 now_us, PathPacket *packet)
{
  GQueue *queues[] = { &self->repeats, &self->waiting, &self->probe };

  for (guint i = 0; i < G_N_ELEMENTS (queues); i++)
    {
      gint64 id;

      if (g_queue_is_empty (queues[i]))
        continue;
      id = pop_id (queues[i]);
      *packet = g_array_index (self->packets, PathPacket, id);
      if (queues[i] != &self->waiting)
        return TRUE;
      if (gc_foresight_is_wanted (&self->foresight, now_us))
        send_again (self, id, now_us + SECOND_REPEAT_US);
      else if (g_queue_is_empty (&self->waiting)
               && gc_congestion_wants_probe (self->congestion, now_us))
        add_probe (self, id);
      return TRUE;
    }
  return pop_heartbeat (self, now_us, packet);
}

/**
 * path_sender_pop:
 * @self: a sender
 * @now_us: the present
 * @packet: (out): what leaves
 *
 * Returns: whether a packet leaves now; if so, there may be another
 */
gboolean
path_sender_pop (PathSender *self, gint64 now_us, PathPacket *packet)
{
  gint64 pacing_bps = gc_congestion_get_pacing_bps (self->congestion);

  if (now_us >= self->next_picture_us)
    take_picture (self, now_us);
  if (self->coding > 0 && now_us >= self->taken_us + CODING_US)
    finish_picture (self);
  remember_again (self, now_us);
  if (now_us < self->free_us || !choose (self, now_us, packet))
    return FALSE;
  self->free_us = MAX (self->free_us, now_us - BURST_US)
                  + (gint64) packet->bytes * 8 * G_USEC_PER_SEC / pacing_bps;
  packet->number = self->number++;
  gc_congestion_sent (self->congestion, now_us, (guint16) packet->number, packet->bytes);
  return TRUE;
}

/**
 * path_sender_take:
 * @self: a sender
 * @now_us: the present
 * @report: what the receiver says
 */
void
path_sender_take (PathSender *self, gint64 now_us, const PathReport *report)
{
  GcCongestionFigures figures;

  if (report->arrivals->len > 0)
    gc_congestion_arrived (self->congestion, now_us,
                           (const GcArrival *) (gconstpointer) report->arrivals->data,
                           report->arrivals->len);
  gc_congestion_get_figures (self->congestion, now_us, &figures);
  gc_foresight_look (&self->foresight, now_us, &figures);
  for (guint i = 0; i < report->missing->len; i++)
    {
      gint64 id = g_array_index (report->missing, gint64, i);

      push_id (&self->repeats, id);
      if (figures.loss >= LOSSY)
        send_again (self, id, now_us + SECOND_REPEAT_US);
    }
  self->key_wanted |= report->wants_key;
}

/**
 * path_sender_get_n_granted:
 * @self: a sender
 *
 * Returns: how many pictures were coded, of all that the camera took
 */
guint
path_sender_get_n_granted (PathSender *self)
{
  return self->n_granted;
}

/**
 * path_sender_get_congestion:
 * @self: a sender
 *
 * Returns: (transfer none): what decides
 */
GcCongestion *
path_sender_get_congestion (PathSender *self)
{
  return self->congestion;
}
