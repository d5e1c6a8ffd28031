/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - without NetworkManager and UPower nothing is claimed to be known, and nothing fails
 *  - Wi-Fi, modem and cable are told apart, with their signal and what they cost, abroad too
 *  - a change is told once, and as a move only if traffic goes another way
 *  - a NetworkManager that starts anew moves nobody; a local network without a way out is one
 *  - the battery is followed, and forgotten with the service
 */

#include "base/gc-clock.h"
#include "network/gc-network-monitor.h"
#include "power/gc-battery.h"
#include "test-bus.h"
#include "test-wait.h"

#define DEADLINE_MS 60000

static GSubprocess *services;
static GDataInputStream *answers;

/* Has mock_services.py do something. */
static void
tell (const char *command)
{
  g_autofree char *line = g_strconcat (command, "\n", NULL);
  g_autofree char *answer = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_output_stream_write_all (g_subprocess_get_stdin_pipe (services), line,
                                            strlen (line), NULL, NULL, &error));
  answer = g_data_input_stream_read_line (answers, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (answer, ==, "ok");
}

static void
start_services (void)
{
  g_autofree char *script
      = g_test_build_filename (G_TEST_DIST, "integration", "network", "mock_services.py", NULL);
  g_autoptr (GError) error = NULL;

  test_bus_start ();
  services = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE,
                               &error, "python3", script, NULL);
  g_assert_no_error (error);
  answers = g_data_input_stream_new (g_subprocess_get_stdout_pipe (services));
}

static void
stop_services (void)
{
  g_output_stream_close (g_subprocess_get_stdin_pipe (services), NULL, NULL);
  g_assert_true (g_subprocess_wait_check (services, NULL, NULL));
  g_clear_object (&answers);
  g_clear_object (&services);
  test_bus_stop ();
}

typedef struct
{
  GcNetworkMonitor *monitor;
  guint changes;
  guint moves;
} Fixture;

static void
on_changed (GcNetworkMonitor *monitor, gboolean moved, gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->changes++;
  fixture->moves += moved ? 1 : 0;
}

static void
wait_for_uplink (Fixture *fixture, GcUplink uplink, int percent)
{
  gint64 until = gc_clock_monotonic_ms () + DEADLINE_MS;

  while (gc_network_monitor_get_uplink (fixture->monitor) != uplink
         || gc_network_monitor_get_signal_percent (fixture->monitor) != percent)
    {
      if (gc_clock_monotonic_ms () > until)
        g_error ("waited in vain for %s, %d %%: it is %s, %d %%", gc_uplink_to_string (uplink),
                 percent, gc_uplink_to_string (gc_network_monitor_get_uplink (fixture->monitor)),
                 gc_network_monitor_get_signal_percent (fixture->monitor));
      test_iterate (5);
    }
}

static void
watch (Fixture *fixture)
{
  fixture->monitor = gc_network_monitor_new ();
  g_signal_connect (fixture->monitor, "changed", G_CALLBACK (on_changed), fixture);
}

/* With NetworkManager there, wlan0 up, and known to be so. */
static void
set_up (Fixture *fixture, gconstpointer data)
{
  tell ("network start");
  tell ("primary wlan0");
  watch (fixture);
  wait_for_uplink (fixture, GC_UPLINK_WIFI, 61);
  fixture->changes = 0;
  fixture->moves = 0;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_finalize_object (fixture->monitor);
  tell ("network stop");
}

static void
test_nobody_there (void)
{
  g_autoptr (GcBattery) battery = gc_battery_new ();
  Fixture fixture = { 0 };
  gboolean available = g_network_monitor_get_network_available (g_network_monitor_get_default ());

  watch (&fixture);
  test_iterate (300);
  g_assert_cmpint (gc_network_monitor_get_uplink (fixture.monitor), ==,
                   available ? GC_UPLINK_OTHER : GC_UPLINK_NONE);
  g_assert_cmpint (gc_network_monitor_get_signal_percent (fixture.monitor), ==, -1);
  g_assert_cmpuint (fixture.moves, ==, 0);
  g_assert_cmpint (gc_battery_get_percent (battery), ==, -1);
  g_assert_false (gc_battery_is_charging (battery));
  /* NetworkManager may come later. */
  tell ("network start");
  tell ("primary wlan0");
  wait_for_uplink (&fixture, GC_UPLINK_WIFI, 61);
  tear_down (&fixture, NULL);
}

static void
test_gone_at_once (void)
{
  GcNetworkMonitor *monitor = gc_network_monitor_new ();
  GcBattery *battery = gc_battery_new ();

  g_object_unref (monitor);
  g_object_unref (battery);
  test_iterate (200);
}

static void
check_cost (Fixture *fixture, GcUplinkCost cost)
{
  gint64 until = gc_clock_monotonic_ms () + DEADLINE_MS;

  while (gc_network_monitor_get_cost (fixture->monitor, NULL) != cost)
    {
      g_assert_cmpint (gc_clock_monotonic_ms (), <, until);
      test_iterate (5);
    }
}

static void
test_uplinks (Fixture *fixture, gconstpointer data)
{
  g_assert_true (gc_network_monitor_is_available (fixture->monitor));
  g_assert_false (gc_network_monitor_is_metered (fixture->monitor));
  check_cost (fixture, GC_UPLINK_COST_FREE);
  tell ("modem start");
  tell ("primary wwan0");
  wait_for_uplink (fixture, GC_UPLINK_CELLULAR, 70);
  g_assert_true (gc_network_monitor_is_metered (fixture->monitor));
  g_assert_cmpuint (fixture->moves, ==, 1);
  tell ("quality 35");
  wait_for_uplink (fixture, GC_UPLINK_CELLULAR, 35);
  check_cost (fixture, GC_UPLINK_COST_MOBILE);
  tell ("cell 5");
  check_cost (fixture, GC_UPLINK_COST_HIGH);
  tell ("cell 1");
  check_cost (fixture, GC_UPLINK_COST_MOBILE);
  tell ("cell 10");
  check_cost (fixture, GC_UPLINK_COST_HIGH);
  tell ("modem stop");
  wait_for_uplink (fixture, GC_UPLINK_CELLULAR, -1);
  check_cost (fixture, GC_UPLINK_COST_MOBILE);
  g_assert_cmpuint (fixture->moves, ==, 1);
  tell ("primary eth0");
  wait_for_uplink (fixture, GC_UPLINK_ETHERNET, -1);
  g_assert_false (gc_network_monitor_is_metered (fixture->monitor));
  g_assert_cmpuint (fixture->moves, ==, 2);
  tell ("primary none");
  wait_for_uplink (fixture, GC_UPLINK_NONE, -1);
  g_assert_false (gc_network_monitor_is_available (fixture->monitor));
  g_assert_cmpuint (fixture->moves, ==, 3);
}

static void
test_once (Fixture *fixture, gconstpointer data)
{
  tell ("strength 40");
  wait_for_uplink (fixture, GC_UPLINK_WIFI, 40);
  g_assert_cmpuint (fixture->changes, ==, 1);
  g_assert_cmpuint (fixture->moves, ==, 0);
  tell ("strength 40");
  test_iterate (200);
  g_assert_cmpuint (fixture->changes, ==, 1);
  /* What another network does is nobody's business. */
  tell ("address eth0 192.0.2.99");
  test_iterate (200);
  g_assert_cmpuint (fixture->changes, ==, 1);
}

static void
test_address (Fixture *fixture, gconstpointer data)
{
  gint64 until = gc_clock_monotonic_ms () + DEADLINE_MS;

  tell ("address wlan0 198.51.100.9");
  while (fixture->moves == 0 && gc_clock_monotonic_ms () < until)
    test_iterate (5);
  g_assert_cmpuint (fixture->moves, ==, 1);
  g_assert_cmpint (gc_network_monitor_get_uplink (fixture->monitor), ==, GC_UPLINK_WIFI);
}

static void
test_local (Fixture *fixture, gconstpointer data)
{
  tell ("local eth0");
  wait_for_uplink (fixture, GC_UPLINK_ETHERNET, -1);
  g_assert_true (gc_network_monitor_is_available (fixture->monitor));
}

static void
test_restart (Fixture *fixture, gconstpointer data)
{
  if (!g_network_monitor_get_network_available (g_network_monitor_get_default ()))
    {
      g_test_skip ("this machine has no network that could go on meanwhile");
      return;
    }
  tell ("network stop");
  test_iterate (300);
  tell ("network start");
  test_iterate (300);
  tell ("primary wlan0");
  tell ("strength 62");
  wait_for_uplink (fixture, GC_UPLINK_WIFI, 62);
  g_assert_cmpuint (fixture->moves, ==, 0);
}

static void
wait_for_battery (GcBattery *battery, int percent, gboolean charging)
{
  gint64 until = gc_clock_monotonic_ms () + DEADLINE_MS;

  while (gc_battery_get_percent (battery) != percent
         || gc_battery_is_charging (battery) != charging)
    {
      if (gc_clock_monotonic_ms () > until)
        g_error ("waited in vain for %d %%: it is %d %%", percent,
                 gc_battery_get_percent (battery));
      test_iterate (5);
    }
}

static void
test_battery (void)
{
  g_autoptr (GcBattery) battery = NULL;

  tell ("power start");
  battery = gc_battery_new ();
  wait_for_battery (battery, 80, FALSE);
  tell ("battery 80.6 1");
  wait_for_battery (battery, 81, TRUE);
  tell ("battery 100 4");
  wait_for_battery (battery, 100, TRUE);
  tell ("battery 99 2");
  wait_for_battery (battery, 99, FALSE);
  tell ("battery 999 2");
  wait_for_battery (battery, -1, FALSE);
  tell ("battery 98 1");
  wait_for_battery (battery, 98, TRUE);
  tell ("power stop");
  wait_for_battery (battery, -1, FALSE);
  tell ("power start");
  wait_for_battery (battery, 80, FALSE);
  tell ("power stop");
}

int
main (int argc, char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  start_services ();
#define ADD(path, func)                                                                            \
  g_test_add ("/network/monitor/" path, Fixture, NULL, set_up, func, tear_down)
  g_test_add_func ("/network/monitor/nobody-there", test_nobody_there);
  g_test_add_func ("/network/monitor/gone-at-once", test_gone_at_once);
  ADD ("uplinks-told-apart", test_uplinks);
  ADD ("a-change-is-told-once", test_once);
  ADD ("new-address-is-a-move", test_address);
  ADD ("local-network", test_local);
  ADD ("restart-moves-nobody", test_restart);
  g_test_add_func ("/power/battery/followed-and-forgotten", test_battery);
  result = g_test_run ();
  stop_services ();
  return result;
}
