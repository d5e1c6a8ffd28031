/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-device-provider.h"

#include <string.h>

/* --- a device --- */

typedef struct
{
  GstDevice parent_instance;

  GstElement *element; /* (unowned) made last */
} TestDevice;

typedef struct
{
  GstDeviceClass parent_class;
} TestDeviceClass;

static GType
test_device_get_type (void);

G_DEFINE_TYPE (TestDevice, test_device, GST_TYPE_DEVICE)

static GstElement *
test_device_create_element (GstDevice *device, const char *name)
{
  TestDevice *self = (TestDevice *) device;
  gboolean audio = gst_device_has_classes (device, "Audio/Source");
  GstElement *element = gst_element_factory_make (audio ? "audiotestsrc" : "videotestsrc", name);

  g_object_set (element, "is-live", TRUE, NULL);
  self->element = element;
  return element;
}

static void
test_device_class_init (TestDeviceClass *klass)
{
  GST_DEVICE_CLASS (klass)->create_element = test_device_create_element;
}

static void
test_device_init (TestDevice *self)
{
}

/* --- the provider --- */

typedef struct
{
  GstDeviceProvider parent_instance;
} TestDeviceProvider;

typedef struct
{
  GstDeviceProviderClass parent_class;
} TestDeviceProviderClass;

static GType
test_device_provider_get_type (void);

G_DEFINE_TYPE (TestDeviceProvider, test_device_provider, GST_TYPE_DEVICE_PROVIDER)

static gboolean
test_device_provider_start (GstDeviceProvider *provider)
{
  return TRUE;
}

static void
test_device_provider_class_init (TestDeviceProviderClass *klass)
{
  GST_DEVICE_PROVIDER_CLASS (klass)->start = test_device_provider_start;
  gst_device_provider_class_set_static_metadata (GST_DEVICE_PROVIDER_CLASS (klass), "Test devices",
                                                 "Source/Video/Audio", "Devices of a test", "-");
}

static void
test_device_provider_init (TestDeviceProvider *self)
{
}

static GstDeviceProvider *
get_provider (void)
{
  GstDeviceProvider *provider = gst_device_provider_factory_get_by_name ("testdeviceprovider");

  g_assert_nonnull (provider);
  return provider;
}

/* Before any list is made. */
void
test_device_provider_register (void)
{
  g_assert_true (gst_device_provider_register (NULL, "testdeviceprovider", GST_RANK_PRIMARY,
                                               test_device_provider_get_type ()));
}

/* The kind is “front” or “back” for cameras, “monitor” for what a computer plays, or NULL. */
GstDevice *
test_device_plug_in (const char *name, const char *class, const char *kind)
{
  g_autoptr (GstDeviceProvider) provider = get_provider ();
  g_autoptr (GstCaps) caps
      = gst_caps_new_empty_simple (strstr (class, "Video") ? "video/x-raw" : "audio/x-raw");
  g_autoptr (GstStructure) properties = gst_structure_new_empty ("properties");
  GstDevice *device;

  if (g_strcmp0 (kind, "monitor") == 0)
    gst_structure_set (properties, "device.class", G_TYPE_STRING, kind, NULL);
  else if (kind != NULL)
    gst_structure_set (properties, "api.libcamera.location", G_TYPE_STRING, kind, NULL);
  device = g_object_new (test_device_get_type (), "display-name", name, "device-class", class,
                         "caps", caps, "properties", properties, NULL);
  gst_device_provider_device_add (provider, gst_object_ref (device));
  return device;
}

void
test_device_plug_out (GstDevice *device)
{
  g_autoptr (GstDeviceProvider) provider = get_provider ();

  gst_device_provider_device_remove (provider, device);
}

/* What a driver does when its cable is pulled. */
void
test_device_break (GstDevice *device)
{
  GstElement *element = ((TestDevice *) device)->element;

  GST_ELEMENT_ERROR (element, RESOURCE, READ, ("The device is gone."), (NULL));
}
