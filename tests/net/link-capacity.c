/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "link-capacity.h"

/* What a line of a trace lets go. */
#define OPENING_BYTES 1500
#define NS_PER_S G_GUINT64_CONSTANT (1000000000)

/* The outage in which that moment lies, or else the next one after it; NULL if there is none. */
static const LinkOutage *
find_outage (LinkCapacity *self, gint64 at_ns)
{
  if (!self->started)
    return NULL;
  for (guint i = 0; i < self->spec->outages->len; i++)
    {
      const LinkOutage *outage = &g_array_index (self->spec->outages, LinkOutage, i);

      if (outage->to_ns > at_ns)
        return outage;
    }
  return NULL;
}

/* --- rates --- */

static guint64
rate_at (LinkCapacity *self, gint64 at_ns, gint64 *until_ns)
{
  const LinkOutage *outage = find_outage (self, at_ns);
  const GArray *steps = self->spec->steps;
  guint i = 0;

  *until_ns = LINK_NEVER;
  if (!self->started)
    return g_array_index (steps, LinkStep, 0).rate_bps;
  if (outage != NULL && outage->from_ns <= at_ns)
    {
      *until_ns = outage->to_ns;
      return 0;
    }
  while (i + 1 < steps->len && g_array_index (steps, LinkStep, i + 1).from_ns <= at_ns)
    i++;
  if (i + 1 < steps->len)
    *until_ns = g_array_index (steps, LinkStep, i + 1).from_ns;
  if (outage != NULL)
    *until_ns = MIN (*until_ns, outage->from_ns);
  return g_array_index (steps, LinkStep, i).rate_bps;
}

static gint64
serve_at_rate (LinkCapacity *self, gint64 at_ns, gsize bytes)
{
  /* In bits times ns per s, so that a rate times a time is one of these. */
  guint64 work = bytes * 8 * NS_PER_S;

  while (at_ns != LINK_NEVER)
    {
      gint64 until_ns;
      guint64 rate_bps = rate_at (self, at_ns, &until_ns);
      guint64 left_ns = (guint64) (until_ns - at_ns);
      guint64 needed_ns = rate_bps > 0 ? (work + rate_bps - 1) / rate_bps : G_MAXUINT64;

      if (needed_ns <= left_ns)
        return at_ns + (gint64) needed_ns;
      work -= rate_bps * left_ns;
      at_ns = until_ns;
    }
  return LINK_NEVER;
}

/* --- traces --- */

static gint64
trace_length_ns (LinkCapacity *self)
{
  return g_array_index (self->spec->trace, gint64, self->spec->trace->len - 1);
}

static void
go_to_next_opening (LinkCapacity *self)
{
  self->next++;
  if (self->next < self->spec->trace->len)
    return;
  self->next = 0;
  self->round_ns += trace_length_ns (self);
}

/* Whole rounds before that moment need no walk through their lines. */
static void
skip_rounds (LinkCapacity *self, gint64 until_ns)
{
  gint64 rounds = (until_ns - self->round_ns - 1) / trace_length_ns (self);

  if (rounds <= 0)
    return;
  self->next = 0;
  self->round_ns += rounds * trace_length_ns (self);
}

/* The next opening of the trace at that moment or later; it is used up. */
static gint64
take_opening (LinkCapacity *self, gint64 at_ns)
{
  while (TRUE)
    {
      const LinkOutage *outage;
      gint64 opening_ns;

      skip_rounds (self, at_ns);
      opening_ns = self->round_ns + g_array_index (self->spec->trace, gint64, self->next);
      outage = find_outage (self, opening_ns);
      if (outage != NULL && outage->from_ns <= opening_ns)
        at_ns = MAX (at_ns, outage->to_ns);
      go_to_next_opening (self);
      if (opening_ns >= at_ns)
        return opening_ns;
    }
}

/* Small packets share an opening, large ones take several; what an opening has left when nobody
 * waits is lost. */
static gint64
serve_by_trace (LinkCapacity *self, gint64 at_ns, gsize bytes)
{
  if (self->opening_ns < at_ns)
    self->left_bytes = 0;
  while (bytes > 0)
    {
      gsize used;

      if (self->left_bytes == 0)
        {
          self->opening_ns = take_opening (self, at_ns);
          self->left_bytes = OPENING_BYTES;
        }
      used = MIN (bytes, self->left_bytes);
      bytes -= used;
      self->left_bytes -= used;
    }
  return self->opening_ns;
}

/* --- */

/**
 * link_capacity_init:
 * @self: where to keep it
 * @spec: (transfer none): what the link is like; stays until the end of @self
 * @now_ns: the present
 *
 * Begins with the clock not yet started: a trace plays, the first step lasts, no outage comes.
 */
void
link_capacity_init (LinkCapacity *self, const LinkSpec *spec, gint64 now_ns)
{
  *self = (LinkCapacity) { .spec = spec, .origin_ns = now_ns };
}

/**
 * link_capacity_start:
 * @self: a capacity
 * @now_ns: the present
 *
 * Has traces, steps and outages begin now, again if they had begun before.
 */
void
link_capacity_start (LinkCapacity *self, gint64 now_ns)
{
  link_capacity_init (self, self->spec, now_ns);
  self->started = TRUE;
}

/**
 * link_capacity_serve:
 * @self: a capacity
 * @from_ns: since when the packet is the first in the queue; never earlier than what the call
 *   before returned, or than the start
 * @bytes: its size
 *
 * Takes what one packet needs of the link.
 *
 * Returns: when it has left, or %LINK_NEVER
 */
gint64
link_capacity_serve (LinkCapacity *self, gint64 from_ns, gsize bytes)
{
  gint64 at_ns = from_ns - self->origin_ns;
  gint64 done_ns = self->spec->trace->len > 0 ? serve_by_trace (self, at_ns, bytes)
                                              : serve_at_rate (self, at_ns, bytes);

  return done_ns == LINK_NEVER ? LINK_NEVER : self->origin_ns + done_ns;
}
