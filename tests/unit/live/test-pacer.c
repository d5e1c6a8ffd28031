/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises of the pacer:
 *  - sound overtakes what waits, then come repetitions; each keeps its own order
 *  - repetitions, whoever made them, are numbered without a gap; others keep their numbers
 *  - caps and events pass; the end comes behind all packets; after a flush it goes on
 *  - feedback is taken, and goes no further; other events do
 *  - while nothing gets through, small packets of padding leave
 *  - where it takes too long to ask for what got lost, the picture is repeated unasked, for half of
 *    what it may take
 *  - a picture that is too much is dropped as a whole, and a key frame is asked for once
 *  - it stops at once, whatever waits
 *  - a server that feeds nothing back is noticed, and gets the rate it was given
 */

#include "live/gc-pacer.h"

#include <gst/check/gstharness.h>
#include <gst/rtp/rtp.h>
#include <gst/video/video.h>

#define AUDIO 111
#define VIDEO 222
#define REPAIR 333
#define MAX_BPS 3000000
#define DEADLINE_US (20 * G_USEC_PER_SEC)

typedef struct
{
  GstHarness *harness;
  GcPacer *pacer;
  GMutex lock;
  GCond changed;
  gulong block;
  gboolean is_blocked;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  const GcPacerStreams streams = { AUDIO, VIDEO, REPAIR, 98 };

  g_mutex_init (&fixture->lock);
  g_cond_init (&fixture->changed);
  fixture->pacer = gst_object_ref_sink (gc_pacer_new (MAX_BPS));
  gc_pacer_set_streams (fixture->pacer, &streams);
  fixture->harness = gst_harness_new_with_element (GST_ELEMENT (fixture->pacer), "sink", "src");
  gst_harness_set_src_caps_str (fixture->harness, "application/x-rtp");
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  gst_harness_teardown (fixture->harness);
  gst_object_unref (fixture->pacer);
  g_cond_clear (&fixture->changed);
  g_mutex_clear (&fixture->lock);
}

static GstBuffer *
make_packet (guint32 ssrc, guint16 sequence)
{
  GstBuffer *packet = gst_rtp_buffer_new_allocate (1100, 0, 0);
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;

  g_assert_true (gst_rtp_buffer_map (packet, GST_MAP_READWRITE, &rtp));
  gst_rtp_buffer_set_ssrc (&rtp, ssrc);
  gst_rtp_buffer_set_seq (&rtp, sequence);
  gst_rtp_buffer_set_payload_type (&rtp, 96);
  gst_rtp_buffer_unmap (&rtp);
  return packet;
}

static void
push (Fixture *fixture, guint32 ssrc, guint16 sequence)
{
  g_assert_cmpint (gst_harness_push (fixture->harness, make_packet (ssrc, sequence)), ==,
                   GST_FLOW_OK);
}

typedef struct
{
  guint32 ssrc;
  guint16 sequence;
  gboolean padding;
  guint payload_bytes;
} Seen;

static Seen
pull (Fixture *fixture)
{
  g_autoptr (GstBuffer) packet = gst_harness_pull (fixture->harness);
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  Seen seen;

  g_assert_nonnull (packet);
  g_assert_true (gst_rtp_buffer_map (packet, GST_MAP_READ, &rtp));
  seen.ssrc = gst_rtp_buffer_get_ssrc (&rtp);
  seen.sequence = gst_rtp_buffer_get_seq (&rtp);
  seen.padding = gst_rtp_buffer_get_padding (&rtp);
  seen.payload_bytes = gst_rtp_buffer_get_payload_len (&rtp);
  gst_rtp_buffer_unmap (&rtp);
  return seen;
}

static void
assert_next (Fixture *fixture, guint32 ssrc, guint16 sequence)
{
  Seen seen = pull (fixture);

  g_assert_cmpuint (seen.ssrc, ==, ssrc);
  g_assert_cmpuint (seen.sequence, ==, sequence);
}

static GstPadProbeReturn
on_blocked (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_mutex_lock (&fixture->lock);
  fixture->is_blocked = TRUE;
  g_cond_signal (&fixture->changed);
  g_mutex_unlock (&fixture->lock);
  return GST_PAD_PROBE_OK;
}

/* The first packet of the picture, number 0, gets stuck on its way out; what is pushed then waits.
 */
static void
block (Fixture *fixture)
{
  g_autoptr (GstPad) src = gst_element_get_static_pad (GST_ELEMENT (fixture->pacer), "src");
  gint64 deadline_us = g_get_monotonic_time () + DEADLINE_US;

  fixture->block = gst_pad_add_probe (src, GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER,
                                      on_blocked, fixture, NULL);
  push (fixture, VIDEO, 0);
  g_mutex_lock (&fixture->lock);
  while (!fixture->is_blocked)
    g_assert_true (g_cond_wait_until (&fixture->changed, &fixture->lock, deadline_us));
  g_mutex_unlock (&fixture->lock);
}

static void
unblock (Fixture *fixture)
{
  g_autoptr (GstPad) src = gst_element_get_static_pad (GST_ELEMENT (fixture->pacer), "src");

  gst_pad_remove_probe (src, fixture->block);
}

static void
test_order (Fixture *fixture, gconstpointer data)
{
  guint16 first_repair;

  block (fixture);
  for (guint16 i = 1; i <= 10; i++)
    push (fixture, VIDEO, i);
  for (guint16 i = 0; i < 3; i++)
    push (fixture, REPAIR, i);
  push (fixture, AUDIO, 70);
  push (fixture, AUDIO, 71);
  unblock (fixture);
  assert_next (fixture, VIDEO, 0);
  assert_next (fixture, AUDIO, 70);
  assert_next (fixture, AUDIO, 71);
  first_repair = pull (fixture).sequence;
  assert_next (fixture, REPAIR, (guint16) (first_repair + 1));
  assert_next (fixture, REPAIR, (guint16) (first_repair + 2));
  for (guint16 i = 1; i <= 10; i++)
    assert_next (fixture, VIDEO, i);
}

static void
test_numbers (Fixture *fixture, gconstpointer data)
{
  const guint16 foreign[] = { 5, 900, 7, 65535, 0 };
  guint16 first;

  push (fixture, REPAIR, 1);
  first = pull (fixture).sequence;
  for (guint16 i = 0; i < G_N_ELEMENTS (foreign); i++)
    {
      push (fixture, REPAIR, foreign[i]);
      assert_next (fixture, REPAIR, (guint16) (first + 1 + i));
      push (fixture, AUDIO, foreign[i]);
      assert_next (fixture, AUDIO, foreign[i]);
    }
}

static void
test_events (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GstCaps) caps = NULL;

  push (fixture, VIDEO, 0);
  assert_next (fixture, VIDEO, 0);
  caps = gst_pad_get_current_caps (fixture->harness->sinkpad);
  g_assert_true (gst_structure_has_name (gst_caps_get_structure (caps, 0), "application/x-rtp"));
  g_assert_true (gst_harness_push_event (
      fixture->harness,
      gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM, gst_structure_new_empty ("test"))));
  for (;;)
    {
      g_autoptr (GstEvent) event = gst_harness_pull_event (fixture->harness);

      g_assert_nonnull (event);
      if (gst_event_has_name (event, "test"))
        break;
    }
}

static void
test_end (Fixture *fixture, gconstpointer data)
{
  for (guint16 i = 0; i < 50; i++)
    push (fixture, VIDEO, i);
  g_assert_true (gst_harness_push_event (fixture->harness, gst_event_new_eos ()));
  g_assert_cmpuint (gst_harness_buffers_received (fixture->harness), ==, 50);
  for (guint16 i = 0; i < 50; i++)
    assert_next (fixture, VIDEO, i);
}

static void
test_flush (Fixture *fixture, gconstpointer data)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  for (guint16 round = 0; round < 10; round++)
    {
      for (guint16 i = 0; i < 100; i++)
        push (fixture, VIDEO, i);
      g_assert_true (gst_harness_push_event (fixture->harness, gst_event_new_flush_start ()));
      g_assert_cmpint (gst_harness_push (fixture->harness, make_packet (VIDEO, 0)), ==,
                       GST_FLOW_FLUSHING);
      g_assert_true (gst_harness_push_event (fixture->harness, gst_event_new_flush_stop (FALSE)));
      g_assert_true (gst_harness_push_event (fixture->harness, gst_event_new_segment (&segment)));
      push (fixture, VIDEO, 1000);
      while (pull (fixture).sequence != 1000)
        g_assert_cmpuint (gst_harness_buffers_in_queue (fixture->harness), <=, 100);
      /* Nothing of before the flush follows. */
      push (fixture, VIDEO, 1001);
      assert_next (fixture, VIDEO, 1001);
    }
}

static GstEvent *
make_feedback (guint sequence, gboolean lost)
{
  GstStructure *structure = gst_structure_new_empty ("RTPTWCCPackets");
  g_autoptr (GstStructure) packet
      = gst_structure_new ("RTPTWCCPacket", "seqnum", G_TYPE_UINT, sequence, "remote-ts",
                           G_TYPE_UINT64, 5 * GST_SECOND, "lost", G_TYPE_BOOLEAN, lost, NULL);
  GValue list = G_VALUE_INIT;
  GValue value = G_VALUE_INIT;

  /* The RTP session uses a type that GLib has deprecated since. */
  G_GNUC_BEGIN_IGNORE_DEPRECATIONS
  g_value_init (&list, g_value_array_get_type ());
  g_value_take_boxed (&list, g_value_array_new (1));
  g_value_init (&value, GST_TYPE_STRUCTURE);
  gst_value_set_structure (&value, packet);
  g_value_array_append (g_value_get_boxed (&list), &value);
  G_GNUC_END_IGNORE_DEPRECATIONS
  g_value_unset (&value);
  gst_structure_take_value (structure, "packets", &list);
  return gst_event_new_custom (GST_EVENT_CUSTOM_UPSTREAM, structure);
}

static void
test_feedback (Fixture *fixture, gconstpointer data)
{
  GcCongestionFigures figures;
  GcCongestionState state;

  gc_pacer_packet_sent (fixture->pacer, 65535, 1100);
  gc_pacer_get_figures (fixture->pacer, &figures, &state);
  g_assert_cmpint (figures.rtt_us, ==, -1);
  g_assert_cmpuint (figures.in_flight, >=, 1100);
  gst_harness_push_upstream_event (fixture->harness, make_feedback (65535, FALSE));
  gc_pacer_get_figures (fixture->pacer, &figures, &state);
  g_assert_cmpint (figures.rtt_us, >=, 0);
  g_assert_cmpuint (figures.in_flight, ==, 0);
  g_assert_cmpint (state, ==, GC_CONGESTION_FLOWING);
  gst_harness_push_upstream_event (
      fixture->harness,
      gst_event_new_custom (GST_EVENT_CUSTOM_UPSTREAM, gst_structure_new_empty ("test")));
  for (;;)
    {
      g_autoptr (GstEvent) event = gst_harness_pull_upstream_event (fixture->harness);

      g_assert_nonnull (event);
      g_assert_false (gst_event_has_name (event, "RTPTWCCPackets"));
      if (gst_event_has_name (event, "test"))
        break;
    }
}

static void
test_heartbeat (Fixture *fixture, gconstpointer data)
{
  push (fixture, VIDEO, 0);
  assert_next (fixture, VIDEO, 0);
  gc_pacer_packet_sent (fixture->pacer, 0, 1100);
  for (guint i = 0; i < 3; i++)
    {
      Seen seen = pull (fixture);

      g_assert_cmpuint (seen.ssrc, ==, REPAIR);
      g_assert_true (seen.padding);
      g_assert_cmpuint (seen.payload_bytes, ==, 0);
    }
}

static gsize
grant (Fixture *fixture, gint64 *target_bps)
{
  return gc_pacer_grant (fixture->pacer, 33333, target_bps);
}

static void
test_foresight (Fixture *fixture, gconstpointer data)
{
  gint64 before_bps;
  gint64 after_bps;
  gint64 sent_us = g_get_monotonic_time ();

  push (fixture, VIDEO, 0);
  assert_next (fixture, VIDEO, 0);
  for (guint16 i = 0; i < 4; i++)
    gc_pacer_packet_sent (fixture->pacer, i, 1100);
  while (g_get_monotonic_time () < sent_us + 220000)
    g_usleep (5000);
  gst_harness_push_upstream_event (fixture->harness, make_feedback (0, FALSE));
  grant (fixture, &before_bps);
  for (guint16 i = 1; i < 4; i++)
    gst_harness_push_upstream_event (fixture->harness, make_feedback (i, TRUE));
  grant (fixture, &after_bps);
  g_assert_cmpint (after_bps, <, before_bps * 2 / 3);
  push (fixture, VIDEO, 1);
  for (guint repeats = 0; repeats == 0;)
    {
      Seen seen = pull (fixture);

      /* The number of what is repeated stands before it. */
      repeats += seen.ssrc == REPAIR && seen.payload_bytes == 1100 + 2;
    }
}

static guint
count_key_requests (Fixture *fixture)
{
  guint count = 0;
  GstEvent *event;

  while ((event = gst_harness_try_pull_upstream_event (fixture->harness)) != NULL)
    {
      count += gst_video_event_is_force_key_unit (event);
      gst_event_unref (event);
    }
  return count;
}

static void
test_overflow (Fixture *fixture, gconstpointer data)
{
  gint64 target_bps;
  guint16 i = 0;
  guint16 dropped_at;

  block (fixture);
  while (count_key_requests (fixture) == 0)
    {
      g_assert_cmpuint (i, <, 5000);
      push (fixture, VIDEO, ++i);
    }
  dropped_at = i;
  push (fixture, VIDEO, ++i);
  g_assert_cmpuint (count_key_requests (fixture), ==, 0);
  /* No more of it while some waits. */
  g_assert_cmpuint (grant (fixture, &target_bps), ==, 0);
  push (fixture, AUDIO, 70);
  unblock (fixture);
  assert_next (fixture, VIDEO, 0);
  assert_next (fixture, AUDIO, 70);
  assert_next (fixture, VIDEO, dropped_at);
  assert_next (fixture, VIDEO, i);
}

static void
test_stops (Fixture *fixture, gconstpointer data)
{
  for (guint round = 0; round < 20; round++)
    {
      for (guint16 i = 0; i < 300; i++)
        push (fixture, i % 10 == 0 ? REPAIR : VIDEO, i);
      g_assert_cmpint (gst_element_set_state (GST_ELEMENT (fixture->pacer), GST_STATE_NULL), ==,
                       GST_STATE_CHANGE_SUCCESS);
      g_assert_cmpint (gst_harness_push (fixture->harness, make_packet (VIDEO, 0)), ==,
                       GST_FLOW_FLUSHING);
      g_assert_cmpint (gst_element_set_state (GST_ELEMENT (fixture->pacer), GST_STATE_PLAYING), ==,
                       GST_STATE_CHANGE_SUCCESS);
      gst_harness_set_src_caps_str (fixture->harness, "application/x-rtp");
    }
}

/* So long as nothing was sent, nothing can be fed back. */
static void
test_unmeasured (Fixture *fixture, gconstpointer data)
{
  gint64 deadline_us = g_get_monotonic_time () + DEADLINE_US;
  gint64 target_bps = 0;
  gsize granted;

  gc_pacer_set_unmeasured_rate (fixture->pacer, 400000);
  gc_pacer_packet_sent (fixture->pacer, 0, 1100);
  g_assert_true (gc_pacer_is_measured (fixture->pacer));
  while (gc_pacer_is_measured (fixture->pacer) && g_get_monotonic_time () < deadline_us)
    g_usleep (10000);
  g_assert_false (gc_pacer_is_measured (fixture->pacer));
  granted = grant (fixture, &target_bps);
  g_assert_cmpint (target_bps, ==, 400000);
  g_assert_cmpuint (granted, >, 0);
  g_assert_cmpuint (granted, <=, 400000 / 8 / 30 + 1);
  /* Late feedback is as good. */
  gst_harness_push_upstream_event (fixture->harness, make_feedback (0, FALSE));
  g_assert_true (gc_pacer_is_measured (fixture->pacer));
}

#define ADD(name, function)                                                                        \
  g_test_add ("/live/pacer/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  ADD ("sound-first-then-repetitions", test_order);
  ADD ("repetitions-without-gaps", test_numbers);
  ADD ("events-pass", test_events);
  ADD ("end-comes-last", test_end);
  ADD ("goes-on-after-a-flush", test_flush);
  ADD ("feedback-is-taken", test_feedback);
  ADD ("padding-while-stalled", test_heartbeat);
  ADD ("repeats-unasked-on-far-lossy-paths", test_foresight);
  ADD ("overflow-asks-for-key-frame", test_overflow);
  ADD ("stops-with-packets-waiting", test_stops);
  ADD ("no-feedback-at-all", test_unmeasured);
  return g_test_run ();
}
