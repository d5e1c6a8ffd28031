/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Promises:
 *  - everything that is needed is found where it is installed, and said so
 *  - what is missing is named, and counts only if it is needed
 *  - of elements that replace each other one is enough
 *  - things of one purpose follow each other
 */
#include "app/gc-self-check.h"

#include <glib/gi18n.h>
#include <gst/gst.h>

static const GcSelfCheckItem *
find (GPtrArray *items, const char *name)
{
  for (guint i = 0; i < items->len; i++)
    {
      const GcSelfCheckItem *item = g_ptr_array_index (items, i);

      if (g_str_equal (item->name, name))
        return item;
    }
  g_error ("“%s” is not looked for", name);
}

static GstPluginFeature *
hide (const char *name)
{
  GstRegistry *registry = gst_registry_get ();
  GstPluginFeature *feature = gst_registry_find_feature (registry, name, GST_TYPE_ELEMENT_FACTORY);

  g_assert_nonnull (feature);
  gst_registry_remove_feature (registry, feature);
  return feature;
}

static void
show_again (GstPluginFeature *feature)
{
  gst_registry_add_feature (gst_registry_get (), feature);
  gst_object_unref (feature);
}

static void
test_complete (void)
{
  g_autoptr (GPtrArray) items = gc_self_check_run ();

  for (guint i = 0; i < items->len; i++)
    {
      const GcSelfCheckItem *item = g_ptr_array_index (items, i);

      g_test_message ("%s: %s: %d", item->purpose, item->name, item->there);
      g_assert_true (item->there || !item->needed);
    }
  g_assert_true (gc_self_check_print (items));
}

static void
test_missing (void)
{
  GstPluginFeature *hidden = hide ("webrtcbin");
  g_autoptr (GPtrArray) items = gc_self_check_run ();

  show_again (hidden);
  g_assert_false (find (items, "webrtcbin")->there);
  g_assert_false (gc_self_check_print (items));
}

static void
test_replaced (void)
{
  GstPluginFeature *hidden = hide ("zxing");
  g_autoptr (GPtrArray) items = gc_self_check_run ();
  GstPluginFeature *also_hidden = hide ("zbar");
  g_autoptr (GPtrArray) fewer = gc_self_check_run ();

  show_again (hidden);
  show_again (also_hidden);
  g_assert_true (find (items, "zxing|zbar")->there);
  g_assert_false (find (fewer, "zxing|zbar")->there);
}

static void
test_together (void)
{
  g_autoptr (GPtrArray) items = gc_self_check_run ();
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  const char *last = "";

  for (guint i = 0; i < items->len; i++)
    {
      const GcSelfCheckItem *item = g_ptr_array_index (items, i);

      if (!g_str_equal (item->purpose, last))
        g_assert_true (g_hash_table_add (seen, (gpointer) item->purpose));
      last = item->purpose;
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  bindtextdomain (GETTEXT_PACKAGE, g_getenv ("GC_TEST_LOCALEDIR"));
  g_test_add_func ("/self-check/finds-what-is-there", test_complete);
  g_test_add_func ("/self-check/names-what-is-missing", test_missing);
  g_test_add_func ("/self-check/one-of-several-is-enough", test_replaced);
  g_test_add_func ("/self-check/keeps-purposes-together", test_together);
  return g_test_run ();
}
