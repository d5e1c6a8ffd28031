/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises, with a real GeoClue (see with-geoclue.sh), its receiver and the user's agent played by
 * the test:
 *  - what the receiver says arrives, through the tracker once a second, with speed and direction
 *  - no service, a user who refuses, and one who changes his mind are told apart
 *  - a service that dies is told, and its successor is found
 *  - stopped at any moment, nothing comes any more
 */

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "location/gc-location-source-geoclue.h"
#include "location/gc-tracker.h"
#include "test-bus.h"
#include "test-wait.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <math.h>

#define SERVICE "org.freedesktop.GeoClue2"
#define LEVEL_NONE 0
#define LEVEL_EXACT 8
#define STEP_DEG 0.00002

static const char AGENT_INTERFACE[]
    = "<node><interface name='org.freedesktop.GeoClue2.Agent'>"
      "<property name='MaxAccuracyLevel' type='u' access='read'/>"
      "<method name='AuthorizeApp'><arg type='s' direction='in'/><arg type='u' direction='in'/>"
      "<arg type='b' direction='out'/><arg type='u' direction='out'/></method>"
      "</interface></node>";

typedef struct
{
  GSubprocess *service;
  GSocketService *receiver;
  GPtrArray *readers; /* who hears the receiver */
  guint speaking;
  guint spoken;

  GDBusConnection *agent;
  guint agent_object;
  guint32 level;

  GcLocationSource *source;
  GArray *fixes;
  GError *error;
} Fixture;

/* --- the receiver --- */

static char *
sentence (const char *body)
{
  guint8 sum = 0;

  for (const char *at = body; *at != '\0'; at++)
    sum ^= (guint8) *at;
  return g_strdup_printf ("$%s*%02X\r\n", body, sum);
}

static void
say (Fixture *fixture, const char *body)
{
  g_autofree char *line = sentence (body);

  for (guint i = 0; i < fixture->readers->len; i++)
    g_output_stream_write_all (
        g_io_stream_get_output_stream (g_ptr_array_index (fixture->readers, i)), line,
        strlen (line), NULL, NULL, NULL);
}

/* Walking north, a little more than two metres a second. */
static gboolean
on_second (gpointer user_data)
{
  Fixture *fixture = user_data;
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *time = g_date_time_format (now, "%H%M%S.00");
  g_autofree char *date = g_date_time_format (now, "%d%m%y");
  double minutes = 54.2 + fixture->spoken++ * STEP_DEG * 60;
  g_autofree char *gga = g_strdup_printf (
      "GPGGA,%s,28%08.5f,N,12058.27200,E,1,10,0.9,62.0,M,8.0,M,,", time, minutes);
  g_autofree char *rmc = g_strdup_printf ("GPRMC,%s,A,28%08.5f,N,12058.27200,E,4.32,0.0,%s,,,A",
                                          time, minutes, date);

  say (fixture, gga);
  say (fixture, rmc);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_reader (GSocketService *receiver,
           GSocketConnection *connection,
           GObject *source,
           gpointer user_data)
{
  g_ptr_array_add (((Fixture *) user_data)->readers, g_object_ref (connection));
  return TRUE;
}

static void
start_receiver (Fixture *fixture)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (g_getenv ("GPS_SOCKET"));
  g_autoptr (GError) error = NULL;

  fixture->receiver = g_socket_service_new ();
  g_socket_listener_add_address (G_SOCKET_LISTENER (fixture->receiver), address,
                                 G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL,
                                 &error);
  g_assert_no_error (error);
  g_signal_connect (fixture->receiver, "incoming", G_CALLBACK (on_reader), fixture);
  fixture->speaking = g_timeout_add (1000, on_second, fixture);
}

/* --- the agent --- */

static void
on_agent_call (GDBusConnection *bus,
               const char *sender,
               const char *path,
               const char *interface,
               const char *method,
               GVariant *parameters,
               GDBusMethodInvocation *invocation,
               gpointer user_data)
{
  guint32 level = ((Fixture *) user_data)->level;

  g_dbus_method_invocation_return_value (invocation,
                                         g_variant_new ("(bu)", level != LEVEL_NONE, level));
}

static GVariant *
on_agent_property (GDBusConnection *bus,
                   const char *sender,
                   const char *path,
                   const char *interface,
                   const char *property,
                   GError **error,
                   gpointer user_data)
{
  return g_variant_new_uint32 (((Fixture *) user_data)->level);
}

static void
start_agent (Fixture *fixture)
{
  static const GDBusInterfaceVTable vtable
      = { .method_call = on_agent_call, .get_property = on_agent_property };
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (AGENT_INTERFACE, NULL);
  g_autoptr (GError) error = NULL;

  fixture->agent = g_dbus_connection_new_for_address_sync (
      g_getenv ("DBUS_SYSTEM_BUS_ADDRESS"),
      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
          | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
      NULL, NULL, &error);
  g_assert_no_error (error);
  fixture->agent_object
      = g_dbus_connection_register_object (fixture->agent, "/org/freedesktop/GeoClue2/Agent",
                                           node->interfaces[0], &vtable, fixture, NULL, &error);
  g_assert_no_error (error);
}

static void
present_agent (Fixture *fixture)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;

  g_dbus_connection_call (fixture->agent, SERVICE, "/org/freedesktop/GeoClue2/Manager",
                          "org.freedesktop.GeoClue2.Manager", "AddAgent",
                          g_variant_new ("(s)", "test-agent"), NULL, G_DBUS_CALL_FLAGS_NONE, -1,
                          NULL, test_take_result, &result);
  test_wait_result (&result);
  reply = g_dbus_connection_call_finish (fixture->agent, result, &error);
  g_assert_no_error (error);
}

static void
set_level (Fixture *fixture, guint32 level)
{
  GVariantBuilder changed;

  fixture->level = level;
  g_variant_builder_init (&changed, G_VARIANT_TYPE ("a{sv}"));
  g_variant_builder_add (&changed, "{sv}", "MaxAccuracyLevel", g_variant_new_uint32 (level));
  g_dbus_connection_emit_signal (
      fixture->agent, NULL, "/org/freedesktop/GeoClue2/Agent", "org.freedesktop.DBus.Properties",
      "PropertiesChanged",
      g_variant_new ("(sa{sv}as)", "org.freedesktop.GeoClue2.Agent", &changed, NULL), NULL);
}

/* --- the service --- */

static gboolean
is_served (gpointer data)
{
  return test_bus_has_owner (SERVICE) == (((Fixture *) data)->service != NULL);
}

static void
start_service (Fixture *fixture)
{
  g_autoptr (GSubprocessLauncher) launcher
      = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_autoptr (GError) error = NULL;

  g_subprocess_launcher_unsetenv (launcher, "G_DEBUG");
  fixture->service
      = g_subprocess_launcher_spawn (launcher, &error, "/usr/libexec/geoclue", "-t", "0", NULL);
  g_assert_no_error (error);
  test_wait_until (is_served, fixture);
  present_agent (fixture);
}

static void
stop_service (Fixture *fixture)
{
  if (fixture->service == NULL)
    return;
  g_subprocess_force_exit (fixture->service);
  g_subprocess_wait (fixture->service, NULL, NULL);
  g_clear_object (&fixture->service);
  g_ptr_array_set_size (fixture->readers, 0);
  test_wait_until (is_served, fixture);
}

/* --- the tests --- */

static void
on_fix (GcLocationSource *source, const GcFix *fix, gpointer user_data)
{
  g_array_append_val (((Fixture *) user_data)->fixes, *fix);
}

static void
on_failed (GcLocationSource *source, const GError *error, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_clear_error (&fixture->error);
  fixture->error = g_error_copy (error);
}

static void
watch (Fixture *fixture, GcLocationSource *source)
{
  fixture->source = source;
  g_signal_connect (source, "fix", G_CALLBACK (on_fix), fixture);
  g_signal_connect (source, "failed", G_CALLBACK (on_failed), fixture);
  gc_location_source_start (source);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->readers = g_ptr_array_new_with_free_func (g_object_unref);
  fixture->fixes = g_array_new (FALSE, FALSE, sizeof (GcFix));
  fixture->level = LEVEL_EXACT;
  start_agent (fixture);
  start_receiver (fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->source);
  stop_service (fixture);
  g_source_remove (fixture->speaking);
  g_socket_service_stop (fixture->receiver);
  g_socket_listener_close (G_SOCKET_LISTENER (fixture->receiver));
  g_object_unref (fixture->receiver);
  g_unlink (g_getenv ("GPS_SOCKET"));
  g_dbus_connection_unregister_object (fixture->agent, fixture->agent_object);
  g_dbus_connection_close_sync (fixture->agent, NULL, NULL);
  g_object_unref (fixture->agent);
  g_ptr_array_unref (fixture->readers);
  g_array_unref (fixture->fixes);
  g_clear_error (&fixture->error);
}

static gboolean
has_three (gpointer data)
{
  return ((Fixture *) data)->fixes->len >= 3;
}

static gboolean
has_error (gpointer data)
{
  return ((Fixture *) data)->error != NULL;
}

static void
test_walk (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GcLocationSource) receiver = gc_location_source_geoclue_new (GC_APP_ID);
  gint64 began_ms;

  start_service (fixture);
  watch (fixture, GC_LOCATION_SOURCE (gc_tracker_new (receiver)));
  test_wait_until (has_three, fixture);
  began_ms = gc_clock_monotonic_ms ();
  g_array_set_size (fixture->fixes, 0);
  test_wait_until (has_three, fixture);
  for (guint i = 0; i < fixture->fixes->len; i++)
    {
      const GcFix *fix = &g_array_index (fixture->fixes, GcFix, i);

      g_assert_cmpfloat_with_epsilon (fix->longitude, 120.9712, 1e-6);
      g_assert_cmpfloat_with_epsilon (fix->latitude, 28.9034, 0.01);
      g_assert_cmpint (fix->time_ms, <=, gc_clock_wall_ms ());
      g_assert_true (isnan (fix->speed_mps) || fix->speed_mps < 10);
    }
  /* Two sentences a second are one fix. */
  g_assert_cmpint (gc_clock_monotonic_ms () - began_ms, >=, 1500);
  g_assert_null (fixture->error);
}

static void
test_nobody (Fixture *fixture, gconstpointer data)
{
  watch (fixture, gc_location_source_geoclue_new (GC_APP_ID));
  test_wait_until (has_error, fixture);
  g_assert_error (fixture->error, GC_ERROR, GC_ERROR_NOT_FOUND);
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  fixture->level = LEVEL_NONE;
  start_service (fixture);
  watch (fixture, gc_location_source_geoclue_new (GC_APP_ID));
  test_wait_until (has_error, fixture);
  g_assert_error (fixture->error, GC_ERROR, GC_ERROR_REFUSED);
  g_assert_cmpuint (fixture->fixes->len, ==, 0);
}

static void
test_taken_back (Fixture *fixture, gconstpointer data)
{
  start_service (fixture);
  watch (fixture, gc_location_source_geoclue_new (GC_APP_ID));
  test_wait_until (has_three, fixture);
  set_level (fixture, LEVEL_NONE);
  test_wait_until (has_error, fixture);
  g_assert_error (fixture->error, GC_ERROR, GC_ERROR_REFUSED);
}

static void
test_dies (Fixture *fixture, gconstpointer data)
{
  start_service (fixture);
  watch (fixture, gc_location_source_geoclue_new (GC_APP_ID));
  test_wait_until (has_three, fixture);
  stop_service (fixture);
  test_wait_until (has_error, fixture);
  g_assert_error (fixture->error, GC_ERROR, GC_ERROR_NOT_FOUND);
  start_service (fixture);
  g_array_set_size (fixture->fixes, 0);
  test_wait_until (has_three, fixture);
}

static void
test_stopped (Fixture *fixture, gconstpointer data)
{
  start_service (fixture);
  watch (fixture, gc_location_source_geoclue_new (GC_APP_ID));
  gc_location_source_stop (fixture->source);
  gc_location_source_start (fixture->source);
  test_wait_until (has_three, fixture);
  gc_location_source_stop (fixture->source);
  g_array_set_size (fixture->fixes, 0);
  test_iterate (2500);
  g_assert_cmpuint (fixture->fixes->len, ==, 0);
  g_assert_null (fixture->error);
}

int
main (int argc, char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  /* libgeoclue warns when it is stopped halfway, and when it cannot say good-bye to a service that
   * died: only what is worse fails here. */
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
  test_bus_start ();
#define ADD(path, func)                                                                            \
  g_test_add ("/location/geoclue/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("walk-arrives", test_walk);
  ADD ("nobody-there", test_nobody);
  ADD ("refused", test_refused);
  ADD ("permission-taken-back", test_taken_back);
  ADD ("service-dies-and-returns", test_dies);
  ADD ("stopped", test_stopped);
  result = g_test_run ();
  test_bus_stop ();
  return result;
}
