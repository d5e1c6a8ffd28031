/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises, with a real PipeWire and its WirePlumber, whose microphones are other programs:
 *  - a microphone is listed and its sound arrives; cameras are no microphones
 *  - the one that the user has chosen in the settings comes first, also when he changes his mind
 *  - one that goes is no longer listed, and works again when it comes back
 */

#include "camera-fixture.h"
#include "camera/gc-camera-list.h"
#include "media-server.h"
#include "test-bus.h"
#include "test-wait.h"

typedef struct
{
  CameraFixture camera;
  GcCameraList *list;
  GSubprocess *built_in;
  GSubprocess *headset;
} Fixture;

#define ADD(name, func)                                                                            \
  g_test_add ("/camera/microphone/" name, Fixture, NULL, set_up, func, tear_down)

static void
set_up (Fixture *fixture, gconstpointer data)
{
  camera_fixture_set_up (&fixture->camera, data);
  media_server_start ();
  fixture->built_in = media_server_plug_in_microphone ("Built-in");
  fixture->list = gc_camera_list_new (NULL, 0);
  WAIT_UNTIL (g_list_model_get_n_items (G_LIST_MODEL (fixture->list)) == 1);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  gc_capture_set_source (fixture->camera.capture, NULL);
  g_clear_object (&fixture->list);
  media_server_plug_out (&fixture->built_in);
  media_server_plug_out (&fixture->headset);
  media_server_stop ();
  camera_fixture_tear_down (&fixture->camera, data);
}

static guint
count (Fixture *fixture)
{
  return g_list_model_get_n_items (G_LIST_MODEL (fixture->list));
}

static gboolean
is_first (Fixture *fixture, const char *name)
{
  g_autoptr (GcMediaSource) source = g_list_model_get_item (G_LIST_MODEL (fixture->list), 0);

  return source != NULL && g_strcmp0 (gc_media_source_get_name (source), name) == 0;
}

static void
test_sound (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GSubprocess) camera = media_server_plug_in_camera ("Main", "back", 100);
  g_autoptr (GcCameraList) cameras = gc_camera_list_new (NULL, 720);
  const GstStructure *structure;
  int rate = 0;
  int channels = 0;

  WAIT_UNTIL (g_list_model_get_n_items (G_LIST_MODEL (cameras)) == 1);
  camera_fixture_open (&fixture->camera, g_list_model_get_item (G_LIST_MODEL (fixture->list), 0));
  camera_fixture_wait_for_samples (&fixture->camera, 20);
  g_assert_true (gc_capture_is_active (fixture->camera.capture));
  g_assert_cmpuint (count (fixture), ==, 1);
  structure = gst_caps_get_structure (gst_sample_get_caps (fixture->camera.sample), 0);
  g_assert_true (gst_structure_get_int (structure, "rate", &rate));
  g_assert_true (gst_structure_get_int (structure, "channels", &channels));
  g_assert_cmpint (rate, ==, 48000);
  g_assert_cmpint (channels, ==, 1);
  media_server_plug_out (&camera);
}

static void
test_chosen (Fixture *fixture, gconstpointer data)
{
  fixture->headset = media_server_plug_in_microphone ("Headset");
  WAIT_UNTIL (count (fixture) == 2);
  media_server_choose_microphone ("Headset");
  WAIT_UNTIL (is_first (fixture, "Headset"));
  media_server_choose_microphone ("Built-in");
  WAIT_UNTIL (is_first (fixture, "Built-in"));
  g_assert_cmpuint (count (fixture), ==, 2);
  media_server_plug_out (&fixture->headset);
  WAIT_UNTIL (count (fixture) == 1);
}

static void
test_goes_and_returns (Fixture *fixture, gconstpointer data)
{
  guint seen;

  camera_fixture_open (&fixture->camera, g_list_model_get_item (G_LIST_MODEL (fixture->list), 0));
  camera_fixture_wait_for_samples (&fixture->camera, 5);
  media_server_plug_out (&fixture->built_in);
  WAIT_UNTIL (count (fixture) == 0);
  camera_fixture_wait_for_error (&fixture->camera);
  g_assert_nonnull (strstr (fixture->camera.error->message, "Built-in"));
  fixture->built_in = media_server_plug_in_microphone ("Built-in");
  WAIT_UNTIL (count (fixture) == 1);
  seen = camera_fixture_count (&fixture->camera);
  camera_fixture_open (&fixture->camera, g_list_model_get_item (G_LIST_MODEL (fixture->list), 0));
  camera_fixture_wait_for_samples (&fixture->camera, seen + 5);
}

int
main (int argc, char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  test_bus_start ();
  media_server_prepare ();
  gst_init (&argc, &argv);
  ADD ("sound-arrives", test_sound);
  ADD ("chosen-comes-first", test_chosen);
  ADD ("goes-and-returns", test_goes_and_returns);
  result = g_test_run ();
  media_server_clean_up ();
  test_bus_stop ();
  return result;
}
