/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises of the congestion control on what a real receiver has fed back, over an emulated link
 * with the recorded rate of a cellular uplink (data/README.md):
 *  - what it takes the path to carry is what the path carried, within bounds
 *  - the round trip is never below the link's, and what is in flight never more than was sent
 *  - each picture is granted no more than the limit
 */

#include "live/gc-congestion.h"

#include <gio/gio.h>

#define MAX_BPS 8000000
#define INTERVAL_US 33333
#define LINK_RTT_US 40000
#define WARM_US (5 * G_USEC_PER_SEC)
#define EPOCH_US G_GINT64_CONSTANT (7000000000)

/* One line: “s TIME NUMBER BYTES”, or “a TIME NUMBER RECEIVED”, times in µs. */
typedef struct
{
  char kind;
  gint64 at_us;
  guint16 sequence;
  gint64 value;
} Event;

static GArray *
read_events (void)
{
  g_autofree char *path
      = g_test_build_filename (G_TEST_DIST, "unit", "live", "data", "feedback.txt", NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  GArray *events = g_array_new (FALSE, FALSE, sizeof (Event));

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; *lines[i] != '\0'; i++)
    {
      g_auto (GStrv) words = g_strsplit (lines[i], " ", -1);
      const Event event = {
        .kind = words[0][0],
        .at_us = EPOCH_US + g_ascii_strtoll (words[1], NULL, 10),
        .sequence = (guint16) g_ascii_strtoull (words[2], NULL, 10),
        .value = g_ascii_strtoll (words[3], NULL, 10),
      };

      g_array_append_val (events, event);
    }
  return events;
}

typedef struct
{
  GcCongestion *congestion;
  GHashTable *sizes; /* sequence to bytes */
  guint64 sent;
  guint64 arrived; /* since it is warm */
  double target_bps;
  guint n_targets;
  gint64 next_us;
  gint64 least_rtt_us;
} Replay;

static void
look (Replay *self, gint64 now_us)
{
  GcCongestionFigures figures;

  for (; self->next_us <= now_us; self->next_us += INTERVAL_US)
    {
      g_assert_cmpuint (gc_congestion_grant (self->congestion, self->next_us, INTERVAL_US), <=,
                        MAX_BPS / 8 / 2);
      gc_congestion_get_figures (self->congestion, self->next_us, &figures);
      g_assert_cmpuint (figures.in_flight, <=, self->sent);
      g_assert_cmpint (figures.target_bps, <=, MAX_BPS);
      if (figures.rtt_us >= 0)
        self->least_rtt_us = MIN (self->least_rtt_us, figures.rtt_us);
      if (self->next_us < EPOCH_US + WARM_US)
        continue;
      self->target_bps += (double) figures.target_bps;
      self->n_targets++;
    }
}

static void
take_feedback (Replay *self, const GArray *events, guint *i)
{
  const Event *first = &g_array_index (events, Event, *i);
  g_autoptr (GArray) arrivals = g_array_new (FALSE, FALSE, sizeof (GcArrival));

  for (; *i < events->len; ++*i)
    {
      const Event *event = &g_array_index (events, Event, *i);
      const GcArrival arrival = { event->sequence, event->value };

      if (event->kind != 'a' || event->at_us != first->at_us)
        break;
      g_array_append_val (arrivals, arrival);
      if (event->value != GC_CONGESTION_LOST && event->at_us >= EPOCH_US + WARM_US)
        self->arrived += GPOINTER_TO_SIZE (
            g_hash_table_lookup (self->sizes, GUINT_TO_POINTER (event->sequence)));
    }
  gc_congestion_arrived (self->congestion, first->at_us,
                         (const GcArrival *) (gconstpointer) arrivals->data, arrivals->len);
}

static void
test_recorded (void)
{
  g_autoptr (GArray) events = read_events ();
  g_autoptr (GcCongestion) congestion = gc_congestion_new (MAX_BPS);
  g_autoptr (GHashTable) sizes = g_hash_table_new (NULL, NULL);
  Replay replay = {
    .congestion = congestion, .sizes = sizes, .next_us = EPOCH_US, .least_rtt_us = G_MAXINT64
  };
  double carried_bps;
  gint64 span_us;

  for (guint i = 0; i < events->len;)
    {
      const Event *event = &g_array_index (events, Event, i);

      look (&replay, event->at_us);
      if (event->kind == 'a')
        {
          take_feedback (&replay, events, &i);
          continue;
        }
      gc_congestion_sent (congestion, event->at_us, event->sequence, (gsize) event->value);
      g_hash_table_insert (sizes, GUINT_TO_POINTER (event->sequence),
                           GSIZE_TO_POINTER ((gsize) event->value));
      replay.sent += (guint64) event->value;
      i++;
    }
  span_us = g_array_index (events, Event, events->len - 1).at_us - EPOCH_US - WARM_US;
  carried_bps = (double) replay.arrived * 8 * G_USEC_PER_SEC / (double) span_us;
  g_test_message ("the path carried %.0f bit/s; on average %.0f were asked of it; round trip %d ms",
                  carried_bps, replay.target_bps / replay.n_targets,
                  (int) (replay.least_rtt_us / 1000));
  g_assert_cmpint (replay.least_rtt_us, >=, LINK_RTT_US);
  g_assert_cmpfloat (replay.target_bps / replay.n_targets, >, carried_bps / 2);
  g_assert_cmpfloat (replay.target_bps / replay.n_targets, <, carried_bps * 2);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/live/congestion/recorded-feedback", test_recorded);
  return g_test_run ();
}
