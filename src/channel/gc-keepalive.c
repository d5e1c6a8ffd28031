/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "channel/gc-keepalive.h"

/* From what gateways keep at the worst (30 s is common for mobile networks) to what leaves the
 * answer time before the center, which hears nothing for 90 s, may close. */
static const guint STEPS_S[] = { 30, 60, 75 };
#define TOP (G_N_ELEMENTS (STEPS_S) - 1)

/* So many answers show that an interval is tolerated. */
#define ENOUGH 3
/* What a connection died of may have been something else: a longer interval is tried again after so
 * many answers at the longest that is allowed, an hour or two. */
#define FORGIVEN 100

struct _GcKeepalive
{
  guint fixed_s; /* or 0 */
  guint step;
  guint limit;    /* the longest step that is tried */
  guint answered; /* in a row, at this step */
};

/**
 * gc_keepalive_new:
 *
 * Returns: (transfer full): one that begins carefully
 */
GcKeepalive *
gc_keepalive_new (void)
{
  GcKeepalive *self = g_atomic_rc_box_new0 (GcKeepalive);

  gc_keepalive_network_changed (self);
  return self;
}

/**
 * gc_keepalive_new_fixed:
 * @interval_s: from 1
 *
 * Returns: (transfer full): one that learns nothing
 */
GcKeepalive *
gc_keepalive_new_fixed (guint interval_s)
{
  GcKeepalive *self = gc_keepalive_new ();

  self->fixed_s = interval_s;
  return self;
}

/**
 * gc_keepalive_ref:
 * @self: a keep-alive
 *
 * Returns: (transfer full): the same
 */
GcKeepalive *
gc_keepalive_ref (GcKeepalive *self)
{
  return g_atomic_rc_box_acquire (self);
}

/**
 * gc_keepalive_unref:
 * @self: (transfer full): a keep-alive
 */
void
gc_keepalive_unref (GcKeepalive *self)
{
  g_atomic_rc_box_release (self);
}

/**
 * gc_keepalive_get_interval_s:
 * @self: a keep-alive
 *
 * Returns: how often to ask, in seconds
 */
guint
gc_keepalive_get_interval_s (const GcKeepalive *self)
{
  return self->fixed_s != 0 ? self->fixed_s : STEPS_S[self->step];
}

/**
 * gc_keepalive_answered:
 * @self: a keep-alive
 *
 * The other side has answered in time.
 *
 * Returns: whether there is another interval now
 */
gboolean
gc_keepalive_answered (GcKeepalive *self)
{
  if (self->fixed_s != 0)
    return FALSE;
  self->answered++;
  if (self->step == self->limit && self->limit < TOP && self->answered >= FORGIVEN)
    self->limit++;
  if (self->answered < ENOUGH || self->step >= self->limit)
    return FALSE;
  self->step++;
  self->answered = 0;
  return TRUE;
}

/**
 * gc_keepalive_broke:
 * @self: a keep-alive
 *
 * A connection went without a word, over a network that has not changed: perhaps it was left alone
 * for too long.
 */
void
gc_keepalive_broke (GcKeepalive *self)
{
  self->limit = MAX (self->step, 1) - 1;
  self->step = 0;
  self->answered = 0;
}

/**
 * gc_keepalive_network_changed:
 * @self: a keep-alive
 *
 * What was learned holds no longer.
 */
void
gc_keepalive_network_changed (GcKeepalive *self)
{
  self->step = 0;
  self->limit = TOP;
  self->answered = 0;
}
