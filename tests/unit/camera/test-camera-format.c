/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - of what a camera offers, the format nearest to 1280 x 720 at 24 to 30 pictures a second is
 *    asked for first
 *  - whatever else can be used is asked for behind it, and nothing that lies outside of memory
 *  - a camera that says nothing of its formats, or nonsense, is asked for anything
 */

#include "camera/gc-camera-format.h"

typedef struct
{
  const char *name;
  const char *offered; /* NULL for a camera that says nothing */
  const char *first;   /* NULL for any raw picture */
} Case;

static const Case cases[] = {
  { "exact",
    "video/x-raw,width=640,height=480,framerate=30/1; "
    "video/x-raw,width=1280,height=720,framerate=30/1; "
    "video/x-raw,width=1920,height=1080,framerate=30/1",
    "video/x-raw,width=1280,height=720,framerate=30/1" },
  { "raw-is-slow",
    "video/x-raw,format=YUY2,width=1280,height=720,framerate={10/1,5/1}; "
    "image/jpeg,width=1280,height=720,framerate={30/1,15/1}",
    "image/jpeg,width=1280,height=720,framerate=30/1" },
  { "raw-before-coded",
    "image/jpeg,width=1280,height=720,framerate=30/1; "
    "video/x-raw,width=1280,height=720,framerate=30/1",
    "video/x-raw,width=1280,height=720,framerate=30/1" },
  { "largest-is-slowest",
    "video/x-raw,width=4032,height=3024,framerate=5/1; "
    "video/x-raw,width=1920,height=1080,framerate=30/1; "
    "video/x-raw,width=320,height=240,framerate=30/1",
    "video/x-raw,width=1920,height=1080,framerate=30/1" },
  { "ranges", "video/x-raw,width=[16,4096],height=[16,4096],framerate=[1/1,120/1]",
    "video/x-raw,width=1280,height=720,framerate=30/1" },
  { "ranges-beyond", "video/x-raw,width=[1600,4096],height=[1200,4096],framerate=[50/1,120/1]",
    "video/x-raw,width=1600,height=1200,framerate=50/1" },
  { "steps", "video/x-raw,width=[16,4096,16],height=[32,4096,32],framerate=30/1",
    "video/x-raw,width=1280,height=704,framerate=30/1" },
  { "lists", "video/x-raw,width={320,640,1280},height={240,480,720},framerate={60/1,30/1,15/1}",
    "video/x-raw,width=1280,height=720,framerate=30/1" },
  { "upright", "video/x-raw,width=720,height=1280,framerate=30/1",
    "video/x-raw,width=720,height=1280,framerate=30/1" },
  { "no-rate", "video/x-raw,width=1280,height=720", "video/x-raw,width=1280,height=720" },
  { "fast", "video/x-raw,width=1280,height=720,framerate={240/1,120/1}",
    "video/x-raw,width=1280,height=720,framerate=120/1" },
  { "not-in-memory",
    "video/x-raw(memory:DMABuf),width=1280,height=720,framerate=30/1; "
    "video/x-raw,width=640,height=480,framerate=30/1",
    "video/x-raw,width=640,height=480,framerate=30/1" },
  { "silent", NULL, NULL },
  { "any", "ANY", NULL },
  { "nothing", "EMPTY", NULL },
  { "no-size", "video/x-raw,framerate=30/1", NULL },
  { "no-time", "video/x-raw,width=1280,height=720,framerate=0/1",
    "video/x-raw,width=1280,height=720,framerate=0/1" },
  { "no-picture", "application/x-metadata,width=1280,height=720", NULL },
  { "nonsense", "video/x-raw,width=1280,height=0,framerate=30/1", NULL },
  { "text-for-size", "video/x-raw,width=(string)wide,height=720", NULL },
};

static void
test_case (gconstpointer data)
{
  const Case *expected = data;
  g_autoptr (GstCaps) offered
      = expected->offered != NULL ? gst_caps_from_string (expected->offered) : NULL;
  g_autoptr (GstCaps) chosen = gc_camera_format_choose (offered, 720);
  g_autoptr (GstCaps) first = gst_caps_copy_nth (chosen, 0);
  g_autoptr (GstCaps) wanted
      = gst_caps_from_string (expected->first != NULL ? expected->first : "video/x-raw");
  g_autoptr (GstCaps) any = gst_caps_from_string ("video/x-raw; image/jpeg; video/x-h264");
  g_autofree char *text = gst_caps_to_string (chosen);

  g_test_message ("%s", text);
  gst_structure_remove_field (gst_caps_get_structure (first, 0), "format");
  g_assert_true (gst_caps_is_equal (first, wanted));
  g_assert_true (gst_caps_is_subset (any, chosen));
}

/* The same camera, asked for more and less. */
static void
test_lines (void)
{
  g_autoptr (GstCaps) offered
      = gst_caps_from_string ("video/x-raw,width={640,1280,1920},height={360,720,1080},"
                              "framerate=30/1");
  const int wanted[] = { 1080, 720, 360 };

  for (gsize i = 0; i < G_N_ELEMENTS (wanted); i++)
    {
      g_autoptr (GstCaps) chosen = gc_camera_format_choose (offered, wanted[i]);
      int lines;

      g_assert_true (gst_structure_get_int (gst_caps_get_structure (chosen, 0), "height", &lines));
      g_assert_cmpint (lines, ==, wanted[i]);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/camera/format/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_func ("/camera/format/as-many-lines-as-wanted", test_lines);
  return g_test_run ();
}
