/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises, with a real xdg-desktop-portal, permission store, PipeWire and WirePlumber, which all
 * take the test for a Flatpak's process (see with-sandbox.sh); who asks the user is the test:
 *  - allowed, cameras are listed and their pictures arrive, each of them can be chosen
 *  - the user is asked once, and his answer is kept
 *  - refused, none are listed, nothing is used in another way, and it is an error in words; when he
 *    has changed his mind, they are found
 *  - taken back, the picture ends when the terminal asks again; given back, it works again
 *  - without a portal what can be reached directly is used
 *  - a PipeWire that dies and comes back is asked for again
 */

#include "base/gc-error.h"
#include "camera-fixture.h"
#include "camera/gc-camera-list.h"
#include "media-server.h"
#include "test-bus.h"
#include "test-wait.h"

#include <glib/gstdio.h>
#include <unistd.h>

#define PORTAL "org.freedesktop.portal.Desktop"
#define STORE "org.freedesktop.impl.portal.PermissionStore"
#define BACKEND "org.freedesktop.impl.portal.desktop.test"
#define LEVEL 100
#define SELFIE_LEVEL 200

static const char ACCESS_INTERFACE[]
    = "<node><interface name='org.freedesktop.impl.portal.Access'><method name='AccessDialog'>"
      "<arg type='o' direction='in'/><arg type='s' direction='in'/><arg type='s' direction='in'/>"
      "<arg type='s' direction='in'/><arg type='s' direction='in'/><arg type='s' direction='in'/>"
      "<arg type='a{sv}' direction='in'/><arg type='u' direction='out'/>"
      "<arg type='a{sv}' direction='out'/></method></interface></node>";

typedef struct
{
  CameraFixture camera;
  GSubprocess *store;
  GSubprocess *portal;
  GSubprocess *main;
  GSubprocess *selfie;
  GcCameraList *list;
  GError *error;

  guint backend;
  guint backend_name;
  gboolean says_yes;
  guint asked;
} Fixture;

#define ADD(name, func) g_test_add ("/camera/portal/" name, Fixture, NULL, set_up, func, tear_down)

/* --- the user --- */

static void
on_access_call (GDBusConnection *bus,
                const char *sender,
                const char *path,
                const char *interface,
                const char *method,
                GVariant *parameters,
                GDBusMethodInvocation *invocation,
                gpointer user_data)
{
  Fixture *fixture = user_data;
  const char *app = NULL;

  g_variant_get_child (parameters, 1, "&s", &app);
  g_assert_cmpstr (app, ==, GC_APP_ID);
  fixture->asked++;
  g_dbus_method_invocation_return_value (
      invocation, g_variant_new ("(u@a{sv})", fixture->says_yes ? 0 : 1,
                                 g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0)));
}

static void
start_user (Fixture *fixture)
{
  static const GDBusInterfaceVTable vtable = { .method_call = on_access_call };
  g_autoptr (GDBusConnection) bus = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (ACCESS_INTERFACE, NULL);
  g_autoptr (GError) error = NULL;

  fixture->backend = g_dbus_connection_register_object (
      bus, "/org/freedesktop/portal/desktop", node->interfaces[0], &vtable, fixture, NULL, &error);
  g_assert_no_error (error);
  fixture->backend_name = g_bus_own_name_on_connection (bus, BACKEND, G_BUS_NAME_OWNER_FLAGS_NONE,
                                                        NULL, NULL, NULL, NULL);
}

static void
stop_user (Fixture *fixture)
{
  g_autoptr (GDBusConnection) bus = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);

  g_bus_unown_name (fixture->backend_name);
  g_dbus_connection_unregister_object (bus, fixture->backend);
}

/* As in the settings. */
static void
set_permission (const char *permission)
{
  g_autoptr (GDBusConnection) bus = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);
  const char *permissions[] = { permission, NULL };
  g_autoptr (GVariant) answer = NULL;
  g_autoptr (GError) error = NULL;

  answer = g_dbus_connection_call_sync (
      bus, STORE, "/org/freedesktop/impl/portal/PermissionStore", STORE, "SetPermission",
      g_variant_new ("(sbss^as)", "devices", TRUE, "camera", GC_APP_ID, permissions), NULL,
      G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_assert_no_error (error);
}

/* --- the services --- */

static gboolean
is_served (gpointer name)
{
  return test_bus_has_owner (name);
}

static gboolean
is_gone (gpointer name)
{
  return !test_bus_has_owner (name);
}

static void
start_services (Fixture *fixture, gboolean with_portal)
{
  const char *store[] = { "/usr/libexec/xdg-permission-store", NULL };
  const char *portal[] = { "/usr/libexec/xdg-desktop-portal", NULL };

  fixture->store = media_server_spawn (store);
  test_wait_until (is_served, (gpointer) STORE);
  media_server_start ();
  fixture->main = media_server_plug_in_camera ("Main", "back", LEVEL);
  if (!with_portal)
    return;
  fixture->portal = media_server_spawn (portal);
  test_wait_until (is_served, (gpointer) PORTAL);
}

static void
stop_services (Fixture *fixture)
{
  const char *forget[] = { "rm", "-rf", g_getenv ("XDG_DATA_HOME"), NULL };
  g_autoptr (GSubprocess) forgetting = NULL;

  media_server_plug_out (&fixture->main);
  media_server_plug_out (&fixture->selfie);
  media_server_plug_out (&fixture->portal);
  media_server_plug_out (&fixture->store);
  media_server_stop ();
  test_wait_until (is_gone, (gpointer) STORE);
  test_wait_until (is_gone, (gpointer) PORTAL);
  forgetting = media_server_spawn (forget);
  g_assert_true (g_subprocess_wait_check (forgetting, NULL, NULL));
}

/* --- the terminal --- */

static void
on_failed (GcCameraList *list, const GError *error, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_clear_error (&fixture->error);
  fixture->error = g_error_copy (error);
}

static void
open_at (Fixture *fixture, guint position)
{
  g_autoptr (GcMediaSource) source = g_list_model_get_item (G_LIST_MODEL (fixture->list), position);

  gc_capture_set_source (fixture->camera.capture, source);
  gc_capture_start (fixture->camera.capture);
}

static void
on_items_changed (GListModel *model, guint position, guint removed, guint added, gpointer user_data)
{
  open_at (user_data, 0);
}

static void
list_cameras (Fixture *fixture)
{
  fixture->list = gc_camera_list_new (NULL, 720);
  g_signal_connect (fixture->list, "failed", G_CALLBACK (on_failed), fixture);
  g_signal_connect (fixture->list, "items-changed", G_CALLBACK (on_items_changed), fixture);
}

static guint
count (Fixture *fixture)
{
  return g_list_model_get_n_items (G_LIST_MODEL (fixture->list));
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  camera_fixture_set_up (&fixture->camera, data);
  start_user (fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  gc_capture_set_source (fixture->camera.capture, NULL);
  g_signal_handlers_disconnect_by_data (fixture->list, fixture);
  g_clear_object (&fixture->list);
  stop_services (fixture);
  stop_user (fixture);
  g_clear_error (&fixture->error);
  camera_fixture_tear_down (&fixture->camera, data);
}

/* --- the tests --- */

static void
test_allowed (Fixture *fixture, gconstpointer data)
{
  start_services (fixture, TRUE);
  fixture->selfie = media_server_plug_in_camera ("Selfie", "front", SELFIE_LEVEL);
  set_permission ("yes");
  list_cameras (fixture);
  WAIT_UNTIL (count (fixture) == 2);
  camera_fixture_wait_for_level (&fixture->camera, LEVEL);
  open_at (fixture, 1);
  camera_fixture_wait_for_level (&fixture->camera, SELFIE_LEVEL);
  g_assert_cmpuint (fixture->asked, ==, 0);
  g_assert_no_error (fixture->error);
}

static void
test_asked (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GcCameraList) another = NULL;

  start_services (fixture, TRUE);
  fixture->says_yes = TRUE;
  list_cameras (fixture);
  WAIT_UNTIL (count (fixture) == 1);
  camera_fixture_wait_for_level (&fixture->camera, LEVEL);
  another = gc_camera_list_new (NULL, 720);
  WAIT_UNTIL (g_list_model_get_n_items (G_LIST_MODEL (another)) == 1);
  g_assert_cmpuint (fixture->asked, ==, 1);
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  start_services (fixture, TRUE);
  list_cameras (fixture);
  for (int round = 0; round < 2; round++)
    {
      WAIT_UNTIL (fixture->error != NULL);
      g_assert_error (fixture->error, GC_ERROR, GC_ERROR_REFUSED);
      g_clear_error (&fixture->error);
      g_assert_cmpuint (fixture->asked, ==, 1);
      test_iterate (500);
      g_assert_cmpuint (count (fixture), ==, 0);
      gc_camera_list_ask (fixture->list);
    }
  WAIT_UNTIL (fixture->error != NULL);
  set_permission ("yes");
  gc_camera_list_ask (fixture->list);
  camera_fixture_wait_for_level (&fixture->camera, LEVEL);
  g_assert_cmpuint (fixture->asked, ==, 1);
}

/* Some versions of WirePlumber cut the picture at once, and some not at all. */
static void
test_taken_back (Fixture *fixture, gconstpointer data)
{
  guint seen;

  start_services (fixture, TRUE);
  set_permission ("yes");
  list_cameras (fixture);
  camera_fixture_wait_for_level (&fixture->camera, LEVEL);
  set_permission ("no");
  gc_camera_list_ask (fixture->list);
  WAIT_UNTIL (fixture->error != NULL);
  g_assert_error (fixture->error, GC_ERROR, GC_ERROR_REFUSED);
  g_assert_cmpuint (count (fixture), ==, 0);
  g_assert_false (gc_capture_is_active (fixture->camera.capture));
  seen = camera_fixture_count (&fixture->camera);
  test_iterate (1500);
  g_assert_cmpuint (camera_fixture_count (&fixture->camera), ==, seen);
  set_permission ("yes");
  gc_camera_list_ask (fixture->list);
  WAIT_UNTIL (count (fixture) == 1);
  camera_fixture_wait_for_samples (&fixture->camera, seen + 5);
}

static void
test_no_portal (Fixture *fixture, gconstpointer data)
{
  start_services (fixture, FALSE);
  list_cameras (fixture);
  WAIT_UNTIL (count (fixture) == 1);
  camera_fixture_wait_for_level (&fixture->camera, LEVEL);
  g_assert_no_error (fixture->error);
}

static void
test_server_restarts (Fixture *fixture, gconstpointer data)
{
  start_services (fixture, TRUE);
  set_permission ("yes");
  list_cameras (fixture);
  camera_fixture_wait_for_level (&fixture->camera, LEVEL);
  media_server_plug_out (&fixture->main);
  media_server_stop ();
  WAIT_UNTIL (count (fixture) == 0);
  media_server_start ();
  fixture->main = media_server_plug_in_camera ("Main", "back", SELFIE_LEVEL);
  camera_fixture_wait_for_level (&fixture->camera, SELFIE_LEVEL);
}

/* Which portal asks the user, and of whose process the test is. */
static void
configure (void)
{
  static const char portal[] = "[portal]\nDBusName=" BACKEND "\n"
                               "Interfaces=org.freedesktop.impl.portal.Access;\nUseIn=test\n";
  static const char preferred[] = "[preferred]\ndefault=test\n";
  const char *folder = g_getenv ("XDG_RUNTIME_DIR");
  g_autofree char *instance = g_build_filename (folder, ".flatpak", "1", NULL);
  g_autofree char *bwrap = g_build_filename (instance, "bwrapinfo.json", NULL);
  g_autofree char *who = g_strdup_printf ("{ \"child-pid\": %d }", getpid ());
  g_autofree char *portals = g_build_filename (folder, "portals", NULL);
  g_autofree char *backend = g_build_filename (portals, "test.portal", NULL);
  g_autofree char *choice = g_build_filename (portals, "portals.conf", NULL);

  g_mkdir_with_parents (instance, 0700);
  g_mkdir_with_parents (portals, 0700);
  g_assert_true (g_file_set_contents (bwrap, who, -1, NULL));
  g_assert_true (g_file_set_contents (backend, portal, -1, NULL));
  g_assert_true (g_file_set_contents (choice, preferred, -1, NULL));
  g_setenv ("XDG_DESKTOP_PORTAL_DIR", portals, TRUE);
  g_setenv ("XDG_CURRENT_DESKTOP", "test", TRUE);
}

int
main (int argc, char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  test_bus_start ();
  media_server_prepare ();
  configure ();
  media_server_leave_for (g_getenv ("GC_SANDBOX"));
  gst_init (&argc, &argv);
  ADD ("allowed", test_allowed);
  ADD ("asked-once", test_asked);
  ADD ("refused", test_refused);
  ADD ("taken-back", test_taken_back);
  ADD ("no-portal", test_no_portal);
  ADD ("server-restarts", test_server_restarts);
  result = g_test_run ();
  media_server_clean_up ();
  test_bus_stop ();
  return result;
}
