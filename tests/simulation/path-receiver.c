/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "path-receiver.h"

/* As libwebrtc at its slowest. */
#define FEEDBACK_US 50000
/* A packet that was asked for and did not come is asked for again. */
#define ASK_AGAIN_US 100000
/* What is missing for so long is given up, for a picture that needs no other. */
#define GIVE_UP_US 500000
/* The receiver's clock is another one. */
#define CLOCK_OFFSET_US G_GINT64_CONSTANT (777000777)

typedef struct
{
  guint got;
  guint of; /* 0 before the first packet */
  gboolean is_key;
  gint64 first_id;
  gint64 taken_us;
  gsize bytes;
} Picture;

typedef struct
{
  gint64 id;
  gint64 since_us;
  gint64 asked_us;
} Missing;

typedef struct
{
  guint64 number;
  gint64 at_us;
} Arrived;

struct _PathReceiver
{
  PathShownFunc on_shown;
  gpointer user_data;
  GArray *pictures;    /* of Picture */
  GByteArray *seen;    /* by id: whether it came */
  GArray *missing;     /* of Missing */
  GArray *arrived;     /* of Arrived, since the last feedback */
  guint next_picture;  /* to be shown */
  guint64 next_number; /* of which nothing was fed back; 0 before the first packet */
  gint64 feedback_us;
  gint64 key_asked_us;
};

/**
 * path_receiver_new:
 * @now_us: the present
 * @on_shown: called for each picture
 * @user_data: for it
 *
 * Returns: (transfer full): a receiver
 */
PathReceiver *
path_receiver_new (gint64 now_us, PathShownFunc on_shown, gpointer user_data)
{
  PathReceiver *self = g_new0 (PathReceiver, 1);

  self->on_shown = on_shown;
  self->user_data = user_data;
  self->pictures = g_array_new (FALSE, TRUE, sizeof (Picture));
  self->seen = g_byte_array_new ();
  self->missing = g_array_new (FALSE, FALSE, sizeof (Missing));
  self->arrived = g_array_new (FALSE, FALSE, sizeof (Arrived));
  self->feedback_us = now_us;
  return self;
}

/**
 * path_receiver_free:
 * @self: (transfer full): a receiver
 */
void
path_receiver_free (PathReceiver *self)
{
  g_array_unref (self->pictures);
  g_byte_array_unref (self->seen);
  g_array_unref (self->missing);
  g_array_unref (self->arrived);
  g_free (self);
}

static void
forget_missing_before (PathReceiver *self, gint64 id)
{
  for (guint i = self->missing->len; i > 0; i--)
    if (g_array_index (self->missing, Missing, i - 1).id < id)
      g_array_remove_index (self->missing, i - 1);
}

static void
show (PathReceiver *self, gint64 now_us, guint number)
{
  const Picture *picture = &g_array_index (self->pictures, Picture, number);

  self->next_picture = number + 1;
  self->on_shown (now_us, picture->taken_us, picture->bytes, self->user_data);
}

static void
show_complete (PathReceiver *self, gint64 now_us, guint number)
{
  const Picture *picture = &g_array_index (self->pictures, Picture, number);

  if (picture->is_key && picture->got == picture->of && number > self->next_picture)
    {
      forget_missing_before (self, picture->first_id);
      show (self, now_us, number);
    }
  while (self->next_picture < self->pictures->len)
    {
      picture = &g_array_index (self->pictures, Picture, self->next_picture);
      if (picture->of == 0 || picture->got < picture->of)
        return;
      show (self, now_us, self->next_picture);
    }
}

/* Whether it is new; notes what is missing before it. */
static gboolean
note_id (PathReceiver *self, gint64 now_us, gint64 id)
{
  guint before = self->seen->len;

  if (id < before)
    {
      gboolean is_new = !self->seen->data[id];

      self->seen->data[id] = TRUE;
      for (guint i = 0; is_new && i < self->missing->len; i++)
        if (g_array_index (self->missing, Missing, i).id == id)
          {
            g_array_remove_index (self->missing, i);
            break;
          }
      return is_new;
    }
  g_byte_array_set_size (self->seen, (guint) id + 1);
  for (guint lost = before; lost < id; lost++)
    {
      Missing missing = { .id = lost, .since_us = now_us };

      self->seen->data[lost] = FALSE;
      g_array_append_val (self->missing, missing);
    }
  self->seen->data[id] = TRUE;
  return TRUE;
}

/**
 * path_receiver_take:
 * @self: a receiver
 * @now_us: the present
 * @packet: what arrived
 */
void
path_receiver_take (PathReceiver *self, gint64 now_us, const PathPacket *packet)
{
  Arrived arrived = { packet->number, now_us };
  Picture *picture;

  g_array_append_val (self->arrived, arrived);
  if (packet->id < 0 || !note_id (self, now_us, packet->id) || packet->picture < self->next_picture)
    return;
  if (packet->picture >= self->pictures->len)
    g_array_set_size (self->pictures, packet->picture + 1);
  picture = &g_array_index (self->pictures, Picture, packet->picture);
  picture->got++;
  picture->of = packet->n_packets;
  picture->is_key = packet->is_key;
  picture->first_id = packet->first_id;
  picture->taken_us = packet->taken_us;
  picture->bytes += packet->payload;
  show_complete (self, now_us, packet->picture);
}

static int
compare_arrived (gconstpointer a, gconstpointer b)
{
  const Arrived *one = a;
  const Arrived *other = b;

  return one->number < other->number ? -1 : one->number > other->number;
}

static void
add_arrival (GArray *arrivals, guint64 number, gint64 received_us)
{
  GcArrival arrival = { (guint16) number, received_us };

  g_array_append_val (arrivals, arrival);
}

/* Those that came, in order, and those between that did not. */
static void
feed_back (PathReceiver *self, gint64 now_us, GArray *arrivals)
{
  self->feedback_us = now_us + FEEDBACK_US;
  g_array_sort (self->arrived, compare_arrived);
  for (guint i = 0; i < self->arrived->len; i++)
    {
      const Arrived *arrived = &g_array_index (self->arrived, Arrived, i);

      for (; self->next_number != 0 && self->next_number < arrived->number; self->next_number++)
        add_arrival (arrivals, self->next_number, GC_CONGESTION_LOST);
      add_arrival (arrivals, arrived->number, arrived->at_us + CLOCK_OFFSET_US);
      self->next_number = MAX (self->next_number, arrived->number + 1);
    }
  g_array_set_size (self->arrived, 0);
}

static void
ask (PathReceiver *self, gint64 now_us, PathReport *report)
{
  for (guint i = 0; i < self->missing->len; i++)
    {
      Missing *missing = &g_array_index (self->missing, Missing, i);

      if (now_us - missing->since_us > GIVE_UP_US && now_us - self->key_asked_us > GIVE_UP_US)
        {
          report->wants_key = TRUE;
          self->key_asked_us = now_us;
        }
      if (missing->asked_us != 0 && now_us - missing->asked_us < ASK_AGAIN_US)
        continue;
      missing->asked_us = now_us;
      g_array_append_val (report->missing, missing->id);
    }
}

/**
 * path_receiver_report:
 * @self: a receiver
 * @now_us: the present
 *
 * Returns: (transfer full) (nullable): what it says now, if anything
 */
PathReport *
path_receiver_report (PathReceiver *self, gint64 now_us)
{
  PathReport *report;

  if (self->missing->len == 0 && (self->arrived->len == 0 || now_us < self->feedback_us))
    return NULL;
  report = g_new0 (PathReport, 1);
  report->arrivals = g_array_new (FALSE, FALSE, sizeof (GcArrival));
  report->missing = g_array_new (FALSE, FALSE, sizeof (gint64));
  if (now_us >= self->feedback_us)
    feed_back (self, now_us, report->arrivals);
  ask (self, now_us, report);
  if (report->arrivals->len > 0 || report->missing->len > 0 || report->wants_key)
    return report;
  path_report_free (report);
  return NULL;
}

/**
 * path_report_free:
 * @report: (transfer full): a report
 */
void
path_report_free (PathReport *report)
{
  g_array_unref (report->arrivals);
  g_array_unref (report->missing);
  g_free (report);
}
