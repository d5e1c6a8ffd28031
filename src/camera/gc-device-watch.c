/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-camera"

#include "camera/gc-device-watch.h"

#include "base/gc-backoff.h"
#include "base/gc-error.h"
#include "camera/gc-camera-portal.h"
#include "camera/gc-device-provider.h"
#include "camera/gc-pipewire-remote.h"

#define PIPEWIRE "pipewiredeviceprovider"
/* For a PipeWire that is there but does not answer, or has gone. */
#define RETRY_BASE_MS 1000
#define RETRY_CAP_MS 30000

struct _GcDeviceWatch
{
  GObject parent_instance;

  gboolean audio;
  GPtrArray *providers;       /* of GcDeviceProvider, those beside PipeWire's */
  GcDeviceProvider *pipewire; /* NULL while PipeWire is away */
  GFileMonitor *socket_watch;
  guint retry;
  GcBackoff backoff;
  GCancellable *asking; /* the portal */
};

G_DEFINE_FINAL_TYPE (GcDeviceWatch, gc_device_watch, G_TYPE_OBJECT)

enum
{
  SIGNAL_ADDED,
  SIGNAL_REMOVED,
  SIGNAL_CHANGED,
  SIGNAL_FAILED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* PipeWire, for all watches of the process: its own connection, and the portal's. */
static GcDeviceProvider *pipewires[2];

static gboolean
is_of_kind (GcDeviceWatch *self, GstDevice *device)
{
  return gst_device_has_classes (device, self->audio ? "Audio/Source" : "Video/Source");
}

static void
hide_others (GcDeviceWatch *self)
{
  for (guint i = 0; i < self->providers->len; i++)
    {
      GcDeviceProvider *other = g_ptr_array_index (self->providers, i);

      if (self->pipewire != NULL && gc_device_provider_hides (self->pipewire, other))
        gc_device_provider_stop (other);
    }
}

static void
on_added (GcDeviceProvider *provider, GstDevice *device, gpointer user_data)
{
  GcDeviceWatch *self = user_data;

  hide_others (self);
  if (is_of_kind (self, device))
    g_signal_emit (self, signals[SIGNAL_ADDED], 0, provider, device);
}

static void
on_removed (GcDeviceProvider *provider, GstDevice *device, gpointer user_data)
{
  if (is_of_kind (user_data, device))
    g_signal_emit (user_data, signals[SIGNAL_REMOVED], 0, device);
}

static void
on_changed (GcDeviceProvider *provider, GstDevice *before, GstDevice *after, gpointer user_data)
{
  if (is_of_kind (user_data, after))
    g_signal_emit (user_data, signals[SIGNAL_CHANGED], 0, before, after);
}

static void
connect_provider (GcDeviceWatch *self, GcDeviceProvider *provider)
{
  g_signal_connect (provider, "added", G_CALLBACK (on_added), self);
  g_signal_connect (provider, "removed", G_CALLBACK (on_removed), self);
  g_signal_connect (provider, "changed", G_CALLBACK (on_changed), self);
}

/* --- the other providers --- */

static gboolean
may_serve (GcDeviceWatch *self, GstDeviceProviderFactory *factory)
{
  return g_strcmp0 (GST_OBJECT_NAME (factory), PIPEWIRE) != 0
         && gst_device_provider_factory_has_classes (factory, "Source")
         && gst_device_provider_factory_has_classes (factory, self->audio ? "Audio" : "Video");
}

/* Once only; after PipeWire has said what comes from it anyway. */
static void
start_others (GcDeviceWatch *self)
{
  GList *factories;

  if (self->providers->len > 0)
    return;
  factories = gst_device_provider_factory_list_get_device_providers (GST_RANK_MARGINAL);
  factories = g_list_sort (factories, gst_plugin_feature_rank_compare_func);
  for (GList *at = factories; at != NULL; at = at->next)
    {
      g_autoptr (GcDeviceProvider) provider = NULL;

      if (!may_serve (self, at->data))
        continue;
      provider = gc_device_provider_new (at->data, NULL);
      connect_provider (self, provider);
      g_ptr_array_add (self->providers, g_object_ref (provider));
      if (self->pipewire == NULL || !gc_device_provider_hides (self->pipewire, provider))
        gc_device_provider_start (provider);
    }
  gst_plugin_feature_list_free (factories);
}

/* --- PipeWire --- */

static void
open_pipewire (GcDeviceWatch *self);

static gboolean
on_retry (gpointer user_data)
{
  GcDeviceWatch *self = user_data;

  self->retry = 0;
  open_pipewire (self);
  return G_SOURCE_REMOVE;
}

static void
retry_later (GcDeviceWatch *self)
{
  if (self->retry == 0)
    self->retry = g_timeout_add (gc_backoff_next_ms (&self->backoff), on_retry, self);
}

static void
let_go (GcDeviceWatch *self)
{
  if (self->pipewire != NULL)
    g_signal_handlers_disconnect_by_data (self->pipewire, self);
  g_clear_object (&self->pipewire);
}

static void
on_closed (GcDeviceProvider *provider, gpointer user_data)
{
  GcDeviceWatch *self = user_data;

  g_debug ("PipeWire has gone away");
  let_go (self);
  retry_later (self);
}

static void
on_started (GcDeviceProvider *provider, gpointer user_data)
{
  GcDeviceWatch *self = user_data;

  gc_backoff_reset (&self->backoff);
  start_others (self);
  hide_others (self);
}

static void
on_known (gpointer device, gpointer user_data)
{
  GcDeviceWatch *self = user_data;

  on_added (self->pipewire, device, self);
}

static gboolean
is_by_portal (GcDeviceWatch *self)
{
  return !self->audio && gc_camera_portal_is_needed ();
}

static void
attach (GcDeviceWatch *self, GcDeviceProvider *pipewire)
{
  self->pipewire = g_object_ref (pipewire);
  connect_provider (self, pipewire);
  g_signal_connect (pipewire, "started", G_CALLBACK (on_started), self);
  g_signal_connect (pipewire, "closed", G_CALLBACK (on_closed), self);
  gc_device_provider_foreach (pipewire, on_known, self);
  if (gc_device_provider_is_started (pipewire))
    on_started (pipewire, self);
}

static void
on_shared_closed (GcDeviceProvider *pipewire, gpointer user_data)
{
  GcDeviceProvider **shared = user_data;

  g_clear_object (shared);
}

static void
adopt (GcDeviceWatch *self, GcPipewireRemote *remote)
{
  GcDeviceProvider **shared = &pipewires[is_by_portal (self)];
  g_autoptr (GstPluginFeature) factory
      = gst_registry_find_feature (gst_registry_get (), PIPEWIRE, GST_TYPE_DEVICE_PROVIDER_FACTORY);

  if (factory == NULL)
    {
      g_message ("GStreamer’s PipeWire plugin is missing");
      start_others (self);
      return;
    }
  if (*shared == NULL)
    {
      *shared = gc_device_provider_new (GST_DEVICE_PROVIDER_FACTORY (factory), remote);
      g_signal_connect (*shared, "closed", G_CALLBACK (on_shared_closed), shared);
      gc_device_provider_start (*shared);
    }
  attach (self, *shared);
}

static void
on_socket_event (
    GFileMonitor *monitor, GFile *file, GFile *other, GFileMonitorEvent event, gpointer user_data)
{
  GcDeviceWatch *self = user_data;

  if (event != G_FILE_MONITOR_EVENT_CREATED || self->pipewire != NULL)
    return;
  gc_backoff_reset (&self->backoff);
  retry_later (self);
}

static void
watch_socket (GcDeviceWatch *self)
{
  g_autofree char *path = gc_pipewire_remote_find_socket ();
  g_autoptr (GFile) file = path != NULL ? g_file_new_for_path (path) : NULL;

  if (file == NULL || self->socket_watch != NULL)
    return;
  self->socket_watch = g_file_monitor_file (file, G_FILE_MONITOR_NONE, NULL, NULL);
  if (self->socket_watch != NULL)
    g_signal_connect (self->socket_watch, "changed", G_CALLBACK (on_socket_event), self);
}

static void
connect_directly (GcDeviceWatch *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GcPipewireRemote) remote = NULL;

  watch_socket (self);
  remote = gc_pipewire_remote_connect (&error);
  if (remote != NULL)
    {
      adopt (self, remote);
      return;
    }
  g_debug ("%s", error->message);
  if (g_error_matches (error, GC_ERROR, GC_ERROR_UNREACHABLE))
    retry_later (self);
  start_others (self);
}

/* PipeWire as it came before the worker changed his mind. */
static void
leave (GcDeviceWatch *self)
{
  g_autoptr (GcDeviceProvider) pipewire = NULL;

  if (self->pipewire == NULL)
    return;
  pipewire = g_object_ref (self->pipewire);
  gc_device_provider_close (pipewire);
  g_clear_handle_id (&self->retry, g_source_remove);
}

static void
fail (GcDeviceWatch *self, const GError *error)
{
  g_message ("No camera: %s", error->message);
  if (g_error_matches (error, GC_ERROR, GC_ERROR_REFUSED))
    leave (self);
  else
    retry_later (self);
  g_signal_emit (self, signals[SIGNAL_FAILED], 0, error);
}

static void
on_portal (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GcDeviceWatch *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GcPipewireRemote) remote = gc_camera_portal_open_finish (result, &error);

  /* Then the watch is no more. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_clear_object (&self->asking);
  if (g_error_matches (error, GC_ERROR, GC_ERROR_REFUSED))
    fail (self, error);
  else if (self->pipewire != NULL)
    ; /* It may go on. */
  else if (remote != NULL)
    adopt (self, remote);
  else if (g_error_matches (error, GC_ERROR, GC_ERROR_NOT_FOUND))
    connect_directly (self);
  else
    fail (self, error);
}

static void
ask_portal (GcDeviceWatch *self)
{
  if (self->asking != NULL)
    return;
  self->asking = g_cancellable_new ();
  gc_camera_portal_open_async (self->asking, on_portal, self);
}

static void
open_pipewire (GcDeviceWatch *self)
{
  GcDeviceProvider *shared = pipewires[is_by_portal (self)];

  if (self->pipewire != NULL)
    return;
  if (shared != NULL)
    attach (self, shared);
  else if (is_by_portal (self))
    ask_portal (self);
  else
    connect_directly (self);
}

/* --- the object --- */

static void
gc_device_watch_dispose (GObject *object)
{
  GcDeviceWatch *self = GC_DEVICE_WATCH (object);

  g_cancellable_cancel (self->asking);
  g_clear_object (&self->asking);
  g_clear_handle_id (&self->retry, g_source_remove);
  g_clear_object (&self->socket_watch);
  let_go (self);
  for (guint i = 0; i < self->providers->len; i++)
    {
      g_signal_handlers_disconnect_by_data (g_ptr_array_index (self->providers, i), self);
      gc_device_provider_stop (g_ptr_array_index (self->providers, i));
    }
  g_ptr_array_set_size (self->providers, 0);
  G_OBJECT_CLASS (gc_device_watch_parent_class)->dispose (object);
}

static void
gc_device_watch_finalize (GObject *object)
{
  g_ptr_array_unref (GC_DEVICE_WATCH (object)->providers);
  G_OBJECT_CLASS (gc_device_watch_parent_class)->finalize (object);
}

static void
gc_device_watch_class_init (GcDeviceWatchClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = gc_device_watch_dispose;
  G_OBJECT_CLASS (klass)->finalize = gc_device_watch_finalize;
  /**
   * GcDeviceWatch::added:
   * @provider: a #GcDeviceProvider, who found it
   * @device: a camera or microphone
   */
  signals[SIGNAL_ADDED]
      = g_signal_new ("added", GC_TYPE_DEVICE_WATCH, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                      G_TYPE_NONE, 2, GC_TYPE_DEVICE_PROVIDER, GST_TYPE_DEVICE);
  /**
   * GcDeviceWatch::removed:
   * @device: one that was added, or what it has changed to
   */
  signals[SIGNAL_REMOVED] = g_signal_new ("removed", GC_TYPE_DEVICE_WATCH, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 1, GST_TYPE_DEVICE);
  /**
   * GcDeviceWatch::changed:
   * @before: one that was added, or what it has changed to
   * @after: stands for it from now on
   */
  signals[SIGNAL_CHANGED]
      = g_signal_new ("changed", GC_TYPE_DEVICE_WATCH, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                      G_TYPE_NONE, 2, GST_TYPE_DEVICE, GST_TYPE_DEVICE);
  /**
   * GcDeviceWatch::failed:
   * @error: %GC_ERROR_REFUSED if the cameras may not be used
   *
   * No devices will be found.
   */
  signals[SIGNAL_FAILED] = g_signal_new ("failed", GC_TYPE_DEVICE_WATCH, G_SIGNAL_RUN_LAST, 0, NULL,
                                         NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
gc_device_watch_init (GcDeviceWatch *self)
{
  self->providers = g_ptr_array_new_with_free_func (g_object_unref);
  self->backoff = (GcBackoff) { .base_ms = RETRY_BASE_MS, .cap_ms = RETRY_CAP_MS };
}

/**
 * gc_device_watch_new:
 * @audio: microphones instead of cameras
 *
 * Main context.
 *
 * Returns: (transfer full): a watch that has not started: connect to it first
 */
GcDeviceWatch *
gc_device_watch_new (gboolean audio)
{
  GcDeviceWatch *self = g_object_new (GC_TYPE_DEVICE_WATCH, NULL);

  self->audio = audio;
  return self;
}

/**
 * gc_device_watch_start:
 * @self: a watch
 *
 * In a sandbox this may ask the worker. Main context.
 */
void
gc_device_watch_start (GcDeviceWatch *self)
{
  g_return_if_fail (GC_IS_DEVICE_WATCH (self));

  open_pipewire (self);
}

/**
 * gc_device_watch_ask:
 * @self: a watch
 *
 * In a sandbox: asks the portal whether the cameras may still be used, or may be now. Main context.
 */
void
gc_device_watch_ask (GcDeviceWatch *self)
{
  g_return_if_fail (GC_IS_DEVICE_WATCH (self));

  if (is_by_portal (self))
    ask_portal (self);
}
