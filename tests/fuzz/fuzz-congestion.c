/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The input is a story: packets leave, feedback comes, true or not, time goes by, pictures are
 * asked for. Whatever it is, what is in flight is no more than was sent, no grant is above the
 * limit, and after silence a picture is granted again once feedback is honest. */

#include "live/gc-congestion.h"

#include <math.h>
#include <stdint.h>

#define MAX_BPS 4000000
#define START_US G_GINT64_CONSTANT (3000000000)
#define INTERVAL_US 33333
#define STILL_US (4 * G_USEC_PER_SEC)
#define ARRIVALS_MAX 64

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

typedef struct
{
  const uint8_t *data;
  size_t left;
  GcCongestion *congestion;
  gint64 now_us;
  guint16 next;
  guint64 sent_bytes;
} Story;

static guint
read_byte (Story *story)
{
  if (story->left == 0)
    return 0;
  story->left--;
  return *story->data++;
}

static guint
read_short (Story *story)
{
  guint high = read_byte (story);

  return high << 8 | read_byte (story);
}

static void
check (Story *story)
{
  gint64 pacing_bps = gc_congestion_get_pacing_bps (story->congestion);
  GcCongestionFigures figures;

  gc_congestion_get_figures (story->congestion, story->now_us, &figures);
  g_assert (pacing_bps > 0);
  g_assert (figures.in_flight <= story->sent_bytes);
  g_assert (figures.target_bps > 0 && figures.target_bps <= MAX_BPS);
  g_assert (figures.capacity_bps >= 0);
  g_assert (figures.queue_us >= 0);
  g_assert (figures.rtt_us >= -1);
  g_assert (figures.loss >= 0 && figures.loss <= 1);
}

static gsize
ask (Story *story)
{
  gsize grant = gc_congestion_grant (story->congestion, story->now_us, INTERVAL_US);

  /* The first is for half a second. */
  g_assert (grant <= MAX_BPS / 8 / 2);
  gc_congestion_wants_probe (story->congestion, story->now_us);
  /* One every few seconds is small. */
  g_assert (gc_congestion_grant (story->congestion, story->now_us, STILL_US) <= 12000);
  g_assert (gc_congestion_get_still_bps (story->congestion) > 0);
  return grant;
}

static void
send (Story *story, guint skipped, gsize bytes)
{
  story->next += (guint16) skipped;
  story->sent_bytes += bytes;
  gc_congestion_sent (story->congestion, story->now_us, story->next++, bytes);
}

/* In 8 bytes, of which ns make 54 bits of µs. */
static gint64
read_time (Story *story)
{
  guint64 time = 0;

  for (guint i = 0; i < 8; i++)
    time = time << 8 | read_byte (story);
  return time == G_MAXUINT64 ? GC_CONGESTION_LOST : (gint64) (time / 1000);
}

static void
feed_back (Story *story, gboolean lies)
{
  guint n_arrivals = read_byte (story) % ARRIVALS_MAX;
  guint16 sequence = (guint16) (story->next - read_byte (story));
  GcArrival arrivals[ARRIVALS_MAX];

  for (guint i = 0; i < n_arrivals; i++)
    {
      guint how = read_byte (story);

      if (lies)
        arrivals[i] = (GcArrival) { (guint16) read_short (story), read_time (story) };
      else
        arrivals[i] = (GcArrival) { sequence++, how % 8 == 0 ? GC_CONGESTION_LOST
                                                             : story->now_us - how * 1000 };
    }
  gc_congestion_arrived (story->congestion, story->now_us, arrivals, n_arrivals);
}

static void
go_on (Story *story)
{
  guint what = read_byte (story);

  switch (what % 6)
    {
    case 0:
      send (story, 0, read_short (story));
      break;
    case 1:
      send (story, read_short (story), read_short (story));
      break;
    case 2:
      story->now_us += (gint64) read_short (story) << what / 16;
      break;
    case 3:
      if (ask (story) > 0)
        send (story, 0, 1000);
      break;
    default:
      feed_back (story, what % 6 == 4);
    }
}

/* From now on all goes well, and what is not granted is a packet of sound or a heartbeat. */
static void
recover (Story *story)
{
  gsize granted = 0;

  for (guint i = 0; i < 3000 && granted == 0; i++, story->now_us += INTERVAL_US)
    {
      GcArrival arrival = { story->next, story->now_us + 20000 };

      granted = ask (story);
      if (granted > 0
          || gc_congestion_get_state (story->congestion, story->now_us) != GC_CONGESTION_FLOWING)
        {
          send (story, 0, MAX (granted, 60));
          story->now_us += 40000;
          gc_congestion_arrived (story->congestion, story->now_us, &arrival, 1);
        }
    }
  g_assert (granted > 0);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GcCongestion) congestion = gc_congestion_new (MAX_BPS);
  Story story = { data, size, congestion, START_US, 0, 0 };

  story.next = (guint16) read_short (&story);
  while (story.left > 0)
    {
      go_on (&story);
      check (&story);
    }
  recover (&story);
  check (&story);
  return 0;
}
