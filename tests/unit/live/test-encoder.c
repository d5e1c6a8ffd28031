/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises, for each codec:
 *  - the first access unit is a key frame, and what comes out can be decoded
 *  - times come out as they went in
 *  - a key frame comes when it is asked for; requests that come together make one
 *  - the bit rate follows while it runs, and so does the size of the camera's picture
 *  - large pictures are scaled down in proportion
 *  - it runs on while sinks come and go, and drops rather than delays when it is behind
 *  - sound comes out as Opus; an encoder without sound ignores it; for a thin path it comes in
 * fewer and smaller packets
 *  - to spare the battery every second picture is left out, for as long as it is told so
 *  - what cannot be sent is not coded; pictures shrink with the link; a key frame keeps to it, too
 */

#include "live/gc-encoder-kind.h"
#include "live/gc-encoder.h"

#include <gst/app/app.h>

#define FPS 30
#define FRAME_TIME (GST_SECOND / FPS)
/* As far from 0 as the system clock of a machine that was started yesterday. */
#define START (86400 * GST_SECOND)

typedef struct
{
  GcEncoder *encoder;
  guint tap;
  GstClockTime next;
  int width;
  int height;
  guint8 noise;
  gsize grant;
  gint64 target_bps;

  GMutex lock;
  GCond cond;
  GPtrArray *video; /* of GstSample */
  GPtrArray *audio;
} Fixture;

static void
on_encoded (guint audio, gpointer sample, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_mutex_lock (&fixture->lock);
  g_ptr_array_add (audio ? fixture->audio : fixture->video, gst_sample_ref (sample));
  g_cond_broadcast (&fixture->cond);
  g_mutex_unlock (&fixture->lock);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_mutex_init (&fixture->lock);
  g_cond_init (&fixture->cond);
  fixture->video = g_ptr_array_new_with_free_func ((GDestroyNotify) gst_sample_unref);
  fixture->audio = g_ptr_array_new_with_free_func ((GDestroyNotify) gst_sample_unref);
  fixture->next = START;
  fixture->width = 320;
  fixture->height = 180;
  fixture->encoder = gc_encoder_new ((GcVideoCodec) GPOINTER_TO_INT (data), 640, 360, TRUE, &error);
  g_assert_no_error (error);
  g_assert_true (gc_encoder_start (fixture->encoder, &error));
  fixture->tap = gc_fan_add (gc_encoder_get_output (fixture->encoder), on_encoded, fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  gc_encoder_stop (fixture->encoder);
  gc_fan_remove (gc_encoder_get_output (fixture->encoder), fixture->tap);
  g_assert_finalize_object (fixture->encoder);
  g_ptr_array_unref (fixture->video);
  g_ptr_array_unref (fixture->audio);
  g_mutex_clear (&fixture->lock);
  g_cond_clear (&fixture->cond);
}

static void
wait_for (Fixture *fixture, GPtrArray *samples, guint count)
{
  gint64 deadline_us = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;

  g_mutex_lock (&fixture->lock);
  while (samples->len < count)
    if (!g_cond_wait_until (&fixture->cond, &fixture->lock, deadline_us))
      g_error ("waited 20 s for %u access units, got %u", count, samples->len);
  g_mutex_unlock (&fixture->lock);
}

static GstSample *
make_picture (Fixture *fixture)
{
  gsize luma = (gsize) fixture->width * (gsize) fixture->height;
  g_autoptr (GstCaps) caps = gst_caps_new_simple (
      "video/x-raw", "format", G_TYPE_STRING, "I420", "width", G_TYPE_INT, fixture->width, "height",
      G_TYPE_INT, fixture->height, "framerate", GST_TYPE_FRACTION, FPS, 1, NULL);
  g_autoptr (GstBuffer) buffer = gst_buffer_new_allocate (NULL, luma * 3 / 2, NULL);
  GstMapInfo map;
  guint32 random = (guint32) (fixture->next / FRAME_TIME);

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_WRITE));
  memset (map.data, 128, map.size);
  for (gsize i = 0; i < luma; i++)
    {
      random = random * 1664525 + 1013904223;
      map.data[i] = (guint8) (64 + i % 64 + (random >> 24) * fixture->noise / 255);
    }
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = fixture->next;
  fixture->next += FRAME_TIME;
  return gst_sample_new (buffer, caps, NULL, NULL);
}

/* Feeds so many pictures, each when the one before has come out. */
static void
feed (Fixture *fixture, guint count)
{
  for (guint i = 0; i < count; i++)
    {
      g_autoptr (GstSample) picture = make_picture (fixture);
      guint before = fixture->video->len;

      gc_encoder_push_video (fixture->encoder, picture);
      wait_for (fixture, fixture->video, before + 1);
    }
}

static gboolean
is_key (Fixture *fixture, guint index)
{
  GstSample *sample = g_ptr_array_index (fixture->video, index);

  return !GST_BUFFER_FLAG_IS_SET (gst_sample_get_buffer (sample), GST_BUFFER_FLAG_DELTA_UNIT);
}

static guint
count_keys (Fixture *fixture, guint from)
{
  guint count = 0;

  for (guint i = from; i < fixture->video->len; i++)
    count += is_key (fixture, i);
  return count;
}

static gsize
count_bytes (Fixture *fixture, guint from)
{
  gsize bytes = 0;

  for (guint i = from; i < fixture->video->len; i++)
    bytes += gst_buffer_get_size (gst_sample_get_buffer (g_ptr_array_index (fixture->video, i)));
  return bytes;
}

static void
test_times (Fixture *fixture, gconstpointer data)
{
  feed (fixture, 40);
  g_assert_true (is_key (fixture, 0));
  g_assert_cmpuint (count_keys (fixture, 1), ==, 0);
  for (guint i = 0; i < 40; i++)
    {
      GstSample *sample = g_ptr_array_index (fixture->video, i);
      GstBuffer *buffer = gst_sample_get_buffer (sample);

      g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, START + i * FRAME_TIME);
      g_assert_cmpuint (gst_segment_to_running_time (gst_sample_get_segment (sample),
                                                     GST_FORMAT_TIME, GST_BUFFER_PTS (buffer)),
                        ==, START + i * FRAME_TIME);
    }
}

/* An independent decoder takes it. */
static void
assert_decodes (Fixture *fixture)
{
  guint count = fixture->video->len;
  g_autoptr (GstElement) decoder = gst_parse_launch (
      "appsrc name=in format=time ! decodebin ! videoconvert ! video/x-raw,format=I420 "
      "! appsink name=out sync=false",
      NULL);
  g_autoptr (GstElement) in = gst_bin_get_by_name (GST_BIN (decoder), "in");
  g_autoptr (GstElement) out = gst_bin_get_by_name (GST_BIN (decoder), "out");

  gst_element_set_state (decoder, GST_STATE_PLAYING);
  for (guint i = 0; i < count; i++)
    gst_app_src_push_sample (GST_APP_SRC (in), g_ptr_array_index (fixture->video, i));
  gst_app_src_end_of_stream (GST_APP_SRC (in));
  for (guint i = 0; i < count; i++)
    {
      g_autoptr (GstSample) picture
          = gst_app_sink_try_pull_sample (GST_APP_SINK (out), 20 * GST_SECOND);

      g_assert_nonnull (picture);
    }
  gst_element_set_state (decoder, GST_STATE_NULL);
}

static void
test_decodes (Fixture *fixture, gconstpointer data)
{
  feed (fixture, 20);
  assert_decodes (fixture);
}

static void
test_key_frame (Fixture *fixture, gconstpointer data)
{
  feed (fixture, 10);
  for (int i = 0; i < 5; i++)
    gc_encoder_request_key_frame (fixture->encoder);
  feed (fixture, 10);
  g_assert_cmpuint (count_keys (fixture, 10), ==, 1);
  g_assert_true (is_key (fixture, 10));
}

static void
test_bitrate (Fixture *fixture, gconstpointer data)
{
  gsize rich;
  gsize poor;

  fixture->noise = 60;
  gc_encoder_set_bitrate (fixture->encoder, 3000000);
  feed (fixture, 60);
  rich = count_bytes (fixture, 30);
  gc_encoder_set_bitrate (fixture->encoder, 200000);
  feed (fixture, 60);
  poor = count_bytes (fixture, 90);
  g_test_message ("%zu bytes, then %zu", rich, poor);
  g_assert_cmpuint (poor * 3, <, rich);
  /* Within a half of what was asked for, over a second. */
  g_assert_cmpuint (poor, <, 200000 / 8 * 3 / 2);
}

static void
test_size (Fixture *fixture, gconstpointer data)
{
  int width;
  int height;
  guint before;

  gc_encoder_get_size (fixture->encoder, &width, &height);
  g_assert_cmpint (width, ==, 0);
  feed (fixture, 5);
  gc_encoder_get_size (fixture->encoder, &width, &height);
  g_assert_cmpint (width, ==, 320);
  g_assert_cmpint (height, ==, 180);
  /* The other camera, held upright. */
  fixture->width = 540;
  fixture->height = 960;
  before = fixture->video->len;
  feed (fixture, 5);
  gc_encoder_get_size (fixture->encoder, &width, &height);
  g_assert_cmpint (height, ==, 360);
  g_assert_cmpint (ABS (width - 202), <=, 2);
  g_assert_true (is_key (fixture, before));
  fixture->width = 1280;
  fixture->height = 720;
  feed (fixture, 5);
  gc_encoder_get_size (fixture->encoder, &width, &height);
  g_assert_cmpint (width, ==, 640);
  g_assert_cmpint (height, ==, 360);
}

static void
test_sinks (Fixture *fixture, gconstpointer data)
{
  guint before;

  feed (fixture, 5);
  gc_fan_remove (gc_encoder_get_output (fixture->encoder), fixture->tap);
  for (int i = 0; i < 5; i++)
    {
      g_autoptr (GstSample) picture = make_picture (fixture);

      gc_encoder_push_video (fixture->encoder, picture);
    }
  fixture->tap = gc_fan_add (gc_encoder_get_output (fixture->encoder), on_encoded, fixture);
  before = fixture->video->len;
  feed (fixture, 5);
  g_assert_cmpuint (fixture->video->len, >=, before + 5);
}

static void
test_behind (Fixture *fixture, gconstpointer data)
{
  GstSample *last;

  fixture->width = 1280;
  fixture->height = 720;
  for (int i = 0; i < 60; i++)
    {
      g_autoptr (GstSample) picture = make_picture (fixture);

      gc_encoder_push_video (fixture->encoder, picture);
    }
  /* All at once is more than any machine encodes; what is left is the newest. */
  do
    {
      wait_for (fixture, fixture->video, fixture->video->len + 1);
      g_mutex_lock (&fixture->lock);
      last = g_ptr_array_index (fixture->video, fixture->video->len - 1);
      g_mutex_unlock (&fixture->lock);
    }
  while (GST_BUFFER_PTS (gst_sample_get_buffer (last)) != fixture->next - FRAME_TIME);
  g_assert_cmpuint (fixture->video->len, <, 60);
}

static void
test_sound (Fixture *fixture, gconstpointer data)
{
  GstClockTime last = 0;

  for (guint i = 0; i < 50; i++)
    {
      g_autoptr (GstCaps) caps
          = gst_caps_from_string ("audio/x-raw,format=S16LE,rate=48000,channels=1,"
                                  "layout=interleaved");
      g_autoptr (GstBuffer) buffer = gst_buffer_new_allocate (NULL, 960, NULL);
      g_autoptr (GstSample) sample = NULL;

      gst_buffer_memset (buffer, 0, 0, 960);
      GST_BUFFER_PTS (buffer) = START + i * 10 * GST_MSECOND;
      GST_BUFFER_DURATION (buffer) = 10 * GST_MSECOND;
      sample = gst_sample_new (buffer, caps, NULL, NULL);
      gc_encoder_push_audio (fixture->encoder, sample);
      wait_for (fixture, fixture->audio, i / 2);
    }
  wait_for (fixture, fixture->audio, 24);
  for (guint i = 0; i < 24; i++)
    {
      GstSample *sample = g_ptr_array_index (fixture->audio, i);
      GstClockTime time = GST_BUFFER_PTS (gst_sample_get_buffer (sample));

      g_assert_cmpuint (time, >=, START - 40 * GST_MSECOND);
      g_assert_cmpuint (time, >, last);
      last = time;
    }
  g_assert_cmpuint (last, <, START + GST_SECOND);
}

static void
feed_sound (Fixture *fixture, guint from_ms, guint to_ms)
{
  g_autoptr (GstCaps) caps
      = gst_caps_from_string ("audio/x-raw,format=S16LE,rate=48000,channels=1,layout=interleaved");
  guint before = fixture->audio->len;

  for (guint at_ms = from_ms; at_ms < to_ms; at_ms += 10)
    {
      g_autoptr (GstBuffer) buffer = gst_buffer_new_allocate (NULL, 960, NULL);
      g_autoptr (GstSample) sample = NULL;

      gst_buffer_memset (buffer, 0, (guint8) at_ms, 960);
      GST_BUFFER_PTS (buffer) = START + at_ms * GST_MSECOND;
      GST_BUFFER_DURATION (buffer) = 10 * GST_MSECOND;
      sample = gst_sample_new (buffer, caps, NULL, NULL);
      gc_encoder_push_audio (fixture->encoder, sample);
      /* Not faster than it is taken: what waits for too long is dropped. */
      wait_for (fixture, fixture->audio, before + MAX ((at_ms - from_ms) / 60, 1) - 1);
    }
}

static void
test_thin_sound (Fixture *fixture, gconstpointer data)
{
  const GcSoundRung thin = { .bps = 8000, .frame_ms = 60 };
  guint before;

  feed_sound (fixture, 0, 300);
  gc_encoder_set_sound (fixture->encoder, &thin);
  feed_sound (fixture, 300, 600);
  before = fixture->audio->len;
  feed_sound (fixture, 600, 1200);
  g_assert_cmpuint (fixture->audio->len - before, <=, 12);
  g_assert_cmpuint (fixture->audio->len - before, >=, 8);
}

static gsize
on_grant (gint64 interval_us, gint64 *target_bps, gpointer data)
{
  Fixture *fixture = data;

  *target_bps = fixture->target_bps;
  return fixture->grant;
}

static void
govern (Fixture *fixture, gint64 target_bps)
{
  gc_encoder_remove_governor (fixture->encoder, fixture);
  fixture->target_bps = target_bps;
  fixture->grant = (gsize) (target_bps / 8 / FPS);
  gc_encoder_set_governor (fixture->encoder, on_grant, fixture);
}

/* How many of so many pictures are coded. */
static guint
count_coded (Fixture *fixture, guint count)
{
  GcEncoderFigures before;
  GcEncoderFigures now;

  gc_encoder_get_figures (fixture->encoder, &before);
  for (guint i = 1; i <= count; i++)
    {
      g_autoptr (GstSample) picture = make_picture (fixture);
      gint64 deadline_us = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;

      gc_encoder_push_video (fixture->encoder, picture);
      do
        {
          g_assert_cmpint (g_get_monotonic_time (), <, deadline_us);
          gc_encoder_get_figures (fixture->encoder, &now);
          g_thread_yield ();
        }
      while (now.coded + now.left_out < before.coded + before.left_out + i);
    }
  return (guint) (now.coded - before.coded);
}

static void
test_frugal (Fixture *fixture, gconstpointer data)
{
  GcEncoderFigures figures;

  govern (fixture, 2000000);
  g_assert_cmpuint (count_coded (fixture, 20), ==, 20);
  gc_encoder_set_mode (fixture->encoder, GC_QUALITY_SMOOTH, TRUE);
  g_assert_cmpuint (count_coded (fixture, 20), <=, 11);
  gc_encoder_get_figures (fixture->encoder, &figures);
  g_assert_true (figures.frugal);
  g_assert_cmpint (figures.fps_max, ==, 15);
  gc_encoder_set_mode (fixture->encoder, GC_QUALITY_SMOOTH, FALSE);
  g_assert_cmpuint (count_coded (fixture, 20), >=, 19);
  gc_encoder_remove_governor (fixture->encoder, fixture);
}

static void
test_no_grant (Fixture *fixture, gconstpointer data)
{
  govern (fixture, 2000000);
  g_assert_cmpuint (count_coded (fixture, 10), ==, 10);
  govern (fixture, 0);
  g_assert_cmpuint (count_coded (fixture, 10), ==, 0);
  govern (fixture, 2000000);
  g_assert_cmpuint (count_coded (fixture, 10), ==, 10);
  g_assert_cmpuint (count_keys (fixture, 1), ==, 0);
  assert_decodes (fixture);
}

/* A link that becomes thin gets smaller pictures, over the same connection. */
static void
test_resolution (Fixture *fixture, gconstpointer data)
{
  int width;
  int height;

  fixture->width = 640;
  fixture->height = 360;
  govern (fixture, 2000000);
  g_assert_cmpuint (count_coded (fixture, 10), ==, 10);
  gc_encoder_get_size (fixture->encoder, &width, &height);
  g_assert_cmpint (height, ==, 360);
  govern (fixture, 80000);
  while (height > 270)
    {
      g_assert_cmpuint (fixture->video->len, <, 5000);
      count_coded (fixture, 10);
      gc_encoder_get_size (fixture->encoder, &width, &height);
    }
  g_assert_cmpint (width * 9, ==, height * 16);
  g_assert_cmpuint (count_keys (fixture, 10), >=, 1);
  assert_decodes (fixture);
}

/* However full of detail: at 500 kbit/s ten pictures' worth is a third of a second. */
static void
test_key_frame_bounded (Fixture *fixture, gconstpointer data)
{
  guint before;

  fixture->width = 640;
  fixture->height = 360;
  fixture->noise = 140;
  govern (fixture, 500000);
  count_coded (fixture, 40);
  before = fixture->video->len;
  gc_encoder_request_key_frame (fixture->encoder);
  count_coded (fixture, 20);
  wait_for (fixture, fixture->video, before + 1);
  for (guint i = before; i < fixture->video->len; i++)
    if (is_key (fixture, i))
      {
        GstSample *sample = g_ptr_array_index (fixture->video, i);

        g_assert_cmpuint (gst_buffer_get_size (gst_sample_get_buffer (sample)), <=,
                          10 * fixture->grant);
      }
  g_assert_cmpuint (count_keys (fixture, before), >=, 1);
}

static void
test_no_sound (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GcEncoder) encoder = gc_encoder_new (GC_VIDEO_VP8, 320, 180, FALSE, &error);
  g_autoptr (GstSample) sample = gst_sample_new (NULL, NULL, NULL, NULL);

  g_assert_no_error (error);
  g_assert_false (gc_encoder_has_audio (encoder));
  gc_encoder_push_audio (encoder, sample);
}

static void
test_choice (void)
{
  const GcEncoderKind *h264 = gc_encoder_kind_choose (GC_VIDEO_H264);
  const GcEncoderKind *vp8 = gc_encoder_kind_choose (GC_VIDEO_VP8);

  g_assert_nonnull (h264);
  g_assert_nonnull (vp8);
  g_assert_cmpint (h264->codec, ==, GC_VIDEO_H264);
  g_assert_cmpint (vp8->codec, ==, GC_VIDEO_VP8);
  g_assert_true (gc_encoder_kind_choose (GC_VIDEO_H264) == h264);
}

static void
add (const char *name,
     GcVideoCodec codec,
     const char *codec_name,
     void (*func) (Fixture *, gconstpointer))
{
  g_autofree char *path = g_strdup_printf ("/live/encoder/%s/%s", codec_name, name);

  g_test_add (path, Fixture, GINT_TO_POINTER (codec), set_up, func, tear_down);
}

int
main (int argc, char *argv[])
{
  const struct
  {
    const char *name;
    void (*func) (Fixture *, gconstpointer);
  } tests[] = {
    { "times-stay", test_times },
    { "can-be-decoded", test_decodes },
    { "key-frame-when-asked", test_key_frame },
    { "bitrate-follows", test_bitrate },
    { "size-follows", test_size },
    { "sinks-come-and-go", test_sinks },
    { "drops-when-behind", test_behind },
    { "sound", test_sound },
    { "sound-for-a-thin-path", test_thin_sound },
    { "spares-the-battery", test_frugal },
    { "codes-nothing-that-cannot-be-sent", test_no_grant },
    { "resolution-follows", test_resolution },
    { "key-frame-bounded", test_key_frame_bounded },
  };

  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      add (tests[i].name, GC_VIDEO_H264, "h264", tests[i].func);
      add (tests[i].name, GC_VIDEO_VP8, "vp8", tests[i].func);
    }
  g_test_add_func ("/live/encoder/without-sound", test_no_sound);
  g_test_add_func ("/live/encoder/choice", test_choice);
  return g_test_run ();
}
