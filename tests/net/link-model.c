/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A packet waits in the queue, takes its time of the bottleneck, may be lost there, and is then
 * under way for the delay. Each kind of chance has a random generator of its own, so that the same
 * packets are lost whether there is jitter or not. */

#include "link-model.h"

/* Seeds of the generators lie so far apart. */
#define SEED_STRIDE 7919

/* Its place in one of the three queues is part of it. */
typedef struct
{
  LinkPacket packet;
  GList link;
} Place;

struct _LinkModel
{
  LinkSpec *spec;
  LinkCapacity capacity;
  GDestroyNotify free_cookie;

  GQueue waiting; /* of Place; the first is being sent */
  GQueue leaving; /* by left_ns */
  GQueue spare;   /* so that a busy link need not allocate */
  gsize queued_bytes;
  gint64 first_done_ns;  /* when the first will have been sent */
  gint64 last_done_ns;   /* when the one before it was */
  gint64 last_arrive_ns; /* of those that keep their order */

  gboolean in_burst;
  GRand *loss_rand;
  GRand *burst_rand;
  GRand *jitter_rand;
  GRand *reorder_rand;
  GRand *duplicate_rand;
};

static Place *
first_of (GQueue *queue)
{
  return g_queue_peek_head (queue);
}

/* Behind those that leave at the same moment; most come last. */
static void
let_leave (LinkModel *self, Place *place)
{
  GList *before = self->leaving.tail;

  while (before != NULL && ((Place *) before->data)->packet.left_ns > place->packet.left_ns)
    before = before->prev;
  g_queue_insert_before_link (&self->leaving, before != NULL ? before->next : self->leaving.head,
                              &place->link);
}

static Place *
take_place (LinkModel *self)
{
  Place *place;

  if (self->spare.head != NULL)
    return g_queue_pop_head_link (&self->spare)->data;
  place = g_new0 (Place, 1);
  place->link.data = place;
  return place;
}

static gboolean
draw (GRand *rand, double share)
{
  return share > 0 && g_rand_double (rand) < share;
}

/* Gilbert's model: in a burst every packet is lost; its two probabilities follow from the share of
 * packets that are lost and from the mean length of a burst. */
static gboolean
is_lost_in_burst (LinkModel *self)
{
  double share = self->spec->burst_loss;
  double change;

  if (share <= 0)
    return FALSE;
  change = self->in_burst ? 1 / self->spec->burst_length
                          : share / (self->spec->burst_length * (1 - share));
  if (draw (self->burst_rand, change))
    self->in_burst = !self->in_burst;
  return self->in_burst;
}

static gboolean
is_lost (LinkModel *self)
{
  gboolean in_burst = is_lost_in_burst (self);

  return draw (self->loss_rand, self->spec->loss) || in_burst;
}

static gint64
choose_arrival (LinkModel *self, gint64 sent_ns)
{
  gint64 arrive_ns = sent_ns + self->spec->delay_ns;

  if (self->spec->jitter_ns > 0)
    arrive_ns += (gint64) (g_rand_double (self->jitter_rand) * (double) self->spec->jitter_ns);
  arrive_ns = MAX (arrive_ns, self->last_arrive_ns);
  if (draw (self->reorder_rand, self->spec->reorder))
    return arrive_ns + self->spec->reorder_ns;
  self->last_arrive_ns = arrive_ns;
  return arrive_ns;
}

static void
send_first (LinkModel *self)
{
  Place *place = g_queue_pop_head_link (&self->waiting)->data;
  LinkPacket *packet = &place->packet;
  gint64 sent_ns = self->first_done_ns;

  self->queued_bytes -= packet->size;
  self->last_done_ns = sent_ns;
  packet->copies = draw (self->duplicate_rand, self->spec->duplicate) ? 2 : 1;
  packet->left_ns = choose_arrival (self, sent_ns);
  if (is_lost (self))
    {
      packet->fate = LINK_FATE_LOST;
      packet->copies = 0;
      packet->left_ns = sent_ns;
    }
  let_leave (self, place);
}

static void
plan_first (LinkModel *self, gint64 not_before_ns)
{
  LinkPacket *packet;

  self->first_done_ns = LINK_NEVER;
  if (self->waiting.head == NULL)
    return;
  packet = &first_of (&self->waiting)->packet;
  self->first_done_ns = link_capacity_serve (&self->capacity,
                                             MAX (packet->entered_ns, not_before_ns), packet->size);
}

static void
send_until (LinkModel *self, gint64 now_ns)
{
  while (self->first_done_ns != LINK_NEVER && self->first_done_ns <= now_ns)
    {
      send_first (self);
      plan_first (self, self->last_done_ns);
    }
}

/**
 * link_model_new:
 * @spec: what the link is like; see link_spec_parse()
 * @now_ns: the present, in ns from any origin
 * @free_cookie: (nullable): for the cookies of packets that are still in the link at its end
 * @error: return location for a #GError
 *
 * Makes one direction of a link, whose clock is not yet started. All calls on it are to come from
 * one thread, and in the order of the times that they give.
 *
 * Returns: (transfer full): the link, or %NULL with %LINK_SPEC_ERROR_INVALID
 */
LinkModel *
link_model_new (const char *spec, gint64 now_ns, GDestroyNotify free_cookie, GError **error)
{
  g_autoptr (LinkSpec) parsed = link_spec_parse (spec, error);
  LinkModel *self;
  GRand **rands[5];

  if (parsed == NULL)
    return NULL;
  self = g_new0 (LinkModel, 1);
  self->spec = g_steal_pointer (&parsed);
  self->free_cookie = free_cookie;
  link_capacity_init (&self->capacity, self->spec, now_ns);
  g_queue_init (&self->waiting);
  g_queue_init (&self->leaving);
  g_queue_init (&self->spare);
  self->first_done_ns = LINK_NEVER;
  self->last_done_ns = G_MININT64;
  self->last_arrive_ns = G_MININT64;
  rands[0] = &self->loss_rand;
  rands[1] = &self->burst_rand;
  rands[2] = &self->jitter_rand;
  rands[3] = &self->reorder_rand;
  rands[4] = &self->duplicate_rand;
  for (guint i = 0; i < G_N_ELEMENTS (rands); i++)
    *rands[i] = g_rand_new_with_seed (self->spec->seed + i * SEED_STRIDE);
  return self;
}

static void
free_places (GQueue *queue, GDestroyNotify free_cookie)
{
  GList *link;

  while ((link = g_queue_pop_head_link (queue)) != NULL)
    {
      Place *place = link->data;

      if (free_cookie != NULL)
        free_cookie (place->packet.cookie);
      g_free (place);
    }
}

/**
 * link_model_free:
 * @self: (transfer full): a link
 *
 * Frees it with the packets that are still in it.
 */
void
link_model_free (LinkModel *self)
{
  free_places (&self->waiting, self->free_cookie);
  free_places (&self->leaving, self->free_cookie);
  free_places (&self->spare, NULL);
  g_rand_free (self->loss_rand);
  g_rand_free (self->burst_rand);
  g_rand_free (self->jitter_rand);
  g_rand_free (self->reorder_rand);
  g_rand_free (self->duplicate_rand);
  link_spec_free (self->spec);
  g_free (self);
}

/**
 * link_model_start:
 * @self: a link
 * @now_ns: the present
 *
 * Has the trace, the steps and the outages begin now, as often as it is called. Until then a trace
 * plays all the same, the first step lasts and no outage comes. What is being sent begins anew.
 */
void
link_model_start (LinkModel *self, gint64 now_ns)
{
  send_until (self, now_ns);
  link_capacity_start (&self->capacity, now_ns);
  plan_first (self, now_ns);
}

/**
 * link_model_push:
 * @self: a link
 * @now_ns: the present
 * @size: bytes of the packet, its IP header included
 * @cookie: what link_model_pop() gives back with it, exactly once
 *
 * Puts a packet into the queue, or drops it if there is no room.
 */
void
link_model_push (LinkModel *self, gint64 now_ns, gsize size, gpointer cookie)
{
  Place *place = take_place (self);

  place->packet = (LinkPacket) {
    .cookie = cookie,
    .size = size,
    .entered_ns = now_ns,
    .left_ns = now_ns,
  };
  send_until (self, now_ns);
  if (self->queued_bytes + size > self->spec->queue_bytes)
    {
      place->packet.fate = LINK_FATE_DROPPED;
      let_leave (self, place);
      return;
    }
  self->queued_bytes += size;
  g_queue_push_tail_link (&self->waiting, &place->link);
  if (self->waiting.length == 1)
    plan_first (self, self->last_done_ns);
}

/**
 * link_model_pop:
 * @self: a link
 * @now_ns: the present
 * @packet: (out): what became of it
 *
 * Takes the next packet that has left the link by now, in the order in which they do.
 *
 * Returns: whether there was one
 */
gboolean
link_model_pop (LinkModel *self, gint64 now_ns, LinkPacket *packet)
{
  Place *place;

  send_until (self, now_ns);
  place = first_of (&self->leaving);
  if (place == NULL || place->packet.left_ns > now_ns)
    return FALSE;
  *packet = place->packet;
  g_queue_push_head_link (&self->spare, g_queue_pop_head_link (&self->leaving));
  return TRUE;
}

/**
 * link_model_next_event:
 * @self: a link
 *
 * Tells when to call link_model_pop() again, though nothing may come of it yet.
 *
 * Returns: a time in ns, which may have passed, or %LINK_NEVER
 */
gint64
link_model_next_event (LinkModel *self)
{
  Place *place = first_of (&self->leaving);

  return place != NULL ? MIN (self->first_done_ns, place->packet.left_ns) : self->first_done_ns;
}

/**
 * link_model_get_queued_bytes:
 * @self: a link
 *
 * Returns: bytes of the packets that wait or are being sent, as of the last call that gave a time
 */
gsize
link_model_get_queued_bytes (LinkModel *self)
{
  return self->queued_bytes;
}
