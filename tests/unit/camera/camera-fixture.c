/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "camera-fixture.h"

#include "camera/gc-media-source-file.h"

#include <glib/gstdio.h>
#include <gst/video/video.h>
#include <string.h>

static int
level_of_picture (const guint8 *data, gsize size)
{
  guint64 sum = 0;

  /* The first plane of I420 and NV12. */
  size = size * 2 / 3;
  for (gsize i = 0; i < size; i++)
    sum += data[i];
  return (int) (sum / MAX (size, 1));
}

static void
on_sample (guint detail, gpointer thing, gpointer user_data)
{
  CameraFixture *fixture = user_data;
  GstSample *sample = thing;
  GstBuffer *buffer = gst_sample_get_buffer (sample);
  GstClockTime time = GST_BUFFER_PTS (buffer);
  GstMapInfo map;
  int level = 0;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  if (g_str_has_prefix (
          gst_structure_get_name (gst_caps_get_structure (gst_sample_get_caps (sample), 0)),
          "video/"))
    level = level_of_picture (map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  g_mutex_lock (&fixture->lock);
  g_array_append_val (fixture->levels, level);
  g_array_append_val (fixture->times, time);
  gst_clear_sample (&fixture->sample);
  fixture->sample = gst_sample_ref (sample);
  g_mutex_unlock (&fixture->lock);
}

static void
on_failed (GcCapture *capture, const GError *error, gpointer user_data)
{
  CameraFixture *fixture = user_data;

  g_clear_error (&fixture->error);
  fixture->error = g_error_copy (error);
}

void
camera_fixture_set_up (CameraFixture *fixture, gconstpointer data)
{
  g_mutex_init (&fixture->lock);
  fixture->folder = g_dir_make_tmp ("gridcast-camera-XXXXXX", NULL);
  g_assert_nonnull (fixture->folder);
  fixture->path = g_build_filename (fixture->folder, "scene", NULL);
  fixture->levels = g_array_new (FALSE, FALSE, sizeof (int));
  fixture->times = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
  fixture->capture = gc_capture_new ();
  fixture->tap = gc_fan_add (gc_capture_get_output (fixture->capture), on_sample, fixture);
  g_signal_connect (fixture->capture, "failed", G_CALLBACK (on_failed), fixture);
}

void
camera_fixture_tear_down (CameraFixture *fixture, gconstpointer data)
{
  gc_capture_stop (fixture->capture);
  gc_fan_remove (gc_capture_get_output (fixture->capture), fixture->tap);
  /* News of a first sample may be on its way. */
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_assert_finalize_object (fixture->capture);
  g_remove (fixture->path);
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_clear_error (&fixture->error);
  gst_clear_sample (&fixture->sample);
  g_array_unref (fixture->levels);
  g_array_unref (fixture->times);
  g_free (fixture->folder);
  g_free (fixture->path);
  g_mutex_clear (&fixture->lock);
}

/* Takes the source over. */
void
camera_fixture_open (CameraFixture *fixture, GcMediaSource *source)
{
  gc_capture_set_source (fixture->capture, source);
  g_object_unref (source);
  gc_capture_start (fixture->capture);
}

void
camera_fixture_open_file (CameraFixture *fixture, gboolean audio)
{
  camera_fixture_open (fixture, gc_media_source_file_new (fixture->path, audio));
}

guint
camera_fixture_count (CameraFixture *fixture)
{
  guint count;

  g_mutex_lock (&fixture->lock);
  count = fixture->levels->len;
  g_mutex_unlock (&fixture->lock);
  return count;
}

int
camera_fixture_last_level (CameraFixture *fixture)
{
  int level = -1;

  g_mutex_lock (&fixture->lock);
  if (fixture->levels->len > 0)
    level = g_array_index (fixture->levels, int, fixture->levels->len - 1);
  g_mutex_unlock (&fixture->lock);
  return level;
}

void
camera_fixture_wait_for_samples (CameraFixture *fixture, guint count)
{
  WAIT_UNTIL (camera_fixture_count (fixture) >= count);
}

/* Decoders and converters may be off by a little. */
void
camera_fixture_wait_for_level (CameraFixture *fixture, int level)
{
  g_test_message ("waiting for brightness %d", level);
  WAIT_UNTIL (ABS (camera_fixture_last_level (fixture) - level) <= 4);
}

static int
level_at (GstVideoFrame *frame, int x, int y)
{
  const guint8 *luma = GST_VIDEO_FRAME_PLANE_DATA (frame, 0);

  return luma[y * GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0) + x];
}

/* -1 if it gets brighter, 1 if it gets darker. */
static int
compare_levels (int first, int last)
{
  return ABS (first - last) < 50 ? 0 : first < last ? -1 : 1;
}

static gboolean
is_turned (CameraFixture *fixture, const CameraTurn *turn)
{
  g_autoptr (GstSample) sample = NULL;
  GstVideoInfo info;
  GstVideoFrame frame;
  gboolean turned;

  g_mutex_lock (&fixture->lock);
  sample = fixture->sample != NULL ? gst_sample_ref (fixture->sample) : NULL;
  g_mutex_unlock (&fixture->lock);
  if (sample == NULL || !gst_video_info_from_caps (&info, gst_sample_get_caps (sample))
      || info.width != turn->width || info.height != turn->height)
    return FALSE;
  g_assert_true (gst_video_frame_map (&frame, &info, gst_sample_get_buffer (sample), GST_MAP_READ));
  turned = compare_levels (level_at (&frame, 2, info.height / 2),
                           level_at (&frame, info.width - 3, info.height / 2))
               == turn->dark_x
           && compare_levels (level_at (&frame, info.width / 2, 2),
                              level_at (&frame, info.width / 2, info.height - 3))
                  == turn->dark_y;
  gst_video_frame_unmap (&frame);
  return turned;
}

void
camera_fixture_wait_for_turn (CameraFixture *fixture, const CameraTurn *turn)
{
  WAIT_UNTIL (is_turned (fixture, turn));
}

void
camera_fixture_wait_for_error (CameraFixture *fixture)
{
  WAIT_UNTIL (fixture->error != NULL);
}

/* What the pipeline writes to the file “out” is moved before the camera. */
void
camera_fixture_put (CameraFixture *fixture, const char *launch)
{
  g_autofree char *fresh = g_strconcat (fixture->path, ".new", NULL);
  g_autofree char *whole = g_strdup_printf ("%s ! filesink location=%s", launch, fresh);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (whole, &error);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;

  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_assert_cmpint (g_rename (fresh, fixture->path), ==, 0);
}

void
camera_fixture_put_bytes (CameraFixture *fixture, const char *bytes, gsize length)
{
  g_autofree char *fresh = g_strconcat (fixture->path, ".new", NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (fresh, bytes, (gssize) length, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_rename (fresh, fixture->path), ==, 0);
}

/* A Y4M film of grey pictures, each brighter than the one before by a step. */
GByteArray *
camera_fixture_make_film (int frames, int fps, int first_level, int step)
{
  GByteArray *film = g_byte_array_new ();
  g_autofree char *header
      = g_strdup_printf ("YUV4MPEG2 W%d H%d F%d:1 Ip A1:1 C420\n", FILM_WIDTH, FILM_HEIGHT, fps);
  guint8 picture[FILM_WIDTH * FILM_HEIGHT * 3 / 2];

  g_byte_array_append (film, (const guint8 *) header, (guint) strlen (header));
  for (int i = 0; i < frames; i++)
    {
      memset (picture, 128, sizeof picture);
      memset (picture, first_level + i * step, (gsize) FILM_WIDTH * FILM_HEIGHT);
      g_byte_array_append (film, (const guint8 *) "FRAME\n", 6);
      g_byte_array_append (film, picture, sizeof picture);
    }
  return film;
}

void
camera_fixture_put_film (CameraFixture *fixture, int frames, int fps, int first_level, int step)
{
  g_autoptr (GByteArray) film = camera_fixture_make_film (frames, fps, first_level, step);

  camera_fixture_put_bytes (fixture, (const char *) film->data, film->len);
}

void
camera_fixture_assert_times_rise (CameraFixture *fixture)
{
  g_mutex_lock (&fixture->lock);
  for (guint i = 1; i < fixture->times->len; i++)
    g_assert_cmpuint (g_array_index (fixture->times, GstClockTime, i), >,
                      g_array_index (fixture->times, GstClockTime, i - 1));
  g_mutex_unlock (&fixture->lock);
}

/* A still as a film of a second, in luma alone. */
void
camera_fixture_put_luma (CameraFixture *fixture, const guint8 *luma, int width, int height)
{
  g_autoptr (GByteArray) film = g_byte_array_new ();
  g_autofree char *header
      = g_strdup_printf ("YUV4MPEG2 W%d H%d F6:1 Ip A1:1 C420\n", width, height);
  guint colours = (guint) ((width + 1) / 2 * ((height + 1) / 2) * 2);
  g_autofree guint8 *chroma = g_malloc (colours);

  memset (chroma, 128, colours);
  g_byte_array_append (film, (const guint8 *) header, (guint) strlen (header));
  for (int i = 0; i < 6; i++)
    {
      g_byte_array_append (film, (const guint8 *) "FRAME\n", 6);
      g_byte_array_append (film, luma, (guint) (width * height));
      g_byte_array_append (film, chroma, colours);
    }
  camera_fixture_put_bytes (fixture, (const char *) film->data, film->len);
}
