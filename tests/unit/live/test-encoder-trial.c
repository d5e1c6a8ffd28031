/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises: an encoder is trusted when it encodes a picture at once and, if it is hardware, so that
 * the picture can be recognised; not when it refuses, breaks, makes nothing, is late, or makes
 * something else. And of GcEncoder: hardware that breaks or falls silent while it runs is done
 * without, and the pictures go on. */

#include "live/gc-encoder-trial.h"
#include "live/gc-encoder.h"

#include "fake-encoder.h"

#include <gst/app/app.h>

#define GOOD "x264enc name=encoder tune=zerolatency key-int-max=%d"

static void
check (const char *factory, const char *launch, gboolean hardware, gboolean passes)
{
  const GcEncoderKind kind = { GC_VIDEO_H264, factory, launch, "I420", NULL, hardware };

  g_test_message ("%s", launch);
  g_assert_cmpint (gc_encoder_trial_passes (&kind), ==, passes);
}

static void
test_good (void)
{
  check ("x264enc", GOOD, FALSE, TRUE);
  check ("x264enc", GOOD, TRUE, TRUE);
}

static void
test_missing (void)
{
  check ("nosuchenc", GOOD, TRUE, FALSE);
  check ("x264enc", "nosuchenc name=encoder key-int-max=%d", TRUE, FALSE);
  check ("x264enc", "x264enc name=encoder no-such-property=%d", TRUE, FALSE);
}

static void
test_breaks (void)
{
  check ("x264enc", "identity error-after=1 ! " GOOD, TRUE, FALSE);
}

static void
test_makes_nothing (void)
{
  check ("x264enc", "identity drop-probability=1 ! " GOOD, TRUE, FALSE);
}

static void
test_late (void)
{
  check ("x264enc", "x264enc name=encoder rc-lookahead=20 key-int-max=%d", TRUE, FALSE);
}

static void
test_other_picture (void)
{
  check ("x264enc", "videobalance brightness=-1 ! " GOOD, TRUE, FALSE);
  check ("x264enc", "videoflip video-direction=180 ! " GOOD, TRUE, FALSE);
}

/* --- while it runs --- */

#define FPS 30

typedef struct
{
  int pictures; /* atomic */
  int failures;
} Outcome;

static void
on_encoded (guint audio, gpointer sample, gpointer user_data)
{
  g_atomic_int_inc (&((Outcome *) user_data)->pictures);
}

static void
on_failed (GcEncoder *encoder, const GError *error, gpointer user_data)
{
  ((Outcome *) user_data)->failures++;
}

static GstSample *
make_picture (int number)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (
      "video/x-raw,format=I420,width=320,height=240,framerate=30/1,pixel-aspect-ratio=1/1");
  g_autoptr (GstBuffer) buffer = gst_buffer_new_allocate (NULL, 320 * 240 * 3 / 2, NULL);

  gst_buffer_memset (buffer, 0, (guint8) (number * 7), gst_buffer_get_size (buffer));
  GST_BUFFER_PTS (buffer) = (GstClockTime) number * GST_SECOND / FPS;
  return gst_sample_new (buffer, caps, NULL, NULL);
}

/* Goes on until so many more have come out. */
static void
feed (GcEncoder *encoder, Outcome *outcome, int count, int *number)
{
  int goal = g_atomic_int_get (&outcome->pictures) + count;
  gint64 deadline_us = g_get_monotonic_time () + 60 * G_USEC_PER_SEC;

  while (g_atomic_int_get (&outcome->pictures) < goal)
    {
      g_autoptr (GstSample) picture = make_picture ((*number)++);

      g_assert_cmpint (g_get_monotonic_time (), <, deadline_us);
      gc_encoder_push_video (encoder, picture);
      g_main_context_iteration (NULL, FALSE);
      g_usleep (G_USEC_PER_SEC / FPS);
    }
}

/* The driver's element passes the trial and is used until it fails, then that of software. */
static void
check_replaced (GcVideoCodec codec, const char *driver, const char *software)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GcEncoder) encoder = gc_encoder_new (codec, 320, 240, FALSE, &error);
  Outcome outcome = { 0 };
  int number = 0;
  guint tap;

  g_assert_no_error (error);
  g_assert_cmpstr (gc_encoder_kind_choose (codec)->factory, ==, driver);
  g_signal_connect (encoder, "failed", G_CALLBACK (on_failed), &outcome);
  g_assert_true (gc_encoder_start (encoder, &error));
  tap = gc_fan_add (gc_encoder_get_output (encoder), on_encoded, &outcome);
  feed (encoder, &outcome, 60, &number);
  g_assert_cmpint (outcome.failures, ==, 0);
  g_assert_cmpstr (gc_encoder_kind_choose (codec)->factory, ==, software);
  gc_fan_remove (gc_encoder_get_output (encoder), tap);
  gc_encoder_stop (encoder);
}

static void
test_breaks_later (void)
{
  fake_encoder_add ("v4l2h264enc", "FakeBreaking",
                    "identity error-after=20 ! videoconvert ! x264enc tune=zerolatency");
  check_replaced (GC_VIDEO_H264, "v4l2h264enc", "x264enc");
}

static void
test_falls_silent (void)
{
  fake_encoder_add ("v4l2vp8enc", "FakeSilent",
                    "videoconvert ! vp8enc deadline=1 ! identity eos-after=20");
  check_replaced (GC_VIDEO_VP8, "v4l2vp8enc", "vp8enc");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/live/encoder-trial/good", test_good);
  g_test_add_func ("/live/encoder-trial/missing", test_missing);
  g_test_add_func ("/live/encoder-trial/breaks", test_breaks);
  g_test_add_func ("/live/encoder-trial/makes-nothing", test_makes_nothing);
  g_test_add_func ("/live/encoder-trial/late", test_late);
  g_test_add_func ("/live/encoder-trial/other-picture", test_other_picture);
  g_test_add_func ("/live/encoder/hardware-that-breaks-is-replaced", test_breaks_later);
  g_test_add_func ("/live/encoder/hardware-that-falls-silent-is-replaced", test_falls_silent);
  return g_test_run ();
}
