/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-alert-bell"

#include "app/gc-alert-bell.h"

#include "app/gc-alarm-sound.h"
#include "app/gc-alert-words.h"

#include <glib/gi18n.h>

#define NOTIFICATION_PREFIX "alert-"

struct _GcAlertBell
{
  GObject parent_instance;

  GtkApplication *application;
  GcSession *session;
  GListModel *alerts;
  GcAlarmSound *sound;
  GHashTable *notified; /* ids of alerts of which a notification may be shown */
};

G_DEFINE_FINAL_TYPE (GcAlertBell, gc_alert_bell, G_TYPE_OBJECT)

static void
send_notification (GcAlertBell *self,
                   GcAlertItem *item,
                   const char *title,
                   GNotificationPriority priority)
{
  g_autoptr (GNotification) notification = g_notification_new (title);
  const char *id = gc_alert_item_get_id (item);
  g_autofree char *name = g_strconcat (NOTIFICATION_PREFIX, id, NULL);

  g_notification_set_body (notification, gc_alert_item_get_title (item));
  g_notification_set_priority (notification, priority);
  g_notification_set_default_action (notification, "app.activate");
  g_application_send_notification (G_APPLICATION (self->application), name, notification);
}

/* Notifications of what has been read, or has ended, go. */
static void
withdraw_old (GcAlertBell *self, GHashTable *present)
{
  GHashTableIter iter;
  gpointer id;

  g_hash_table_iter_init (&iter, self->notified);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    {
      g_autofree char *name = NULL;

      if (g_hash_table_contains (present, id))
        continue;
      name = g_strconcat (NOTIFICATION_PREFIX, id, NULL);
      g_application_withdraw_notification (G_APPLICATION (self->application), name);
      g_hash_table_iter_remove (&iter);
    }
}

static void
update (GcAlertBell *self)
{
  g_autoptr (GHashTable) present = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gboolean loud = FALSE;

  for (guint i = 0; i < g_list_model_get_n_items (self->alerts); i++)
    {
      g_autoptr (GcAlertItem) item = g_list_model_get_item (self->alerts, i);

      g_hash_table_add (present, g_strdup (gc_alert_item_get_id (item)));
      loud |= gc_alert_item_get_loud (item);
    }
  gc_alarm_sound_set_active (self->sound, loud);
  withdraw_old (self, present);
}

static void
follow_alerts (GcAlertBell *self)
{
  g_autoptr (GListModel) alerts = NULL;

  g_object_get (self->session, "alerts", &alerts, NULL);
  if (!alerts || alerts == self->alerts)
    return;
  if (self->alerts)
    g_signal_handlers_disconnect_by_data (self->alerts, self);
  g_set_object (&self->alerts, alerts);
  g_signal_connect_object (alerts, "items-changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);
}

static gboolean
in_foreground (GtkWindow *window)
{
  return window && gtk_window_is_active (window) && !gtk_window_is_suspended (window);
}

static void
on_arrived (GcAlertBell *self, GcAlertItem *item)
{
  GtkWindow *window = gtk_application_get_active_window (self->application);
  gboolean loud = gc_alert_item_get_loud (item);

  if (in_foreground (window))
    return;
  g_hash_table_add (self->notified, g_strdup (gc_alert_item_get_id (item)));
  if (loud)
    send_notification (self, item,
                       gc_alert_words_severity (gc_alert_item_get_info (item)->severity),
                       G_NOTIFICATION_PRIORITY_URGENT);
  else
    send_notification (self, item, _ ("Alert for another area"), G_NOTIFICATION_PRIORITY_NORMAL);
  if (loud && window)
    gtk_window_present (window);
}

static void
on_withdrawn (GcAlertBell *self, GcAlertItem *item, const char *why)
{
  if (!in_foreground (gtk_application_get_active_window (self->application)))
    send_notification (self, item, _ ("Alert withdrawn"), G_NOTIFICATION_PRIORITY_HIGH);
}

static void
gc_alert_bell_dispose (GObject *object)
{
  GcAlertBell *self = GC_ALERT_BELL (object);

  g_clear_object (&self->sound);
  g_clear_object (&self->alerts);
  g_clear_object (&self->session);
  g_clear_pointer (&self->notified, g_hash_table_unref);
  g_clear_weak_pointer (&self->application);
  G_OBJECT_CLASS (gc_alert_bell_parent_class)->dispose (object);
}

static void
gc_alert_bell_class_init (GcAlertBellClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = gc_alert_bell_dispose;
}

static void
gc_alert_bell_init (GcAlertBell *self)
{
  self->notified = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

/**
 * gc_alert_bell_new:
 * @application: sends the notifications; must have the action “activate”
 * @session: whose alerts are made heard
 * @has_feedback: whether the desktop's sounds can be asked for
 *
 * Returns: (transfer full): a bell, which works until it is disposed of
 */
GcAlertBell *
gc_alert_bell_new (GtkApplication *application, GcSession *session, gboolean has_feedback)
{
  GcAlertBell *self = g_object_new (GC_TYPE_ALERT_BELL, NULL);

  g_set_weak_pointer (&self->application, application);
  self->session = g_object_ref (session);
  self->sound = gc_alarm_sound_new (has_feedback);
  g_signal_connect_object (session, "notify::alerts", G_CALLBACK (follow_alerts), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "alert-arrived", G_CALLBACK (on_arrived), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "alert-withdrawn", G_CALLBACK (on_withdrawn), self,
                           G_CONNECT_SWAPPED);
  follow_alerts (self);
  return self;
}
