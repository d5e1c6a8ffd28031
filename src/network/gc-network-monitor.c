/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-network"

#include "network/gc-network-monitor.h"

#include <NetworkManager.h>

/* NetworkManager tells of one change in several steps. */
#define SETTLE_MS 50

struct _GcNetworkMonitor
{
  GObject parent_instance;

  NMClient *client;
  GNetworkMonitor *fallback; /* where there is no NetworkManager */
  GCancellable *cancellable;
  guint settling;
  NMDevice *device;
  NMAccessPoint *access_point;

  char *path; /* what carries the traffic, to notice when that is something else */
  GcUplink uplink;
  gboolean metered;
  int signal_percent;
};

G_DEFINE_FINAL_TYPE (GcNetworkMonitor, gc_network_monitor, G_TYPE_OBJECT)

enum
{
  SIGNAL_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static gboolean
on_settled (gpointer user_data);

static void
settle (GcNetworkMonitor *self)
{
  if (self->settling == 0)
    self->settling = g_timeout_add (SETTLE_MS, on_settled, self);
}

static NMDevice *
find_device (NMActiveConnection *connection)
{
  const GPtrArray *devices
      = connection != NULL ? nm_active_connection_get_devices (connection) : NULL;

  return devices != NULL && devices->len > 0 ? g_ptr_array_index (devices, 0) : NULL;
}

static GcUplink
uplink_of (NMDevice *device)
{
  if (device == NULL)
    return GC_UPLINK_OTHER;
  switch (nm_device_get_device_type (device))
    {
    case NM_DEVICE_TYPE_WIFI:
      return GC_UPLINK_WIFI;
    case NM_DEVICE_TYPE_MODEM:
      return GC_UPLINK_CELLULAR;
    case NM_DEVICE_TYPE_ETHERNET:
    case NM_DEVICE_TYPE_VETH:
      return GC_UPLINK_ETHERNET;
    default:
      return GC_UPLINK_OTHER;
    }
}

static void
watch_access_point (GcNetworkMonitor *self, NMAccessPoint *access_point)
{
  if (access_point == self->access_point)
    return;
  if (self->access_point != NULL)
    g_signal_handlers_disconnect_by_data (self->access_point, self);
  g_set_object (&self->access_point, access_point);
  if (access_point != NULL)
    g_signal_connect_object (access_point, "notify::strength", G_CALLBACK (settle), self,
                             G_CONNECT_SWAPPED);
}

static void
watch_device (GcNetworkMonitor *self, NMDevice *device)
{
  if (device == self->device)
    return;
  if (self->device != NULL)
    g_signal_handlers_disconnect_by_data (self->device, self);
  g_set_object (&self->device, device);
  if (device == NULL)
    return;
  g_signal_connect_object (device, "notify::metered", G_CALLBACK (settle), self, G_CONNECT_SWAPPED);
  if (NM_IS_DEVICE_WIFI (device))
    g_signal_connect_object (device, "notify::active-access-point", G_CALLBACK (settle), self,
                             G_CONNECT_SWAPPED);
}

static int
read_signal (GcNetworkMonitor *self, NMDevice *device)
{
  NMAccessPoint *access_point = NULL;

  if (NM_IS_DEVICE_WIFI (device))
    access_point = nm_device_wifi_get_active_access_point (NM_DEVICE_WIFI (device));
  watch_access_point (self, access_point);
  return access_point != NULL ? nm_access_point_get_strength (access_point) : -1;
}

static gboolean
is_metered (NMMetered metered)
{
  return metered == NM_METERED_YES || metered == NM_METERED_GUESS_YES;
}

static void
read_client (GcNetworkMonitor *self, char **path)
{
  NMActiveConnection *primary = nm_client_get_primary_connection (self->client);
  NMDevice *device = find_device (primary);

  watch_device (self, device);
  self->uplink = primary != NULL ? uplink_of (device) : GC_UPLINK_NONE;
  self->metered = device != NULL && is_metered (nm_device_get_metered (device));
  self->signal_percent = read_signal (self, device);
  *path = primary != NULL ? g_strdup (nm_object_get_path (NM_OBJECT (primary))) : NULL;
}

static void
read_fallback (GcNetworkMonitor *self, char **path)
{
  gboolean available = g_network_monitor_get_network_available (self->fallback);

  self->uplink = available ? GC_UPLINK_OTHER : GC_UPLINK_NONE;
  self->metered = g_network_monitor_get_network_metered (self->fallback);
  self->signal_percent = -1;
  *path = available ? g_strdup ("available") : NULL;
}

static gboolean
on_settled (gpointer user_data)
{
  GcNetworkMonitor *self = user_data;
  char *path = NULL;
  gboolean moved;

  self->settling = 0;
  if (self->client != NULL && nm_client_get_nm_running (self->client))
    read_client (self, &path);
  else
    read_fallback (self, &path);
  moved = g_strcmp0 (path, self->path) != 0;
  g_free (self->path);
  self->path = path;
  if (moved)
    g_message ("Uplink: %s%s", gc_uplink_to_string (self->uplink),
               self->metered ? ", metered" : "");
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0, moved);
  return G_SOURCE_REMOVE;
}

static void
on_client (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcNetworkMonitor) self = user_data;
  g_autoptr (GError) error = NULL;
  NMClient *client = nm_client_new_finish (result, &error);

  if (client == NULL)
    {
      if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        g_message ("No NetworkManager, knowing less of the network: %s", error->message);
      return;
    }
  self->client = client;
  g_signal_connect_object (client, "notify::primary-connection", G_CALLBACK (settle), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (client, "notify::nm-running", G_CALLBACK (settle), self,
                           G_CONNECT_SWAPPED);
  settle (self);
}

static void
gc_network_monitor_dispose (GObject *object)
{
  GcNetworkMonitor *self = GC_NETWORK_MONITOR (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_handle_id (&self->settling, g_source_remove);
  watch_access_point (self, NULL);
  watch_device (self, NULL);
  g_clear_object (&self->client);
  g_clear_object (&self->fallback);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->path, g_free);
  G_OBJECT_CLASS (gc_network_monitor_parent_class)->dispose (object);
}

static void
gc_network_monitor_class_init (GcNetworkMonitorClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = gc_network_monitor_dispose;
  /**
   * GcNetworkMonitor::changed:
   * @moved: whether traffic goes another way now
   *
   * Something about the uplink is different.
   */
  signals[SIGNAL_CHANGED] = g_signal_new ("changed", GC_TYPE_NETWORK_MONITOR, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_BOOLEAN);
}

static void
gc_network_monitor_init (GcNetworkMonitor *self)
{
  char *path = NULL;

  self->signal_percent = -1;
  self->cancellable = g_cancellable_new ();
  self->fallback = g_object_ref (g_network_monitor_get_default ());
  g_signal_connect_object (self->fallback, "network-changed", G_CALLBACK (settle), self,
                           G_CONNECT_SWAPPED);
  read_fallback (self, &path);
  self->path = path;
}

/**
 * gc_network_monitor_new:
 *
 * Watches the network; until NetworkManager has answered, and where there is none, it knows only
 * whether there is a network. Main context.
 *
 * Returns: (transfer full): the monitor
 */
GcNetworkMonitor *
gc_network_monitor_new (void)
{
  GcNetworkMonitor *self = g_object_new (GC_TYPE_NETWORK_MONITOR, NULL);

  nm_client_new_async (self->cancellable, on_client, g_object_ref (self));
  return self;
}

/**
 * gc_network_monitor_get_uplink:
 * @self: a monitor
 *
 * Returns: what carries the traffic
 */
GcUplink
gc_network_monitor_get_uplink (GcNetworkMonitor *self)
{
  return self->uplink;
}

/**
 * gc_network_monitor_is_available:
 * @self: a monitor
 *
 * Returns: whether there is any network
 */
gboolean
gc_network_monitor_is_available (GcNetworkMonitor *self)
{
  return self->uplink != GC_UPLINK_NONE;
}

/**
 * gc_network_monitor_is_metered:
 * @self: a monitor
 *
 * Returns: whether traffic costs
 */
gboolean
gc_network_monitor_is_metered (GcNetworkMonitor *self)
{
  return self->metered;
}

/**
 * gc_network_monitor_get_signal_percent:
 * @self: a monitor
 *
 * Returns: 0 to 100, -1 if unknown
 */
int
gc_network_monitor_get_signal_percent (GcNetworkMonitor *self)
{
  return self->signal_percent;
}

/**
 * gc_uplink_to_string:
 * @uplink: an uplink
 *
 * Returns: (transfer none): its word in PROTOCOL.md, “status”
 */
const char *
gc_uplink_to_string (GcUplink uplink)
{
  const char *const words[] = { "none", "wifi", "cellular", "ethernet", "other" };

  return words[uplink];
}
