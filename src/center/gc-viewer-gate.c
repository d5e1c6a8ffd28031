/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-viewer-gate.h"

/* How old a picture may get on the line. A key frame of 60 kB takes 240 ms on 2 Mbit/s, and mobile
 * lines stand still for some tenths of a second without being short. */
#define QUEUE_MAX_US (600 * 1000)
/* A line with less on it is free. */
#define QUEUE_FREE_US (100 * 1000)
/* So many feedbacks in a row that foretell too much end it: one may come of a short standstill. */
#define FORETOLD_MAX 2
/* Over what time the rate of the line is measured. */
#define RATE_WINDOW_US (200 * 1000)
/* How long feedback may be late, beyond twice the time that it usually takes. */
#define SILENCE_MAX_US (800 * 1000)
/* Of so many packets in a row; a line with a short queue loses what it cannot carry. */
#define LOSS_WINDOW 100
#define LOSS_MAX 30
/* The shortest delay of the last one to two of these is that of a free line; clocks drift apart by
 * some ms meanwhile. */
#define BASE_WINDOW_US (30 * G_USEC_PER_SEC)
/* No queue is that long: the other side's clock was set. */
#define CLOCK_JUMP_US (60 * G_USEC_PER_SEC)
/* A viewer who falls behind again so soon gets only key frames for a while, longer each time. */
#define RELAPSE_US (15 * G_USEC_PER_SEC)
#define HOLD_MIN_US (4 * G_USEC_PER_SEC)
#define HOLD_MAX_US (60 * G_USEC_PER_SEC)
/* A key frame costs the publisher and all other viewers something: one for a viewer who had no more
 * than a bad moment, few for one who lives on them. */
#define ASK_ONCE_US (1 * G_USEC_PER_SEC)
#define ASK_INTERVAL_US (5 * G_USEC_PER_SEC)
/* After so long without any feedback a key frame is tried all the same. */
#define PATIENCE_US (5 * G_USEC_PER_SEC)

typedef enum
{
  FLOWING,    /* all pictures pass */
  DRAINING,   /* none does until the line is free */
  KEY_FRAMES, /* key frames do while the line is free */
} State;

struct _GcViewerGate
{
  State state;
  gint64 fallen_us; /* when it was left behind, or a key frame was last tried since */
  gint64 turned_us; /* when pictures last ceased to pass or all began to again; 0: never */
  gint64 hold_us;   /* how long only key frames pass */
  gint64 patience_us;
  gint64 key_frame_us; /* when the last was there, passed or not */

  gint64 forgot_us;   /* what was sent before says nothing more */
  gint64 heard_us;    /* the last feedback; 0: none yet */
  gint64 reply_us;    /* how long feedback takes, smoothed */
  gint64 sent_us;     /* the newest packet that was sent */
  gint64 reported_us; /* the newest of them that was reported */
  gint64 waiting_us;  /* no packet sent before has been without report since; 0: all are reported */
  gint64 base_us[2];  /* least difference of the two clocks, in this window and the last */
  gint64 base_since_us;
  gint64 queue_us;
  gsize unreported_bytes;
  gsize rate_bytes; /* of this window */
  gint64 rate_since_us;
  guint64 rate_bps; /* at which packets came in the last */
  guint foretold;
  guint packets; /* of the loss window */
  guint lost;
  gboolean lossy;
};

/**
 * gc_viewer_gate_new:
 *
 * Returns: (transfer full): a gate for a viewer who has been sent nothing
 */
GcViewerGate *
gc_viewer_gate_new (void)
{
  GcViewerGate *self = g_new0 (GcViewerGate, 1);

  self->base_us[0] = self->base_us[1] = G_MAXINT64;
  self->patience_us = PATIENCE_US;
  return self;
}

/**
 * gc_viewer_gate_free:
 * @self: (transfer full): a gate
 */
void
gc_viewer_gate_free (GcViewerGate *self)
{
  g_free (self);
}

/* --- the line --- */

static gboolean
is_silent (GcViewerGate *self, gint64 now_us)
{
  return self->heard_us != 0 && self->waiting_us != 0
         && now_us - self->waiting_us > SILENCE_MAX_US + 2 * self->reply_us;
}

static gboolean
is_overloaded (GcViewerGate *self, gint64 now_us)
{
  return self->queue_us > QUEUE_MAX_US || self->foretold >= FORETOLD_MAX || self->lossy
         || is_silent (self, now_us);
}

static gboolean
is_free (GcViewerGate *self, gint64 now_us)
{
  if (self->waiting_us == 0 || (self->queue_us < QUEUE_FREE_US && !is_silent (self, now_us)))
    {
      self->patience_us = PATIENCE_US;
      return TRUE;
    }
  return now_us - self->fallen_us > self->patience_us;
}

static void
reset_base (GcViewerGate *self, gint64 now_us, gint64 previous_us)
{
  self->base_us[0] = G_MAXINT64;
  self->base_us[1] = previous_us;
  self->base_since_us = now_us;
}

static void
measure_rate (GcViewerGate *self, gint64 came_us, gsize bytes)
{
  guint64 took_us = (guint64) came_us - (guint64) self->rate_since_us;

  self->rate_bytes += bytes;
  if (took_us < RATE_WINDOW_US)
    return;
  self->rate_bps = self->rate_bytes * 8 * G_USEC_PER_SEC / took_us;
  self->rate_bytes = 0;
  self->rate_since_us = came_us;
}

/* How long it will take what is on the line, if it is full: then packets come as fast as they can.
 */
static gboolean
foretells_queue (GcViewerGate *self)
{
  return self->queue_us > QUEUE_FREE_US && self->rate_bps > 0
         && self->unreported_bytes * 8 * G_USEC_PER_SEC / self->rate_bps > QUEUE_MAX_US;
}

/**
 * gc_viewer_gate_note_sent:
 * @self: a gate
 * @sent_us: when a packet was sent, us of our clock
 * @bytes: its size
 *
 * Said of each packet but repetitions, in their order.
 */
void
gc_viewer_gate_note_sent (GcViewerGate *self, gint64 sent_us, gsize bytes)
{
  self->unreported_bytes += bytes;
  if (self->waiting_us == 0)
    self->waiting_us = sent_us;
  self->sent_us = sent_us;
}

/**
 * gc_viewer_gate_note_report:
 * @self: a gate
 * @sent_us: when a packet was sent, us of our clock
 * @came_us: when the viewer says that it came, us of his clock
 * @bytes: its size
 *
 * The viewer may say what he likes: nonsense costs nobody but him.
 */
void
gc_viewer_gate_note_report (GcViewerGate *self, gint64 sent_us, gint64 came_us, gsize bytes)
{
  gint64 delay_us = (gint64) ((guint64) came_us - (guint64) sent_us);
  gint64 base_us;

  if (sent_us - self->base_since_us > BASE_WINDOW_US)
    reset_base (self, sent_us, self->base_us[0]);
  self->base_us[0] = MIN (self->base_us[0], delay_us);
  base_us = MIN (self->base_us[0], self->base_us[1]);
  /* Unsigned: the difference of two numbers from a stranger may not fit. */
  if ((guint64) delay_us - (guint64) base_us > CLOCK_JUMP_US)
    {
      reset_base (self, sent_us, G_MAXINT64);
      self->base_us[0] = base_us = delay_us;
    }
  if (sent_us < self->forgot_us)
    return;
  self->queue_us = delay_us - base_us;
  self->reported_us = MAX (self->reported_us, sent_us);
  self->unreported_bytes -= MIN (self->unreported_bytes, bytes);
  measure_rate (self, came_us, bytes);
  if (self->reported_us >= self->sent_us)
    self->waiting_us = self->unreported_bytes = 0;
  else if (self->waiting_us != 0)
    self->waiting_us = MAX (self->waiting_us, sent_us);
  self->packets++;
}

/**
 * gc_viewer_gate_note_loss:
 * @self: a gate
 * @sent_us: when a packet was sent that did not come, as the viewer says; us of our clock
 * @bytes: its size
 */
void
gc_viewer_gate_note_loss (GcViewerGate *self, gint64 sent_us, gsize bytes)
{
  if (sent_us < self->forgot_us)
    return;
  self->unreported_bytes -= MIN (self->unreported_bytes, bytes);
  self->packets++;
  self->lost++;
}

/**
 * gc_viewer_gate_note_feedback:
 * @self: a gate
 * @now_us: when a feedback came that was wholly noted, us of our clock
 */
void
gc_viewer_gate_note_feedback (GcViewerGate *self, gint64 now_us)
{
  gint64 took_us = now_us - self->reported_us;

  if (self->heard_us == 0)
    self->reply_us = took_us;
  else
    self->reply_us += (took_us - self->reply_us) / 8;
  self->heard_us = now_us;
  self->foretold = foretells_queue (self) ? self->foretold + 1 : 0;
  if (self->packets < LOSS_WINDOW)
    return;
  self->lossy = self->lost * 100 > self->packets * LOSS_MAX;
  self->packets = self->lost = 0;
}

/* --- the pictures --- */

static void
fall_behind (GcViewerGate *self, gint64 now_us)
{
  if (self->turned_us == 0 || now_us - self->turned_us > RELAPSE_US)
    self->hold_us = 0;
  else
    self->hold_us = CLAMP (self->hold_us * 2, HOLD_MIN_US, HOLD_MAX_US);
  self->state = DRAINING;
  self->fallen_us = self->turned_us = now_us;
}

/* Whatever was lost and late before says nothing about what comes. */
static void
forget_overload (GcViewerGate *self, gint64 now_us)
{
  self->forgot_us = now_us;
  self->lossy = FALSE;
  self->packets = self->lost = 0;
  self->queue_us = self->waiting_us = 0;
  self->unreported_bytes = 0;
  self->foretold = 0;
}

static GcViewerGateVerdict
pass_key_frame (GcViewerGate *self, gint64 now_us)
{
  /* If it was only tried, and comes to nothing, the next try has more time. */
  if (now_us - self->fallen_us > self->patience_us)
    self->patience_us = MIN (self->patience_us * 2, HOLD_MAX_US);
  self->fallen_us = now_us;
  forget_overload (self, now_us);
  if (now_us - self->turned_us >= self->hold_us)
    {
      self->state = FLOWING;
      self->turned_us = now_us;
    }
  return GC_VIEWER_GATE_PASS;
}

static GcViewerGateVerdict
judge_behind (GcViewerGate *self, gint64 now_us, gboolean key_frame, gint64 last_key_frame_us)
{
  gint64 interval_us = self->hold_us == 0 ? ASK_ONCE_US : ASK_INTERVAL_US;

  if (!is_free (self, now_us))
    return GC_VIEWER_GATE_SKIP;
  self->state = KEY_FRAMES;
  if (key_frame)
    return pass_key_frame (self, now_us);
  return now_us - last_key_frame_us >= interval_us ? GC_VIEWER_GATE_SKIP_AND_ASK
                                                   : GC_VIEWER_GATE_SKIP;
}

/**
 * gc_viewer_gate_judge:
 * @self: a gate
 * @now_us: us of our clock
 * @key_frame: whether the next picture can be shown without those before it
 *
 * To be asked for each picture in turn.
 *
 * Returns: what to do with it
 */
GcViewerGateVerdict
gc_viewer_gate_judge (GcViewerGate *self, gint64 now_us, gboolean key_frame)
{
  gint64 last_key_frame_us = self->key_frame_us;

  if (key_frame)
    self->key_frame_us = now_us;
  if (self->state == FLOWING && is_overloaded (self, now_us))
    fall_behind (self, now_us);
  if (self->state == FLOWING)
    return GC_VIEWER_GATE_PASS;
  return judge_behind (self, now_us, key_frame, last_key_frame_us);
}

/**
 * gc_viewer_gate_is_behind:
 * @self: a gate
 *
 * Returns: whether the viewer misses pictures
 */
gboolean
gc_viewer_gate_is_behind (GcViewerGate *self)
{
  return self->state != FLOWING;
}
