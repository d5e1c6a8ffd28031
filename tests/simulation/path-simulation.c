/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "path-simulation.h"

#include "link-model.h"

#define MAX_BPS 6000000
#define STEP_US 250
#define SAMPLE_US 10000
/* Monotonic clocks do not begin at 0 either. */
#define START_US G_GINT64_CONSTANT (5000000000)
#define NS_PER_US 1000
#define REPORT_HEADERS 80
#define REPORT_BYTES_PER_PACKET 3

typedef struct
{
  PathSimulation *simulation;
  PathSender *sender;
  PathReceiver *receiver;
  PathFigures figures;
  guint granted_before;
  gint64 newest_us; /* when the newest picture shown was taken */
} End;

/* What the link carries of it. */
typedef struct
{
  End *end;
  PathPacket packet;  /* on the way up */
  PathReport *report; /* on the way down */
} Cargo;

struct _PathSimulation
{
  LinkModel *up;
  LinkModel *down;
  End ends[PATH_SENDERS_MAX];
  guint n_ends;
  gint64 now_us;
  gint64 sample_us;
  PathFeedbackFunc on_feedback;
  gpointer feedback_data;
  PathShownFunc on_shown;
  gpointer shown_data;
};

static void
cargo_free (gpointer data)
{
  Cargo *cargo = data;

  g_clear_pointer (&cargo->report, path_report_free);
  g_free (cargo);
}

static void
on_end_shown (gint64 now_us, gint64 taken_us, gsize bytes, gpointer user_data)
{
  End *end = user_data;
  PathSimulation *self = end->simulation;

  end->newest_us = MAX (end->newest_us, taken_us);
  end->figures.n_shown++;
  end->figures.shown_bytes += bytes;
  if (self->on_shown != NULL)
    self->on_shown (now_us - START_US, taken_us - START_US, bytes, self->shown_data);
}

/**
 * path_simulation_new:
 * @up: the link from the senders, as link_spec_parse() takes it
 * @down: the link back to them
 * @n_senders: how many share it, 1 to %PATH_SENDERS_MAX
 * @error: return location for a #GError
 *
 * Returns: (transfer full): a simulation at its beginning, or %NULL with what link_spec_parse()
 * says
 */
PathSimulation *
path_simulation_new (const char *up, const char *down, guint n_senders, GError **error)
{
  g_autoptr (PathSimulation) self = g_new0 (PathSimulation, 1);

  g_return_val_if_fail (n_senders >= 1 && n_senders <= PATH_SENDERS_MAX, NULL);
  self->up = link_model_new (up, START_US * NS_PER_US, cargo_free, error);
  if (self->up == NULL)
    return NULL;
  self->down = link_model_new (down, START_US * NS_PER_US, cargo_free, error);
  if (self->down == NULL)
    return NULL;
  self->now_us = START_US;
  self->sample_us = START_US;
  self->n_ends = n_senders;
  for (guint i = 0; i < n_senders; i++)
    {
      self->ends[i].simulation = self;
      self->ends[i].sender = path_sender_new (i + 1, START_US, MAX_BPS);
      self->ends[i].receiver = path_receiver_new (START_US, on_end_shown, &self->ends[i]);
      self->ends[i].newest_us = START_US;
    }
  link_model_start (self->up, START_US * NS_PER_US);
  link_model_start (self->down, START_US * NS_PER_US);
  return g_steal_pointer (&self);
}

/**
 * path_simulation_free:
 * @self: (transfer full): a simulation
 */
void
path_simulation_free (PathSimulation *self)
{
  g_clear_pointer (&self->up, link_model_free);
  g_clear_pointer (&self->down, link_model_free);
  for (guint i = 0; i < self->n_ends; i++)
    {
      path_sender_free (self->ends[i].sender);
      path_receiver_free (self->ends[i].receiver);
    }
  g_free (self);
}

/**
 * path_simulation_set_on_feedback:
 * @self: a simulation
 * @on_feedback: called with all feedback
 * @user_data: for it
 */
void
path_simulation_set_on_feedback (PathSimulation *self,
                                 PathFeedbackFunc on_feedback,
                                 gpointer user_data)
{
  self->on_feedback = on_feedback;
  self->feedback_data = user_data;
}

/**
 * path_simulation_set_on_shown:
 * @self: a simulation
 * @on_shown: called for each picture, with times since the beginning
 * @user_data: for it
 */
void
path_simulation_set_on_shown (PathSimulation *self, PathShownFunc on_shown, gpointer user_data)
{
  self->on_shown = on_shown;
  self->shown_data = user_data;
}

static void
send_up (PathSimulation *self, End *end)
{
  PathPacket packet;

  while (path_sender_pop (end->sender, self->now_us, &packet))
    {
      Cargo *cargo = g_new0 (Cargo, 1);

      cargo->end = end;
      cargo->packet = packet;
      link_model_push (self->up, self->now_us * NS_PER_US, packet.bytes, cargo);
    }
}

static void
send_down (PathSimulation *self, End *end)
{
  PathReport *report = path_receiver_report (end->receiver, self->now_us);
  Cargo *cargo;

  if (report == NULL)
    return;
  cargo = g_new0 (Cargo, 1);
  cargo->end = end;
  cargo->report = report;
  link_model_push (self->down, self->now_us * NS_PER_US,
                   REPORT_HEADERS
                       + REPORT_BYTES_PER_PACKET * (report->arrivals->len + report->missing->len),
                   cargo);
}

static void
arrive_down (PathSimulation *self, Cargo *cargo)
{
  if (self->on_feedback != NULL && cargo->report->arrivals->len > 0)
    self->on_feedback (cargo->report->arrivals, self->now_us - START_US, self->feedback_data);
  path_sender_take (cargo->end->sender, self->now_us, cargo->report);
}

static void
arrive (PathSimulation *self, LinkModel *link)
{
  LinkPacket left;

  while (link_model_pop (link, self->now_us * NS_PER_US, &left))
    {
      Cargo *cargo = left.cookie;

      for (guint i = 0; i < left.copies; i++)
        {
          if (cargo->report != NULL)
            arrive_down (self, cargo);
          else
            path_receiver_take (cargo->end->receiver, self->now_us, &cargo->packet);
        }
      cargo_free (cargo);
    }
}

static void
sample (PathSimulation *self)
{
  gsize queued = link_model_get_queued_bytes (self->up);

  for (guint i = 0; i < self->n_ends; i++)
    {
      PathFigures *figures = &self->ends[i].figures;

      figures->most_age_us = MAX (figures->most_age_us, self->now_us - self->ends[i].newest_us);
      figures->most_queued = MAX (figures->most_queued, queued);
    }
  self->sample_us += SAMPLE_US;
}

/**
 * path_simulation_run:
 * @self: a simulation
 * @until_ms: time since its beginning
 */
void
path_simulation_run (PathSimulation *self, guint until_ms)
{
  for (; self->now_us < START_US + (gint64) until_ms * 1000; self->now_us += STEP_US)
    {
      for (guint i = 0; i < self->n_ends; i++)
        send_up (self, &self->ends[i]);
      arrive (self, self->up);
      for (guint i = 0; i < self->n_ends; i++)
        send_down (self, &self->ends[i]);
      arrive (self, self->down);
      if (self->now_us >= self->sample_us)
        sample (self);
    }
}

/**
 * path_simulation_take_figures:
 * @self: a simulation
 * @sender: which, from 0
 * @figures: (out): what happened to it since the last call
 */
void
path_simulation_take_figures (PathSimulation *self, guint sender, PathFigures *figures)
{
  End *end = &self->ends[sender];
  guint granted = path_sender_get_n_granted (end->sender);

  *figures = end->figures;
  figures->n_granted = granted - end->granted_before;
  end->granted_before = granted;
  end->figures = (PathFigures) { 0 };
}

/**
 * path_simulation_get_state:
 * @self: a simulation
 * @sender: which, from 0
 *
 * Returns: what the sender thinks of its path
 */
GcCongestionState
path_simulation_get_state (PathSimulation *self, guint sender)
{
  return gc_congestion_get_state (path_sender_get_congestion (self->ends[sender].sender),
                                  self->now_us);
}
