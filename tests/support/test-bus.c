/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-bus.h"

static GTestDBus *bus;

void
test_bus_start (void)
{
  const GBusType types[] = { G_BUS_TYPE_SESSION, G_BUS_TYPE_SYSTEM };

  bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (bus);
  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", g_test_dbus_get_bus_address (bus), TRUE);
  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autoptr (GError) error = NULL;
      /* Kept for good: or it would be closed, and opened anew for the next who asks. */
      GDBusConnection *connection = g_bus_get_sync (types[i], NULL, &error);

      g_assert_no_error (error);
      g_dbus_connection_set_exit_on_close (connection, FALSE);
    }
}

/* Not g_test_dbus_down(), which insists that nobody keeps the connection. */
void
test_bus_stop (void)
{
  g_test_dbus_stop (bus);
}

gboolean
test_bus_has_owner (const char *name)
{
  g_autoptr (GDBusConnection) connection = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);
  g_autoptr (GVariant) answer = g_dbus_connection_call_sync (
      connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
      "NameHasOwner", g_variant_new ("(s)", name), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
  gboolean owned;

  g_variant_get (answer, "(b)", &owned);
  return owned;
}
