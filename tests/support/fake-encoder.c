/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Elements in the place of a driver's, where there is no hardware. */

#include "fake-encoder.h"

typedef struct
{
  GstBin parent_instance;
} FakeEncoder;

typedef struct
{
  GstBinClass parent_class;
  const char *launch;
} FakeEncoderClass;

/* The “fault” of the newest one. */
static GWeakRef newest_fault;

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
}

static void
class_init (gpointer klass, gpointer launch)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstPadTemplate *sink = gst_pad_template_new ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_CAPS_ANY);
  GstPadTemplate *src = gst_pad_template_new ("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_CAPS_ANY);

  ((FakeEncoderClass *) klass)->launch = launch;
  object_class->set_property = set_property;
  g_object_class_install_property (
      object_class, 1,
      g_param_spec_boxed ("extra-controls", NULL, NULL, GST_TYPE_STRUCTURE, G_PARAM_WRITABLE));
  g_object_class_install_property (
      object_class, 2,
      g_param_spec_uint ("bitrate", NULL, NULL, 0, G_MAXUINT, 0, G_PARAM_WRITABLE));
  gst_element_class_add_pad_template (GST_ELEMENT_CLASS (klass), sink);
  gst_element_class_add_pad_template (GST_ELEMENT_CLASS (klass), src);
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass), "Fake", "Encoder/Video", "Fake",
                                         "Gridcast");
}

static void
init (GTypeInstance *instance, gpointer klass)
{
  GstElement *inner
      = gst_parse_bin_from_description (((FakeEncoderClass *) klass)->launch, TRUE, NULL);
  g_autoptr (GstElement) fault = NULL;
  g_autoptr (GstPad) sink = NULL;
  g_autoptr (GstPad) src = NULL;

  g_assert_nonnull (inner);
  fault = gst_bin_get_by_name (GST_BIN (inner), "fault");
  g_weak_ref_set (&newest_fault, fault);
  sink = gst_element_get_static_pad (inner, "sink");
  src = gst_element_get_static_pad (inner, "src");
  gst_bin_add (GST_BIN (instance), inner);
  gst_element_add_pad (GST_ELEMENT (instance), gst_ghost_pad_new ("sink", sink));
  gst_element_add_pad (GST_ELEMENT (instance), gst_ghost_pad_new ("src", src));
}

/**
 * fake_encoder_add:
 * @factory: name of a driver's element that is not here
 * @type_name: of its type
 * @launch: what it does; kept by reference
 *
 * From now on there is such an element. Its settings are taken, and have no effect.
 */
void
fake_encoder_add (const char *factory, const char *type_name, const char *launch)
{
  const GTypeInfo info = { .class_size = sizeof (FakeEncoderClass),
                           .class_init = class_init,
                           .class_data = launch,
                           .instance_size = sizeof (FakeEncoder),
                           .instance_init = init };
  GType type = g_type_register_static (GST_TYPE_BIN, type_name, &info, 0);

  g_assert_true (gst_element_register (NULL, factory, GST_RANK_NONE, type));
}

static void
remove_factory (const char *name)
{
  g_autoptr (GstElementFactory) factory = gst_element_factory_find (name);

  if (factory != NULL)
    gst_registry_remove_feature (gst_registry_get (), GST_PLUGIN_FEATURE (factory));
}

/**
 * fake_encoder_take_over:
 *
 * From now on a driver's element is all there is for H.264, and works until fake_encoder_break().
 */
void
fake_encoder_take_over (void)
{
  g_autoptr (GstElementFactory) factory = gst_element_factory_find ("x264enc");
  g_autoptr (GstPluginFeature) loaded = gst_plugin_feature_load (GST_PLUGIN_FEATURE (factory));
  GType x264 = gst_element_factory_get_element_type (GST_ELEMENT_FACTORY (loaded));

  g_assert_true (gst_element_register (NULL, "x264-of-fake", GST_RANK_NONE, x264));
  remove_factory ("x264enc");
  remove_factory ("openh264enc");
  fake_encoder_add ("v4l2h264enc", "FakeOnly",
                    "identity name=fault ! videoconvert ! x264-of-fake tune=zerolatency");
}

/**
 * fake_encoder_break:
 *
 * The newest element that has an identity named “fault” reports an error.
 *
 * Returns: whether there is one
 */
gboolean
fake_encoder_break (void)
{
  g_autoptr (GstElement) fault = g_weak_ref_get (&newest_fault);

  if (fault != NULL)
    GST_ELEMENT_ERROR (fault, STREAM, ENCODE, (NULL), ("it was told to fail"));
  return fault != NULL;
}
