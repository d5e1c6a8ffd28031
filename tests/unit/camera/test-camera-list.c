/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - a name stands for the test picture, the tone, nothing, or a file
 *  - cameras appear and leave as they are plugged in and out; the one at the back comes first
 *  - a camera that two providers see is listed once; a loudspeaker's monitor is no microphone
 *  - a camera can be asked for by its name, and is found when it is plugged in later
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
      g_autoptr (GcCameraList) list = gc_camera_list_new (cases[i].name, cases[i].audio);

      assert_name_at (list, 0, cases[i].expected);
      g_assert_cmpuint (count (list), ==, cases[i].expected != NULL);
    }
}

static void
test_hot_plug (CameraFixture *fixture, gconstpointer data)
{
  g_autoptr (GcCameraList) list = NULL;
  g_autoptr (GstDevice) front = test_device_plug_in ("Selfie", "Video/Source", "front");
  g_autoptr (GstDevice) back = NULL;
  g_autoptr (GstDevice) again = NULL;

  list = gc_camera_list_new (NULL, FALSE);
  WAIT_UNTIL (count (list) == 1);
  assert_name_at (list, 0, "Selfie");
  back = test_device_plug_in ("Main", "Video/Source", "back");
  WAIT_UNTIL (count (list) == 2);
  assert_name_at (list, 0, "Main");
  assert_name_at (list, 1, "Selfie");
  again = test_device_plug_in ("Main", "Video/Source", "back");
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
  g_autoptr (GcCameraList) list = gc_camera_list_new (NULL, TRUE);
  g_autoptr (GstDevice) monitor = test_device_plug_in ("Loudspeaker", "Audio/Source", "monitor");
  g_autoptr (GstDevice) microphone = test_device_plug_in ("Microphone", "Audio/Source", NULL);

  WAIT_UNTIL (count (list) > 0);
  g_assert_cmpuint (count (list), ==, 1);
  assert_name_at (list, 0, "Microphone");
  camera_fixture_open (fixture, g_list_model_get_item (G_LIST_MODEL (list), 0));
  camera_fixture_wait_for_samples (fixture, 10);
  test_device_plug_out (monitor);
  test_device_plug_out (microphone);
}

static void
test_by_name (CameraFixture *fixture, gconstpointer data)
{
  g_autoptr (GcCameraList) list = gc_camera_list_new ("Thermal", FALSE);
  g_autoptr (GstDevice) other = test_device_plug_in ("Main", "Video/Source", "back");
  g_autoptr (GstDevice) wanted = test_device_plug_in ("Thermal", "Video/Source", NULL);

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
  g_autoptr (GcCameraList) list = gc_camera_list_new (NULL, FALSE);
  g_autoptr (GstDevice) first = test_device_plug_in ("First", "Video/Source", NULL);
  g_autoptr (GstDevice) second = test_device_plug_in ("Second", "Video/Source", NULL);
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
  g_autoptr (GcCameraList) list = gc_camera_list_new (NULL, FALSE);
  g_autoptr (GstDevice) device = test_device_plug_in ("Loose", "Video/Source", NULL);
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

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  test_device_provider_register ();
  ADD ("names", test_names);
  ADD ("hot-plug", test_hot_plug);
  ADD ("microphones", test_microphones);
  ADD ("by-name", test_by_name);
  ADD ("device-breaks", test_device_breaks);
  ADD ("device-returns", test_device_returns);
  return g_test_run ();
}
