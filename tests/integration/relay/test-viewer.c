/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises of the relay to its viewers:
 *  - a viewer whose line is slow or stands still costs the others no picture; he falls behind, sees
 *    what is new when there is room, and catches up when the line is good again
 *  - what a viewer loses he is sent again, from the relay's own store
 *  - each picture says that it is to be shown at once
 *  - the key frames that all viewers wish for are asked of the publisher as one, and again until
 * one comes
 */

#include "rtc-viewer.h"
#include "rtc/gc-rtc-playout-delay.h"
#include "test-wait.h"

#include <gst/app/app.h>
#include <gst/video/video.h>

/* 300 kbit/s. */
#define SOURCE                                                                                     \
  "videotestsrc is-live=true pattern=snow ! video/x-raw,width=160,height=120,framerate=15/1 "      \
  "! vp8enc name=encoder deadline=1 cpu-used=16 target-bitrate=300000 keyframe-max-dist=10000 "    \
  "! appsink name=out sync=false async=false"

typedef struct
{
  GstElement *pipeline;
  GcRelayStream *stream;
  guint pictures; /* atomic */
  guint key_frames_wanted;
} Fixture;

typedef struct
{
  RtcViewer *far;
  GcViewer *near;
} Watcher;

static GstFlowReturn
on_picture (GstAppSink *out, gpointer user_data)
{
  Fixture *fixture = user_data;
  g_autoptr (GstSample) sample = gst_app_sink_pull_sample (out);

  gc_relay_stream_push (fixture->stream, fixture, FALSE, sample);
  g_atomic_int_inc (&fixture->pictures);
  return GST_FLOW_OK;
}

static void
on_key_frame_wanted (GcRelayStream *stream, gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->key_frames_wanted++;
  if (fixture->pipeline != NULL)
    gst_element_send_event (fixture->pipeline, gst_video_event_new_upstream_force_key_unit (
                                                   GST_CLOCK_TIME_NONE, TRUE, 0));
}

static void
set_up (Fixture *fixture, gboolean publishes)
{
  GstAppSinkCallbacks callbacks = { .new_sample = on_picture };
  g_autoptr (GstElement) out = NULL;
  g_autoptr (GError) error = NULL;

  *fixture = (Fixture) { NULL };
  fixture->stream = gc_relay_stream_new ();
  gc_relay_stream_set_source (fixture->stream, fixture);
  g_signal_connect (fixture->stream, "key-frame-wanted", G_CALLBACK (on_key_frame_wanted), fixture);
  if (!publishes)
    return;
  fixture->pipeline = gst_object_ref_sink (gst_parse_launch (SOURCE, &error));
  g_assert_no_error (error);
  /* Its time line is that of the relay's pipelines. */
  gst_element_set_start_time (fixture->pipeline, GST_CLOCK_TIME_NONE);
  gst_element_set_base_time (fixture->pipeline, 0);
  out = gst_bin_get_by_name (GST_BIN (fixture->pipeline), "out");
  gst_app_sink_set_callbacks (GST_APP_SINK (out), &callbacks, fixture, NULL);
  gst_element_set_state (fixture->pipeline, GST_STATE_PLAYING);
}

static void
tear_down (Fixture *fixture)
{
  if (fixture->pipeline != NULL)
    gst_element_set_state (fixture->pipeline, GST_STATE_NULL);
  gst_clear_object (&fixture->pipeline);
  g_object_unref (fixture->stream);
}

static guint
count_published (Fixture *fixture)
{
  return (guint) g_atomic_int_get (&fixture->pictures);
}

static gboolean
sees_something (gpointer data)
{
  Watcher *watcher = data;

  return rtc_viewer_count_pictures (watcher->far) > 0;
}

static void
watch (Fixture *fixture, Watcher *watcher)
{
  watcher->far = rtc_viewer_new ();
  watcher->near = gc_viewer_new (fixture->stream, "li", "VP8", FALSE);
  rtc_viewer_connect (watcher->far, watcher->near);
  test_wait_until (sees_something, watcher);
}

static void
leave (Watcher *watcher)
{
  rtc_viewer_free (watcher->far);
  gc_viewer_close (watcher->near);
  g_object_unref (watcher->near);
}

typedef struct
{
  Fixture *fixture;
  guint published;
  Watcher *watcher;
  guint seen;
} Goal;

static gboolean
is_published (gpointer data)
{
  Goal *goal = data;

  return count_published (goal->fixture) >= goal->published;
}

static gboolean
has_seen (gpointer data)
{
  Goal *goal = data;

  return rtc_viewer_count_pictures (goal->watcher->far) >= goal->seen;
}

static void
wait_published (Fixture *fixture, guint more)
{
  Goal goal = { fixture, count_published (fixture) + more, NULL, 0 };

  test_wait_until (is_published, &goal);
}

static gboolean
is_behind (gpointer data)
{
  return gc_viewer_is_behind (data);
}

static gboolean
is_not_behind (gpointer data)
{
  return !gc_viewer_is_behind (data);
}

/* Ends the stream and waits until all has been seen that was published since then, but for what was
 * on the way then. */
static void
check_saw_all (Fixture *fixture, Watcher *watcher, guint published_before, guint seen_before)
{
  Goal goal = { NULL, 0, watcher, 0 };

  gst_element_set_state (fixture->pipeline, GST_STATE_NULL);
  goal.seen = seen_before + count_published (fixture) - published_before;
  test_wait_until (has_seen, &goal);
}

static void
test_slow_line (void)
{
  Fixture fixture;
  Watcher good;
  Watcher bad;
  guint published;
  guint good_seen;
  guint bad_seen;

  set_up (&fixture, TRUE);
  watch (&fixture, &good);
  watch (&fixture, &bad);
  published = count_published (&fixture);
  good_seen = rtc_viewer_count_pictures (good.far);
  rtc_viewer_set_rate (bad.far, 100);
  test_wait_until (is_behind, bad.near);
  bad_seen = rtc_viewer_count_pictures (bad.far);
  wait_published (&fixture, 60);
  g_assert_cmpuint (rtc_viewer_count_pictures (bad.far), <=, bad_seen + 30);
  g_assert_false (gc_viewer_is_behind (good.near));
  rtc_viewer_set_rate (bad.far, 0);
  test_wait_until (is_not_behind, bad.near);
  bad_seen = rtc_viewer_count_pictures (bad.far);
  wait_published (&fixture, 30);
  g_assert_cmpuint (rtc_viewer_count_pictures (bad.far), >=, bad_seen + 15);
  check_saw_all (&fixture, &good, published, good_seen);
  leave (&bad);
  leave (&good);
  tear_down (&fixture);
}

static void
test_stands_still (void)
{
  Fixture fixture;
  Watcher good;
  Watcher bad;
  guint published;
  guint seen;
  guint wanted;

  set_up (&fixture, TRUE);
  watch (&fixture, &good);
  watch (&fixture, &bad);
  wait_published (&fixture, 20);
  published = count_published (&fixture);
  seen = rtc_viewer_count_pictures (good.far);
  wanted = fixture.key_frames_wanted;
  rtc_viewer_stand_still (bad.far);
  test_wait_until (is_behind, bad.near);
  wait_published (&fixture, 60);
  g_assert_false (gc_viewer_is_behind (good.near));
  g_assert_cmpuint (fixture.key_frames_wanted - wanted, <=, 4);
  check_saw_all (&fixture, &good, published, seen);
  leave (&bad);
  leave (&good);
  tear_down (&fixture);
}

static void
test_loss (void)
{
  Fixture fixture;
  Watcher watcher;
  guint published;
  guint seen;

  set_up (&fixture, TRUE);
  watch (&fixture, &watcher);
  g_assert_nonnull (strstr (rtc_viewer_get_answer (watcher.far), GC_RTC_PLAYOUT_DELAY_URI));
  g_assert_cmpuint (rtc_viewer_get_playout_delay (watcher.far), ==, 0);
  rtc_viewer_be_patient (watcher.far);
  rtc_viewer_set_loss (watcher.far, 10);
  seen = rtc_viewer_count_pictures (watcher.far);
  published = count_published (&fixture);
  wait_published (&fixture, 150);
  /* Nobody could notice that the last packet is missing. */
  rtc_viewer_set_loss (watcher.far, 0);
  wait_published (&fixture, 5);
  check_saw_all (&fixture, &watcher, published, seen);
  leave (&watcher);
  tear_down (&fixture);
}

static gboolean
has_wanted_twice (gpointer data)
{
  return ((Fixture *) data)->key_frames_wanted == 2;
}

static void
push_picture (Fixture *fixture, gboolean key_frame)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  g_autoptr (GstSample) sample = NULL;

  if (!key_frame)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  sample = gst_sample_new (buffer, NULL, NULL, NULL);
  gc_relay_stream_push (fixture->stream, fixture, FALSE, sample);
}

static void
test_key_frame_wishes (void)
{
  Fixture fixture;

  set_up (&fixture, FALSE);
  for (guint i = 0; i < 100; i++)
    {
      gc_relay_stream_want_key_frame (fixture.stream);
      g_main_context_iteration (NULL, FALSE);
    }
  g_assert_cmpuint (fixture.key_frames_wanted, ==, 1);
  push_picture (&fixture, FALSE);
  test_wait_until (has_wanted_twice, &fixture);
  push_picture (&fixture, TRUE);
  test_iterate (1200);
  g_assert_cmpuint (fixture.key_frames_wanted, ==, 2);
  tear_down (&fixture);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/relay/viewer/slow-line-harms-nobody", test_slow_line);
  g_test_add_func ("/relay/viewer/dead-line-harms-nobody", test_stands_still);
  g_test_add_func ("/relay/viewer/loss", test_loss);
  g_test_add_func ("/relay/viewer/key-frame-wishes", test_key_frame_wishes);
  return g_test_run ();
}
