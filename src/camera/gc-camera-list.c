/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-camera"

#include "camera/gc-camera-list.h"

#include "camera/gc-device-provider.h"
#include "camera/gc-device-watch.h"
#include "camera/gc-media-source-device.h"
#include "camera/gc-media-source-file.h"
#include "camera/gc-media-source-pattern.h"

#include <string.h>

/* A source, the device that it is, and what decides its place. */
typedef struct
{
  GcMediaSource *source;
  GstDevice *device;          /* NULL for a file or a pattern */
  GcDeviceProvider *provider; /* (unowned) who found it */
  guint arrival;
} Entry;

struct _GcCameraList
{
  GObject parent_instance;

  int lines;       /* 0: of microphones */
  char *name;      /* of the only device that is wanted, or NULL */
  GArray *entries; /* of Entry, in their order */
  guint arrivals;
  GcDeviceWatch *watch;
};

static GType
get_item_type (GListModel *model)
{
  return GC_TYPE_MEDIA_SOURCE;
}

static guint
get_n_items (GListModel *model)
{
  return GC_CAMERA_LIST (model)->entries->len;
}

static gpointer
get_item (GListModel *model, guint position)
{
  GArray *entries = GC_CAMERA_LIST (model)->entries;

  return position < entries->len ? g_object_ref (g_array_index (entries, Entry, position).source)
                                 : NULL;
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

enum
{
  SIGNAL_FAILED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void
clear_entry (gpointer data)
{
  Entry *entry = data;

  g_clear_object (&entry->source);
  gst_clear_object (&entry->device);
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

/* What a worker has to show is in front of the handset: the camera that looks away from who holds
 * it, as PipeWire and libcamera report it, comes first. So does the microphone that the worker has
 * chosen in the settings, or has just plugged in. */
static gboolean
comes_first (GstDevice *device)
{
  g_autoptr (GstStructure) properties = device != NULL ? gst_device_get_properties (device) : NULL;
  gboolean first = FALSE;

  if (properties == NULL)
    return FALSE;
  if (gst_device_has_classes (device, "Audio"))
    gst_structure_get_boolean (properties, "is-default", &first);
  else
    gst_structure_foreach_id_str (properties, on_property, &first);
  return first;
}

static int
compare_entries (gconstpointer a, gconstpointer b)
{
  const Entry *one = a;
  const Entry *two = b;
  gboolean one_first = comes_first (one->device);
  gboolean two_first = comes_first (two->device);

  if (one_first != two_first)
    return one_first ? -1 : 1;
  return one->arrival < two->arrival ? -1 : one->arrival > two->arrival;
}

static void
insert (GcCameraList *self, GcMediaSource *source, GstDevice *device, GcDeviceProvider *provider)
{
  Entry entry = {
    .source = g_object_ref (source),
    .device = device != NULL ? gst_object_ref (device) : NULL,
    .provider = provider,
    .arrival = self->arrivals++,
  };
  guint position = 0;

  while (position < self->entries->len
         && compare_entries (&entry, &g_array_index (self->entries, Entry, position)) > 0)
    position++;
  g_array_insert_val (self->entries, position, entry);
  g_list_model_items_changed (G_LIST_MODEL (self), position, 0, 1);
}

static Entry *
find (GcCameraList *self, GstDevice *device, guint *position)
{
  for (*position = 0; *position < self->entries->len; (*position)++)
    {
      Entry *entry = &g_array_index (self->entries, Entry, *position);

      if (entry->device == device)
        return entry;
    }
  return NULL;
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
is_wanted (GcCameraList *self, GstDevice *device, GcDeviceProvider *provider)
{
  g_autofree char *name = gst_device_get_display_name (device);

  if (is_monitor (device) || (self->name != NULL && g_strcmp0 (name, self->name) != 0))
    return FALSE;
  for (guint i = 0; i < self->entries->len; i++)
    {
      const Entry *entry = &g_array_index (self->entries, Entry, i);

      if (entry->provider != provider
          && g_strcmp0 (name, gc_media_source_get_name (entry->source)) == 0)
        return FALSE;
    }
  return TRUE;
}

static void
on_added (GcDeviceWatch *watch, GcDeviceProvider *provider, GstDevice *device, gpointer user_data)
{
  GcCameraList *self = user_data;
  g_autoptr (GcMediaSource) source = NULL;

  if (!is_wanted (self, device, provider))
    return;
  source
      = gc_media_source_device_new (device, gc_device_provider_get_remote (provider), self->lines);
  insert (self, source, device, provider);
}

static void
on_removed (GcDeviceWatch *watch, GstDevice *device, gpointer user_data)
{
  GcCameraList *self = user_data;
  guint position;

  if (find (self, device, &position) == NULL)
    return;
  g_array_remove_index (self->entries, position);
  g_list_model_items_changed (G_LIST_MODEL (self), position, 1, 0);
}

static void
on_changed (GcDeviceWatch *watch, GstDevice *before, GstDevice *after, gpointer user_data)
{
  GcCameraList *self = user_data;
  guint position;
  Entry *entry = find (self, before, &position);
  gboolean moves;

  if (entry == NULL)
    return;
  moves = comes_first (before) != comes_first (after);
  gst_object_replace ((GstObject **) &entry->device, GST_OBJECT (after));
  if (!moves)
    return;
  g_array_sort (self->entries, compare_entries);
  g_list_model_items_changed (G_LIST_MODEL (self), 0, self->entries->len, self->entries->len);
}

static void
on_failed (GcDeviceWatch *watch, const GError *error, gpointer user_data)
{
  g_signal_emit (user_data, signals[SIGNAL_FAILED], 0, error);
}

static void
watch_devices (GcCameraList *self)
{
  self->watch = gc_device_watch_new (self->lines == 0);
  g_signal_connect (self->watch, "added", G_CALLBACK (on_added), self);
  g_signal_connect (self->watch, "removed", G_CALLBACK (on_removed), self);
  g_signal_connect (self->watch, "changed", G_CALLBACK (on_changed), self);
  g_signal_connect (self->watch, "failed", G_CALLBACK (on_failed), self);
  gc_device_watch_start (self->watch);
}

static void
gc_camera_list_dispose (GObject *object)
{
  GcCameraList *self = GC_CAMERA_LIST (object);

  if (self->watch != NULL)
    g_signal_handlers_disconnect_by_data (self->watch, self);
  g_clear_object (&self->watch);
  g_array_set_size (self->entries, 0);
  G_OBJECT_CLASS (gc_camera_list_parent_class)->dispose (object);
}

static void
gc_camera_list_finalize (GObject *object)
{
  GcCameraList *self = GC_CAMERA_LIST (object);

  g_array_unref (self->entries);
  g_free (self->name);
  G_OBJECT_CLASS (gc_camera_list_parent_class)->finalize (object);
}

static void
gc_camera_list_class_init (GcCameraListClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = gc_camera_list_dispose;
  G_OBJECT_CLASS (klass)->finalize = gc_camera_list_finalize;
  /**
   * GcCameraList::failed:
   * @error: %GC_ERROR_REFUSED if the cameras may not be used
   *
   * No devices will be found.
   */
  signals[SIGNAL_FAILED] = g_signal_new ("failed", GC_TYPE_CAMERA_LIST, G_SIGNAL_RUN_LAST, 0, NULL,
                                         NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
gc_camera_list_init (GcCameraList *self)
{
  self->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  g_array_set_clear_func (self->entries, clear_entry);
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
 * @lines: of the picture that is wanted of a device, 16 to 2160; 0 for microphones instead of
 *   cameras
 *
 * Main context.
 *
 * Returns: (transfer full): the list
 */
GcCameraList *
gc_camera_list_new (const char *name, int lines)
{
  GcCameraList *self = g_object_new (GC_TYPE_CAMERA_LIST, NULL);
  g_autoptr (GcMediaSource) source = NULL;
  gboolean audio = lines == 0;

  self->lines = lines;
  if (name != NULL && strcmp (name, "none") == 0)
    return self;
  if (name != NULL && strcmp (name, audio ? "tone" : "pattern") == 0)
    source = gc_media_source_pattern_new (audio);
  else if (name != NULL && is_file (name))
    source = gc_media_source_file_new (name, audio);
  if (source != NULL)
    insert (self, source, NULL, NULL);
  else
    {
      self->name = g_strdup (name);
      watch_devices (self);
    }
  return self;
}

/**
 * gc_camera_list_ask:
 * @self: a list
 *
 * In a sandbox: asks whether the cameras may still be used, or may be now. Main context.
 */
void
gc_camera_list_ask (GcCameraList *self)
{
  g_return_if_fail (GC_IS_CAMERA_LIST (self));

  if (self->watch != NULL)
    gc_device_watch_ask (self->watch);
}
