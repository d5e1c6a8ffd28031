/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises of the gate before a viewer's line, over a line that is made up here:
 *  - a line that carries the stream carries every picture, also with loss, jitter and a far viewer
 *  - on a line that is too short no picture gets old, whether it queues or loses what it cannot
 * carry; few key frames are asked for, and the viewer still sees something
 *  - after a bad moment everything flows again at once, after one key frame
 *  - for a viewer whom nothing reaches few key frames are asked for
 *  - who gives no feedback gets everything; who lies harms nobody but himself
 */

#include "center/gc-viewer-gate.h"

#define MS ((gint64) 1000)
#define PICTURE_US (33 * MS)
#define FEEDBACK_US (50 * MS)
#define PACKET_BITS (1200 * 8)
#define PACKETS_MAX 100000

typedef struct
{
  gint64 sent_us;
  gint64 came_us; /* -1: lost */
  gsize bytes;
} Packet;

/* A drop-tail queue, a line that takes time for each bit, and a way there and back. Nothing happens
 * in real time. */
typedef struct
{
  guint kbps; /* 0: nothing gets through */
  gint64 delay_us;
  gint64 jitter_us;
  gint64 queue_max_us;
  guint loss_percent;
  guint picture_packets;
  guint key_frame_packets;
  gboolean silent; /* the viewer gives no feedback */
  GRand *rand;

  GcViewerGate *gate;
  gint64 now_us;
  gint64 free_us; /* when the line has sent what waits for it */
  gint64 fed_back_us;
  Packet *packets;
  guint sent;
  guint reported;
  gboolean key_frame_wanted;
  gint64 wanted_us;

  guint pictures;
  guint passed;
  guint key_frames_asked;
  gint64 worst_us; /* age of a picture when its last packet came */
} Line;

static void
line_init (Line *line, guint kbps)
{
  *line = (Line) { .kbps = kbps,
                   .delay_us = 20 * MS,
                   .queue_max_us = 10 * 1000 * MS,
                   .picture_packets = 5, /* 1.5 Mbit/s */
                   .key_frame_packets = 40 };
  line->rand = g_rand_new_with_seed (1);
  line->gate = gc_viewer_gate_new ();
  line->now_us = 1000 * MS;
  line->packets = g_new0 (Packet, PACKETS_MAX);
}

static void
line_clear (Line *line)
{
  gc_viewer_gate_free (line->gate);
  g_rand_free (line->rand);
  g_free (line->packets);
}

static void
send_packet (Line *line, guint bits)
{
  Packet *packet = line->packets + line->sent++;
  gint64 begins_us = MAX (line->free_us, line->now_us);

  g_assert_cmpuint (line->sent, <, PACKETS_MAX);
  packet->sent_us = line->now_us;
  packet->came_us = -1;
  packet->bytes = bits / 8;
  gc_viewer_gate_note_sent (line->gate, line->now_us, packet->bytes);
  if (line->kbps == 0 || begins_us - line->now_us > line->queue_max_us
      || g_rand_int_range (line->rand, 0, 100) < (gint) line->loss_percent)
    return;
  line->free_us = begins_us + bits * MS / line->kbps;
  packet->came_us = line->free_us + line->delay_us;
  if (line->jitter_us > 0)
    packet->came_us += g_rand_int_range (line->rand, 0, (gint) line->jitter_us);
  line->worst_us = MAX (line->worst_us, packet->came_us - line->now_us);
}

/* What has come when feedback leaves is known a way back later; what nothing came after cannot be
 * known to be lost. */
static void
feed_back (Line *line)
{
  gint64 left_us = line->now_us - line->delay_us;
  guint last = line->reported;

  line->fed_back_us = line->now_us;
  for (guint i = line->reported; i < line->sent; i++)
    if (line->packets[i].came_us >= 0 && line->packets[i].came_us <= left_us)
      last = i + 1;
  if (last == line->reported || line->silent)
    return;
  for (; line->reported < last; line->reported++)
    {
      const Packet *packet = line->packets + line->reported;

      if (packet->came_us < 0)
        gc_viewer_gate_note_loss (line->gate, packet->sent_us, packet->bytes);
      else
        gc_viewer_gate_note_report (line->gate, packet->sent_us, packet->came_us + 123456789,
                                    packet->bytes);
    }
  gc_viewer_gate_note_feedback (line->gate, line->now_us);
}

static void
take_picture (Line *line)
{
  /* The publisher takes a while to hear of it. */
  gboolean key_frame = line->pictures == 0
                       || (line->key_frame_wanted && line->now_us - line->wanted_us > 150 * MS);
  GcViewerGateVerdict verdict = gc_viewer_gate_judge (line->gate, line->now_us, key_frame);

  line->pictures++;
  if (key_frame)
    line->key_frame_wanted = FALSE;
  else if (verdict == GC_VIEWER_GATE_SKIP_AND_ASK && !line->key_frame_wanted)
    {
      line->key_frame_wanted = TRUE;
      line->wanted_us = line->now_us;
      line->key_frames_asked++;
    }
  if (verdict != GC_VIEWER_GATE_PASS)
    return;
  line->passed++;
  for (guint i = 0; i < (key_frame ? line->key_frame_packets : line->picture_packets); i++)
    send_packet (line, PACKET_BITS);
}

static void
run (Line *line, guint seconds, gboolean sound)
{
  gint64 until_us = line->now_us + seconds * 1000 * MS;
  gint64 picture_us = line->now_us;
  gint64 sound_us = line->now_us;

  for (; line->now_us < until_us; line->now_us += MS)
    {
      if (line->now_us >= picture_us)
        {
          take_picture (line);
          picture_us += PICTURE_US;
        }
      if (sound && line->now_us >= sound_us)
        {
          send_packet (line, 1000);
          sound_us += 20 * MS;
        }
      if (line->now_us - line->fed_back_us >= FEEDBACK_US)
        feed_back (line);
    }
}

static void
test_carries (void)
{
  const struct
  {
    gint64 delay_us;
    gint64 jitter_us;
    guint loss_percent;
    gboolean silent;
  } lines[] = {
    { 1 * MS, 0, 0, FALSE },          { 20 * MS, 0, 10, FALSE },
    { 50 * MS, 300 * MS, 2, FALSE },  { 400 * MS, 50 * MS, 5, FALSE },
    { 20 * MS, 50 * MS, 100, FALSE }, { 20 * MS, 0, 0, TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      Line line;

      line_init (&line, 3000);
      line.delay_us = lines[i].delay_us;
      line.jitter_us = lines[i].jitter_us;
      line.loss_percent = lines[i].loss_percent;
      line.silent = lines[i].silent;
      run (&line, 60, TRUE);
      g_assert_cmpuint (line.passed, ==, line.pictures);
      g_assert_false (gc_viewer_gate_is_behind (line.gate));
      line_clear (&line);
    }
}

/* Half of what the stream takes, or a fifth of it; with a queue that holds 10 s, or 100 ms. */
static void
test_too_short (void)
{
  const struct
  {
    guint kbps;
    gint64 queue_max_us;
  } lines[] = { { 750, 10000 * MS }, { 300, 10000 * MS }, { 750, 100 * MS }, { 300, 100 * MS } };

  for (gsize i = 0; i < G_N_ELEMENTS (lines) * 2; i++)
    {
      gboolean sound = i % 2 == 0;
      Line line;

      line_init (&line, lines[i / 2].kbps);
      line.queue_max_us = lines[i / 2].queue_max_us;
      run (&line, 120, sound);
      g_test_message ("%u kbit/s, queue of %d ms: %u of %u pictures, %u key frames asked for, "
                      "oldest %d ms",
                      line.kbps, (int) (line.queue_max_us / MS), line.passed, line.pictures,
                      line.key_frames_asked, (int) (line.worst_us / MS));
      g_assert_cmpint (line.worst_us, <, 2500 * MS);
      g_assert_cmpuint (line.passed, >, 20);
      g_assert_cmpuint (line.key_frames_asked, <=, 30);
      line_clear (&line);
    }
}

static void
test_bad_moment (void)
{
  for (int sound = 0; sound < 2; sound++)
    {
      Line line;
      guint passed;
      guint pictures;

      line_init (&line, 3000);
      run (&line, 20, sound != 0);
      line.kbps = 0;
      run (&line, 3, sound != 0);
      g_assert_true (gc_viewer_gate_is_behind (line.gate));
      line.kbps = 3000;
      /* Without sound nothing is on the way that could be reported: a key frame is tried. */
      run (&line, sound ? 2 : 6, sound != 0);
      g_assert_false (gc_viewer_gate_is_behind (line.gate));
      g_assert_cmpuint (line.key_frames_asked, <=, 2);
      passed = line.passed;
      pictures = line.pictures;
      run (&line, 20, sound != 0);
      g_assert_cmpuint (line.passed - passed, ==, line.pictures - pictures);
      line_clear (&line);
    }
}

static void
test_dead (void)
{
  for (int sound = 0; sound < 2; sound++)
    {
      Line line;

      line_init (&line, 3000);
      run (&line, 5, sound != 0);
      line.kbps = 0;
      run (&line, 60, sound != 0);
      g_assert_true (gc_viewer_gate_is_behind (line.gate));
      g_assert_cmpuint (line.key_frames_asked, <=, 5);
      line_clear (&line);
    }
}

static void
test_lies (void)
{
  g_autoptr (GcViewerGate) gate = gc_viewer_gate_new ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);
  gint64 now_us = 0;

  for (guint i = 0; i < 200000; i++)
    {
      gint64 came_us = (gint64) ((guint64) g_rand_int (rand) << 32 | g_rand_int (rand));

      now_us += g_rand_int_range (rand, 0, 100000);
      switch (g_rand_int_range (rand, 0, 5))
        {
        case 0:
          gc_viewer_gate_note_sent (gate, now_us, 1200);
          break;
        case 1:
          gc_viewer_gate_note_report (gate, now_us - g_rand_int_range (rand, 0, 1000000), came_us,
                                      g_rand_int (rand));
          break;
        case 2:
          gc_viewer_gate_note_loss (gate, now_us, g_rand_int (rand));
          break;
        case 3:
          gc_viewer_gate_note_feedback (gate, now_us);
          break;
        default:
          gc_viewer_gate_judge (gate, now_us, g_rand_int_range (rand, 0, 10) == 0);
        }
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/center/viewer-gate/carries", test_carries);
  g_test_add_func ("/center/viewer-gate/too-short", test_too_short);
  g_test_add_func ("/center/viewer-gate/bad-moment", test_bad_moment);
  g_test_add_func ("/center/viewer-gate/dead", test_dead);
  g_test_add_func ("/center/viewer-gate/lies", test_lies);
  return g_test_run ();
}
