/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises, with a real PipeWire and its WirePlumber, whose cameras are other programs:
 *  - a camera is listed, its pictures arrive, in the format of those it offers that suits best,
 *    with timestamps of the system clock
 *  - one that goes is no longer listed, nothing else takes its place unasked, and when it comes
 * back it is listed and works again
 *  - the camera at the back comes first; one can be switched for the other and back
 *  - a camera that another program uses is an error in words, and is used when it is free
 *  - a camera that is mounted on its side gives upright pictures
 *  - PipeWire may start late, die and come back: its cameras are found again
 *  - a PipeWire that hangs stops nobody
 *  - without V4L2 devices none are listed, nor does anything fail
 */

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "camera-fixture.h"
#include "camera/gc-camera-list.h"
#include "media-server.h"
#include "test-bus.h"
#include "test-wait.h"

#define MAIN_LEVEL 100
#define SELFIE_LEVEL 200
/* Whoever waits for a PipeWire that hangs does so for 30 seconds. */
#define BLOCKED_MS 20000

typedef struct
{
  CameraFixture camera;
  GcCameraList *list;
  GSubprocess *main;
  GSubprocess *selfie;
} Fixture;

#define ADD(name, func)                                                                            \
  g_test_add ("/camera/pipewire/" name, Fixture, NULL, set_up, func, tear_down)

static void
set_up (Fixture *fixture, gconstpointer data)
{
  camera_fixture_set_up (&fixture->camera, data);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_signal_handlers_disconnect_by_data (fixture->list, fixture);
  gc_capture_set_source (fixture->camera.capture, NULL);
  g_clear_object (&fixture->list);
  media_server_plug_out (&fixture->main);
  media_server_plug_out (&fixture->selfie);
  media_server_stop ();
  camera_fixture_tear_down (&fixture->camera, data);
}

static guint
count (Fixture *fixture)
{
  return g_list_model_get_n_items (G_LIST_MODEL (fixture->list));
}

static gboolean
is_at (Fixture *fixture, guint position, const char *name)
{
  g_autoptr (GcMediaSource) source = g_list_model_get_item (G_LIST_MODEL (fixture->list), position);

  return source != NULL && g_strcmp0 (gc_media_source_get_name (source), name) == 0;
}

static void
open_at (Fixture *fixture, guint position)
{
  g_autoptr (GcMediaSource) source = g_list_model_get_item (G_LIST_MODEL (fixture->list), position);

  gc_capture_set_source (fixture->camera.capture, source);
  gc_capture_start (fixture->camera.capture);
}

/* As the studio does: the list says what there is. */
static void
on_items_changed (GListModel *model, guint position, guint removed, guint added, gpointer user_data)
{
  open_at (user_data, 0);
}

static void
list_cameras (Fixture *fixture)
{
  fixture->list = gc_camera_list_new (NULL, 720);
}

static void
follow (Fixture *fixture)
{
  g_signal_connect (fixture->list, "items-changed", G_CALLBACK (on_items_changed), fixture);
}

/* Of two that the camera offers. */
static void
assert_size (Fixture *fixture, int expected_width, int expected_height)
{
  const GstStructure *structure
      = gst_caps_get_structure (gst_sample_get_caps (fixture->camera.sample), 0);
  int width = 0;
  int height = 0;

  g_assert_true (gst_structure_get_int (structure, "width", &width));
  g_assert_true (gst_structure_get_int (structure, "height", &height));
  g_assert_cmpint (width, ==, expected_width);
  g_assert_cmpint (height, ==, expected_height);
}

static void
test_pictures (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();
  GstClockTime before = gst_clock_get_time (clock);

  media_server_start ();
  fixture->main = media_server_plug_in_camera ("Main", "back", MAIN_LEVEL);
  list_cameras (fixture);
  WAIT_UNTIL (count (fixture) == 1);
  g_assert_true (is_at (fixture, 0, "Main"));
  open_at (fixture, 0);
  camera_fixture_wait_for_samples (&fixture->camera, 20);
  g_assert_true (gc_capture_is_active (fixture->camera.capture));
  camera_fixture_wait_for_level (&fixture->camera, MAIN_LEVEL);
  g_assert_cmpuint (g_array_index (fixture->camera.times, GstClockTime, 0), >=, before);
  g_assert_cmpuint (g_array_index (fixture->camera.times, GstClockTime, 19), <=,
                    gst_clock_get_time (clock));
  camera_fixture_assert_times_rise (&fixture->camera);
  assert_size (fixture, 640, 360);
}

static void
test_goes_and_returns (Fixture *fixture, gconstpointer data)
{
  guint seen;

  media_server_start ();
  fixture->main = media_server_plug_in_camera ("Main", "back", MAIN_LEVEL);
  fixture->selfie = media_server_plug_in_camera ("Selfie", "front", SELFIE_LEVEL);
  list_cameras (fixture);
  WAIT_UNTIL (count (fixture) == 2);
  open_at (fixture, 0);
  camera_fixture_wait_for_level (&fixture->camera, MAIN_LEVEL);
  media_server_plug_out (&fixture->main);
  WAIT_UNTIL (count (fixture) == 1);
  camera_fixture_wait_for_error (&fixture->camera);
  g_assert_false (gc_capture_is_active (fixture->camera.capture));
  /* Tried again and again, it is never the other one that answers. */
  seen = camera_fixture_count (&fixture->camera);
  g_clear_error (&fixture->camera.error);
  camera_fixture_wait_for_error (&fixture->camera);
  g_assert_cmpuint (camera_fixture_count (&fixture->camera), ==, seen);
  fixture->main = media_server_plug_in_camera ("Main", "back", MAIN_LEVEL + 20);
  WAIT_UNTIL (count (fixture) == 2);
  WAIT_UNTIL (is_at (fixture, 0, "Main"));
  open_at (fixture, 0);
  camera_fixture_wait_for_level (&fixture->camera, MAIN_LEVEL + 20);
  WAIT_UNTIL (gc_capture_is_active (fixture->camera.capture));
}

static void
test_switch (Fixture *fixture, gconstpointer data)
{
  media_server_start ();
  fixture->selfie = media_server_plug_in_camera ("Selfie", "front", SELFIE_LEVEL);
  list_cameras (fixture);
  WAIT_UNTIL (count (fixture) == 1);
  fixture->main = media_server_plug_in_camera ("Main", "back", MAIN_LEVEL);
  WAIT_UNTIL (count (fixture) == 2);
  g_assert_true (is_at (fixture, 0, "Main"));
  g_assert_true (is_at (fixture, 1, "Selfie"));
  for (int round = 0; round < 2; round++)
    {
      open_at (fixture, 0);
      camera_fixture_wait_for_level (&fixture->camera, MAIN_LEVEL);
      open_at (fixture, 1);
      camera_fixture_wait_for_level (&fixture->camera, SELFIE_LEVEL);
    }
  camera_fixture_assert_times_rise (&fixture->camera);
}

static void
test_busy (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GstElement) other = NULL;

  media_server_start ();
  fixture->main = media_server_plug_in_camera ("Main", "back", MAIN_LEVEL);
  list_cameras (fixture);
  WAIT_UNTIL (count (fixture) == 1);
  other = media_server_occupy ("Main");
  open_at (fixture, 0);
  camera_fixture_wait_for_error (&fixture->camera);
  g_assert_error (fixture->camera.error, GC_ERROR, GC_ERROR_BUSY);
  g_assert_nonnull (strstr (fixture->camera.error->message, "Main"));
  g_assert_cmpuint (camera_fixture_count (&fixture->camera), ==, 0);
  gst_element_set_state (other, GST_STATE_NULL);
  camera_fixture_wait_for_level (&fixture->camera, MAIN_LEVEL);
}

/* As spa_meta_videotransform counts them: a quarter, a half and three quarters. */
static void
test_upright (Fixture *fixture, gconstpointer data)
{
  static const CameraTurn turns[] = {
    { NULL, 360, 640, 1, 0 },
    { NULL, 640, 360, 0, 1 },
    { NULL, 360, 640, -1, 0 },
  };

  media_server_start ();
  list_cameras (fixture);
  for (int i = 0; i < (int) G_N_ELEMENTS (turns); i++)
    {
      fixture->main = media_server_plug_in_turned_camera ("Main", "back", SELFIE_LEVEL, i + 1);
      WAIT_UNTIL (count (fixture) == 1);
      open_at (fixture, 0);
      camera_fixture_wait_for_turn (&fixture->camera, &turns[i]);
      gc_capture_set_source (fixture->camera.capture, NULL);
      media_server_plug_out (&fixture->main);
      WAIT_UNTIL (count (fixture) == 0);
    }
}

static void
test_server_restarts (Fixture *fixture, gconstpointer data)
{
  list_cameras (fixture);
  follow (fixture);
  for (int round = 0; round < 2; round++)
    {
      int level = MAIN_LEVEL + 30 * round;

      media_server_start ();
      fixture->main = media_server_plug_in_camera ("Main", "back", level);
      camera_fixture_wait_for_level (&fixture->camera, level);
      WAIT_UNTIL (gc_capture_is_active (fixture->camera.capture));
      media_server_plug_out (&fixture->main);
      media_server_stop ();
      WAIT_UNTIL (count (fixture) == 0);
      WAIT_UNTIL (!gc_capture_is_active (fixture->camera.capture));
    }
}

static void
test_server_hangs (Fixture *fixture, gconstpointer data)
{
  gint64 began_ms;

  media_server_start ();
  fixture->main = media_server_plug_in_camera ("Main", "back", MAIN_LEVEL);
  list_cameras (fixture);
  WAIT_UNTIL (count (fixture) == 1);
  media_server_freeze (TRUE);
  began_ms = gc_clock_monotonic_ms ();
  open_at (fixture, 0);
  g_assert_cmpint (gc_clock_monotonic_ms () - began_ms, <, BLOCKED_MS);
  camera_fixture_wait_for_error (&fixture->camera);
  began_ms = gc_clock_monotonic_ms ();
  gc_capture_stop (fixture->camera.capture);
  gc_capture_start (fixture->camera.capture);
  g_assert_cmpint (gc_clock_monotonic_ms () - began_ms, <, BLOCKED_MS);
  media_server_freeze (FALSE);
  camera_fixture_wait_for_level (&fixture->camera, MAIN_LEVEL);
}

static void
test_nothing_there (Fixture *fixture, gconstpointer data)
{
  list_cameras (fixture);
  test_iterate (500);
  g_assert_cmpuint (count (fixture), ==, 0);
}

int
main (int argc, char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  test_bus_start ();
  media_server_prepare ();
  gst_init (&argc, &argv);
  ADD ("pictures-arrive", test_pictures);
  ADD ("goes-and-returns", test_goes_and_returns);
  ADD ("switched", test_switch);
  ADD ("busy", test_busy);
  ADD ("upright", test_upright);
  ADD ("server-restarts", test_server_restarts);
  ADD ("server-hangs", test_server_hangs);
  ADD ("nothing-there", test_nothing_there);
  result = g_test_run ();
  media_server_clean_up ();
  test_bus_stop ();
  return result;
}
