/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-camera"

#include "camera/gc-device-provider.h"

/* A device, as it was announced and will be taken back, and as it is now. */
typedef struct
{
  GstDevice *announced;
  GstDevice *current;
  char *serial; /* PipeWire's, which may announce one device twice; or NULL */
} Known;

struct _GcDeviceProvider
{
  GObject parent_instance;

  GstDeviceProvider *provider;
  char *name;
  GcPipewireRemote *remote;
  guint bus_watch; /* 0 when it is stopped, or to be */
  gboolean starting;
  gboolean started;
  GArray *known; /* of Known */
};

G_DEFINE_FINAL_TYPE (GcDeviceProvider, gc_device_provider, G_TYPE_OBJECT)

enum
{
  SIGNAL_ADDED,
  SIGNAL_REMOVED,
  SIGNAL_CHANGED,
  SIGNAL_STARTED,
  SIGNAL_CLOSED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void
clear_known (gpointer data)
{
  Known *known = data;

  gst_object_unref (known->announced);
  gst_object_unref (known->current);
  g_free (known->serial);
}

static char *
find_serial (GstDevice *device)
{
  g_autoptr (GstStructure) properties = gst_device_get_properties (device);

  return properties != NULL ? g_strdup (gst_structure_get_string (properties, "object.serial"))
                            : NULL;
}

static Known *
find (GcDeviceProvider *self, GstDevice *device, guint *position)
{
  for (guint i = 0; i < self->known->len; i++)
    {
      Known *known = &g_array_index (self->known, Known, i);

      if (known->announced == device || known->current == device)
        {
          *position = i;
          return known;
        }
    }
  return NULL;
}

/* The first that is announced stands for all that are the same. */
static Known *
find_first (GcDeviceProvider *self, const char *serial)
{
  for (guint i = 0; serial != NULL && i < self->known->len; i++)
    {
      Known *known = &g_array_index (self->known, Known, i);

      if (g_strcmp0 (known->serial, serial) == 0)
        return known;
    }
  return NULL;
}

static gboolean
is_first (GcDeviceProvider *self, const Known *known)
{
  const Known *first = find_first (self, known->serial);

  return first == NULL || first == known;
}

static void
add (GcDeviceProvider *self, GstDevice *device)
{
  Known known = { device, device, NULL };
  guint position;

  if (find (self, device, &position) != NULL)
    return;
  gst_object_ref (known.announced);
  gst_object_ref (known.current);
  known.serial = find_serial (device);
  g_array_append_val (self->known, known);
  if (is_first (self, &g_array_index (self->known, Known, self->known->len - 1)))
    g_signal_emit (self, signals[SIGNAL_ADDED], 0, device);
}

static void
remove_at (GcDeviceProvider *self, guint position)
{
  Known *known = &g_array_index (self->known, Known, position);
  g_autoptr (GstDevice) current = gst_object_ref (known->current);
  g_autofree char *serial = g_strdup (known->serial);
  gboolean was_first = is_first (self, known);
  const Known *next;

  g_array_remove_index (self->known, position);
  next = find_first (self, serial);
  if (was_first && next != NULL)
    g_signal_emit (self, signals[SIGNAL_CHANGED], 0, current, next->current);
  else if (was_first)
    g_signal_emit (self, signals[SIGNAL_REMOVED], 0, current);
}

static void
change (GcDeviceProvider *self, GstDevice *before, GstDevice *after)
{
  guint position;
  Known *known = find (self, before, &position);
  g_autoptr (GstDevice) old = NULL;

  if (known == NULL)
    return;
  old = known->current;
  known->current = gst_object_ref (after);
  if (is_first (self, known))
    g_signal_emit (self, signals[SIGNAL_CHANGED], 0, old, after);
}

static gboolean
on_bus (GstBus *bus, GstMessage *message, gpointer user_data)
{
  g_autoptr (GcDeviceProvider) self = g_object_ref (user_data);
  g_autoptr (GstDevice) device = NULL;
  g_autoptr (GstDevice) before = NULL;
  guint position;

  switch (GST_MESSAGE_TYPE (message))
    {
    case GST_MESSAGE_DEVICE_ADDED:
      gst_message_parse_device_added (message, &device);
      add (self, device);
      break;
    case GST_MESSAGE_DEVICE_REMOVED:
      gst_message_parse_device_removed (message, &device);
      if (find (self, device, &position) != NULL)
        remove_at (self, position);
      break;
    case GST_MESSAGE_DEVICE_CHANGED:
      gst_message_parse_device_changed (message, &device, &before);
      change (self, before, device);
      break;
    default:
      break;
    }
  return self->bus_watch != 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void
free_devices (gpointer devices)
{
  g_list_free_full (devices, gst_object_unref);
}

static void
on_start_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GcDeviceProvider *self = source;

  if (!gst_device_provider_can_monitor (self->provider))
    g_task_return_pointer (task, gst_device_provider_get_devices (self->provider), free_devices);
  else
    {
      gst_device_provider_start (self->provider);
      g_task_return_pointer (task, NULL, NULL);
    }
}

static void
on_stop_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GstDeviceProvider *provider = GC_DEVICE_PROVIDER (source)->provider;

  if (gst_device_provider_is_started (provider))
    gst_device_provider_stop (provider);
  g_task_return_boolean (task, TRUE);
}

/* PipeWire 1.4's provider, once stopped, falls over the next word from PipeWire. */
static void
keep_for_ever (GcDeviceProvider *self)
{
  static GPtrArray *kept;

  if (kept == NULL)
    kept = g_ptr_array_new ();
  g_ptr_array_add (kept, g_object_ref (self));
}

static void
stop_in_thread (GcDeviceProvider *self)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, NULL, NULL);

  g_task_run_in_thread (task, on_stop_thread);
}

static void
on_started (GObject *object, GAsyncResult *result, gpointer user_data)
{
  GcDeviceProvider *self = GC_DEVICE_PROVIDER (object);
  GList *devices = g_task_propagate_pointer (G_TASK (result), NULL);

  self->starting = FALSE;
  if (self->bus_watch != 0)
    {
      self->started = TRUE;
      for (GList *at = devices; at != NULL; at = at->next)
        add (self, at->data);
      g_signal_emit (self, signals[SIGNAL_STARTED], 0);
    }
  else if (self->remote == NULL)
    stop_in_thread (self);
  free_devices (devices);
}

static void
gc_device_provider_finalize (GObject *object)
{
  GcDeviceProvider *self = GC_DEVICE_PROVIDER (object);

  gst_clear_object (&self->provider);
  g_clear_object (&self->remote);
  g_array_unref (self->known);
  g_free (self->name);
  G_OBJECT_CLASS (gc_device_provider_parent_class)->finalize (object);
}

static void
gc_device_provider_class_init (GcDeviceProviderClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gc_device_provider_finalize;
  /**
   * GcDeviceProvider::added:
   * @device: a device of any kind
   */
  signals[SIGNAL_ADDED] = g_signal_new ("added", GC_TYPE_DEVICE_PROVIDER, G_SIGNAL_RUN_LAST, 0,
                                        NULL, NULL, NULL, G_TYPE_NONE, 1, GST_TYPE_DEVICE);
  /**
   * GcDeviceProvider::removed:
   * @device: one that was added, or what it has changed to
   */
  signals[SIGNAL_REMOVED] = g_signal_new ("removed", GC_TYPE_DEVICE_PROVIDER, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 1, GST_TYPE_DEVICE);
  /**
   * GcDeviceProvider::changed:
   * @before: one that was added, or what it has changed to
   * @after: stands for it from now on
   */
  signals[SIGNAL_CHANGED]
      = g_signal_new ("changed", GC_TYPE_DEVICE_PROVIDER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                      G_TYPE_NONE, 2, GST_TYPE_DEVICE, GST_TYPE_DEVICE);
  /**
   * GcDeviceProvider::started:
   *
   * It knows whom it hides, and its devices have been added or soon will be.
   */
  signals[SIGNAL_STARTED] = g_signal_new ("started", GC_TYPE_DEVICE_PROVIDER, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * GcDeviceProvider::closed:
   *
   * PipeWire has gone away, or is not used any more. It is stopped for good.
   */
  signals[SIGNAL_CLOSED] = g_signal_new ("closed", GC_TYPE_DEVICE_PROVIDER, G_SIGNAL_RUN_LAST, 0,
                                         NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
gc_device_provider_init (GcDeviceProvider *self)
{
  self->known = g_array_new (FALSE, FALSE, sizeof (Known));
  g_array_set_clear_func (self->known, clear_known);
}

/**
 * gc_device_provider_new:
 * @factory: what makes it
 * @remote: (nullable): PipeWire, for PipeWire's provider
 *
 * Main context.
 *
 * Returns: (transfer full): a provider that has not started
 */
GcDeviceProvider *
gc_device_provider_new (GstDeviceProviderFactory *factory, GcPipewireRemote *remote)
{
  GcDeviceProvider *self = g_object_new (GC_TYPE_DEVICE_PROVIDER, NULL);
  g_autoptr (GstPluginFeature) loaded = gst_plugin_feature_load (GST_PLUGIN_FEATURE (factory));

  self->name = g_strdup (GST_OBJECT_NAME (factory));
  if (loaded == NULL)
    return self;
  /* Not the factory's own, which is one for everybody and keeps its first connection for good. */
  self->provider = gst_object_ref_sink (g_object_new (
      gst_device_provider_factory_get_device_provider_type (GST_DEVICE_PROVIDER_FACTORY (loaded)),
      NULL));
  if (remote != NULL)
    {
      self->remote = g_object_ref (remote);
      g_object_set (self->provider, "fd", gc_pipewire_remote_get_fd (remote), NULL);
      g_signal_connect_object (remote, "closed", G_CALLBACK (gc_device_provider_close), self,
                               G_CONNECT_SWAPPED);
      keep_for_ever (self);
    }
  return self;
}

/**
 * gc_device_provider_start:
 * @self: a provider
 *
 * Main context.
 */
void
gc_device_provider_start (GcDeviceProvider *self)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, on_started, NULL);
  g_autoptr (GstBus) bus = NULL;

  g_return_if_fail (GC_IS_DEVICE_PROVIDER (self));
  g_return_if_fail (self->bus_watch == 0 && !self->starting);

  if (self->provider == NULL)
    return;
  bus = gst_device_provider_get_bus (self->provider);
  self->bus_watch = gst_bus_add_watch (bus, on_bus, self);
  self->starting = TRUE;
  g_task_run_in_thread (task, on_start_thread);
}

/**
 * gc_device_provider_stop:
 * @self: a provider
 *
 * Its devices are removed. Main context.
 */
void
gc_device_provider_stop (GcDeviceProvider *self)
{
  g_return_if_fail (GC_IS_DEVICE_PROVIDER (self));

  if (self->bus_watch == 0)
    return;
  g_clear_handle_id (&self->bus_watch, g_source_remove);
  while (self->known->len > 0)
    remove_at (self, self->known->len - 1);
  self->started = FALSE;
  if (!self->starting && self->remote == NULL)
    stop_in_thread (self);
}

/**
 * gc_device_provider_close:
 * @self: a provider for PipeWire
 *
 * Stops it for all who have it. Main context.
 */
void
gc_device_provider_close (GcDeviceProvider *self)
{
  g_return_if_fail (GC_IS_DEVICE_PROVIDER (self));

  gc_device_provider_stop (self);
  g_signal_emit (self, signals[SIGNAL_CLOSED], 0);
}

/**
 * gc_device_provider_hides:
 * @self: a provider
 * @other: another one
 *
 * Returns: whether all that @other has to show comes from this one too
 */
gboolean
gc_device_provider_hides (GcDeviceProvider *self, GcDeviceProvider *other)
{
  g_auto (GStrv) hidden
      = self->provider != NULL ? gst_device_provider_get_hidden_providers (self->provider) : NULL;

  return hidden != NULL && g_strv_contains ((const char *const *) hidden, other->name);
}

/**
 * gc_device_provider_is_started:
 * @self: a provider
 *
 * Returns: whether it has started and was not stopped
 */
gboolean
gc_device_provider_is_started (GcDeviceProvider *self)
{
  return self->started;
}

/**
 * gc_device_provider_foreach:
 * @self: a provider
 * @func: (scope call): called with each #GstDevice that was added
 * @user_data: for @func
 *
 * Main context.
 */
void
gc_device_provider_foreach (GcDeviceProvider *self, GFunc func, gpointer user_data)
{
  g_return_if_fail (GC_IS_DEVICE_PROVIDER (self));

  for (guint i = 0; i < self->known->len; i++)
    {
      const Known *known = &g_array_index (self->known, Known, i);

      if (is_first (self, known))
        func (known->current, user_data);
    }
}

/**
 * gc_device_provider_get_remote:
 * @self: a provider
 *
 * Returns: (transfer none) (nullable): what must stay open while one of its devices is used
 */
GcPipewireRemote *
gc_device_provider_get_remote (GcDeviceProvider *self)
{
  return self->remote;
}
