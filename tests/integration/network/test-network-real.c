/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises, with a real NetworkManager (see with-network-manager.sh):
 *  - a cable that is pulled moves the traffic to the other one, which costs: told as one move
 *  - the cable that comes back takes it over again; with none left there is no network
 *  - a NetworkManager that dies and comes back moves nobody
 *  - a cable that is pulled is noticed though NetworkManager does not, and told once
 *  - the ways out are known, in the order in which they are taken, with what they cost
 */

#include "network/gc-network-monitor.h"
#include "test-wait.h"

#include <signal.h>

static GSubprocess *manager;

static void
run (const char *command)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) arguments = NULL;
  g_autoptr (GSubprocess) process = NULL;

  g_assert_true (g_shell_parse_argv (command, NULL, &arguments, &error));
  process = g_subprocess_newv ((const char *const *) arguments, G_SUBPROCESS_FLAGS_STDOUT_SILENCE,
                               &error);
  g_assert_no_error (error);
  if (!g_subprocess_wait_check (process, NULL, &error))
    g_error ("%s: %s", command, error->message);
}

static gboolean
is_running (gpointer data)
{
  g_autoptr (GSubprocess) process
      = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE,
                          NULL, "nmcli", "general", NULL);

  return g_subprocess_wait_check (process, NULL, NULL);
}

static void
start_manager (void)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) arguments = NULL;

  g_assert_true (g_shell_parse_argv (g_getenv ("NETWORK_MANAGER"), NULL, &arguments, &error));
  /* Its warnings, as that there is no udev, are not ours. */
  g_subprocess_launcher_unsetenv (launcher, "G_DEBUG");
  manager = g_subprocess_launcher_spawnv (launcher, (const char *const *) arguments, &error);
  g_assert_no_error (error);
  test_wait_until (is_running, NULL);
}

static void
stop_manager (int number)
{
  g_subprocess_send_signal (manager, number);
  g_subprocess_wait (manager, NULL, NULL);
  g_clear_object (&manager);
}

static void
connect_up (const char *iface, const char *address, const char *metric, const char *metered)
{
  g_autofree char *manage = g_strdup_printf ("nmcli device set %s managed yes", iface);
  g_autofree char *add = g_strdup_printf (
      "nmcli con add type ethernet ifname %s con-name %s ipv4.method manual ipv4.addresses %s.7/24 "
      "ipv4.gateway %s.1 ipv4.route-metric %s ipv6.method disabled connection.metered %s",
      iface, iface, address, address, metric, metered);
  g_autofree char *up = g_strdup_printf ("nmcli con up %s", iface);

  run (manage);
  run (add);
  run (up);
}

typedef struct
{
  GcNetworkMonitor *monitor;
  guint moves;
} Watch;

static void
on_changed (GcNetworkMonitor *monitor, gboolean moved, gpointer user_data)
{
  ((Watch *) user_data)->moves += moved ? 1 : 0;
}

static gboolean
is_free (gpointer data)
{
  Watch *watch = data;

  return gc_network_monitor_get_uplink (watch->monitor) == GC_UPLINK_ETHERNET
         && !gc_network_monitor_is_metered (watch->monitor);
}

static gboolean
is_costly (gpointer data)
{
  Watch *watch = data;

  return gc_network_monitor_get_uplink (watch->monitor) == GC_UPLINK_ETHERNET
         && gc_network_monitor_is_metered (watch->monitor);
}

static gboolean
is_gone (gpointer data)
{
  return !gc_network_monitor_is_available (((Watch *) data)->monitor);
}

static void
test_cables (void)
{
  Watch watch = { .monitor = gc_network_monitor_new () };

  g_signal_connect (watch.monitor, "changed", G_CALLBACK (on_changed), &watch);
  test_wait_until (is_free, &watch);
  watch.moves = 0;
  run ("ip link set wan0 down");
  test_wait_until (is_costly, &watch);
  g_assert_cmpuint (watch.moves, ==, 1);
  run ("ip link set wan0 up");
  test_wait_until (is_free, &watch);
  g_assert_cmpuint (watch.moves, ==, 2);
  run ("ip link set wan1 down");
  test_iterate (1000);
  g_assert_cmpuint (watch.moves, ==, 2);
  run ("ip link set wan0 down");
  test_wait_until (is_gone, &watch);
  g_assert_cmpuint (watch.moves, ==, 3);
  run ("ip link set wan1 up");
  run ("ip link set wan0 up");
  test_wait_until (is_free, &watch);
  g_assert_finalize_object (watch.monitor);
}

static void
test_restart (void)
{
  Watch watch = { .monitor = gc_network_monitor_new () };

  g_signal_connect (watch.monitor, "changed", G_CALLBACK (on_changed), &watch);
  test_wait_until (is_free, &watch);
  watch.moves = 0;
  stop_manager (SIGKILL);
  test_iterate (1000);
  start_manager ();
  test_iterate (2000);
  test_wait_until (is_free, &watch);
  g_assert_cmpuint (watch.moves, ==, 0);
  g_assert_finalize_object (watch.monitor);
}

static const GcPath *
get_path (Watch *watch, guint index)
{
  GPtrArray *paths = gc_network_monitor_get_paths (watch->monitor);

  return index < paths->len ? g_ptr_array_index (paths, index) : NULL;
}

/* The kernel tells of a path at once, NetworkManager of what it costs a little later. */
static gboolean
is_second_metered (gpointer data)
{
  const GcPath *path = get_path (data, 1);

  return path != NULL && path->metered;
}

static void
test_paths (void)
{
  Watch watch = { .monitor = gc_network_monitor_new () };

  test_wait_until (is_free, &watch);
  test_wait_until (is_second_metered, &watch);
  g_assert_cmpuint (gc_network_monitor_get_paths (watch.monitor)->len, ==, 2);
  g_assert_cmpstr (get_path (&watch, 0)->interface, ==, "up0");
  g_assert_true (gc_path_has_address (get_path (&watch, 0), "192.0.2.7"));
  g_assert_cmpuint (get_path (&watch, 0)->metric, ==, 100);
  g_assert_false (get_path (&watch, 0)->metered);
  g_assert_cmpint (get_path (&watch, 0)->kind, ==, GC_UPLINK_ETHERNET);
  g_assert_cmpstr (get_path (&watch, 1)->interface, ==, "up1");
  g_assert_true (gc_path_has_address (get_path (&watch, 1), "198.51.100.7"));
  g_assert_finalize_object (watch.monitor);
}

static gboolean
is_on_second (gpointer data)
{
  const GcPath *path = get_path (data, 0);

  return path != NULL && g_str_equal (path->interface, "up1");
}

static void
test_frozen (void)
{
  Watch watch = { .monitor = gc_network_monitor_new () };

  g_signal_connect (watch.monitor, "changed", G_CALLBACK (on_changed), &watch);
  test_wait_until (is_free, &watch);
  watch.moves = 0;
  g_subprocess_send_signal (manager, SIGSTOP);
  run ("ip link set wan0 down");
  test_wait_until (is_on_second, &watch);
  g_assert_true (is_costly (&watch));
  g_assert_cmpuint (watch.moves, ==, 1);
  g_subprocess_send_signal (manager, SIGCONT);
  /* It draws its own conclusions now, of which nothing new follows. */
  test_iterate (3000);
  g_assert_true (is_costly (&watch));
  g_assert_cmpuint (watch.moves, ==, 1);
  run ("ip link set wan0 up");
  test_wait_until (is_free, &watch);
  g_assert_cmpuint (watch.moves, ==, 2);
  g_assert_finalize_object (watch.monitor);
}

int
main (int argc, char *argv[])
{
  g_autoptr (GDBusConnection) bus = NULL;
  int result;

  g_test_init (&argc, &argv, NULL);
  bus = g_bus_get_sync (G_BUS_TYPE_SYSTEM, NULL, NULL);
  g_dbus_connection_set_exit_on_close (bus, FALSE);
  start_manager ();
  connect_up ("up0", "192.0.2", "100", "no");
  connect_up ("up1", "198.51.100", "200", "yes");
  g_test_add_func ("/network/real/cables-pulled-and-put-back", test_cables);
  g_test_add_func ("/network/real/paths-known", test_paths);
  g_test_add_func ("/network/real/noticed-without-network-manager", test_frozen);
  g_test_add_func ("/network/real/restart-moves-nobody", test_restart);
  result = g_test_run ();
  stop_manager (SIGTERM);
  return result;
}
