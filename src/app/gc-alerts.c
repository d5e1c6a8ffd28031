/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-alerts"

#define LIBFEEDBACK_USE_UNSTABLE_API

#include "app/gc-alerts.h"

#include "app/gc-alert-bell.h"
#include "app/gc-task-words.h"

#include <glib/gi18n.h>
#include <libfeedback.h>

#define RING_S 60

struct _GcAlerts
{
  GObject parent_instance;

  GtkApplication *application;
  GcSession *session;
  LfbEvent *ring; /* while it rings */
  GcAlertBell *bell;
  gboolean has_feedback;
};

G_DEFINE_FINAL_TYPE (GcAlerts, gc_alerts, G_TYPE_OBJECT)

static void
on_feedback_triggered (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!lfb_event_trigger_feedback_finish (LFB_EVENT (object), result, &error))
    g_debug ("No feedback: %s", error->message);
}

static void
on_feedback_ended (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!lfb_event_end_feedback_finish (LFB_EVENT (object), result, &error))
    g_debug ("Feedback did not end: %s", error->message);
}

static LfbEvent *
trigger (GcAlerts *self, const char *name, int timeout_s)
{
  g_autoptr (LfbEvent) event = NULL;

  if (!self->has_feedback)
    return NULL;
  event = lfb_event_new (name);
  lfb_event_set_timeout (event, timeout_s);
  lfb_event_trigger_feedback_async (event, NULL, on_feedback_triggered, NULL);
  return g_steal_pointer (&event);
}

static gboolean
in_foreground (GcAlerts *self)
{
  GtkWindow *window = gtk_application_get_active_window (self->application);

  return window && gtk_window_is_active (window) && !gtk_window_is_suspended (window);
}

static void
stop_ringing (GcAlerts *self)
{
  if (self->ring && lfb_event_get_state (self->ring) == LFB_EVENT_STATE_RUNNING)
    lfb_event_end_feedback_async (self->ring, NULL, on_feedback_ended, NULL);
  g_clear_object (&self->ring);
  g_application_withdraw_notification (G_APPLICATION (self->application), "live");
}

static void
start_ringing (GcAlerts *self)
{
  g_autoptr (GNotification) notification = NULL;
  g_autofree char *by = NULL;
  g_autofree char *reason = NULL;
  g_autofree char *body = NULL;

  self->ring = trigger (self, "phone-incoming-call", RING_S);
  if (in_foreground (self))
    return;
  g_object_get (self->session, "live-by", &by, "live-reason", &reason, NULL);
  body = g_strdup_printf ("%s: %s", by ? by : _ ("The center"), reason ? reason : "");
  notification = g_notification_new (_ ("The center asks for live video"));
  g_notification_set_body (notification, body);
  g_notification_set_priority (notification, G_NOTIFICATION_PRIORITY_URGENT);
  g_notification_set_category (notification, "call.incoming");
  g_notification_set_default_action (notification, "app.activate");
  g_notification_add_button_with_target (notification, C_ ("live request", "Accept"),
                                         "app.answer-live", "b", TRUE);
  g_notification_add_button_with_target (notification, C_ ("live request", "Decline"),
                                         "app.answer-live", "b", FALSE);
  g_application_send_notification (G_APPLICATION (self->application), "live", notification);
}

static void
on_live_changed (GcAlerts *self)
{
  GcLive live;

  g_object_get (self->session, "live", &live, NULL);
  stop_ringing (self);
  if (live == GC_LIVE_RINGING)
    start_ringing (self);
}

static void
notify_task (GcAlerts *self, const GcTask *task, const char *title)
{
  g_autoptr (GNotification) notification = g_notification_new (title);
  g_autofree char *id = g_strdup_printf ("task-%s", task->id);

  g_notification_set_body (notification, task->title);
  g_notification_set_priority (notification, task->urgency == GC_TASK_URGENT
                                                 ? G_NOTIFICATION_PRIORITY_URGENT
                                                 : G_NOTIFICATION_PRIORITY_HIGH);
  g_notification_set_default_action_and_target (notification, "app.show-task", "s", task->id);
  g_application_send_notification (G_APPLICATION (self->application), id, notification);
}

static void
on_task_arrived (GcAlerts *self, GcTaskItem *item)
{
  const GcTask *task = gc_task_item_get_task (item);
  g_autoptr (LfbEvent) event = trigger (self, "message-new-instant", 0);
  g_autofree char *title
      = g_strdup_printf (_ ("New task (%s)"), gc_task_words_urgency (task->urgency));

  if (!in_foreground (self))
    notify_task (self, task, title);
}

static void
on_task_changed (GcAlerts *self, GcTaskItem *item, const char *why)
{
  const GcTask *task = gc_task_item_get_task (item);
  g_autoptr (LfbEvent) event = trigger (self, "message-new-instant", 0);

  if (!in_foreground (self))
    notify_task (self, task,
                 task->state == GC_TASK_CANCELLED ? _ ("Task cancelled")
                 : task->late_cancel != NULL      ? _ ("Stays done, cancelled too late")
                                                  : _ ("Task changed"));
}

static void
on_task_due (GcAlerts *self, GcTaskItem *item, gboolean overdue)
{
  g_autoptr (LfbEvent) event = trigger (self, "message-new-instant", 0);

  if (!in_foreground (self))
    notify_task (self, gc_task_item_get_task (item), gc_task_words_due (overdue));
}

static void
gc_alerts_dispose (GObject *object)
{
  GcAlerts *self = GC_ALERTS (object);

  g_clear_object (&self->ring);
  g_clear_object (&self->bell);
  if (self->has_feedback)
    lfb_uninit ();
  self->has_feedback = FALSE;
  g_clear_object (&self->session);
  g_clear_weak_pointer (&self->application);
  G_OBJECT_CLASS (gc_alerts_parent_class)->dispose (object);
}

static void
gc_alerts_class_init (GcAlertsClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = gc_alerts_dispose;
}

static void
gc_alerts_init (GcAlerts *self)
{
  g_autoptr (GError) error = NULL;

  self->has_feedback = lfb_init (GC_APP_ID, &error);
  if (!self->has_feedback)
    g_debug ("No feedback: %s", error->message);
}

/**
 * gc_alerts_new:
 * @application: sends the notifications; must have the actions “activate”, “answer-live” (b) and
 *   “show-task” (s)
 * @session: what is watched
 *
 * Returns: (transfer full): a watcher, which works until it is disposed of
 */
GcAlerts *
gc_alerts_new (GtkApplication *application, GcSession *session)
{
  GcAlerts *self = g_object_new (GC_TYPE_ALERTS, NULL);

  g_set_weak_pointer (&self->application, application);
  self->session = g_object_ref (session);
  self->bell = gc_alert_bell_new (application, session, self->has_feedback);
  g_signal_connect_object (session, "notify::live", G_CALLBACK (on_live_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "task-arrived", G_CALLBACK (on_task_arrived), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "task-changed", G_CALLBACK (on_task_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "task-due", G_CALLBACK (on_task_due), self, G_CONNECT_SWAPPED);
  return self;
}
