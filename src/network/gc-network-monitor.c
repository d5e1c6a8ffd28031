/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-network"

#include "network/gc-network-monitor.h"

#include "network/gc-modem-signal.h"
#include "network/gc-network-reading.h"
#include "network/gc-route-monitor.h"

#include <NetworkManager.h>

/* NetworkManager tells of one change in several steps. */
#define SETTLE_MS 50
/* When it says that there is no network while the kernel has a route, it may just have started. */
#define DOUBT_MS 3000

struct _GcNetworkMonitor
{
  GObject parent_instance;

  NMClient *client;
  GNetworkMonitor *fallback; /* where there is no NetworkManager */
  GNetworkMonitor *kernel;   /* (nullable): knows of routes whatever NetworkManager says */
  GcRouteMonitor *routes;
  GCancellable *cancellable;
  guint settling;
  gboolean doubts;
  /* Whose changes are heard: of the present uplink, whichever it is. */
  GSignalGroup *connection;
  GSignalGroup *addresses;
  GSignalGroup *device;
  GSignalGroup *access_point;
  GcModemSignal *modem;

  GcNetworkReading reading;
  gboolean knows; /* NetworkManager was read once */
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

/* --- reading NetworkManager --- */

static NMDevice *
find_device (NMActiveConnection *connection)
{
  const GPtrArray *devices
      = connection != NULL ? nm_active_connection_get_devices (connection) : NULL;

  return devices != NULL && devices->len > 0 ? g_ptr_array_index (devices, 0) : NULL;
}

/* A modem's own name is that of the port through which it is controlled. */
static const char *
name_of (NMDevice *device)
{
  const char *name = nm_device_get_ip_iface (device);

  return name != NULL && name[0] != '\0' ? name : nm_device_get_iface (device);
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

/* Addresses that we hand out ourselves, as over a phone's USB cable, lead nowhere. */
static gboolean
serves_others (NMActiveConnection *connection)
{
  NMRemoteConnection *profile = nm_active_connection_get_connection (connection);
  NMSettingIPConfig *setting
      = profile != NULL ? nm_connection_get_setting_ip4_config (NM_CONNECTION (profile)) : NULL;
  const char *method = setting != NULL ? nm_setting_ip_config_get_method (setting) : NULL;

  return g_strcmp0 (method, NM_SETTING_IP4_CONFIG_METHOD_SHARED) == 0
         || g_strcmp0 (method, NM_SETTING_IP4_CONFIG_METHOD_LINK_LOCAL) == 0;
}

/* The modem is asked also while something else carries the traffic: what it costs shall be known
 * before it is used. */
static const char *
find_modem (NMClient *client)
{
  const GPtrArray *devices = nm_client_get_devices (client);

  for (guint i = 0; i < devices->len; i++)
    if (NM_IS_DEVICE_MODEM (g_ptr_array_index (devices, i)))
      return nm_device_get_udi (g_ptr_array_index (devices, i));
  return NULL;
}

/* What has the default route; without any, a local network, where the center may be too. */
static NMActiveConnection *
find_connection (NMClient *client)
{
  NMActiveConnection *primary = nm_client_get_primary_connection (client);
  const GPtrArray *all = nm_client_get_active_connections (client);

  for (guint i = 0; primary == NULL && i < all->len; i++)
    {
      NMActiveConnection *connection = g_ptr_array_index (all, i);
      NMDevice *device = find_device (connection);

      if (nm_active_connection_get_state (connection) == NM_ACTIVE_CONNECTION_STATE_ACTIVATED
          && device != NULL && uplink_of (device) != GC_UPLINK_OTHER && !serves_others (connection))
        primary = connection;
    }
  return primary;
}

/* Of IPv4 only: addresses of IPv6 come late, and change without a connection minding. */
static char *
describe_addresses (NMIPConfig *config)
{
  const GPtrArray *addresses = config != NULL ? nm_ip_config_get_addresses (config) : NULL;
  GString *text;

  if (addresses == NULL || addresses->len == 0)
    return NULL;
  text = g_string_new (NULL);
  for (guint i = 0; i < addresses->len; i++)
    g_string_append_printf (text, "%s ",
                            nm_ip_address_get_address (g_ptr_array_index (addresses, i)));
  return g_string_free (text, FALSE);
}

static gboolean
is_metered (NMMetered metered)
{
  return metered == NM_METERED_YES || metered == NM_METERED_GUESS_YES;
}

static int
read_signal (GcNetworkMonitor *self, NMDevice *device, NMAccessPoint *access_point)
{
  if (access_point != NULL)
    return MIN (nm_access_point_get_strength (access_point), 100);
  return device != NULL && NM_IS_DEVICE_MODEM (device) ? gc_modem_signal_get_percent (self->modem)
                                                       : -1;
}

static void
read_client (GcNetworkMonitor *self, GcNetworkReading *reading)
{
  NMActiveConnection *connection = find_connection (self->client);
  NMDevice *device = find_device (connection);
  NMIPConfig *config = connection != NULL ? nm_active_connection_get_ip4_config (connection) : NULL;
  NMAccessPoint *access_point
      = device != NULL && NM_IS_DEVICE_WIFI (device)
            ? nm_device_wifi_get_active_access_point (NM_DEVICE_WIFI (device))
            : NULL;

  g_signal_group_set_target (self->connection, connection);
  g_signal_group_set_target (self->addresses, config);
  g_signal_group_set_target (self->device, device);
  g_signal_group_set_target (self->access_point, access_point);
  gc_modem_signal_set_modem (self->modem, device != NULL && NM_IS_DEVICE_MODEM (device)
                                              ? nm_device_get_udi (device)
                                              : find_modem (self->client));
  reading->uplink = connection != NULL ? uplink_of (device) : GC_UPLINK_NONE;
  reading->metered = device != NULL && is_metered (nm_device_get_metered (device));
  reading->roaming
      = reading->uplink == GC_UPLINK_CELLULAR && gc_modem_signal_is_roaming (self->modem);
  reading->signal_percent = read_signal (self, device, access_point);
  reading->interface = connection != NULL ? g_strdup (device != NULL ? name_of (device) : "")
                                          : NULL;
  reading->addresses = describe_addresses (config);
}

static void
read_fallback (GcNetworkMonitor *self, GcNetworkReading *reading)
{
  gboolean available = g_network_monitor_get_network_available (self->fallback);

  reading->uplink = available ? GC_UPLINK_OTHER : GC_UPLINK_NONE;
  reading->metered = available && g_network_monitor_get_network_metered (self->fallback);
  reading->roaming = FALSE;
  reading->signal_percent = -1;
  reading->interface = available ? g_strdup ("") : NULL;
  reading->addresses = NULL;
}

/* --- reading the kernel --- */

static NMDevice *
find_device_of (GcNetworkMonitor *self, const GcPath *path)
{
  const GPtrArray *devices = self->client != NULL ? nm_client_get_devices (self->client) : NULL;

  for (guint i = 0; devices != NULL && i < devices->len; i++)
    if (g_strcmp0 (name_of (g_ptr_array_index (devices, i)), path->interface) == 0)
      return g_ptr_array_index (devices, i);
  return NULL;
}

static GPtrArray *
describe_paths (GcNetworkMonitor *self)
{
  GPtrArray *known = gc_route_monitor_get_paths (self->routes);
  GPtrArray *paths = gc_paths_new ();

  for (guint i = 0; i < known->len; i++)
    {
      GcPath *path = gc_path_copy (g_ptr_array_index (known, i));
      NMDevice *device = find_device_of (self, path);

      if (device != NULL)
        {
          path->kind = uplink_of (device);
          path->metered = is_metered (nm_device_get_metered (device));
          path->roaming
              = path->kind == GC_UPLINK_CELLULAR && gc_modem_signal_is_roaming (self->modem);
        }
      g_ptr_array_add (paths, path);
    }
  return paths;
}

/* --- telling --- */

static void
adopt (GcNetworkMonitor *self, const GcNetworkReading *reading)
{
  GcNetworkReading old = self->reading;
  gboolean moved = gc_network_reading_has_moved (reading, &old);

  if (reading->uplink != old.uplink)
    g_message ("Uplink: %s%s", gc_uplink_to_string (reading->uplink),
               reading->metered ? ", metered" : "");
  self->reading = *reading;
  if (gc_network_reading_differs (reading, &old))
    g_signal_emit (self, signals[SIGNAL_CHANGED], 0, moved);
  gc_network_reading_clear (&old);
}

/* While NetworkManager starts it has not found again yet what is up. */
static gboolean
can_read_client (GcNetworkMonitor *self)
{
  return self->client != NULL && nm_client_get_nm_running (self->client)
         && (!nm_client_get_startup (self->client)
             || nm_client_get_primary_connection (self->client) != NULL);
}

static gboolean
has_route (GcNetworkMonitor *self)
{
  return g_network_monitor_get_network_available (self->kernel != NULL ? self->kernel
                                                                       : self->fallback);
}

/* Whether the kernel takes another interface than the one that was told. */
static gboolean
has_other_route (GcNetworkMonitor *self)
{
  GPtrArray *paths = gc_route_monitor_get_paths (self->routes);
  const GcPath *first = paths->len > 0 ? g_ptr_array_index (paths, 0) : NULL;

  return first != NULL && self->reading.of_kernel
         && strcmp (first->interface, self->reading.interface) != 0;
}

static gboolean
on_settled (gpointer user_data)
{
  GcNetworkMonitor *self = user_data;
  gboolean can_read = can_read_client (self);
  GcNetworkReading reading;

  self->settling = 0;
  /* While it starts anew, connections stay as they are. */
  if (!can_read && self->knows && has_route (self) && !has_other_route (self))
    return G_SOURCE_REMOVE;
  if (can_read)
    read_client (self, &reading);
  else
    read_fallback (self, &reading);
  gc_network_reading_correct (&reading, describe_paths (self));
  if (reading.interface == NULL && self->reading.interface != NULL && !self->doubts
      && has_route (self))
    {
      self->doubts = TRUE;
      self->settling = g_timeout_add (DOUBT_MS, on_settled, self);
      gc_network_reading_clear (&reading);
      return G_SOURCE_REMOVE;
    }
  self->doubts = FALSE;
  self->knows |= can_read;
  adopt (self, &reading);
  return G_SOURCE_REMOVE;
}

/* The kernel has waited until it had the whole of it: every further millisecond is of a frozen
 * picture. */
static void
on_routes_changed (GcRouteMonitor *routes, gpointer user_data)
{
  GcNetworkMonitor *self = user_data;

  g_clear_handle_id (&self->settling, g_source_remove);
  self->doubts = FALSE;
  on_settled (self);
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
  g_signal_connect_object (client, "notify::active-connections", G_CALLBACK (settle), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (client, "notify::nm-running", G_CALLBACK (settle), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (client, "notify::startup", G_CALLBACK (settle), self, G_CONNECT_SWAPPED);
  settle (self);
}

static GNetworkMonitor *
new_kernel_monitor (void)
{
  GIOExtensionPoint *point = g_io_extension_point_lookup (G_NETWORK_MONITOR_EXTENSION_POINT_NAME);
  GIOExtension *netlink
      = point != NULL ? g_io_extension_point_get_extension_by_name (point, "netlink") : NULL;

  return netlink != NULL ? g_initable_new (g_io_extension_get_type (netlink), NULL, NULL, NULL)
                         : NULL;
}

static GSignalGroup *
hear (GcNetworkMonitor *self, GType type, const char *const *names)
{
  GSignalGroup *group = g_signal_group_new (type);

  for (gsize i = 0; names[i] != NULL; i++)
    g_signal_group_connect_object (group, names[i], G_CALLBACK (settle), self, G_CONNECT_SWAPPED);
  return group;
}

static void
gc_network_monitor_dispose (GObject *object)
{
  GcNetworkMonitor *self = GC_NETWORK_MONITOR (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_handle_id (&self->settling, g_source_remove);
  g_clear_object (&self->connection);
  g_clear_object (&self->addresses);
  g_clear_object (&self->device);
  g_clear_object (&self->access_point);
  g_clear_object (&self->modem);
  g_clear_object (&self->client);
  g_clear_object (&self->fallback);
  g_clear_object (&self->kernel);
  g_clear_object (&self->routes);
  g_clear_object (&self->cancellable);
  gc_network_reading_clear (&self->reading);
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
  const char *const of_connection[] = { "notify::ip4-config", "notify::state", NULL };
  const char *const of_addresses[] = { "notify::addresses", NULL };
  const char *const of_device[] = { "notify::metered", "notify::active-access-point", NULL };
  const char *const of_access_point[] = { "notify::strength", NULL };

  self->cancellable = g_cancellable_new ();
  self->connection = hear (self, NM_TYPE_ACTIVE_CONNECTION, of_connection);
  self->addresses = hear (self, NM_TYPE_IP_CONFIG, of_addresses);
  self->device = hear (self, NM_TYPE_DEVICE, of_device);
  self->access_point = hear (self, NM_TYPE_ACCESS_POINT, of_access_point);
  self->modem = gc_modem_signal_new ();
  g_signal_connect_object (self->modem, "notify", G_CALLBACK (settle), self, G_CONNECT_SWAPPED);
  self->fallback = g_object_ref (g_network_monitor_get_default ());
  g_signal_connect_object (self->fallback, "network-changed", G_CALLBACK (settle), self,
                           G_CONNECT_SWAPPED);
  self->kernel = new_kernel_monitor ();
  if (self->kernel != NULL)
    g_signal_connect_object (self->kernel, "network-changed", G_CALLBACK (settle), self,
                             G_CONNECT_SWAPPED);
  self->routes = gc_route_monitor_new ();
  g_signal_connect_object (self->routes, "changed", G_CALLBACK (on_routes_changed), self, 0);
  read_fallback (self, &self->reading);
  gc_network_reading_correct (&self->reading, describe_paths (self));
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
 * Returns: what carries the traffic; under a VPN, what carries the VPN
 */
GcUplink
gc_network_monitor_get_uplink (GcNetworkMonitor *self)
{
  g_return_val_if_fail (GC_IS_NETWORK_MONITOR (self), GC_UPLINK_NONE);

  return self->reading.uplink;
}

/**
 * gc_network_monitor_is_available:
 * @self: a monitor
 *
 * A hint when to try at once, no reason not to try: a center may be on this very machine.
 *
 * Returns: whether there is any network
 */
gboolean
gc_network_monitor_is_available (GcNetworkMonitor *self)
{
  g_return_val_if_fail (GC_IS_NETWORK_MONITOR (self), FALSE);

  return self->reading.uplink != GC_UPLINK_NONE;
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
  g_return_val_if_fail (GC_IS_NETWORK_MONITOR (self), FALSE);

  return self->reading.metered;
}

/**
 * gc_network_monitor_get_cost:
 * @self: a monitor
 * @path: (nullable): one of its paths; %NULL for what carries the traffic
 *
 * Of a VPN, it is what carries the VPN that costs.
 *
 * Returns: what traffic over it costs
 */
GcUplinkCost
gc_network_monitor_get_cost (GcNetworkMonitor *self, const GcPath *path)
{
  const GcNetworkReading *reading = &self->reading;

  g_return_val_if_fail (GC_IS_NETWORK_MONITOR (self), GC_UPLINK_COST_FREE);

  /* The kernel alone does not know what a path is. */
  if (path == NULL || path->kind == GC_UPLINK_OTHER || self->client == NULL)
    return gc_uplink_cost_find (reading->uplink, reading->metered, reading->roaming);
  return gc_uplink_cost_find (path->kind, path->metered, path->roaming);
}

/**
 * gc_network_monitor_get_signal_percent:
 * @self: a monitor
 *
 * Returns: how well the Wi-Fi or the cell is heard, 0 to 100, -1 if unknown
 */
int
gc_network_monitor_get_signal_percent (GcNetworkMonitor *self)
{
  g_return_val_if_fail (GC_IS_NETWORK_MONITOR (self), -1);

  return self->reading.signal_percent;
}

/**
 * gc_network_monitor_get_paths:
 * @self: a monitor
 *
 * The ways out that the kernel has at this moment, also of those that are not used. With a VPN,
 * what carries the VPN is among them, but is no way to where the VPN leads.
 *
 * Returns: (transfer none) (element-type GcPath): the one that is taken first
 */
GPtrArray *
gc_network_monitor_get_paths (GcNetworkMonitor *self)
{
  g_return_val_if_fail (GC_IS_NETWORK_MONITOR (self), NULL);

  return self->reading.paths;
}
