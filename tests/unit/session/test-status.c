/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - a change of uplink, of its price or of charging is told within seconds
 *  - figures that go up and down are told once a minute, and what has not changed is not told
 *  - what is not known is left out
 */

#include "session/gc-status.h"

static const GcStatus STATUS = { 80, FALSE, GC_UPLINK_CELLULAR, TRUE, 40 };

static void
test_changes (void)
{
  GcStatus now = STATUS;

  g_assert_cmpuint (gc_status_get_interval_ms (&STATUS, &now), ==, 0);
  now.uplink = GC_UPLINK_WIFI;
  g_assert_cmpuint (gc_status_get_interval_ms (&STATUS, &now), ==, 5000);
  now = STATUS;
  now.metered = FALSE;
  g_assert_cmpuint (gc_status_get_interval_ms (&STATUS, &now), ==, 5000);
  now = STATUS;
  now.charging = TRUE;
  now.battery_percent = 81;
  g_assert_cmpuint (gc_status_get_interval_ms (&STATUS, &now), ==, 5000);
}

static void
test_figures (void)
{
  GcStatus now = STATUS;

  now.signal_percent = 41;
  g_assert_cmpuint (gc_status_get_interval_ms (&STATUS, &now), ==, 60000);
  now = STATUS;
  now.battery_percent = 79;
  g_assert_cmpuint (gc_status_get_interval_ms (&STATUS, &now), ==, 60000);
}

static void
test_unknown (void)
{
  const GcStatus unknown = { -1, TRUE, GC_UPLINK_NONE, FALSE, -1 };
  g_autoptr (JsonObject) all = gc_status_to_json (&STATUS);
  g_autoptr (JsonObject) little = gc_status_to_json (&unknown);

  g_assert_cmpint (json_object_get_int_member (all, "battery_percent"), ==, 80);
  g_assert_cmpint (json_object_get_int_member (all, "signal_percent"), ==, 40);
  g_assert_cmpstr (json_object_get_string_member (all, "uplink"), ==, "cellular");
  g_assert_true (json_object_get_boolean_member (all, "metered"));
  g_assert_false (json_object_get_boolean_member (all, "charging"));
  g_assert_false (json_object_has_member (little, "battery_percent"));
  g_assert_false (json_object_has_member (little, "charging"));
  g_assert_false (json_object_has_member (little, "signal_percent"));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/session/status/changes-at-once", test_changes);
  g_test_add_func ("/session/status/figures-once-a-minute", test_figures);
  g_test_add_func ("/session/status/unknown-is-left-out", test_unknown);
  return g_test_run ();
}
