/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-device-provider.h"

#include <string.h>

/* What a test has plugged in. Each provider that runs has a GstDevice of its own for it. */
struct _TestDevice
{
  guint provider;
  char *name;
  char *class;
  char *launch; /* what it gives, or NULL */
  GstStructure *properties;
  GArray *faces;       /* of Face */
  GstElement *element; /* (unowned) made last */
};

/* A provider may show another GstDevice after a change, but takes the first one back. */
typedef struct
{
  GstDeviceProvider *provider; /* (unowned) */
  GstDevice *announced;
  GstDevice *current;
} Face;

static GMutex lock;
static GPtrArray *plugged; /* of TestDevice */
static GPtrArray *running; /* of GstDeviceProvider, unowned */

static void
free_device (gpointer data)
{
  TestDevice *device = data;

  g_array_unref (device->faces);
  gst_structure_free (device->properties);
  g_free (device->name);
  g_free (device->class);
  g_free (device->launch);
}

/* --- a device as a provider shows it --- */

typedef struct
{
  GstDevice parent_instance;

  TestDevice *device;
} TestFace;

typedef struct
{
  GstDeviceClass parent_class;
} TestFaceClass;

static GType
test_face_get_type (void);

G_DEFINE_TYPE (TestFace, test_face, GST_TYPE_DEVICE)

static GstElement *
test_face_create_element (GstDevice *device, const char *name)
{
  TestDevice *owner = ((TestFace *) device)->device;

  owner->element = gst_parse_bin_from_description (owner->launch != NULL ? owner->launch
                                                   : gst_device_has_classes (device, "Audio/Source")
                                                       ? "audiotestsrc is-live=true"
                                                       : "videotestsrc is-live=true",
                                                   TRUE, NULL);
  g_assert_nonnull (owner->element);
  return owner->element;
}

static void
test_face_finalize (GObject *object)
{
  g_atomic_rc_box_release_full (((TestFace *) object)->device, free_device);
  G_OBJECT_CLASS (test_face_parent_class)->finalize (object);
}

static void
test_face_class_init (TestFaceClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = test_face_finalize;
  GST_DEVICE_CLASS (klass)->create_element = test_face_create_element;
}

static void
test_face_init (TestFace *self)
{
}

static GstDevice *
make_face (TestDevice *device)
{
  g_autoptr (GstCaps) caps
      = gst_caps_new_empty_simple (strstr (device->class, "Video") ? "video/x-raw" : "audio/x-raw");
  TestFace *face
      = g_object_new (test_face_get_type (), "display-name", device->name, "device-class",
                      device->class, "caps", caps, "properties", device->properties, NULL);

  face->device = g_atomic_rc_box_acquire (device);
  return gst_object_ref_sink (face);
}

/* --- the providers --- */

typedef struct
{
  GstDeviceProvider parent_instance;
} TestProvider;

typedef struct
{
  GstDeviceProviderClass parent_class;
} TestProviderClass;

static GType
test_provider_get_type (void);

G_DEFINE_TYPE (TestProvider, test_provider, GST_TYPE_DEVICE_PROVIDER)

typedef TestProvider TestOtherProvider;
typedef TestProviderClass TestOtherProviderClass;

static GType
test_other_provider_get_type (void);

G_DEFINE_TYPE (TestOtherProvider, test_other_provider, test_provider_get_type ())

static guint
index_of (GstDeviceProvider *provider)
{
  return G_OBJECT_TYPE (provider) == test_provider_get_type () ? 0 : 1;
}

static void
show (TestDevice *device, GstDeviceProvider *provider)
{
  Face face = { .provider = provider };

  if (device->provider != index_of (provider))
    return;
  face.announced = make_face (device);
  face.current = gst_object_ref (face.announced);
  g_array_append_val (device->faces, face);
  gst_device_provider_device_add (provider, face.announced);
}

static void
clear_face (gpointer data)
{
  Face *face = data;

  gst_object_unref (face->announced);
  gst_object_unref (face->current);
}

static gboolean
test_provider_start (GstDeviceProvider *provider)
{
  g_mutex_lock (&lock);
  g_ptr_array_add (running, provider);
  for (guint i = 0; i < plugged->len; i++)
    show (g_ptr_array_index (plugged, i), provider);
  g_mutex_unlock (&lock);
  return TRUE;
}

static void
hide (TestDevice *device, GstDeviceProvider *provider)
{
  for (guint i = device->faces->len; i > 0; i--)
    if (g_array_index (device->faces, Face, i - 1).provider == provider)
      g_array_remove_index (device->faces, i - 1);
}

static void
test_provider_stop (GstDeviceProvider *provider)
{
  g_mutex_lock (&lock);
  g_ptr_array_remove (running, provider);
  for (guint i = 0; i < plugged->len; i++)
    hide (g_ptr_array_index (plugged, i), provider);
  g_mutex_unlock (&lock);
}

static void
test_provider_class_init (TestProviderClass *klass)
{
  GST_DEVICE_PROVIDER_CLASS (klass)->start = test_provider_start;
  GST_DEVICE_PROVIDER_CLASS (klass)->stop = test_provider_stop;
  gst_device_provider_class_set_static_metadata (GST_DEVICE_PROVIDER_CLASS (klass), "Test devices",
                                                 "Source/Video/Audio", "Devices of a test", "-");
}

static void
test_provider_init (TestProvider *self)
{
}

static void
test_other_provider_class_init (TestOtherProviderClass *klass)
{
  gst_device_provider_class_set_static_metadata (GST_DEVICE_PROVIDER_CLASS (klass), "More devices",
                                                 "Source/Video/Audio", "Devices of a test", "-");
}

static void
test_other_provider_init (TestOtherProvider *self)
{
}

/* Before any list is made. */
void
test_device_provider_register (void)
{
  GList *real = gst_device_provider_factory_list_get_device_providers (GST_RANK_MARGINAL);

  for (GList *at = real; at != NULL; at = at->next)
    gst_plugin_feature_set_rank (at->data, GST_RANK_NONE);
  gst_plugin_feature_list_free (real);
  g_unsetenv ("XDG_RUNTIME_DIR");
  plugged = g_ptr_array_new ();
  running = g_ptr_array_new ();
  g_assert_true (gst_device_provider_register (NULL, "testprovider", GST_RANK_PRIMARY,
                                               test_provider_get_type ()));
  g_assert_true (gst_device_provider_register (NULL, "testotherprovider", GST_RANK_SECONDARY,
                                               test_other_provider_get_type ()));
}

/* The kind is “front” or “back” for cameras, “monitor” for what a computer plays, or NULL. */
TestDevice *
test_device_plug_in_at (guint provider, const char *name, const char *class, const char *kind)
{
  static guint last_serial;
  g_autofree char *serial = g_strdup_printf ("%u", ++last_serial);
  TestDevice *device = g_atomic_rc_box_new0 (TestDevice);

  g_assert_cmpuint (provider, <, TEST_PROVIDERS);
  device->provider = provider;
  device->name = g_strdup (name);
  device->class = g_strdup (class);
  device->properties
      = gst_structure_new ("properties", "object.serial", G_TYPE_STRING, serial, NULL);
  device->faces = g_array_new (FALSE, FALSE, sizeof (Face));
  g_array_set_clear_func (device->faces, clear_face);
  if (g_strcmp0 (kind, "monitor") == 0)
    gst_structure_set (device->properties, "device.class", G_TYPE_STRING, kind, NULL);
  else if (kind != NULL)
    gst_structure_set (device->properties, "api.libcamera.location", G_TYPE_STRING, kind, NULL);
  g_mutex_lock (&lock);
  g_ptr_array_add (plugged, device);
  for (guint i = 0; i < running->len; i++)
    show (device, g_ptr_array_index (running, i));
  g_mutex_unlock (&lock);
  return device;
}

/* As PipeWire does when a client's permissions are given while it looks. */
void
test_device_announce_again (TestDevice *device)
{
  g_mutex_lock (&lock);
  for (guint i = 0; i < running->len; i++)
    show (device, g_ptr_array_index (running, i));
  g_mutex_unlock (&lock);
}

/* Takes back but the first announcement. */
void
test_device_take_back_first (TestDevice *device)
{
  g_mutex_lock (&lock);
  gst_device_provider_device_remove (g_array_index (device->faces, Face, 0).provider,
                                     g_array_index (device->faces, Face, 0).announced);
  g_array_remove_index (device->faces, 0);
  g_mutex_unlock (&lock);
}

TestDevice *
test_device_plug_in (const char *name, const char *class, const char *kind)
{
  return test_device_plug_in_at (0, name, class, kind);
}

/* Before it is opened. */
void
test_device_set_launch (TestDevice *device, const char *launch)
{
  g_set_str (&device->launch, launch);
}

/* As when the worker chooses another microphone in the settings. */
void
test_device_set_default (TestDevice *device, gboolean is_default)
{
  gst_structure_set (device->properties, "is-default", G_TYPE_BOOLEAN, is_default, NULL);
  g_mutex_lock (&lock);
  for (guint i = 0; i < device->faces->len; i++)
    {
      Face *face = &g_array_index (device->faces, Face, i);
      g_autoptr (GstDevice) before = g_steal_pointer (&face->current);

      face->current = make_face (device);
      gst_device_provider_device_changed (face->provider, face->current, before);
    }
  g_mutex_unlock (&lock);
}

void
test_device_plug_out (TestDevice *device)
{
  g_mutex_lock (&lock);
  g_ptr_array_remove (plugged, device);
  for (guint i = 0; i < device->faces->len; i++)
    {
      const Face *face = &g_array_index (device->faces, Face, i);

      gst_device_provider_device_remove (face->provider, face->announced);
    }
  g_mutex_unlock (&lock);
  g_array_set_size (device->faces, 0);
  g_atomic_rc_box_release_full (device, free_device);
}

/* What a driver does when its cable is pulled. */
void
test_device_break (TestDevice *device)
{
  GST_ELEMENT_ERROR (device->element, RESOURCE, READ, ("The device is gone."), (NULL));
}
