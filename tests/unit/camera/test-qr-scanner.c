/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - a code in view is found, as long and as large as a center's pairing code, and small in a
 *    large picture, whatever the picture's size is
 *  - it is found as a hand-held camera sees it: blurred, turned, from the side, in bad light, with
 * a lamp on it, bright on dark
 *  - a code that stays in view is reported once, not with every look; another one at once
 *  - what is no QR code, as the bars on a package, is not reported
 *  - a scanner that is dropped reports nothing any more
 *  - where GStreamer's zxing is missing, as in a Flatpak, zbar finds codes, and nothing else
 */

#include "camera-fixture.h"
#include "camera/gc-qr-scanner.h"
#include "code-scene.h"

#include <qrencode.h>
#include <string.h>

#define PAIRING_CODE                                                                               \
  "gridcast:pair?v=1&url=https%3A%2F%2F192.0.2.10%3A8443&key=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZ" \
  "G3hSuFU&token=AAECAwQFBgcICQoLDA0ODw&name=Kommandozentrale%20Hochwasser"
/* EAN-13, “4006381333931”. */
#define EAN_BARS                                                                                   \
  "1010001101010011101011110111101000100101100110101010000101000010100001011101001000010110011010" \
  "1"

typedef struct
{
  CameraFixture camera;
  GcQrScanner *scanner;
  GPtrArray *texts;
} ScannerFixture;

#define ADD(name, func)                                                                            \
  g_test_add ("/camera/scanner/" name, ScannerFixture, NULL, set_up, func, tear_down)
#define ADD_WITHOUT_ZXING(name, func)                                                              \
  g_test_add ("/camera/scanner/without-zxing/" name, ScannerFixture, NULL, set_up_without_zxing,   \
              func, tear_down)

static void
on_code_found (GcQrScanner *scanner, const char *text, gpointer user_data)
{
  g_ptr_array_add (user_data, g_strdup (text));
}

static void
set_up (ScannerFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  camera_fixture_set_up (&fixture->camera, data);
  fixture->texts = g_ptr_array_new_with_free_func (g_free);
  fixture->scanner = gc_qr_scanner_new (fixture->camera.capture, &error);
  g_assert_no_error (error);
  g_signal_connect (fixture->scanner, "code-found", G_CALLBACK (on_code_found), fixture->texts);
}

static void
set_up_without_zxing (ScannerFixture *fixture, gconstpointer data)
{
  GstRegistry *registry = gst_registry_get ();
  g_autoptr (GstPluginFeature) zxing
      = gst_registry_find_feature (registry, "zxing", GST_TYPE_ELEMENT_FACTORY);

  g_assert_nonnull (zxing);
  gst_registry_remove_feature (registry, zxing);
  set_up (fixture, data);
  gst_registry_add_feature (registry, zxing);
}

static void
tear_down (ScannerFixture *fixture, gconstpointer data)
{
  if (fixture->scanner != NULL)
    g_assert_finalize_object (fixture->scanner);
  g_ptr_array_unref (fixture->texts);
  camera_fixture_tear_down (&fixture->camera, data);
}

static void
put_code (ScannerFixture *fixture, const char *text, int width, int height, int module)
{
  QRcode *code = QRcode_encodeString8bit (text, 0, QR_ECLEVEL_M);
  g_autofree guint8 *luma = g_malloc ((gsize) (width * height));
  int left;
  int top;

  g_assert_nonnull (code);
  left = (width - code->width * module) / 2;
  top = (height - code->width * module) / 2;
  g_assert_cmpint (top, >, 4 * module);
  memset (luma, 220, (gsize) (width * height));
  for (int y = 0; y < code->width * module; y++)
    for (int x = 0; x < code->width * module; x++)
      if (code->data[y / module * code->width + x / module] & 1)
        luma[(top + y) * width + left + x] = 30;
  QRcode_free (code);
  camera_fixture_put_luma (&fixture->camera, luma, width, height);
}

static void
test_pairing_code (ScannerFixture *fixture, gconstpointer data)
{
  put_code (fixture, PAIRING_CODE, 1280, 720, 8);
  camera_fixture_open_file (&fixture->camera, FALSE);
  WAIT_UNTIL (fixture->texts->len > 0);
  g_assert_cmpstr (g_ptr_array_index (fixture->texts, 0), ==, PAIRING_CODE);
}

static void
test_small_code (ScannerFixture *fixture, gconstpointer data)
{
  put_code (fixture, PAIRING_CODE, 1920, 1080, 4);
  camera_fixture_open_file (&fixture->camera, FALSE);
  WAIT_UNTIL (fixture->texts->len > 0);
  g_assert_cmpstr (g_ptr_array_index (fixture->texts, 0), ==, PAIRING_CODE);
}

static void
test_once (ScannerFixture *fixture, gconstpointer data)
{
  guint seen;

  put_code (fixture, "first", 640, 360, 8);
  camera_fixture_open_file (&fixture->camera, FALSE);
  WAIT_UNTIL (fixture->texts->len > 0);
  seen = camera_fixture_count (&fixture->camera);
  camera_fixture_wait_for_samples (&fixture->camera, seen + 15);
  g_assert_cmpuint (fixture->texts->len, ==, 1);
  put_code (fixture, "second", 640, 360, 8);
  WAIT_UNTIL (fixture->texts->len > 1);
  g_assert_cmpstr (g_ptr_array_index (fixture->texts, 1), ==, "second");
}

/* 641 pixels, which GStreamer's lines are not long. */
static void
test_odd_size (ScannerFixture *fixture, gconstpointer data)
{
  put_code (fixture, PAIRING_CODE, 641, 481, 6);
  camera_fixture_open_file (&fixture->camera, FALSE);
  WAIT_UNTIL (fixture->texts->len > 0);
  g_assert_cmpstr (g_ptr_array_index (fixture->texts, 0), ==, PAIRING_CODE);
}

static const CodeScene scenes[] = {
  { "a-quarter-of-the-height", 1280, 720, .size = 0.25, .black = 30, .white = 220, .blur = 0.5,
    .noise = 2 },
  { "of-4k", 3840, 2160, .size = 0.4, .black = 40, .white = 200, .blur = 1 },
  { "out-of-focus", 640, 360, .size = 0.8, .black = 30, .white = 220, .blur = 2 },
  { "shaken", 640, 360, .size = 0.6, .black = 30, .white = 220, .shake = 3, .noise = 3 },
  { "turned-a-lot", 640, 360, .size = 0.6, .turn_deg = 133, .black = 30, .white = 220,
    .blur = 0.5 },
  { "from-the-side", 640, 360, .size = 0.7, .tilt_deg = 50, .black = 30, .white = 220,
    .blur = 0.5 },
  { "turned-from-the-side", 640, 360, .size = 0.6, .turn_deg = 25, .tilt_deg = -35, .black = 30,
    .white = 220, .blur = 0.5, .noise = 3 },
  { "night", 640, 360, .size = 0.6, .black = 18, .white = 34, .blur = 0.5, .noise = 2 },
  { "noisy", 640, 360, .size = 0.7, .black = 30, .white = 220, .noise = 25 },
  { "half-in-the-shade", 640, 360, .size = 0.6, .black = 40, .white = 220, .blur = 0.5,
    .shade = 0.8, .noise = 3 },
  { "under-a-lamp", 640, 360, .size = 0.7, .black = 30, .white = 200, .blur = 0.5, .glare = 0.2,
    .noise = 3 },
  { "bright-on-dark", 640, 360, .size = 0.6, .black = 30, .white = 220, .blur = 0.5,
    .inverted = TRUE },
};

static void
test_scene (ScannerFixture *fixture, gconstpointer data)
{
  const CodeScene *scene = data;
  g_autofree guint8 *luma = code_scene_draw (scene, PAIRING_CODE);

  camera_fixture_put_luma (&fixture->camera, luma, scene->width, scene->height);
  camera_fixture_open_file (&fixture->camera, FALSE);
  WAIT_UNTIL (fixture->texts->len > 0);
  g_assert_cmpstr (g_ptr_array_index (fixture->texts, 0), ==, PAIRING_CODE);
}

static void
add_scenes (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (scenes); i++)
    {
      g_autofree char *path = g_strconcat ("/camera/scanner/scene/", scenes[i].name, NULL);

      g_test_add (path, ScannerFixture, &scenes[i], set_up, test_scene, tear_down);
    }
}

static void
test_bars (ScannerFixture *fixture, gconstpointer data)
{
  const char *bars = EAN_BARS;
  g_autofree guint8 *luma = g_malloc (640 * 360);
  guint seen;

  memset (luma, 220, 640 * 360);
  for (int y = 100; y < 260; y++)
    for (int x = 0; x < 95 * 4; x++)
      if (bars[x / 4] == '1')
        luma[y * 640 + 130 + x] = 30;
  camera_fixture_put_luma (&fixture->camera, luma, 640, 360);
  camera_fixture_open_file (&fixture->camera, FALSE);
  camera_fixture_wait_for_samples (&fixture->camera, 15);
  put_code (fixture, "after the bars", 640, 360, 8);
  seen = camera_fixture_count (&fixture->camera);
  camera_fixture_wait_for_samples (&fixture->camera, seen + 1);
  WAIT_UNTIL (fixture->texts->len > 0);
  g_assert_cmpstr (g_ptr_array_index (fixture->texts, 0), ==, "after the bars");
}

static void
test_dropped (ScannerFixture *fixture, gconstpointer data)
{
  guint seen;

  put_code (fixture, "first", 640, 360, 8);
  camera_fixture_open_file (&fixture->camera, FALSE);
  camera_fixture_wait_for_samples (&fixture->camera, 2);
  g_assert_finalize_object (g_steal_pointer (&fixture->scanner));
  g_ptr_array_set_size (fixture->texts, 0);
  seen = camera_fixture_count (&fixture->camera);
  camera_fixture_wait_for_samples (&fixture->camera, seen + 15);
  g_assert_cmpuint (fixture->texts->len, ==, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  ADD ("finds-a-pairing-code", test_pairing_code);
  ADD ("finds-a-small-code", test_small_code);
  ADD ("finds-in-any-size", test_odd_size);
  add_scenes ();
  ADD ("reports-once", test_once);
  ADD ("ignores-bars", test_bars);
  ADD ("silent-when-dropped", test_dropped);
  ADD_WITHOUT_ZXING ("finds-a-small-code", test_small_code);
  ADD_WITHOUT_ZXING ("ignores-bars", test_bars);
  return g_test_run ();
}
