/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Promises: when the center asks for live video the handset rings and a notification says who asks
 * and why; both end with the ringing; it can be answered from the notification. A task that arrives
 * or is cancelled, or whose deadline is there, is announced with its title. An alert of the center
 * sounds until it is read, and is notified of as what it is; one for elsewhere makes no sound; that
 * it is withdrawn is said. */
#include "app/gc-alerts.h"
#include "base/gc-id.h"
#include "fake-session.h"
#include "test-bus.h"
#include "test-wait.h"

#include <string.h>

static const char INTROSPECTION[]
    = "<node><interface name='org.sigxcpu.Feedback'>"
      "<method name='TriggerFeedback'><arg type='s' direction='in'/><arg type='s' direction='in'/>"
      "<arg type='a{sv}' direction='in'/><arg type='i' direction='in'/>"
      "<arg type='u' direction='out'/></method>"
      "<method name='EndFeedback'><arg type='u' direction='in'/></method>"
      "<signal name='FeedbackEnded'><arg type='u'/><arg type='u'/></signal></interface>"
      "<interface name='org.freedesktop.Notifications'>"
      "<method name='Notify'><arg type='s' direction='in'/><arg type='u' direction='in'/>"
      "<arg type='s' direction='in'/><arg type='s' direction='in'/><arg type='s' direction='in'/>"
      "<arg type='as' direction='in'/><arg type='a{sv}' direction='in'/>"
      "<arg type='i' direction='in'/><arg type='u' direction='out'/></method>"
      "<method name='CloseNotification'><arg type='u' direction='in'/></method>"
      "<signal name='ActionInvoked'><arg type='u'/><arg type='s'/></signal>"
      "<signal name='NotificationClosed'><arg type='u'/><arg type='u'/></signal>"
      "</interface></node>";

#define NOTIFICATIONS "org.freedesktop.Notifications"
#define FEEDBACK "org.sigxcpu.Feedback"

/* The desktop's services, in a thread of their own since libfeedback blocks on them. */
typedef struct
{
  GThread *thread;
  GMainContext *context;
  GMainLoop *loop;
  GDBusConnection *connection;
  GAsyncQueue *calls; /* a line for each */
  int ready;
} Desktop;

/* One of each: an application is on the bus as long as its program is. */
static Desktop desktop;
static GtkApplication *application;
static GcSession *session;
static GcAlerts *alerts;
static char *seen;      /* the last call to the desktop */
static int answer = -1; /* from the notification: -1 none, else whether to accept */

/* As “Notify SUMMARY: BODY [ACTION…]”. */
static char *
describe_notification (GVariant *parameters)
{
  const char *summary, *body;
  g_autofree const char **actions = NULL;
  g_autofree char *joined = NULL;

  g_variant_get (parameters, "(&su&s&s&s^a&s@a{sv}i)", NULL, NULL, NULL, &summary, &body, &actions,
                 NULL, NULL);
  joined = g_strjoinv (" ", (char **) actions);
  return g_strdup_printf ("Notify %s: %s [%s]", summary, body, joined);
}

static void
on_call (GDBusConnection *connection,
         const char *sender,
         const char *path,
         const char *interface,
         const char *method,
         GVariant *parameters,
         GDBusMethodInvocation *invocation,
         gpointer user_data)
{
  gboolean makes_one = g_str_equal (method, "Notify") || g_str_equal (method, "TriggerFeedback");
  char *line;

  if (g_str_equal (method, "Notify"))
    line = describe_notification (parameters);
  else if (g_str_equal (method, "TriggerFeedback"))
    {
      const char *event;

      g_variant_get (parameters, "(&s&s@a{sv}i)", NULL, &event, NULL, NULL);
      line = g_strdup_printf ("TriggerFeedback %s", event);
    }
  else
    line = g_strdup (method);
  g_dbus_method_invocation_return_value (invocation, makes_one ? g_variant_new ("(u)", 7) : NULL);
  /* Only now, so that whoever has seen the line knows that the answer is on its way. */
  g_async_queue_push (desktop.calls, line);
  g_main_context_wakeup (NULL);
}

static void
serve (const char *name, const char *path)
{
  static const GDBusInterfaceVTable VTABLE = { .method_call = on_call };
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (INTROSPECTION, NULL);
  g_autoptr (GVariant) owned = NULL;

  g_assert_cmpuint (g_dbus_connection_register_object (
                        desktop.connection, path, g_dbus_node_info_lookup_interface (node, name),
                        &VTABLE, NULL, NULL, NULL),
                    !=, 0);
  owned = g_dbus_connection_call_sync (
      desktop.connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
      "RequestName", g_variant_new ("(su)", name, 0), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
  g_assert_nonnull (owned);
}

static gpointer
run_desktop (gpointer data)
{
  g_autoptr (GError) error = NULL;

  g_main_context_push_thread_default (desktop.context);
  desktop.connection = g_dbus_connection_new_for_address_sync (
      g_getenv ("DBUS_SESSION_BUS_ADDRESS"),
      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
          | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
      NULL, NULL, &error);
  g_assert_no_error (error);
  serve (NOTIFICATIONS, "/org/freedesktop/Notifications");
  serve (FEEDBACK, "/org/sigxcpu/Feedback");
  g_atomic_int_set (&desktop.ready, TRUE);
  g_main_context_wakeup (NULL);
  g_main_loop_run (desktop.loop);
  g_dbus_connection_close_sync (desktop.connection, NULL, NULL);
  g_object_unref (desktop.connection);
  g_main_context_pop_thread_default (desktop.context);
  return NULL;
}

static gboolean
is_ready (gpointer data)
{
  return g_atomic_int_get (&desktop.ready);
}

static void
on_answer (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  answer = g_variant_get_boolean (parameter);
}

static const GActionEntry ACTIONS[]
    = { { .name = "answer-live", .activate = on_answer, .parameter_type = "b" } };

static void
start (void)
{
  GcSessionOptions options = { NULL };
  g_autoptr (GError) error = NULL;

  desktop.context = g_main_context_new ();
  desktop.loop = g_main_loop_new (desktop.context, FALSE);
  desktop.calls = g_async_queue_new_full (g_free);
  desktop.thread = g_thread_new ("desktop", run_desktop, NULL);
  test_wait_until (is_ready, NULL);
  application = gtk_application_new (GC_APP_ID, G_APPLICATION_DEFAULT_FLAGS);
  g_application_register (G_APPLICATION (application), NULL, &error);
  g_assert_no_error (error);
  g_action_map_add_action_entries (G_ACTION_MAP (application), ACTIONS, G_N_ELEMENTS (ACTIONS),
                                   NULL);
  session = gc_session_new (&options);
  alerts = gc_alerts_new (application, session);
}

static void
stop (void)
{
  g_assert_finalize_object (alerts);
  g_object_unref (session);
  g_object_unref (application);
  g_free (seen);
  g_main_loop_quit (desktop.loop);
  g_thread_join (desktop.thread);
  g_main_loop_unref (desktop.loop);
  g_main_context_unref (desktop.context);
  g_async_queue_unref (desktop.calls);
}

static gboolean
has_call (gpointer data)
{
  g_free (seen);
  seen = g_async_queue_try_pop (desktop.calls);
  return seen != NULL;
}

/* Both services are told at once, in either order. */
static void
assert_told (const char *first, const char *second)
{
  g_autofree char *one = NULL;

  test_wait_until (has_call, NULL);
  one = g_strdup (seen);
  test_wait_until (has_call, NULL);
  if (g_str_has_prefix (one, second))
    g_assert_true (g_str_has_prefix (seen, first));
  else
    {
      g_assert_cmpstr (one, ==, first);
      g_assert_true (g_str_has_prefix (seen, second));
    }
}

/* Lets everything that the desktop has said arrive: a notification that is taken back before its
 * number is known is not taken back. */
static void
settle (void)
{
  g_autoptr (GDBusConnection) connection = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);
  g_autoptr (GVariant) pong
      = g_dbus_connection_call_sync (connection, NOTIFICATIONS, "/", "org.freedesktop.DBus.Peer",
                                     "Ping", NULL, NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);

  g_assert_nonnull (pong);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
ring (void)
{
  g_object_set (session, "live-by", "王芳", "live-reason", "水位多高？", "live", GC_LIVE_RINGING,
                NULL);
  assert_told ("TriggerFeedback phone-incoming-call",
               "Notify The center asks for live video: 王芳: 水位多高？ [");
  settle ();
}

static void
test_ringing (void)
{
  ring ();
  g_object_set (session, "live", GC_LIVE_IDLE, NULL);
  assert_told ("EndFeedback", "CloseNotification");
}

static gboolean
is_answered (gpointer data)
{
  return answer != -1;
}

/* As the desktop's notification does when its button is pressed. */
static void
press (const char *action)
{
  g_autoptr (GError) error = NULL;

  g_dbus_connection_emit_signal (desktop.connection, NULL, "/org/freedesktop/Notifications",
                                 NOTIFICATIONS, "ActionInvoked", g_variant_new ("(us)", 7, action),
                                 &error);
  g_assert_no_error (error);
}

static void
test_answered (void)
{
  ring ();
  press ("app.answer-live(true)");
  test_wait_until (is_answered, NULL);
  g_assert_true (answer);
  g_object_set (session, "live", GC_LIVE_IDLE, NULL);
  test_wait_until (has_call, NULL);
  g_assert_cmpstr (seen, ==, "EndFeedback");
  answer = -1;
  ring ();
  press ("app.answer-live(false)");
  test_wait_until (is_answered, NULL);
  g_assert_false (answer);
  g_object_set (session, "live", GC_LIVE_IDLE, NULL);
  test_wait_until (has_call, NULL);
}

static void
test_tasks (void)
{
  GcTask *task = gc_task_new ();
  GcTaskItem *item;

  task->id = gc_id_new ();
  task->title = g_strdup ("检查水泵");
  task->urgency = GC_TASK_URGENT;
  task->state = GC_TASK_DELIVERED;
  item = fake_session_add_task (session, task);
  g_signal_emit_by_name (session, "task-arrived", item);
  assert_told ("TriggerFeedback message-new-instant", "Notify New task (Urgent): 检查水泵 [");
  g_signal_emit_by_name (session, "task-due", item, TRUE);
  assert_told ("TriggerFeedback message-new-instant", "Notify The deadline has passed: 检查水泵 [");
  fake_session_change_task (item, GC_TASK_CANCELLED, "误报", TRUE);
  g_signal_emit_by_name (session, "task-changed", item, "误报");
  assert_told ("TriggerFeedback message-new-instant", "Notify Task cancelled: 检查水泵 [");
}

static GcCap *
make_alert (void)
{
  GcCap *cap = gc_cap_new ();
  GcCapInfo *info = gc_cap_add_info (cap);

  info->event = g_strdup ("洪水");
  info->headline = g_strdup ("水位上涨");
  info->severity = GC_CAP_SEVERITY_EXTREME;
  return cap;
}

static void
test_broadcast (void)
{
  g_autoptr (GcCap) cap = make_alert ();
  GcAlertItem *item = fake_session_add_alert (session, cap, TRUE);

  assert_told ("TriggerFeedback alarm-clock-elapsed", "Notify Extreme danger: 水位上涨 [");
  settle ();
  gc_session_read_alert_async (session, gc_alert_item_get_id (item), NULL, NULL);
  assert_told ("EndFeedback", "CloseNotification");
}

static void
test_elsewhere (void)
{
  g_autoptr (GcCap) cap = make_alert ();
  GcAlertItem *item = fake_session_add_alert (session, cap, FALSE);

  test_wait_until (has_call, NULL);
  g_assert_true (g_str_has_prefix (seen, "Notify Alert for another area: 水位上涨 ["));
  settle ();
  fake_session_withdraw_alert (session, item);
  assert_told ("CloseNotification", "Notify Alert withdrawn: 水位上涨 [");
}

int
main (int argc, char *argv[])
{
  g_autofree char *display = g_strdup (g_getenv ("DISPLAY"));
  int result;

  g_test_init (&argc, &argv, NULL);
  /* GTestDBus wants its programs off the screen. */
  test_bus_start ();
  g_setenv ("DISPLAY", display, TRUE);
  start ();
  g_test_add_func ("/alerts/ringing", test_ringing);
  g_test_add_func ("/alerts/answered-from-the-notification", test_answered);
  g_test_add_func ("/alerts/tasks", test_tasks);
  g_test_add_func ("/alerts/broadcast", test_broadcast);
  g_test_add_func ("/alerts/broadcast-elsewhere", test_elsewhere);
  result = g_test_run ();
  settle ();
  stop ();
  test_bus_stop ();
  return result;
}
