/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises: an encoder is trusted when it encodes a picture at once and, if it is hardware, so that
 * the picture can be recognised; not when it refuses, breaks, makes nothing, is late, or makes
 * something else. And of GcEncoder: hardware that breaks or falls silent while it runs is done
 * without, and the pictures go on. */

#include "live/gc-encoder-trial.h"
#include "live/gc-encoder.h"

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

/* A bin in the place of a driver's element; what it does is in a description. */
typedef struct
{
  GstBin parent_instance;
} FakeEncoder;

typedef struct
{
  GstBinClass parent_class;
  const char *launch;
} FakeEncoderClass;

static void
fake_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
}

static void
fake_class_init (gpointer klass, gpointer launch)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstPadTemplate *sink = gst_pad_template_new ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_CAPS_ANY);
  GstPadTemplate *src = gst_pad_template_new ("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_CAPS_ANY);

  ((FakeEncoderClass *) klass)->launch = launch;
  object_class->set_property = fake_set_property;
  g_object_class_install_property (
      object_class, 1,
      g_param_spec_boxed ("extra-controls", NULL, NULL, GST_TYPE_STRUCTURE, G_PARAM_WRITABLE));
  g_object_class_install_property (
      object_class, 2,
      g_param_spec_uint ("bitrate", NULL, NULL, 0, G_MAXUINT, 0, G_PARAM_WRITABLE));
  gst_element_class_add_pad_template (GST_ELEMENT_CLASS (klass), sink);
  gst_element_class_add_pad_template (GST_ELEMENT_CLASS (klass), src);
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass), "Fake", "Encoder/Video", "Fake",
                                         "Gridcast");
}

static void
fake_init (GTypeInstance *instance, gpointer klass)
{
  GstElement *inner
      = gst_parse_bin_from_description (((FakeEncoderClass *) klass)->launch, TRUE, NULL);
  g_autoptr (GstPad) sink = NULL;
  g_autoptr (GstPad) src = NULL;

  g_assert_nonnull (inner);
  sink = gst_element_get_static_pad (inner, "sink");
  src = gst_element_get_static_pad (inner, "src");
  gst_bin_add (GST_BIN (instance), inner);
  gst_element_add_pad (GST_ELEMENT (instance), gst_ghost_pad_new ("sink", sink));
  gst_element_add_pad (GST_ELEMENT (instance), gst_ghost_pad_new ("src", src));
}

static void
add_fake (const char *factory, const char *type_name, const char *launch)
{
  const GTypeInfo info = { .class_size = sizeof (FakeEncoderClass),
                           .class_init = fake_class_init,
                           .class_data = launch,
                           .instance_size = sizeof (FakeEncoder),
                           .instance_init = fake_init };
  GType type = g_type_register_static (GST_TYPE_BIN, type_name, &info, 0);

  g_assert_true (gst_element_register (NULL, factory, GST_RANK_NONE, type));
}

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
  add_fake ("v4l2h264enc", "FakeBreaking",
            "identity error-after=20 ! videoconvert ! x264enc tune=zerolatency");
  check_replaced (GC_VIDEO_H264, "v4l2h264enc", "x264enc");
}

static void
test_falls_silent (void)
{
  add_fake ("v4l2vp8enc", "FakeSilent", "videoconvert ! vp8enc deadline=1 ! identity eos-after=20");
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
