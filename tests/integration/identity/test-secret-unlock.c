/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - what is open stays open without a question; what is locked is opened when the worker agrees
 *  - a question that is dismissed, cannot be asked, or is never answered since the service dies, is
 *    an error and not the end
 *  - no service and no key ring are told apart
 */

#include "base/gc-error.h"
#include "identity/gc-secret-unlock.h"
#include "test-bus.h"
#include "test-wait.h"

#define ITEM "/org/freedesktop/secrets/collection/login/1"
#define PROMPT "/org/freedesktop/secrets/prompt/1"

static const char INTERFACES[]
    = "<node>"
      "<interface name='org.freedesktop.Secret.Service'>"
      "<method name='Unlock'><arg type='ao' direction='in'/><arg type='ao' direction='out'/>"
      "<arg type='o' direction='out'/></method>"
      "<method name='ReadAlias'><arg type='s' direction='in'/><arg type='o' direction='out'/>"
      "</method></interface>"
      "<interface name='org.freedesktop.Secret.Prompt'>"
      "<method name='Prompt'><arg type='s' direction='in'/></method>"
      "<signal name='Completed'><arg type='b'/><arg type='v'/></signal></interface>"
      "</node>";

typedef enum
{
  OPEN,
  AGREES,
  DISMISSES,
  CANNOT_ASK,
  DIES,
  NO_KEY_RING,
} Behaviour;

typedef struct
{
  Behaviour behaviour;
  GDBusConnection *bus;
  guint name;
  guint objects[2];
  guint prompts;
} Service;

static void
complete (Service *service, GDBusConnection *bus, gboolean dismissed)
{
  g_dbus_connection_emit_signal (bus, NULL, PROMPT, "org.freedesktop.Secret.Prompt", "Completed",
                                 g_variant_new ("(bv)", dismissed, g_variant_new_strv (NULL, 0)),
                                 NULL);
}

static void
on_prompt (Service *service, GDBusConnection *bus, GDBusMethodInvocation *invocation)
{
  service->prompts++;
  if (service->behaviour == CANNOT_ASK)
    {
      g_dbus_method_invocation_return_dbus_error (invocation, "org.example.NoScreen", "no screen");
      return;
    }
  g_dbus_method_invocation_return_value (invocation, NULL);
  if (service->behaviour == DIES)
    g_clear_handle_id (&service->name, g_bus_unown_name);
  else
    complete (service, bus, service->behaviour == DISMISSES);
}

static void
on_call (GDBusConnection *bus,
         const char *sender,
         const char *path,
         const char *interface,
         const char *method,
         GVariant *parameters,
         GDBusMethodInvocation *invocation,
         gpointer user_data)
{
  Service *service = user_data;
  const char *const none[] = { NULL };

  if (g_str_equal (method, "Prompt"))
    on_prompt (service, bus, invocation);
  else if (g_str_equal (method, "ReadAlias"))
    g_dbus_method_invocation_return_value (
        invocation, g_variant_new ("(o)", service->behaviour == NO_KEY_RING ? "/" : ITEM));
  else
    g_dbus_method_invocation_return_value (
        invocation, g_variant_new ("(^aoo)", none, service->behaviour == OPEN ? "/" : PROMPT));
}

static gboolean
is_owned (gpointer data)
{
  return test_bus_has_owner ("org.freedesktop.secrets");
}

static gboolean
is_not_owned (gpointer data)
{
  return !test_bus_has_owner ("org.freedesktop.secrets");
}

static void
start_service (Service *service)
{
  static const GDBusInterfaceVTable vtable = { .method_call = on_call };
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (INTERFACES, NULL);
  g_autofree char *address = g_dbus_address_get_for_bus_sync (G_BUS_TYPE_SESSION, NULL, NULL);
  g_autoptr (GError) error = NULL;

  /* A connection of its own, as a service has. */
  service->bus = g_dbus_connection_new_for_address_sync (
      address,
      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
          | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
      NULL, NULL, &error);
  g_assert_no_error (error);
  service->objects[0] = g_dbus_connection_register_object (
      service->bus, "/org/freedesktop/secrets", node->interfaces[0], &vtable, service, NULL, NULL);
  service->objects[1] = g_dbus_connection_register_object (
      service->bus, PROMPT, node->interfaces[1], &vtable, service, NULL, NULL);
  service->name = g_bus_own_name_on_connection (
      service->bus, "org.freedesktop.secrets", G_BUS_NAME_OWNER_FLAGS_NONE, NULL, NULL, NULL, NULL);
  test_wait_until (is_owned, NULL);
}

static void
stop_service (Service *service)
{
  if (service->bus == NULL)
    return;
  g_clear_handle_id (&service->name, g_bus_unown_name);
  for (gsize i = 0; i < G_N_ELEMENTS (service->objects); i++)
    g_dbus_connection_unregister_object (service->bus, service->objects[i]);
  g_dbus_connection_close_sync (service->bus, NULL, NULL);
  g_clear_object (&service->bus);
  test_wait_until (is_not_owned, NULL);
}

static gboolean
unlock (const char *path, GError **error)
{
  g_autoptr (GDBusConnection) bus = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);
  g_autoptr (GAsyncResult) result = NULL;

  gc_secret_unlock_async (bus, path, NULL, test_take_result, &result);
  test_wait_result (&result);
  return gc_secret_unlock_finish (result, error);
}

static void
test_opens (gconstpointer data)
{
  Service service = { .behaviour = GPOINTER_TO_UINT (data) };
  g_autoptr (GError) error = NULL;

  start_service (&service);
  g_assert_true (unlock (ITEM, &error));
  g_assert_no_error (error);
  g_assert_true (unlock (NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (service.prompts, ==, service.behaviour == OPEN ? 0 : 2);
  stop_service (&service);
}

static void
test_refused (gconstpointer data)
{
  Service service = { .behaviour = GPOINTER_TO_UINT (data) };
  g_autoptr (GError) error = NULL;

  start_service (&service);
  g_assert_false (unlock (ITEM, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_REFUSED);
  g_assert_cmpuint (service.prompts, ==, 1);
  stop_service (&service);
}

static void
test_cannot_ask (void)
{
  Service service = { .behaviour = CANNOT_ASK };
  g_autoptr (GError) error = NULL;

  start_service (&service);
  g_assert_false (unlock (ITEM, &error));
  g_assert_nonnull (error);
  stop_service (&service);
}

static void
test_no_key_ring (void)
{
  Service service = { .behaviour = NO_KEY_RING };
  g_autoptr (GError) error = NULL;

  start_service (&service);
  g_assert_false (unlock (NULL, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_NOT_FOUND);
  stop_service (&service);
}

static void
test_nobody (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (unlock (NULL, &error));
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN);
}

int
main (int argc, char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  test_bus_start ();
  g_test_add_data_func ("/identity/unlock/open", GUINT_TO_POINTER (OPEN), test_opens);
  g_test_add_data_func ("/identity/unlock/agreed", GUINT_TO_POINTER (AGREES), test_opens);
  g_test_add_data_func ("/identity/unlock/dismissed", GUINT_TO_POINTER (DISMISSES), test_refused);
  g_test_add_data_func ("/identity/unlock/service-dies", GUINT_TO_POINTER (DIES), test_refused);
  g_test_add_func ("/identity/unlock/cannot-ask", test_cannot_ask);
  g_test_add_func ("/identity/unlock/no-key-ring", test_no_key_ring);
  g_test_add_func ("/identity/unlock/nobody-there", test_nobody);
  result = g_test_run ();
  test_bus_stop ();
  return result;
}
