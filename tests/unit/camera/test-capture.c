/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - a film runs at its own rate and begins again without losing a picture or going back in time
 *  - formats that cannot seek, and compressed ones, begin again too
 *  - the camera sees at once what is moved to its file, film or still
 *  - a file that is missing, no film, or without picture is an error in words, and is tried again
 *  - a film is known by what it holds, also when its pictures are so dark that they could be text
 *  - a film that is deleted while it runs goes on
 *  - a film or still that was taken on its side, and says so, is upright
 *  - pictures that another program writes into a FIFO are shown as they come, and those of the next
 *    program after it; what is no picture is an error in words
 *  - a file's sound is its sound, and a ticking tone can take its place
 *  - cameras are switched under a running capture; nothing comes from one that was stopped
 *  - timestamps are of the system clock
 *  - a photo is the next picture, as JPEG; without one there is an error after a while
 *  - a preview that hangs does not slow the capture; it comes and goes while the capture runs
 */

#include "base/gc-error.h"
#include "camera-fixture.h"
#include "camera/gc-media-source-file.h"
#include "camera/gc-media-source-pattern.h"
#include "camera/gc-preview.h"
#include "camera/gc-still.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define ADD(name, func)                                                                            \
  g_test_add ("/camera/" name, CameraFixture, NULL, camera_fixture_set_up, func,                   \
              camera_fixture_tear_down)

#define FILM_FRAMES 10
#define FILM_FPS 50
#define FILM_DARKEST 40
#define FILM_STEP 16

/* Every picture in its turn, over all rounds. */
static void
assert_film_is_whole (CameraFixture *fixture, int slack)
{
  g_mutex_lock (&fixture->lock);
  for (guint i = 0; i < fixture->levels->len; i++)
    {
      int expected = FILM_DARKEST + (int) (i % FILM_FRAMES) * FILM_STEP;

      g_assert_cmpint (ABS (g_array_index (fixture->levels, int, i) - expected), <=, slack);
    }
  g_mutex_unlock (&fixture->lock);
}

static void
test_loop (CameraFixture *fixture, gconstpointer data)
{
  GstClockTime first;
  GstClockTime last;

  camera_fixture_put_film (fixture, FILM_FRAMES, FILM_FPS, FILM_DARKEST, FILM_STEP);
  camera_fixture_open_file (fixture, FALSE);
  camera_fixture_wait_for_samples (fixture, 4 * FILM_FRAMES + 1);
  g_assert_true (gc_capture_is_active (fixture->capture));
  gc_capture_stop (fixture->capture);
  assert_film_is_whole (fixture, 0);
  camera_fixture_assert_times_rise (fixture);
  /* Not faster than it should be in any round; slower is the machine's affair. */
  first = g_array_index (fixture->times, GstClockTime, 0);
  last = g_array_index (fixture->times, GstClockTime, 4 * FILM_FRAMES);
  g_assert_cmpuint (last - first, >, 4 * (FILM_FRAMES - 2) * GST_SECOND / FILM_FPS);
}

/* No index and no way back: the file is opened again. */
static void
test_loop_unseekable (CameraFixture *fixture, gconstpointer data)
{
  camera_fixture_put (fixture,
                      "videotestsrc num-buffers=10 pattern=white "
                      "! video/x-raw,width=64,height=48,framerate=50/1 ! x264enc tune=zerolatency "
                      "! h264parse ! video/x-h264,stream-format=byte-stream");
  camera_fixture_open_file (fixture, FALSE);
  camera_fixture_wait_for_samples (fixture, 35);
  g_assert_no_error (fixture->error);
  camera_fixture_assert_times_rise (fixture);
}

static void
test_loop_compressed (CameraFixture *fixture, gconstpointer data)
{
  camera_fixture_put_film (fixture, FILM_FRAMES, FILM_FPS, FILM_DARKEST, FILM_STEP);
  {
    g_autofree char *raw = g_strconcat (fixture->path, ".y4m", NULL);
    g_autofree char *launch
        = g_strdup_printf ("filesrc location=%s ! y4mdec ! vp8enc deadline=1 min-quantizer=0 "
                           "max-quantizer=4 ! webmmux",
                           raw);

    g_assert_cmpint (g_rename (fixture->path, raw), ==, 0);
    camera_fixture_put (fixture, launch);
    g_remove (raw);
  }
  camera_fixture_open_file (fixture, FALSE);
  camera_fixture_wait_for_samples (fixture, 4 * FILM_FRAMES + 1);
  gc_capture_stop (fixture->capture);
  assert_film_is_whole (fixture, 5);
  camera_fixture_assert_times_rise (fixture);
}

static void
test_replaced (CameraFixture *fixture, gconstpointer data)
{
  camera_fixture_put_film (fixture, 5, 25, 60, 0);
  camera_fixture_open_file (fixture, FALSE);
  camera_fixture_wait_for_level (fixture, 60);
  camera_fixture_put_film (fixture, 5, 25, 180, 0);
  camera_fixture_wait_for_level (fixture, 180);
  /* A still, white, under a name that says nothing. */
  camera_fixture_put (fixture, "videotestsrc num-buffers=1 pattern=white "
                               "! video/x-raw,format=RGB,width=320,height=240 ! pngenc");
  camera_fixture_wait_for_level (fixture, 235);
  camera_fixture_put (fixture, "videotestsrc num-buffers=1 pattern=black "
                               "! video/x-raw,width=320,height=240 ! jpegenc");
  camera_fixture_wait_for_level (fixture, 16);
  camera_fixture_put_film (fixture, 5, 25, 90, 0);
  camera_fixture_wait_for_level (fixture, 90);
  g_assert_no_error (fixture->error);
  camera_fixture_assert_times_rise (fixture);
}

static void
test_still_goes_on (CameraFixture *fixture, gconstpointer data)
{
  camera_fixture_put (fixture, "videotestsrc num-buffers=1 pattern=white "
                               "! video/x-raw,format=RGB,width=321,height=241 ! pngenc");
  camera_fixture_open_file (fixture, FALSE);
  camera_fixture_wait_for_samples (fixture, 8);
  camera_fixture_assert_times_rise (fixture);
}

static void
test_missing (CameraFixture *fixture, gconstpointer data)
{
  camera_fixture_open_file (fixture, FALSE);
  camera_fixture_wait_for_error (fixture);
  g_assert_error (fixture->error, GC_ERROR, GC_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (fixture->error->message, fixture->path));
  g_assert_false (gc_capture_is_active (fixture->capture));
  camera_fixture_put_film (fixture, 5, 25, 60, 0);
  camera_fixture_wait_for_level (fixture, 60);
  WAIT_UNTIL (gc_capture_is_active (fixture->capture));
}

static void
test_no_film (CameraFixture *fixture, gconstpointer data)
{
  camera_fixture_put_bytes (fixture, "this is no film, whatever it is called\n", 39);
  camera_fixture_open_file (fixture, FALSE);
  camera_fixture_wait_for_error (fixture);
  g_assert_error (fixture->error, GC_ERROR, GC_ERROR_FAILED);
  g_assert_cmpuint (camera_fixture_count (fixture), ==, 0);
  camera_fixture_put_film (fixture, 5, 25, 60, 0);
  camera_fixture_wait_for_level (fixture, 60);
}

/* Its first pixels could be the letters of a text. */
static void
test_dark (CameraFixture *fixture, gconstpointer data)
{
  g_autofree guint8 *luma = g_malloc (640 * 360);

  memset (luma, 40, 640 * 360);
  camera_fixture_put_luma (fixture, luma, 640, 360);
  camera_fixture_open_file (fixture, FALSE);
  camera_fixture_wait_for_level (fixture, 40);
}

static void
test_empty_and_cut (CameraFixture *fixture, gconstpointer data)
{
  const char cut[] = "YUV4MPEG2 W64 H48 F25:1 Ip A1:1 C420\nFRAME\n\x40\x40\x40";

  camera_fixture_put_bytes (fixture, "", 0);
  camera_fixture_open_file (fixture, FALSE);
  camera_fixture_wait_for_error (fixture);
  g_clear_error (&fixture->error);
  camera_fixture_put_bytes (fixture, cut, sizeof cut - 1);
  camera_fixture_wait_for_error (fixture);
  g_assert_error (fixture->error, GC_ERROR, GC_ERROR_FAILED);
}

static void
test_no_picture (CameraFixture *fixture, gconstpointer data)
{
  camera_fixture_put (fixture, "audiotestsrc num-buffers=20 ! wavenc");
  camera_fixture_open_file (fixture, FALSE);
  camera_fixture_wait_for_error (fixture);
  g_assert_error (fixture->error, GC_ERROR, GC_ERROR_FAILED);
  g_assert_nonnull (strstr (fixture->error->message, "picture"));
}

static void
test_deleted (CameraFixture *fixture, gconstpointer data)
{
  guint seen;

  camera_fixture_put_film (fixture, FILM_FRAMES, FILM_FPS, FILM_DARKEST, FILM_STEP);
  camera_fixture_open_file (fixture, FALSE);
  camera_fixture_wait_for_samples (fixture, 3);
  g_assert_cmpint (g_remove (fixture->path), ==, 0);
  seen = camera_fixture_count (fixture);
  camera_fixture_wait_for_samples (fixture, seen + 2 * FILM_FRAMES);
  g_assert_no_error (fixture->error);
}

/* As phones write them: taken on its side, with a note about it. */
static void
test_upright (CameraFixture *fixture, gconstpointer data)
{
  static const CameraTurn turns[] = {
    { "videotestsrc num-buffers=10 pattern=gradient ! video/x-raw,format=I420,width=64,height=48 "
      "! x264enc ! h264parse ! taginject tags=image-orientation=rotate-90 ! mp4mux",
      48, 64, 1, 0 },
    { "videotestsrc num-buffers=1 pattern=gradient ! video/x-raw,format=I420,width=64,height=48 "
      "! jpegenc ! taginject tags=image-orientation=rotate-180 ! jifmux",
      64, 48, 0, 1 },
    { "videotestsrc num-buffers=10 pattern=gradient ! video/x-raw,format=I420,width=64,height=48 "
      "! x264enc ! h264parse ! taginject tags=image-orientation=rotate-270 ! qtmux",
      48, 64, -1, 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (turns); i++)
    {
      camera_fixture_put (fixture, turns[i].launch);
      if (i == 0)
        camera_fixture_open_file (fixture, FALSE);
      camera_fixture_wait_for_turn (fixture, &turns[i]);
    }
}

/* A FIFO can be written to as soon as the camera has opened it. */
static int
open_writer (CameraFixture *fixture)
{
  int fd = -1;

  WAIT_UNTIL ((fd = g_open (fixture->path, O_WRONLY | O_NONBLOCK | O_CLOEXEC, 0)) >= 0);
  return fd;
}

/* Pipes take this much at once. */
static void
write_pictures (int fd, int frames, int level, gboolean whole)
{
  g_autoptr (GByteArray) film = camera_fixture_make_film (frames, FILM_FPS, level, 0);
  gsize length = film->len - (whole ? 0 : 100);

  g_assert_cmpint (write (fd, film->data, length), ==, (gssize) length);
}

static void
test_fifo (CameraFixture *fixture, gconstpointer data)
{
  int fd;

  g_assert_cmpint (mkfifo (fixture->path, 0600), ==, 0);
  camera_fixture_open_file (fixture, FALSE);
  fd = open_writer (fixture);
  write_pictures (fd, 3, 60, TRUE);
  camera_fixture_wait_for_samples (fixture, 3);
  g_assert_cmpint (camera_fixture_last_level (fixture), ==, 60);
  WAIT_UNTIL (gc_capture_is_active (fixture->capture));
  close (fd);
  WAIT_UNTIL (!gc_capture_is_active (fixture->capture));
  fd = open_writer (fixture);
  write_pictures (fd, 4, 180, FALSE);
  camera_fixture_wait_for_samples (fixture, 3 + 3);
  g_assert_cmpint (camera_fixture_last_level (fixture), ==, 180);
  close (fd);
  g_assert_no_error (fixture->error);
  camera_fixture_assert_times_rise (fixture);
}

static void
test_fifo_no_picture (CameraFixture *fixture, gconstpointer data)
{
  /* Longer than the header of a film may be. */
  const char nonsense[] = "this is no picture, whatever it is called, and however much of it there "
                          "may be, it will not become one\n";
  int fd;

  g_assert_cmpint (mkfifo (fixture->path, 0600), ==, 0);
  camera_fixture_open_file (fixture, FALSE);
  fd = open_writer (fixture);
  g_assert_cmpint (write (fd, nonsense, strlen (nonsense)), ==, strlen (nonsense));
  camera_fixture_wait_for_error (fixture);
  g_assert_error (fixture->error, GC_ERROR, GC_ERROR_FAILED);
  close (fd);
  fd = open_writer (fixture);
  write_pictures (fd, 3, 60, TRUE);
  camera_fixture_wait_for_level (fixture, 60);
  close (fd);
}

static void
assert_sound (CameraFixture *fixture)
{
  const GstStructure *structure;
  int rate = 0;

  g_mutex_lock (&fixture->lock);
  structure = gst_caps_get_structure (gst_sample_get_caps (fixture->sample), 0);
  g_assert_cmpstr (gst_structure_get_name (structure), ==, "audio/x-raw");
  g_assert_true (gst_structure_get_int (structure, "rate", &rate));
  g_mutex_unlock (&fixture->lock);
  g_assert_cmpint (rate, ==, 48000);
}

static void
test_sound_of_file (CameraFixture *fixture, gconstpointer data)
{
  camera_fixture_put (fixture, "matroskamux name=m "
                               "videotestsrc num-buffers=5 ! video/x-raw,width=64,height=48 "
                               "! vp8enc deadline=1 ! m. "
                               "audiotestsrc num-buffers=10 ! audio/x-raw,rate=44100,channels=2 "
                               "! vorbisenc ! m. m.");
  camera_fixture_open_file (fixture, TRUE);
  camera_fixture_wait_for_samples (fixture, 60);
  g_assert_no_error (fixture->error);
  assert_sound (fixture);
  camera_fixture_assert_times_rise (fixture);
}

static void
test_tone (CameraFixture *fixture, gconstpointer data)
{
  camera_fixture_open (fixture, gc_media_source_pattern_new (TRUE));
  camera_fixture_wait_for_samples (fixture, 20);
  assert_sound (fixture);
  camera_fixture_assert_times_rise (fixture);
}

static void
test_switch (CameraFixture *fixture, gconstpointer data)
{
  g_autoptr (GcMediaSource) pattern = gc_media_source_pattern_new (FALSE);
  guint before;

  camera_fixture_put_film (fixture, 5, 25, 60, 0);
  camera_fixture_open_file (fixture, FALSE);
  camera_fixture_wait_for_level (fixture, 60);
  for (int round = 0; round < 3; round++)
    {
      gc_capture_set_source (fixture->capture, pattern);
      before = camera_fixture_count (fixture);
      camera_fixture_wait_for_samples (fixture, before + 3);
      g_assert_cmpint (camera_fixture_last_level (fixture), !=, 60);
      camera_fixture_open_file (fixture, FALSE);
      camera_fixture_wait_for_level (fixture, 60);
    }
  camera_fixture_assert_times_rise (fixture);
}

static void
test_stop (CameraFixture *fixture, gconstpointer data)
{
  guint before;

  camera_fixture_open (fixture, gc_media_source_pattern_new (FALSE));
  camera_fixture_wait_for_samples (fixture, 3);
  WAIT_UNTIL (gc_capture_is_active (fixture->capture));
  gc_capture_stop (fixture->capture);
  before = camera_fixture_count (fixture);
  g_assert_false (gc_capture_is_active (fixture->capture));
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_assert_false (gc_capture_is_active (fixture->capture));
  g_assert_cmpuint (camera_fixture_count (fixture), ==, before);
  gc_capture_start (fixture->capture);
  camera_fixture_wait_for_samples (fixture, before + 3);
}

static void
test_clock (CameraFixture *fixture, gconstpointer data)
{
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();
  GstClockTime before = gst_clock_get_time (clock);

  camera_fixture_open (fixture, gc_media_source_pattern_new (FALSE));
  camera_fixture_wait_for_samples (fixture, 3);
  g_assert_cmpuint (g_array_index (fixture->times, GstClockTime, 0), >=, before);
  g_assert_cmpuint (g_array_index (fixture->times, GstClockTime, 0), <=,
                    gst_clock_get_time (clock));
}

/* --- preview --- */

typedef struct
{
  GMutex lock;
  GCond cond;
  gboolean held;
  guint shown;
} Screen;

static void
on_handoff (GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer user_data)
{
  Screen *screen = user_data;

  g_mutex_lock (&screen->lock);
  screen->shown++;
  while (screen->held)
    g_cond_wait (&screen->cond, &screen->lock);
  g_mutex_unlock (&screen->lock);
}

static guint
count_shown (Screen *screen)
{
  guint shown;

  g_mutex_lock (&screen->lock);
  shown = screen->shown;
  g_mutex_unlock (&screen->lock);
  return shown;
}

static void
hold (Screen *screen, gboolean held)
{
  g_mutex_lock (&screen->lock);
  screen->held = held;
  g_cond_broadcast (&screen->cond);
  g_mutex_unlock (&screen->lock);
}

static void
test_preview (CameraFixture *fixture, gconstpointer data)
{
  g_autoptr (GstElement) sink = gst_object_ref_sink (gst_element_factory_make ("fakesink", NULL));
  Screen screen = { .held = FALSE };
  GcPreview *preview;
  guint seen;

  g_mutex_init (&screen.lock);
  g_cond_init (&screen.cond);
  g_object_set (sink, "signal-handoffs", TRUE, NULL);
  g_signal_connect (sink, "handoff", G_CALLBACK (on_handoff), &screen);
  camera_fixture_put_film (fixture, FILM_FRAMES, FILM_FPS, FILM_DARKEST, FILM_STEP);
  camera_fixture_open_file (fixture, FALSE);
  preview = gc_preview_new (fixture->capture, sink);
  WAIT_UNTIL (count_shown (&screen) > 5);
  hold (&screen, TRUE);
  seen = camera_fixture_count (fixture);
  camera_fixture_wait_for_samples (fixture, seen + 4 * FILM_FRAMES);
  hold (&screen, FALSE);
  g_object_unref (preview);
  seen = count_shown (&screen);
  preview = gc_preview_new (fixture->capture, sink);
  WAIT_UNTIL (count_shown (&screen) > seen + 5);
  g_object_unref (preview);
  gc_capture_stop (fixture->capture);
  assert_film_is_whole (fixture, 0);
  g_mutex_clear (&screen.lock);
  g_cond_clear (&screen.cond);
}

static void
test_photo (CameraFixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GAsyncResult) none = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) photo = NULL;
  g_autoptr (GBytes) nothing = NULL;
  const guint8 *start;

  camera_fixture_put_film (fixture, FILM_FRAMES, FILM_FPS, FILM_DARKEST, FILM_STEP);
  camera_fixture_open_file (fixture, FALSE);
  gc_still_take_async (fixture->capture, test_take_result, &result);
  test_wait_result (&result);
  photo = gc_still_take_finish (fixture->capture, result, &error);
  g_assert_no_error (error);
  start = g_bytes_get_data (photo, NULL);
  g_assert_cmpuint (g_bytes_get_size (photo), >, 100);
  g_assert_cmphex (start[0], ==, 0xff);
  g_assert_cmphex (start[1], ==, 0xd8);
  gc_capture_stop (fixture->capture);
  gc_still_take_async (fixture->capture, test_take_result, &none);
  test_wait_result (&none);
  nothing = gc_still_take_finish (fixture->capture, none, &error);
  g_assert_null (nothing);
  g_assert_error (error, GC_ERROR, GC_ERROR_FAILED);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  ADD ("file/loops-without-losing-a-picture", test_loop);
  ADD ("file/loops-though-it-cannot-seek", test_loop_unseekable);
  ADD ("file/loops-compressed", test_loop_compressed);
  ADD ("file/replaced-is-seen", test_replaced);
  ADD ("file/still-goes-on", test_still_goes_on);
  ADD ("file/missing-is-tried-again", test_missing);
  ADD ("file/no-film-is-tried-again", test_no_film);
  ADD ("file/dark-is-no-text", test_dark);
  ADD ("file/empty-and-cut", test_empty_and_cut);
  ADD ("file/without-picture", test_no_picture);
  ADD ("file/deleted-goes-on", test_deleted);
  ADD ("fifo/shows-what-is-written", test_fifo);
  ADD ("fifo/no-picture-is-tried-again", test_fifo_no_picture);
  ADD ("file/upright", test_upright);
  ADD ("file/its-sound", test_sound_of_file);
  ADD ("pattern/tone", test_tone);
  ADD ("capture/switched-while-running", test_switch);
  ADD ("capture/nothing-after-stop", test_stop);
  ADD ("capture/system-clock", test_clock);
  ADD ("preview/never-slows-the-capture", test_preview);
  ADD ("photo/the-next-picture", test_photo);
  return g_test_run ();
}
