/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-window"

#include "app/gc-window.h"

#include "app/gc-alert-view.h"
#include "app/gc-home-page.h"
#include "app/gc-limits-page.h"
#include "app/gc-live-page.h"
#include "app/gc-pairing-page.h"
#include "app/gc-ringing-page.h"
#include "app/gc-self-check-page.h"
#include "app/gc-menu-page.h"
#include "app/gc-sos-page.h"
#include "app/gc-task-page.h"
#include "app/gc-unpair-dialog.h"
#include "app/gc-watches-page.h"
#include "app/gc-task-words.h"
#include "app/gc-words.h"
#include "base/gc-error.h"

#include <glib/gi18n.h>
#include <string.h>

struct _GcWindow
{
  AdwApplicationWindow parent_instance;

  GtkStack *front;
  GcAlertView *alert_view;
  AdwToastOverlay *toasts;
  AdwToast *task_toast; /* “New task”, while it may be shown */
  GtkWidget *live_band;
  GtkLabel *live_band_label;
  AdwNavigationView *navigation;
  GtkStack *opening_stack;
  GtkLabel *opening_error;

  GcSession *session;
  GcLive live; /* what the pages on the stack were made for */
  char *sos;   /* the id of the SOS that was shown */
  guint inhibit_cookie;
  gboolean opened; /* the session is */
  gboolean closed;
};

G_DEFINE_FINAL_TYPE (GcWindow, gc_window, ADW_TYPE_APPLICATION_WINDOW)

static AdwToast *
say (GcWindow *self, const char *text)
{
  GtkWidget *label = gtk_label_new (text);
  AdwToast *toast = adw_toast_new ("");

  /* A toast's own title ends in dots, and what went wrong stands at its end. */
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_add_css_class (label, "heading");
  adw_toast_set_custom_title (toast, label);
  adw_toast_set_timeout (toast, 8);
  adw_toast_set_priority (toast, ADW_TOAST_PRIORITY_HIGH);
  adw_toast_overlay_add_toast (self->toasts, toast);
  return toast;
}

static const char *
root_tag (GcWindow *self)
{
  g_autoptr (GListModel) stack = adw_navigation_view_get_navigation_stack (self->navigation);
  g_autoptr (AdwNavigationPage) root = g_list_model_get_item (stack, 0);

  return root ? adw_navigation_page_get_tag (root) : NULL;
}

static void
pop_page (GcWindow *self, const char *tag)
{
  AdwNavigationPage *page = adw_navigation_view_find_page (self->navigation, tag);
  AdwNavigationPage *previous;

  if (!page)
    return;
  previous = adw_navigation_view_get_previous_page (self->navigation, page);
  if (previous)
    adw_navigation_view_pop_to_page (self->navigation, previous);
}

static void
show_live_page (GcWindow *self)
{
  AdwNavigationPage *page = adw_navigation_view_find_page (self->navigation, "live");

  if (page)
    adw_navigation_view_pop_to_page (self->navigation, page);
  else
    adw_navigation_view_push (self->navigation, gc_live_page_new (self->session));
}

static void
close_dialogs (GcWindow *self)
{
  AdwDialog *dialog;

  while ((dialog = adw_application_window_get_visible_dialog (ADW_APPLICATION_WINDOW (self))))
    adw_dialog_force_close (dialog);
}

static void
on_salvaged_response (GcWindow *self, const char *response)
{
  if (g_str_equal (response, "read") && !self->closed)
    gc_session_dismiss_set_aside (self->session);
}

/* Nobody must miss this one: what closes it but its button leaves it to be said again. */
static void
show_salvaged (GcWindow *self)
{
  g_autofree char *set_aside = NULL;
  AdwDialog *dialog;

  g_object_get (self->session, "set-aside", &set_aside, NULL);
  if (set_aside == NULL || !self->opened || self->live == GC_LIVE_RINGING
      || adw_application_window_get_visible_dialog (ADW_APPLICATION_WINDOW (self)) != NULL)
    return;
  dialog = adw_alert_dialog_new (
      _ ("Data were damaged"),
      _ ("What can still be read was kept, also what is not sent yet. Ask the center whether a "
         "task or a report is missing."));
  adw_alert_dialog_add_response (ADW_ALERT_DIALOG (dialog), "read", _ ("Close"));
  g_signal_connect_object (dialog, "response", G_CALLBACK (on_salvaged_response), self,
                           G_CONNECT_SWAPPED);
  adw_dialog_present (dialog, GTK_WIDGET (self));
}

/* The screen must not go dark while the worker films. */
static void
keep_awake (GcWindow *self, gboolean awake)
{
  GtkApplication *application = gtk_window_get_application (GTK_WINDOW (self));

  if (awake && self->inhibit_cookie == 0 && application)
    self->inhibit_cookie = gtk_application_inhibit (application, GTK_WINDOW (self),
                                                    GTK_APPLICATION_INHIBIT_IDLE, _ ("Live video"));
  else if (!awake && self->inhibit_cookie != 0)
    {
      if (application)
        gtk_application_uninhibit (application, self->inhibit_cookie);
      self->inhibit_cookie = 0;
    }
}

static void
update_band (GcWindow *self)
{
  AdwNavigationPage *visible = adw_navigation_view_get_visible_page (self->navigation);
  const char *tag = visible ? adw_navigation_page_get_tag (visible) : NULL;
  gboolean live = self->live != GC_LIVE_IDLE && self->live != GC_LIVE_RINGING;
  g_autofree char *center = NULL;
  g_autofree char *words = NULL;

  g_object_get (self->session, "center-name", &center, NULL);
  if (self->live == GC_LIVE_SENDING)
    words = g_strdup_printf (_ ("Live to %s"), center);
  gtk_label_set_label (self->live_band_label, words ? words : _ ("Connecting live video"));
  gtk_widget_set_visible (self->live_band,
                          live && g_strcmp0 (tag, "live") != 0 && g_strcmp0 (tag, "ringing") != 0);
}

static void
show_sos_page (GcWindow *self)
{
  AdwNavigationPage *page = adw_navigation_view_find_page (self->navigation, "sos");

  if (page)
    adw_navigation_view_pop_to_page (self->navigation, page);
  else
    adw_navigation_view_push (self->navigation, gc_sos_page_new (self->session));
}

/* Each SOS shows itself once; after that the worker may look at something else. */
static void
update_sos (GcWindow *self)
{
  g_autoptr (GcSos) sos = NULL;

  g_object_get (self->session, "sos", &sos, NULL);
  if (sos == NULL || gc_sos_state_is_final (sos->state))
    {
      show_salvaged (self);
      return;
    }
  if (!g_set_str (&self->sos, sos->id))
    return;
  close_dialogs (self);
  show_sos_page (self);
}

/* Who has called for help wants to know whether it was heard; the band says that video is live. */
static void
show_live_page_unless_in_need (GcWindow *self)
{
  AdwNavigationPage *visible = adw_navigation_view_get_visible_page (self->navigation);

  if (!visible || g_strcmp0 (adw_navigation_page_get_tag (visible), "sos") != 0)
    show_live_page (self);
}

static void
update_live (GcWindow *self)
{
  GcLive before = self->live;
  gboolean was_off = before == GC_LIVE_IDLE || before == GC_LIVE_RINGING;

  g_object_get (self->session, "live", &self->live, NULL);
  if (self->live == before)
    return;
  keep_awake (self, self->live != GC_LIVE_IDLE);
  if (self->live == GC_LIVE_RINGING)
    {
      close_dialogs (self);
      adw_navigation_view_push (self->navigation, gc_ringing_page_new (self->session));
    }
  else
    {
      pop_page (self, "ringing");
      if (self->live == GC_LIVE_IDLE)
        pop_page (self, "live");
      else if (was_off)
        show_live_page_unless_in_need (self);
      show_salvaged (self);
    }
  update_band (self);
}

static void
update_paired (GcWindow *self)
{
  gboolean paired;
  AdwNavigationPage *page;

  g_object_get (self->session, "paired", &paired, NULL);
  if (g_strcmp0 (root_tag (self), paired ? "home" : "pairing") == 0)
    return;
  close_dialogs (self);
  page = paired ? gc_home_page_new (self->session) : gc_pairing_page_new (self->session);
  adw_navigation_view_replace (self->navigation, &page, 1);
}

static GcTaskItem *
find_task (GcWindow *self, const char *task_id)
{
  g_autoptr (GListModel) tasks = NULL;

  g_object_get (self->session, "tasks", &tasks, NULL);
  for (guint i = 0; i < g_list_model_get_n_items (tasks); i++)
    {
      g_autoptr (GcTaskItem) item = g_list_model_get_item (tasks, i);

      if (g_str_equal (gc_task_item_get_task (item)->id, task_id))
        return g_steal_pointer (&item);
    }
  return NULL;
}

static void
on_opened (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcWindow) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!gc_session_open_finish (GC_SESSION (object), result, &error))
    {
      gtk_label_set_label (self->opening_error, error->message);
      gtk_stack_set_visible_child_name (self->opening_stack, "failed");
      return;
    }
  g_signal_connect_object (self->session, "notify::paired", G_CALLBACK (update_paired), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->session, "notify::live", G_CALLBACK (update_live), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->session, "notify::sos", G_CALLBACK (update_sos), self,
                           G_CONNECT_SWAPPED);
  self->opened = TRUE;
  update_paired (self);
  update_live (self);
  update_sos (self);
  show_salvaged (self);
}

/* An alert is in front of everything; what is behind it goes on. */
static void
update_alert (GcWindow *self)
{
  gboolean active;

  g_object_get (self->alert_view, "active", &active, NULL);
  if (active)
    close_dialogs (self);
  gtk_stack_set_visible_child_name (self->front, active ? "alert" : "work");
}

static void
on_notice_band_clicked (GcWindow *self)
{
  gc_alert_view_open_notice (self->alert_view);
}

static void
on_alert_withdrawn (GcWindow *self, GcAlertItem *item, const char *why)
{
  g_autofree char *words
      = g_strdup_printf (_ ("Alert withdrawn: %s"), gc_alert_item_get_title (item));

  say (self, words);
}

static void
on_live_failed (GcWindow *self, const GError *error)
{
  g_message ("Live video failed: %s", error->message);
  say (self, gc_words_live_error (error));
}

static void
on_live_ended (GcWindow *self, const char *reason)
{
  g_autofree char *words = gc_words_live_ended (reason);

  say (self, words);
}

static void
on_task_arrived (GcWindow *self, GcTaskItem *item)
{
  g_autofree char *words
      = g_strdup_printf (_ ("New task: %s"), gc_task_item_get_task (item)->title);

  g_set_object (&self->task_toast, say (self, words));
}

static void
on_task_changed (GcWindow *self, GcTaskItem *item, const char *why)
{
  const GcTask *task = gc_task_item_get_task (item);
  g_autofree char *words = NULL;

  if (task->state == GC_TASK_CANCELLED)
    words = g_strdup_printf (_ ("Cancelled by the center: %s"), task->title);
  else if (task->late_cancel != NULL)
    words = g_strdup_printf (_ ("Stays done, cancelled too late: %s"), task->title);
  else
    words = g_strdup_printf (_ ("Changed by the center: %s"), task->title);
  say (self, words);
}

static void
on_task_due (GcWindow *self, GcTaskItem *item, gboolean overdue)
{
  g_autofree char *words = g_strdup_printf ("%s: %s", gc_task_words_due (overdue),
                                            gc_task_item_get_task (item)->title);

  say (self, words);
}

static void
on_problem (GcWindow *self, const GError *error)
{
  g_message ("%s", error->message);
  say (self, gc_words_problem (error));
}

static void
on_live_band_clicked (GcWindow *self)
{
  show_live_page (self);
}

static void
unpair_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  gc_unpair_dialog_present (GC_WINDOW (widget)->session, widget);
}

static void
page_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  GcWindow *self = GC_WINDOW (widget);
  AdwNavigationPage *page;

  if (g_str_equal (name, "win.menu"))
    page = gc_menu_page_new (self->session);
  else if (g_str_equal (name, "win.watches"))
    page = gc_watches_page_new (self->session);
  else if (g_str_equal (name, "win.limits"))
    page = gc_limits_page_new ();
  else
    page = gc_self_check_page_new ();
  adw_navigation_view_push (self->navigation, page);
}

static void
live_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  show_live_page (GC_WINDOW (widget));
}

static void
sos_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  show_sos_page (GC_WINDOW (widget));
}

static void
task_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  gc_window_show_task (GC_WINDOW (widget), g_variant_get_string (parameter, NULL));
}

static void
open_session (GcWindow *self)
{
  gtk_stack_set_visible_child_name (self->opening_stack, "busy");
  gc_session_open_async (self->session, NULL, on_opened, g_object_ref (self));
}

static void
open_again_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  open_session (GC_WINDOW (widget));
}

static void
say_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  say (GC_WINDOW (widget), g_variant_get_string (parameter, NULL));
}

static void
on_closed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcWindow) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!gc_session_close_finish (GC_SESSION (object), result, &error))
    g_message ("The session did not close cleanly: %s", error->message);
  gtk_window_destroy (GTK_WINDOW (self));
}

static gboolean
gc_window_close_request (GtkWindow *window)
{
  gc_window_leave (GC_WINDOW (window));
  return TRUE;
}

static void
gc_window_dispose (GObject *object)
{
  GcWindow *self = GC_WINDOW (object);

  keep_awake (self, FALSE);
  gtk_widget_dispose_template (GTK_WIDGET (self), GC_TYPE_WINDOW);
  g_clear_object (&self->task_toast);
  g_clear_pointer (&self->sos, g_free);
  g_clear_object (&self->session);
  G_OBJECT_CLASS (gc_window_parent_class)->dispose (object);
}

static void
gc_window_class_init (GcWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = gc_window_dispose;
  GTK_WINDOW_CLASS (klass)->close_request = gc_window_close_request;
  g_type_ensure (GC_TYPE_ALERT_VIEW);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/gridcast/Gridcast/gc-window.ui");
  gtk_widget_class_bind_template_child (widget_class, GcWindow, front);
  gtk_widget_class_bind_template_child (widget_class, GcWindow, alert_view);
  gtk_widget_class_bind_template_child (widget_class, GcWindow, toasts);
  gtk_widget_class_bind_template_child (widget_class, GcWindow, live_band);
  gtk_widget_class_bind_template_child (widget_class, GcWindow, live_band_label);
  gtk_widget_class_bind_template_child (widget_class, GcWindow, navigation);
  gtk_widget_class_bind_template_child (widget_class, GcWindow, opening_stack);
  gtk_widget_class_bind_template_child (widget_class, GcWindow, opening_error);
  gtk_widget_class_bind_template_callback (widget_class, on_live_band_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_notice_band_clicked);
  gtk_widget_class_install_action (widget_class, "win.open-again", NULL, open_again_action);
  gtk_widget_class_install_action (widget_class, "win.unpair", NULL, unpair_action);
  gtk_widget_class_install_action (widget_class, "win.watches", NULL, page_action);
  gtk_widget_class_install_action (widget_class, "win.limits", NULL, page_action);
  gtk_widget_class_install_action (widget_class, "win.self-check", NULL, page_action);
  gtk_widget_class_install_action (widget_class, "win.menu", NULL, page_action);
  gtk_widget_class_install_action (widget_class, "win.live", NULL, live_action);
  gtk_widget_class_install_action (widget_class, "win.sos", NULL, sos_action);
  gtk_widget_class_install_action (widget_class, "win.task", "s", task_action);
  gtk_widget_class_install_action (widget_class, "win.say", "s", say_action);
}

/* A narrow bar has room for one button. On phones there is none: their shells close windows, and a
 * gloved thumb shall not. */
static void
limit_title_buttons (GcWindow *self)
{
  GtkSettings *settings = gtk_widget_get_settings (GTK_WIDGET (self));
  g_autofree char *layout = NULL;

  g_object_get (settings, "gtk-decoration-layout", &layout, NULL);
  g_object_set (settings, "gtk-decoration-layout",
                layout && strstr (layout, "close") ? ":close" : ":", NULL);
}

static void
gc_window_init (GcWindow *self)
{
  limit_title_buttons (self);
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * gc_window_new:
 * @application: the application
 * @session: the shift to show; the window opens it, and closes it before it goes
 *
 * Returns: (transfer none): a new window, which GTK owns
 */
GtkWindow *
gc_window_new (GtkApplication *application, GcSession *session)
{
  GcWindow *self = g_object_new (GC_TYPE_WINDOW, "application", application, NULL);

  self->session = g_object_ref (session);
  g_signal_connect_object (session, "live-failed", G_CALLBACK (on_live_failed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "live-ended", G_CALLBACK (on_live_ended), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "task-arrived", G_CALLBACK (on_task_arrived), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "task-changed", G_CALLBACK (on_task_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "task-due", G_CALLBACK (on_task_due), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "problem", G_CALLBACK (on_problem), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->navigation, "notify::visible-page", G_CALLBACK (update_band), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "alert-withdrawn", G_CALLBACK (on_alert_withdrawn), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->alert_view, "notify::active", G_CALLBACK (update_alert), self,
                           G_CONNECT_SWAPPED);
  gc_alert_view_set_session (self->alert_view, session);
  open_session (self);
  return GTK_WINDOW (self);
}

/**
 * gc_window_show_task:
 * @self: a window
 * @task_id: of the task to show; an unknown one shows nothing
 */
void
gc_window_show_task (GcWindow *self, const char *task_id)
{
  g_autoptr (GcTaskItem) item = NULL;

  g_return_if_fail (GC_IS_WINDOW (self));

  item = find_task (self, task_id);
  if (item)
    {
      /* “New task” must not cover the step that it calls for. */
      if (self->task_toast != NULL)
        adw_toast_dismiss (self->task_toast);
      adw_navigation_view_push (self->navigation, gc_task_page_new (self->session, item));
    }
}

/**
 * gc_window_leave:
 * @self: a window
 *
 * Closes the session, then the window, whatever dialog is open: closing the window by
 * gtk_window_close() closes the dialog alone.
 */
void
gc_window_leave (GcWindow *self)
{
  g_return_if_fail (GC_IS_WINDOW (self));

  if (self->closed)
    return;
  self->closed = TRUE;
  close_dialogs (self);
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
  gc_session_close_async (self->session, on_closed, g_object_ref (self));
}
