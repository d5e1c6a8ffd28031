/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/gc-sos-page.h"

#include "app/gc-words.h"
#include "base/gc-clock.h"

#include <glib/gi18n.h>

struct _GcSosPage
{
  AdwNavigationPage parent_instance;

  GtkWidget *card;
  GtkImage *icon;
  GtkLabel *status_label;
  GtkLabel *detail_label;
  GtkLabel *sending_label;
  GtkLabel *steps_label;
  GtkWidget *live_button;
  AdwButtonContent *live_content;
  GtkWidget *withdraw_button;
  GtkWidget *close_button;

  GcSession *session;
};

G_DEFINE_FINAL_TYPE (GcSosPage, gc_sos_page, ADW_TYPE_NAVIGATION_PAGE)

static const char *
icon_name (const GcSos *sos, GcLink link)
{
  if (gc_sos_state_is_final (sos->state) || sos->state == GC_SOS_SEEN)
    return "object-select-symbolic";
  if (sos->received_ms != 0)
    return "network-transmit-receive-symbolic";
  return link == GC_LINK_ONLINE ? "network-idle-symbolic" : "network-offline-symbolic";
}

static void
add_step (GString *steps, const char *what, gint64 at_ms, gint64 now_ms)
{
  g_autofree char *time = gc_words_time (at_ms, now_ms);

  if (steps->len > 0)
    g_string_append_c (steps, '\n');
  /* Translators: a time, then what happened then */
  g_string_append_printf (steps, _ ("%1$s  %2$s"), time, what);
}

/* What happened so far, a line each. */
static char *
describe_steps (const GcSos *sos)
{
  GString *steps = g_string_new (NULL);
  gint64 now_ms = gc_clock_wall_ms ();

  add_step (steps, _ ("You called for help"), sos->pressed_ms, now_ms);
  if (sos->received_ms != 0)
    add_step (steps, _ ("The center received it"), sos->received_ms, now_ms);
  if (sos->seen_ms != 0)
    {
      g_autofree char *seen = g_strdup_printf (_ ("%s has seen it"), sos->seen_by);

      add_step (steps, seen, sos->seen_ms, now_ms);
    }
  if (sos->state == GC_SOS_WITHDRAWN)
    add_step (steps, _ ("You took it back"), sos->ended_ms, now_ms);
  if (sos->state == GC_SOS_ENDED)
    {
      g_autofree char *ended = g_strdup_printf (_ ("%s has ended it"), sos->ended_by);

      add_step (steps, ended, sos->ended_ms, now_ms);
    }
  return g_string_free_and_steal (steps);
}

static void
update_buttons (GcSosPage *self, const GcSos *sos, gboolean on_duty, GcLink link)
{
  gboolean over = gc_sos_state_is_final (sos->state);
  GcLive live;

  g_object_get (self->session, "live", &live, NULL);
  gtk_widget_set_visible (self->live_button, on_duty && !over);
  gtk_widget_set_sensitive (self->live_button, link == GC_LINK_ONLINE || live != GC_LIVE_IDLE);
  adw_button_content_set_label (self->live_content,
                                live == GC_LIVE_IDLE ? _ ("Go live") : _ ("Show live video"));
  gtk_widget_set_visible (self->withdraw_button, !over);
  gtk_widget_set_visible (self->close_button, over);
}

static void
update (GcSosPage *self)
{
  g_autoptr (GcSos) sos = NULL;
  g_autoptr (GcFix) fix = NULL;
  g_autofree char *center = NULL;
  g_autofree char *detail = NULL;
  g_autofree char *steps = NULL;
  g_autofree char *sending = NULL;
  gboolean on_duty;
  GcLink link;

  g_object_get (self->session, "sos", &sos, "fix", &fix, "link", &link, "on-duty", &on_duty,
                "center-name", &center, NULL);
  if (sos == NULL)
    return;
  detail = gc_words_sos_detail (sos, link, gc_clock_wall_ms ());
  steps = describe_steps (sos);
  if (!on_duty || gc_sos_state_is_final (sos->state))
    sending = g_strdup ("");
  else if (fix == NULL)
    sending = g_strdup (_ ("Your position is not known yet. It is sent as soon as it is."));
  else if (link != GC_LINK_ONLINE)
    sending = gc_words_keeping (center);
  else
    sending = gc_words_sending (TRUE, FALSE, FALSE, center);
  gtk_image_set_from_icon_name (self->icon, icon_name (sos, link));
  gtk_label_set_label (self->status_label, gc_words_sos (sos, link));
  gtk_label_set_label (self->detail_label, detail);
  gtk_widget_set_visible (GTK_WIDGET (self->detail_label), *detail);
  gtk_label_set_label (self->sending_label, sending);
  gtk_widget_set_visible (GTK_WIDGET (self->sending_label), *sending);
  gtk_label_set_label (self->steps_label, steps);
  if (gc_sos_state_is_final (sos->state))
    gtk_widget_remove_css_class (self->card, "open");
  else
    gtk_widget_add_css_class (self->card, "open");
  update_buttons (self, sos, on_duty, link);
}

static void
on_live_clicked (GcSosPage *self)
{
  GcLive live;

  g_object_get (self->session, "live", &live, NULL);
  if (live == GC_LIVE_IDLE)
    gc_session_go_live (self->session);
  else
    gtk_widget_activate_action (GTK_WIDGET (self), "win.live", NULL);
}

static void
on_answered (GcSosPage *self, const char *response)
{
  if (g_str_equal (response, "withdraw"))
    gc_session_withdraw_sos (self->session);
}

static void
on_withdraw_clicked (GcSosPage *self)
{
  AdwDialog *dialog = adw_alert_dialog_new (_ ("Was it a false alarm?"),
                                            _ ("The center is told that you need no help."));

  adw_alert_dialog_add_responses (ADW_ALERT_DIALOG (dialog), "cancel", _ ("I need help"),
                                  "withdraw", _ ("False alarm"), NULL);
  adw_alert_dialog_set_response_appearance (ADW_ALERT_DIALOG (dialog), "withdraw",
                                            ADW_RESPONSE_DESTRUCTIVE);
  adw_alert_dialog_set_close_response (ADW_ALERT_DIALOG (dialog), "cancel");
  g_signal_connect_object (dialog, "response", G_CALLBACK (on_answered), self, G_CONNECT_SWAPPED);
  adw_dialog_present (dialog, GTK_WIDGET (self));
}

static void
gc_sos_page_dispose (GObject *object)
{
  GcSosPage *self = GC_SOS_PAGE (object);

  g_clear_object (&self->session);
  gtk_widget_dispose_template (GTK_WIDGET (self), GC_TYPE_SOS_PAGE);
  G_OBJECT_CLASS (gc_sos_page_parent_class)->dispose (object);
}

static void
gc_sos_page_class_init (GcSosPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = gc_sos_page_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/gridcast/Gridcast/gc-sos-page.ui");
  gtk_widget_class_bind_template_child (widget_class, GcSosPage, card);
  gtk_widget_class_bind_template_child (widget_class, GcSosPage, icon);
  gtk_widget_class_bind_template_child (widget_class, GcSosPage, status_label);
  gtk_widget_class_bind_template_child (widget_class, GcSosPage, detail_label);
  gtk_widget_class_bind_template_child (widget_class, GcSosPage, sending_label);
  gtk_widget_class_bind_template_child (widget_class, GcSosPage, steps_label);
  gtk_widget_class_bind_template_child (widget_class, GcSosPage, live_button);
  gtk_widget_class_bind_template_child (widget_class, GcSosPage, live_content);
  gtk_widget_class_bind_template_child (widget_class, GcSosPage, withdraw_button);
  gtk_widget_class_bind_template_child (widget_class, GcSosPage, close_button);
  gtk_widget_class_bind_template_callback (widget_class, on_live_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_withdraw_clicked);
}

static void
gc_sos_page_init (GcSosPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * gc_sos_page_new:
 * @session: a shift in which help was called for
 *
 * Returns: (transfer floating): a new page
 */
AdwNavigationPage *
gc_sos_page_new (GcSession *session)
{
  GcSosPage *self = g_object_new (GC_TYPE_SOS_PAGE, NULL);

  self->session = g_object_ref (session);
  g_signal_connect_object (session, "notify", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);
  return ADW_NAVIGATION_PAGE (self);
}
