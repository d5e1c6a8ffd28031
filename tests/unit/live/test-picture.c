/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - the ladder goes down soon, up late, and stays put when the rate swings
 *  - smooth gives up size before motion, sharp motion before size; neither exceeds the most lines
 *  - any rate, however odd, gives a rung
 *  - what carries no moving picture gets one every few seconds, though not for a dip, and moves
 * again with the first picture that finds the path better
 *  - sound takes less of a thin path soon, more again late, and stays put when the path swings
 *  - each request for a key frame gets one, no two closer than 300 ms
 *  - an encoder that makes more than asked for is asked for less; odd pictures teach nothing
 *  - repetitions and padding are as RFC 4588 and RFC 3550 say, byte by byte
 *  - what is no feedback is told apart; hostile feedback yields only what is well formed
 */

#include "live/gc-congestion.h"
#include "live/gc-feedback.h"
#include "live/gc-frame-budget.h"
#include "live/gc-key-requests.h"
#include "live/gc-ladder.h"
#include "live/gc-repair.h"
#include "live/gc-sound-control.h"

#include <gst/rtp/rtp.h>

#define START_US G_GINT64_CONSTANT (1000000)
#define PICTURE_US 33333

/* --- ladder --- */

/* What it shows after so much time at that rate; a rate that is asked for each picture. */
static const GcRung *
climb (GcLadder *ladder, gint64 *now_us, gint64 bps, double seconds)
{
  const GcRung *rung = gc_ladder_update (ladder, *now_us, bps);

  for (gint64 end_us = *now_us + (gint64) (seconds * G_USEC_PER_SEC); *now_us < end_us;
       *now_us += PICTURE_US)
    rung = gc_ladder_update (ladder, *now_us, bps);
  return rung;
}

static void
test_steps (void)
{
  gint64 now_us = START_US;
  const GcRung *rung;
  GcLadder ladder;

  gc_ladder_init (&ladder, GC_QUALITY_SMOOTH, 720);
  rung = climb (&ladder, &now_us, 2000000, 5);
  g_assert_cmpint (rung->lines, ==, 720);
  /* A dip is waited out. */
  g_assert_true (climb (&ladder, &now_us, rung->least_bps * 8 / 10, 0.2) == rung);
  g_assert_true (climb (&ladder, &now_us, 2000000, 1) == rung);
  /* A lasting fall is followed within seconds, over several rungs at once. */
  rung = climb (&ladder, &now_us, 100000, 2);
  g_assert_cmpint (rung->lines, <, 720);
  g_assert_cmpint (rung->least_bps, <=, 100000);
  /* Up again it takes longer, but to the top in the end. */
  g_assert_true (climb (&ladder, &now_us, 2000000, 1) == rung);
  g_assert_cmpint (climb (&ladder, &now_us, 2000000, 60)->lines, ==, 720);
}

static void
test_hysteresis (void)
{
  gint64 now_us = START_US;
  const GcRung *before;
  gint64 threshold_bps;
  guint changes = 0;
  GcLadder ladder;

  gc_ladder_init (&ladder, GC_QUALITY_SMOOTH, 720);
  before = gc_ladder_update (&ladder, now_us, 5000000);
  threshold_bps = before->least_bps;
  /* Around a threshold, for a minute, changing every second. */
  for (guint i = 0; i < 60; i++)
    {
      const GcRung *rung
          = climb (&ladder, &now_us, i % 2 ? threshold_bps * 9 / 10 : threshold_bps * 11 / 10, 1);

      changes += rung != before;
      before = rung;
    }
  g_assert_cmpuint (changes, <=, 1);
}

static void
assert_rung (gint64 bps, int lines, int fps)
{
  gint64 now_us = START_US;
  const GcRung *rung;
  GcLadder ladder;

  gc_ladder_init (&ladder, GC_QUALITY_SMOOTH, 1080);
  climb (&ladder, &now_us, bps > 1000000 ? 100000 : 4000000, 30);
  rung = climb (&ladder, &now_us, bps, 60);
  g_assert_cmpint (rung->lines, ==, lines);
  g_assert_cmpint (rung->fps, ==, fps);
}

static void
test_modes (void)
{
  const int max_lines[] = { 2160, 1080, 720, 480, 180, 100, 16 };
  const gint64 rates[] = { 50000, 150000, 300000, 500000 };

  for (gsize i = 0; i < G_N_ELEMENTS (rates); i++)
    {
      gint64 now_us = START_US;
      const GcRung *smooth;
      const GcRung *sharp;
      GcLadder ladder;

      gc_ladder_init (&ladder, GC_QUALITY_SMOOTH, 1080);
      smooth = climb (&ladder, &now_us, rates[i], 5);
      gc_ladder_init (&ladder, GC_QUALITY_SHARP, 1080);
      sharp = climb (&ladder, &now_us, rates[i], 5);
      g_assert_cmpint (sharp->lines, >=, smooth->lines);
      g_assert_cmpint (sharp->fps, <=, smooth->fps);
      g_assert_true (sharp->lines != smooth->lines || sharp->fps != smooth->fps);
    }
  assert_rung (4000000, 1080, 30);
  assert_rung (40000, 180, 5);
  for (gsize i = 0; i < G_N_ELEMENTS (max_lines); i++)
    for (GcQualityMode mode = GC_QUALITY_SMOOTH; mode <= GC_QUALITY_SHARP; mode++)
      {
        gint64 now_us = START_US;
        GcLadder ladder;

        gc_ladder_init (&ladder, mode, max_lines[i]);
        g_assert_cmpint (climb (&ladder, &now_us, 40000000, 60)->lines, <=,
                         MAX (max_lines[i], 180));
      }
}

static void
test_odd_rates (void)
{
  const gint64 rates[] = { 0, -1, G_MININT64, G_MAXINT64, 1 };
  gint64 now_us = START_US;
  GcLadder ladder;

  gc_ladder_init (&ladder, GC_QUALITY_SHARP, 1080);
  for (gsize i = 0; i < G_N_ELEMENTS (rates); i++)
    g_assert_cmpint (climb (&ladder, &now_us, rates[i], 30)->lines, >, 0);
}

static void
test_stills (void)
{
  for (GcQualityMode mode = GC_QUALITY_SMOOTH; mode <= GC_QUALITY_SHARP; mode++)
    {
      gint64 now_us = START_US;
      const GcRung *rung;
      GcLadder ladder;

      gc_ladder_init (&ladder, mode, 720);
      /* An outage that leaves nothing of the rate is waited out on the last rung that moves. */
      rung = climb (&ladder, &now_us, 5000, 1);
      g_assert_cmpint (rung->fps, >, 0);
      climb (&ladder, &now_us, 2000000, 10);
      rung = climb (&ladder, &now_us, 20000, 6);
      g_assert_cmpint (rung->fps, ==, 0);
      g_assert_cmpint (rung->lines, ==, 180);
      g_assert_cmpint (gc_rung_get_interval_us (rung), >=, 3 * G_USEC_PER_SEC);
      g_assert_cmpint (gc_rung_get_interval_us (rung), <=, 6 * G_USEC_PER_SEC);
      /* A path that swings does not have it come and go. */
      g_assert_true (gc_ladder_update (&ladder, now_us += 4000000, 40000) == rung);
      rung = gc_ladder_update (&ladder, now_us += 4000000, 80000);
      g_assert_cmpint (rung->fps, >, 0);
      g_assert_cmpint (gc_rung_get_interval_us (rung), ==, G_USEC_PER_SEC / rung->fps);
      g_assert_true (climb (&ladder, &now_us, 20000, 1) == rung);
    }
}

static void
test_sound (void)
{
  gint64 now_us = START_US;
  const GcSoundRung *best;
  const GcSoundRung *least;
  const GcSoundRung *rung;
  guint changes = 0;
  GcSoundControl control;

  gc_sound_control_init (&control);
  best = gc_sound_control_update (&control, now_us, 0);
  g_assert_true (gc_sound_control_update (&control, now_us, 2000000) == best);
  /* A dip is waited out, what is far too little is not. */
  g_assert_true (gc_sound_control_update (&control, now_us, best->least_bps - 1) == best);
  g_assert_true (gc_sound_control_update (&control, now_us += G_USEC_PER_SEC, 2000000) == best);
  least = gc_sound_control_update (&control, now_us += G_USEC_PER_SEC, 24000);
  g_assert_cmpint (least->bps, <, best->bps);
  g_assert_cmpint (least->frame_ms, >, best->frame_ms);
  /* With its 58 bytes of headers a packet, it leaves room on 24 kbit/s. */
  g_assert_cmpint (least->bps + 58 * 8 * 1000 / least->frame_ms, <, 24000 * 3 / 4);
  g_assert_true (gc_sound_control_update (&control, now_us += G_USEC_PER_SEC, 2000000) == least);
  for (guint i = 0; i < 30; i++)
    rung = gc_sound_control_update (&control, now_us += G_USEC_PER_SEC, 2000000);
  g_assert_true (rung == best);
  for (guint i = 0; i < 60; i++)
    {
      const GcSoundRung *before = rung;

      rung = gc_sound_control_update (&control, now_us += G_USEC_PER_SEC,
                                      best->least_bps * (i % 2 ? 9 : 11) / 10);
      changes += rung != before;
    }
  g_assert_cmpuint (changes, <=, 1);
  gc_sound_control_update (&control, now_us, G_MININT64);
  gc_sound_control_update (&control, now_us, G_MAXINT64);
}

/* --- key frames --- */

static void
test_key_requests (void)
{
  const gint64 ms = 1000;
  GcKeyRequests requests;
  guint asked = 0;

  gc_key_requests_init (&requests);
  g_assert_false (gc_key_requests_look (&requests, 0));
  g_assert_true (gc_key_requests_add (&requests, 0));
  /* Wants the same one, which is on its way. */
  g_assert_false (gc_key_requests_add (&requests, 20 * ms));
  gc_key_requests_made (&requests);
  g_assert_false (gc_key_requests_look (&requests, 400 * ms));
  g_assert_true (gc_key_requests_add (&requests, 400 * ms));
  gc_key_requests_made (&requests);
  /* Has not got that one, but must wait. */
  g_assert_false (gc_key_requests_add (&requests, 500 * ms));
  g_assert_false (gc_key_requests_look (&requests, 699 * ms));
  g_assert_true (gc_key_requests_look (&requests, 700 * ms));
  g_assert_false (gc_key_requests_look (&requests, 2000 * ms));
  /* One that an encoder has ignored is asked for again. */
  g_assert_true (gc_key_requests_add (&requests, 2000 * ms));
  for (gint64 now = 3000; now < 4000; now += 20)
    {
      if (gc_key_requests_look (&requests, now * ms)
          || (now % 60 == 0 && gc_key_requests_add (&requests, now * ms)))
        {
          asked++;
          gc_key_requests_made (&requests);
        }
    }
  g_assert_cmpuint (asked, ==, 4);
}

/* --- frame budget --- */

static double
teach (GcFrameBudget *budget, double share, guint n_pictures)
{
  for (guint i = 0; i < n_pictures; i++)
    gc_frame_budget_made (budget, (gsize) ((double) gc_frame_budget_ask (budget, 10000) * share));
  return (double) gc_frame_budget_ask (budget, 10000) / 10000;
}

static void
test_budget (void)
{
  GcFrameBudget budget;
  double asked;

  gc_frame_budget_init (&budget);
  g_assert_cmpuint (gc_frame_budget_ask (&budget, 10000), ==, 10000);
  /* So that what it makes fits. */
  asked = teach (&budget, 1.5, 200);
  g_assert_cmpfloat (asked * 1.5, <=, 1.01);
  g_assert_cmpfloat (asked * 1.5, >, 0.9);
  /* One that needs little is not led on. */
  g_assert_cmpfloat (teach (&budget, 0.2, 200), <, 1.3);
  /* And one that cannot do less is not asked for nothing. */
  g_assert_cmpfloat (teach (&budget, 3.9, 500), >, 0.2);
}

static void
test_budget_unknown (void)
{
  GcFrameBudget budget;

  gc_frame_budget_init (&budget);
  gc_frame_budget_made (&budget, 1000000);
  g_assert_cmpuint (gc_frame_budget_ask (&budget, 0), ==, 0);
  gc_frame_budget_made (&budget, 5000);
  /* A key frame that somebody wanted. */
  gc_frame_budget_ask (&budget, 10000);
  gc_frame_budget_made (&budget, 200000);
  g_assert_cmpuint (gc_frame_budget_ask (&budget, 10000), ==, 10000);
}

/* --- repair --- */

/* With an extension of one byte (RFC 8285), as all packets of ours have. */
static const guint8 PACKET[] = {
  0x90, 0xe0, 0x12, 0x34, 0x00, 0x00, 0x00, 0x64, 0x0a, 0x0b, 0x0c, 0x0d, /* the header */
  0xbe, 0xde, 0x00, 0x01, 0x31, 0xab, 0xcd, 0x00,                         /* the extension */
  0x01, 0x02, 0x03,                                                       /* the payload */
};

static GstBuffer *
make_buffer (const guint8 *bytes, gsize size)
{
  return gst_buffer_new_memdup (bytes, size);
}

static void
assert_bytes (GstBuffer *buffer, const guint8 *bytes, gsize size)
{
  GstMapInfo map;

  g_assert_nonnull (buffer);
  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  g_assert_cmpmem (map.data, map.size, bytes, size);
  gst_buffer_unmap (buffer, &map);
}

static void
test_repetition (void)
{
  const guint8 expected[] = {
    0x90, 0xe2, 0xff, 0xff, 0x00, 0x00, 0x00, 0x64, 0x01, 0x02, 0x03, 0x04, /* marked, as it was */
    0xbe, 0xde, 0x00, 0x01, 0x31, 0xab, 0xcd, 0x00, 0x12, 0x34,             /* the number it had */
    0x01, 0x02, 0x03,
  };
  g_autoptr (GstBuffer) packet = make_buffer (PACKET, sizeof PACKET);
  g_autoptr (GstBuffer) made = NULL;

  GST_BUFFER_PTS (packet) = 7 * GST_SECOND;
  made = gc_repair_repeat (packet, 0x01020304, 98, 65535);
  assert_bytes (made, expected, sizeof expected);
  g_assert_cmpuint (GST_BUFFER_PTS (made), ==, 7 * GST_SECOND);
  assert_bytes (packet, PACKET, sizeof PACKET);
}

static void
test_padding (void)
{
  guint8 expected[36] = {
    0xb0, 0xe2, 0x00, 0x07, 0x00, 0x00, 0x00, 0x64, 0x01, 0x02,
    0x03, 0x04, 0xbe, 0xde, 0x00, 0x01, 0x31, 0xab, 0xcd, 0x00,
  };
  g_autoptr (GstBuffer) packet = make_buffer (PACKET, sizeof PACKET);
  g_autoptr (GstBuffer) made = gc_repair_pad (packet, 0x01020304, 98, 7);
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;

  expected[sizeof expected - 1] = 16;
  assert_bytes (made, expected, sizeof expected);
  g_assert_true (gst_rtp_buffer_map (made, GST_MAP_READ, &rtp));
  g_assert_cmpuint (gst_rtp_buffer_get_payload_len (&rtp), ==, 0);
  gst_rtp_buffer_unmap (&rtp);
}

static void
test_no_packet (void)
{
  for (gsize size = 1; size < 12; size++)
    {
      g_autoptr (GstBuffer) buffer = make_buffer (PACKET, size);

      g_assert_null (gc_repair_repeat (buffer, 1, 98, 0));
      g_assert_null (gc_repair_pad (buffer, 1, 98, 0));
      buffer = gc_repair_renumber (g_steal_pointer (&buffer), 9);
      assert_bytes (buffer, PACKET, size);
    }
}

static void
test_renumbered (void)
{
  guint8 expected[sizeof PACKET];
  g_autoptr (GstBuffer) packet = make_buffer (PACKET, sizeof PACKET);
  g_autoptr (GstBuffer) shared = gst_buffer_ref (packet);

  memcpy (expected, PACKET, sizeof PACKET);
  expected[2] = 0xff;
  expected[3] = 0xfe;
  packet = gc_repair_renumber (g_steal_pointer (&packet), 65534);
  assert_bytes (packet, expected, sizeof expected);
  /* Somebody else's copy is left alone. */
  assert_bytes (shared, PACKET, sizeof PACKET);
}

/* --- feedback; the RTP session uses a type that GLib has deprecated since --- */

G_GNUC_BEGIN_IGNORE_DEPRECATIONS

static void
append (GValueArray *packets, GstStructure *packet)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, GST_TYPE_STRUCTURE);
  g_value_take_boxed (&value, packet);
  g_value_array_append (packets, &value);
  g_value_unset (&value);
}

static GstStructure *
make_feedback (GValueArray *packets)
{
  GstStructure *structure = gst_structure_new_empty ("RTPTWCCPackets");
  GValue value = G_VALUE_INIT;

  g_value_init (&value, g_value_array_get_type ());
  g_value_take_boxed (&value, packets);
  gst_structure_take_value (structure, "packets", &value);
  return structure;
}

static GstStructure *
make_told (GType number_type, guint sequence, guint64 received_ns, gboolean lost)
{
  return gst_structure_new ("RTPTWCCPacket", "seqnum", number_type, sequence, "remote-ts",
                            G_TYPE_UINT64, received_ns, "lost", G_TYPE_BOOLEAN, lost, NULL);
}

static void
test_feedback (void)
{
  GValueArray *packets = g_value_array_new (0);
  g_autoptr (GstStructure) structure = NULL;
  g_autoptr (GArray) arrivals = NULL;
  const GcArrival expected[] = {
    { 65535, 5000 },
    { 0, GC_CONGESTION_LOST },
    { 1, GC_CONGESTION_LOST },
    { 2, 0 },
    { 3, (gint64) (G_MAXUINT64 / 1000) },
    { 4, GC_CONGESTION_LOST },
  };

  append (packets, make_told (G_TYPE_UINT, 65535, 5000999, FALSE));
  append (packets, make_told (G_TYPE_UINT, 0, 7, TRUE));
  append (packets, make_told (G_TYPE_UINT, 1, GST_CLOCK_TIME_NONE, FALSE));
  append (packets, make_told (G_TYPE_UINT, 2, 0, FALSE));
  append (packets, make_told (G_TYPE_UINT, 3, G_MAXUINT64 - 1, FALSE));
  append (packets, gst_structure_new ("RTPTWCCPacket", "seqnum", G_TYPE_UINT, 4, NULL));
  /* What is none. */
  append (packets, make_told (G_TYPE_INT, 5, 5, FALSE));
  append (packets, gst_structure_new ("RTPTWCCPacket", "seqnum", G_TYPE_STRING, "6", NULL));
  append (packets, gst_structure_new_empty ("RTPTWCCPacket"));
  append (packets, NULL);
  structure = make_feedback (packets);
  g_assert_true (gc_feedback_is (structure));
  arrivals = gc_feedback_read (structure);
  g_assert_cmpuint (arrivals->len, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < arrivals->len; i++)
    {
      const GcArrival *arrival = &g_array_index (arrivals, GcArrival, i);

      g_assert_cmpuint (arrival->sequence, ==, expected[i].sequence);
      g_assert_cmpint (arrival->received_us, ==, expected[i].received_us);
    }
}

static void
test_no_feedback (void)
{
  const char *others[] = {
    "RTPTWCCPackets;",
    "RTPTWCCPackets, packets=(string)none;",
    "RTPTWCCPackets, packets=(uint)7;",
    "RTPTWCCPackets, packets=<(uint)1, (uint)2>;",
  };
  g_autoptr (GstStructure) other = gst_structure_new_empty ("RTPTWCCStats");
  g_autoptr (GstStructure) empty = make_feedback (g_value_array_new (0));
  g_autoptr (GstStructure) none = make_feedback (NULL);
  g_autoptr (GArray) of_empty = gc_feedback_read (empty);
  g_autoptr (GArray) of_none = gc_feedback_read (none);

  g_assert_false (gc_feedback_is (NULL));
  g_assert_false (gc_feedback_is (other));
  g_assert_cmpuint (of_empty->len, ==, 0);
  g_assert_cmpuint (of_none->len, ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    {
      g_autoptr (GstStructure) structure = gst_structure_from_string (others[i], NULL);
      g_autoptr (GArray) arrivals = NULL;

      g_assert_nonnull (structure);
      arrivals = gc_feedback_read (structure);
      g_assert_cmpuint (arrivals->len, ==, 0);
    }
}

G_GNUC_END_IGNORE_DEPRECATIONS

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/live/ladder/down-soon-up-late", test_steps);
  g_test_add_func ("/live/ladder/stays-when-rate-swings", test_hysteresis);
  g_test_add_func ("/live/ladder/modes-and-most-lines", test_modes);
  g_test_add_func ("/live/ladder/odd-rates", test_odd_rates);
  g_test_add_func ("/live/ladder/stills-on-the-thinnest", test_stills);
  g_test_add_func ("/live/sound/leaves-a-thin-path-room", test_sound);
  g_test_add_func ("/live/key-requests", test_key_requests);
  g_test_add_func ("/live/frame-budget/learns", test_budget);
  g_test_add_func ("/live/frame-budget/odd-pictures", test_budget_unknown);
  g_test_add_func ("/live/repair/repetition", test_repetition);
  g_test_add_func ("/live/repair/padding", test_padding);
  g_test_add_func ("/live/repair/no-packet", test_no_packet);
  g_test_add_func ("/live/repair/renumbered", test_renumbered);
  g_test_add_func ("/live/feedback/read", test_feedback);
  g_test_add_func ("/live/feedback/none", test_no_feedback);
  return g_test_run ();
}
