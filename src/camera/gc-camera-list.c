/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-camera"

#include "camera/gc-camera-list.h"

#include "camera/gc-media-source-device.h"
#include "camera/gc-media-source-file.h"
#include "camera/gc-media-source-pattern.h"
#include "camera/gc-media-source-portal.h"

#include <string.h>

struct _GcCameraList
{
  GObject parent_instance;

  gboolean audio;
  char *name; /* of the only device that is wanted, or NULL */
  GListStore *sources;
  GPtrArray *devices; /* of GstDevice, in the order of the store */
  GstDeviceMonitor *monitor;
  guint bus_watch;
  GCancellable *cancellable;
};

static GType
get_item_type (GListModel *model)
{
  return GC_TYPE_MEDIA_SOURCE;
}

static guint
get_n_items (GListModel *model)
{
  return g_list_model_get_n_items (G_LIST_MODEL (GC_CAMERA_LIST (model)->sources));
}

static gpointer
get_item (GListModel *model, guint position)
{
  return g_list_model_get_item (G_LIST_MODEL (GC_CAMERA_LIST (model)->sources), position);
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (GcCameraList,
                               gc_camera_list,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

static void
insert (GcCameraList *self, guint position, GcMediaSource *source, GstDevice *device)
{
  g_ptr_array_insert (self->devices, (int) position,
                      device != NULL ? gst_object_ref (device) : NULL);
  g_list_store_insert (self->sources, position, source);
}

static gboolean
on_property (const GstIdStr *name, const GValue *value, gpointer user_data)
{
  gboolean *at_back = user_data;

  if (g_ascii_strcasecmp (gst_id_str_as_str (name), "api.libcamera.location") == 0
      && G_VALUE_HOLDS_STRING (value) && g_value_get_string (value) != NULL)
    {
      g_autofree char *location = g_ascii_strdown (g_value_get_string (value), -1);

      *at_back = g_str_has_suffix (location, "back");
    }
  return TRUE;
}

/* Whether it looks away from who holds the handset, as PipeWire and libcamera report it. */
static gboolean
is_at_back (GstDevice *device)
{
  g_autoptr (GstStructure) properties = gst_device_get_properties (device);
  gboolean at_back = FALSE;

  if (properties != NULL)
    gst_structure_foreach_id_str (properties, on_property, &at_back);
  return at_back;
}

/* Sounds that a computer plays are sources too, and no microphones. */
static gboolean
is_monitor (GstDevice *device)
{
  g_autoptr (GstStructure) properties = gst_device_get_properties (device);

  return properties != NULL
         && g_strcmp0 (gst_structure_get_string (properties, "device.class"), "monitor") == 0;
}

/* One camera may be seen by several providers: the first one that knows its name serves. */
static gboolean
is_wanted (GcCameraList *self, GstDevice *device)
{
  g_autofree char *name = gst_device_get_display_name (device);

  if (is_monitor (device) || (self->name != NULL && g_strcmp0 (name, self->name) != 0))
    return FALSE;
  for (guint i = 0; i < self->devices->len; i++)
    {
      GstDevice *known = g_ptr_array_index (self->devices, i);
      g_autofree char *known_name = known != NULL ? gst_device_get_display_name (known) : NULL;

      if (g_strcmp0 (name, known_name) == 0)
        return FALSE;
    }
  return TRUE;
}

/* What a worker has to show is in front of the handset: cameras at its back come first. */
static guint
find_position (GcCameraList *self, GstDevice *device)
{
  guint position = 0;

  if (!is_at_back (device))
    return self->devices->len;
  while (position < self->devices->len && is_at_back (g_ptr_array_index (self->devices, position)))
    position++;
  return position;
}

static void
add_device (GcCameraList *self, GstDevice *device)
{
  g_autoptr (GcMediaSource) source = NULL;

  if (!is_wanted (self, device))
    return;
  source = gc_media_source_device_new (device, self->audio);
  insert (self, find_position (self, device), source, device);
}

static void
remove_device (GcCameraList *self, GstDevice *device)
{
  guint position;

  if (!g_ptr_array_find (self->devices, device, &position))
    return;
  g_ptr_array_remove_index (self->devices, position);
  g_list_store_remove (self->sources, position);
}

static gboolean
on_bus (GstBus *bus, GstMessage *message, gpointer user_data)
{
  GcCameraList *self = user_data;
  g_autoptr (GstDevice) device = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_DEVICE_ADDED)
    {
      gst_message_parse_device_added (message, &device);
      add_device (self, device);
    }
  else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_DEVICE_REMOVED)
    {
      gst_message_parse_device_removed (message, &device);
      remove_device (self, device);
    }
  return G_SOURCE_CONTINUE;
}

static void
watch_devices (GcCameraList *self)
{
  g_autoptr (GstBus) bus = NULL;
  GList *devices;

  self->monitor = gst_device_monitor_new ();
  gst_device_monitor_add_filter (self->monitor, self->audio ? "Audio/Source" : "Video/Source",
                                 NULL);
  bus = gst_device_monitor_get_bus (self->monitor);
  self->bus_watch = gst_bus_add_watch (bus, on_bus, self);
  if (!gst_device_monitor_start (self->monitor))
    return;
  devices = gst_device_monitor_get_devices (self->monitor);
  for (GList *at = devices; at != NULL; at = at->next)
    add_device (self, at->data);
  g_list_free_full (devices, gst_object_unref);
}

static void
on_portal (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcCameraList) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GcMediaSource) source = gc_media_source_portal_new_finish (result, &error);

  if (source == NULL)
    g_message ("No camera from the portal: %s", error->message);
  else
    insert (self, self->devices->len, source, NULL);
}

static void
on_items_changed (GListModel *model, guint position, guint removed, guint added, gpointer user_data)
{
  g_list_model_items_changed (G_LIST_MODEL (user_data), position, removed, added);
}

static void
unref_device (gpointer device)
{
  if (device != NULL)
    gst_object_unref (device);
}

static void
gc_camera_list_dispose (GObject *object)
{
  GcCameraList *self = GC_CAMERA_LIST (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_handle_id (&self->bus_watch, g_source_remove);
  if (self->monitor != NULL)
    gst_device_monitor_stop (self->monitor);
  gst_clear_object (&self->monitor);
  g_clear_object (&self->sources);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->devices, g_ptr_array_unref);
  G_OBJECT_CLASS (gc_camera_list_parent_class)->dispose (object);
}

static void
gc_camera_list_finalize (GObject *object)
{
  g_free (GC_CAMERA_LIST (object)->name);
  G_OBJECT_CLASS (gc_camera_list_parent_class)->finalize (object);
}

static void
gc_camera_list_class_init (GcCameraListClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = gc_camera_list_dispose;
  G_OBJECT_CLASS (klass)->finalize = gc_camera_list_finalize;
}

static void
gc_camera_list_init (GcCameraList *self)
{
  self->sources = g_list_store_new (GC_TYPE_MEDIA_SOURCE);
  self->devices = g_ptr_array_new_with_free_func (unref_device);
  self->cancellable = g_cancellable_new ();
  g_signal_connect_object (self->sources, "items-changed", G_CALLBACK (on_items_changed), self, 0);
}

static gboolean
is_file (const char *name)
{
  return strchr (name, G_DIR_SEPARATOR) != NULL || g_file_test (name, G_FILE_TEST_EXISTS);
}

/**
 * gc_camera_list_new:
 * @name: (nullable): “pattern” (or “tone”), “none”, a file's path (one that does not exist yet
 * needs a slash in it), or a device's name; %NULL for all that the handset has, cameras at its back
 *   first
 * @audio: microphones instead of cameras
 *
 * Main context.
 *
 * Returns: (transfer full): the list
 */
GcCameraList *
gc_camera_list_new (const char *name, gboolean audio)
{
  GcCameraList *self = g_object_new (GC_TYPE_CAMERA_LIST, NULL);
  g_autoptr (GcMediaSource) source = NULL;

  self->audio = audio;
  if (name != NULL && strcmp (name, "none") == 0)
    return self;
  if (name != NULL && strcmp (name, audio ? "tone" : "pattern") == 0)
    source = gc_media_source_pattern_new (audio);
  else if (name != NULL && is_file (name))
    source = gc_media_source_file_new (name, audio);
  if (source == NULL)
    {
      self->name = g_strdup (name);
      /* In a sandbox there are no devices, only the portal. */
      if (!audio && g_file_test ("/.flatpak-info", G_FILE_TEST_EXISTS))
        gc_media_source_portal_new_async (self->cancellable, on_portal, g_object_ref (self));
      else
        watch_devices (self);
      return self;
    }
  insert (self, 0, source, NULL);
  return self;
}
