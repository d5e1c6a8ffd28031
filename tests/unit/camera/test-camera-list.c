/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - a name stands for the test picture, the tone, nothing, or a file
 *  - cameras appear and leave as they are plugged in and out; the one at the back comes first
 *  - a camera that two providers see is listed once; a loudspeaker's monitor is no microphone
 *  - two cameras of one make are two, one that is announced twice is one; the microphone that the
 * worker has chosen comes first
 *  - a camera can be asked for by its name, and is found when it is plugged in later
 *  - a camera that lies on its side, or mirrors, and says so gives an upright picture
 *  - a camera that is plugged out is an error in words; its capture goes on with another one
 */

#include "base/gc-error.h"
#include "camera-fixture.h"
#include "camera/gc-camera-list.h"
#include "test-device-provider.h"

#define ADD(name, func)                                                                            \
  g_test_add ("/camera/list/" name, CameraFixture, NULL, camera_fixture_set_up, func,              \
              camera_fixture_tear_down)

static char *
name_at (GcCameraList *list, guint position)
{
  g_autoptr (GcMediaSource) source = g_list_model_get_item (G_LIST_MODEL (list), position);

  return source != NULL ? g_strdup (gc_media_source_get_name (source)) : NULL;
}

#define assert_name_at(list, position, expected)                                                   \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_autofree char *name_found = name_at (list, position);                                        \
                                                                                                   \
    g_assert_cmpstr (name_found, ==, expected);                                                    \
  }                                                                                                \
  G_STMT_END

static gboolean
is_at (GcCameraList *list, guint position, const char *name)
{
  g_autofree char *found = name_at (list, position);

  return g_strcmp0 (found, name) == 0;
}

static guint
count (GcCameraList *list)
{
  return g_list_model_get_n_items (G_LIST_MODEL (list));
}

static void
test_names (CameraFixture *fixture, gconstpointer data)
{
  const struct
  {
    const char *name;
    gboolean audio;
    const char *expected;
  } cases[] = {
    { "pattern", FALSE, "pattern" },
    { "tone", TRUE, "tone" },
    { "none", FALSE, NULL },
    { "none", TRUE, NULL },
    { "/tmp/film.mp4", FALSE, "film.mp4" },
    { "./film.mp4", TRUE, "film.mp4" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GcCameraList) list = gc_camera_list_new (cases[i].name, cases[i].audio ? 0 : 720);

      assert_name_at (list, 0, cases[i].expected);
      g_assert_cmpuint (count (list), ==, cases[i].expected != NULL);
    }
}

static void
test_hot_plug (CameraFixture *fixture, gconstpointer data)
{
  g_autoptr (GcCameraList) list = NULL;
  TestDevice *front = test_device_plug_in ("Selfie", "Video/Source", "front");
  TestDevice *back = NULL;
  TestDevice *again = NULL;

  list = gc_camera_list_new (NULL, 720);
  WAIT_UNTIL (count (list) == 1);
  assert_name_at (list, 0, "Selfie");
  back = test_device_plug_in ("Main", "Video/Source", "back");
  WAIT_UNTIL (count (list) == 2);
  assert_name_at (list, 0, "Main");
  assert_name_at (list, 1, "Selfie");
  again = test_device_plug_in_at (1, "Main", "Video/Source", "back");
  test_device_plug_out (front);
  WAIT_UNTIL (count (list) == 1);
  assert_name_at (list, 0, "Main");
  test_device_plug_out (again);
  test_device_plug_out (back);
  WAIT_UNTIL (count (list) == 0);
}

static void
test_microphones (CameraFixture *fixture, gconstpointer data)
{
  g_autoptr (GcCameraList) list = gc_camera_list_new (NULL, 0);
  TestDevice *monitor = test_device_plug_in ("Loudspeaker", "Audio/Source", "monitor");
  TestDevice *microphone = test_device_plug_in ("Microphone", "Audio/Source", NULL);

  WAIT_UNTIL (count (list) > 0);
  g_assert_cmpuint (count (list), ==, 1);
  assert_name_at (list, 0, "Microphone");
  camera_fixture_open (fixture, g_list_model_get_item (G_LIST_MODEL (list), 0));
  camera_fixture_wait_for_samples (fixture, 10);
  test_device_plug_out (monitor);
  test_device_plug_out (microphone);
}

/* Two of one make, one of which is broken, are still two. */
static void
test_twins (CameraFixture *fixture, gconstpointer data)
{
  g_autoptr (GcCameraList) list = gc_camera_list_new (NULL, 720);
  TestDevice *one = test_device_plug_in ("Webcam", "Video/Source", NULL);
  TestDevice *two = test_device_plug_in ("Webcam", "Video/Source", NULL);

  WAIT_UNTIL (count (list) == 2);
  test_device_plug_out (one);
  WAIT_UNTIL (count (list) == 1);
  test_device_plug_out (two);
  WAIT_UNTIL (count (list) == 0);
}

static void
test_announced_twice (CameraFixture *fixture, gconstpointer data)
{
  g_autoptr (GcCameraList) list = gc_camera_list_new (NULL, 720);
  TestDevice *device = test_device_plug_in ("Main", "Video/Source", NULL);
  TestDevice *other = NULL;

  WAIT_UNTIL (count (list) == 1);
  test_device_announce_again (device);
  other = test_device_plug_in ("Other", "Video/Source", NULL);
  WAIT_UNTIL (is_at (list, 1, "Other"));
  test_device_take_back_first (device);
  test_device_plug_out (other);
  WAIT_UNTIL (count (list) == 1);
  assert_name_at (list, 0, "Main");
  test_device_plug_out (device);
  WAIT_UNTIL (count (list) == 0);
}

static void
test_chosen_microphone (CameraFixture *fixture, gconstpointer data)
{
  g_autoptr (GcCameraList) list = gc_camera_list_new (NULL, 0);
  TestDevice *built_in = test_device_plug_in ("Built-in", "Audio/Source", NULL);
  TestDevice *headset = test_device_plug_in ("Headset", "Audio/Source", NULL);
  g_autoptr (GcMediaSource) source = NULL;
  g_autoptr (GcMediaSource) moved = NULL;

  WAIT_UNTIL (count (list) == 2);
  assert_name_at (list, 0, "Built-in");
  source = g_list_model_get_item (G_LIST_MODEL (list), 1);
  test_device_set_default (headset, TRUE);
  WAIT_UNTIL (is_at (list, 0, "Headset"));
  moved = g_list_model_get_item (G_LIST_MODEL (list), 0);
  g_assert_true (moved == source);
  test_device_set_default (headset, FALSE);
  WAIT_UNTIL (is_at (list, 0, "Built-in"));
  test_device_plug_out (headset);
  WAIT_UNTIL (count (list) == 1);
  test_device_plug_out (built_in);
  WAIT_UNTIL (count (list) == 0);
}

static void
test_by_name (CameraFixture *fixture, gconstpointer data)
{
  g_autoptr (GcCameraList) list = gc_camera_list_new ("Thermal", 720);
  TestDevice *other = test_device_plug_in ("Main", "Video/Source", "back");
  TestDevice *wanted = test_device_plug_in ("Thermal", "Video/Source", NULL);

  WAIT_UNTIL (count (list) > 0);
  g_assert_cmpuint (count (list), ==, 1);
  assert_name_at (list, 0, "Thermal");
  test_device_plug_out (other);
  test_device_plug_out (wanted);
  WAIT_UNTIL (count (list) == 0);
}

static void
test_device_breaks (CameraFixture *fixture, gconstpointer data)
{
  g_autoptr (GcCameraList) list = gc_camera_list_new (NULL, 720);
  TestDevice *first = test_device_plug_in ("First", "Video/Source", NULL);
  TestDevice *second = test_device_plug_in ("Second", "Video/Source", NULL);
  guint seen;

  WAIT_UNTIL (count (list) == 2);
  camera_fixture_open (fixture, g_list_model_get_item (G_LIST_MODEL (list), 0));
  camera_fixture_wait_for_samples (fixture, 3);
  test_device_break (first);
  camera_fixture_wait_for_error (fixture);
  g_assert_error (fixture->error, GC_ERROR, GC_ERROR_FAILED);
  g_assert_nonnull (strstr (fixture->error->message, "First"));
  WAIT_UNTIL (!gc_capture_is_active (fixture->capture));
  test_device_plug_out (first);
  WAIT_UNTIL (count (list) == 1);
  seen = camera_fixture_count (fixture);
  camera_fixture_open (fixture, g_list_model_get_item (G_LIST_MODEL (list), 0));
  camera_fixture_wait_for_samples (fixture, seen + 3);
  test_device_plug_out (second);
}

/* The same one, without anybody's help. */
static void
test_device_returns (CameraFixture *fixture, gconstpointer data)
{
  g_autoptr (GcCameraList) list = gc_camera_list_new (NULL, 720);
  TestDevice *device = test_device_plug_in ("Loose", "Video/Source", NULL);
  guint seen;

  WAIT_UNTIL (count (list) == 1);
  camera_fixture_open (fixture, g_list_model_get_item (G_LIST_MODEL (list), 0));
  camera_fixture_wait_for_samples (fixture, 3);
  test_device_break (device);
  camera_fixture_wait_for_error (fixture);
  seen = camera_fixture_count (fixture);
  camera_fixture_wait_for_samples (fixture, seen + 3);
  WAIT_UNTIL (gc_capture_is_active (fixture->capture));
  test_device_plug_out (device);
}

/* Black above and white below, as a camera that lies on its side sees it. */
#define TURNED(orientation)                                                                        \
  "videotestsrc is-live=true pattern=gradient ! video/x-raw,format=I420,width=64,height=48 "       \
  "! taginject tags=image-orientation=" orientation

static const CameraTurn turns[] = {
  { TURNED ("rotate-0"), 64, 48, 0, -1 },      { TURNED ("rotate-90"), 48, 64, 1, 0 },
  { TURNED ("rotate-180"), 64, 48, 0, 1 },     { TURNED ("rotate-270"), 48, 64, -1, 0 },
  { TURNED ("flip-rotate-0"), 64, 48, 0, -1 }, { TURNED ("flip-rotate-90"), 48, 64, 1, 0 },
};

static void
test_upright (CameraFixture *fixture, gconstpointer data)
{
  g_autoptr (GcCameraList) list = gc_camera_list_new (NULL, 720);

  for (gsize i = 0; i < G_N_ELEMENTS (turns); i++)
    {
      TestDevice *device = test_device_plug_in ("Sideways", "Video/Source", NULL);

      g_test_message ("%s", turns[i].launch);
      test_device_set_launch (device, turns[i].launch);
      WAIT_UNTIL (count (list) == 1);
      camera_fixture_open (fixture, g_list_model_get_item (G_LIST_MODEL (list), 0));
      camera_fixture_wait_for_turn (fixture, &turns[i]);
      gc_capture_set_source (fixture->capture, NULL);
      test_device_plug_out (device);
      WAIT_UNTIL (count (list) == 0);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  test_device_provider_register ();
  ADD ("names", test_names);
  ADD ("hot-plug", test_hot_plug);
  ADD ("microphones", test_microphones);
  ADD ("two-of-one-make", test_twins);
  ADD ("announced-twice", test_announced_twice);
  ADD ("chosen-microphone-first", test_chosen_microphone);
  ADD ("by-name", test_by_name);
  ADD ("device-breaks", test_device_breaks);
  ADD ("device-returns", test_device_returns);
  ADD ("picture-is-upright", test_upright);
  return g_test_run ();
}
