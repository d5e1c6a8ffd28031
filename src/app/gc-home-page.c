/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/gc-home-page.h"

#include "app/gc-settings.h"
#include "app/gc-sos-button.h"
#include "app/gc-task-card.h"
#include "app/gc-words.h"

#include <glib/gi18n.h>

/* More cards than this help nobody, and each is a handful of widgets. */
#define MAX_CARDS 100
#define REFRESH_S 30

struct _GcHomePage
{
  AdwNavigationPage parent_instance;

  AdwWindowTitle *window_title;
  GtkWidget *duty_card;
  GtkLabel *duty_label;
  GtkSwitch *duty_switch;
  GtkLabel *sending_label;
  GtkWidget *link_box;
  GtkImage *link_icon;
  GtkLabel *link_label;
  GtkLabel *unsent_label;
  GtkButton *link_button;
  GtkWidget *live_button;
  AdwButtonContent *live_content;
  GtkListBox *task_list;
  GtkWidget *sos_button;
  GtkWidget *open_sos_button;

  GcSession *session;
  guint refresh_source; /* while seen: deadlines come nearer by themselves */
};

G_DEFINE_FINAL_TYPE (GcHomePage, gc_home_page, ADW_TYPE_NAVIGATION_PAGE)

static void
set_css_class (GtkWidget *widget, const char *css_class, gboolean set)
{
  if (set)
    gtk_widget_add_css_class (widget, css_class);
  else
    gtk_widget_remove_css_class (widget, css_class);
}

static const char *
link_icon_name (GcLink link)
{
  switch (link)
    {
    case GC_LINK_ONLINE:
      return "network-transmit-receive-symbolic";
    case GC_LINK_REPLACED:
    case GC_LINK_REVOKED:
    case GC_LINK_REFUSED:
    case GC_LINK_UNTRUSTED:
    case GC_LINK_CLOCK:
    case GC_LINK_OUTDATED:
      return "dialog-warning-symbolic";
    case GC_LINK_CONNECTING:
      return "network-idle-symbolic";
    case GC_LINK_WAITING:
    case GC_LINK_OFF:
    default:
      return "network-offline-symbolic";
    }
}

/* What the worker can do about it here, apart from what the words say. */
static const char *
link_remedy (GcLink link)
{
  if (link == GC_LINK_REVOKED || link == GC_LINK_REFUSED)
    return _ ("Pair again…");
  return link == GC_LINK_REPLACED ? _ ("Use this device") : NULL;
}

static void
update_link (GcHomePage *self, GcLink link, guint unsent)
{
  g_autofree char *unsent_words = gc_words_unsent (unsent);
  const char *remedy = link_remedy (link);

  gtk_image_set_from_icon_name (self->link_icon, link_icon_name (link));
  gtk_label_set_label (self->link_label, gc_words_link (link));
  gtk_label_set_label (self->unsent_label, unsent_words);
  set_css_class (self->link_box, "waiting-text", link == GC_LINK_WAITING);
  set_css_class (self->link_box, "error-text", link >= GC_LINK_REPLACED);
  gtk_widget_set_visible (GTK_WIDGET (self->link_button), remedy != NULL);
  gtk_button_set_label (self->link_button, remedy != NULL ? remedy : "");
}

/* What leaves the handset now, which is not always what the worker agreed to send. */
static char *
sending_words (gboolean on_duty, GcLink link, gboolean picture, gboolean sound, const char *center)
{
  gboolean shut_out = link >= GC_LINK_REPLACED;

  if (on_duty && !shut_out && !picture && link != GC_LINK_ONLINE)
    return gc_words_keeping (center);
  return gc_words_sending (on_duty && !shut_out, picture, sound, center);
}

static void
update (GcHomePage *self)
{
  gboolean on_duty;
  gboolean muted;
  GcLink link;
  GcLive live;
  guint unsent;
  gboolean sending;
  g_autofree char *center = NULL;
  g_autofree char *worker = NULL;
  g_autofree char *words = NULL;

  g_object_get (self->session, "on-duty", &on_duty, "muted", &muted, "link", &link, "live", &live,
                "unsent", &unsent, "center-name", &center, "worker", &worker, NULL);
  sending = live == GC_LIVE_SENDING || live == GC_LIVE_RECONNECTING;
  words = sending_words (on_duty, link, sending, sending && !muted, center);

  adw_window_title_set_subtitle (self->window_title, worker ? worker : "");
  gtk_label_set_label (self->duty_label, on_duty ? _ ("On duty") : _ ("Off duty"));
  gtk_label_set_label (self->sending_label, words);
  set_css_class (self->duty_card, "on", on_duty);
  gtk_widget_set_visible (self->link_box, on_duty || unsent > 0 || link == GC_LINK_REVOKED);
  update_link (self, link, unsent);
  gtk_widget_set_visible (self->live_button, on_duty);
  gtk_widget_set_sensitive (self->live_button, link == GC_LINK_ONLINE || live != GC_LIVE_IDLE);
  adw_button_content_set_label (self->live_content,
                                live == GC_LIVE_IDLE ? _ ("Go live") : _ ("Show live video"));
}

static void
update_sos (GcHomePage *self)
{
  g_autoptr (GcSos) sos = NULL;
  gboolean open;

  g_object_get (self->session, "sos", &sos, NULL);
  open = sos != NULL && !gc_sos_state_is_final (sos->state);
  gtk_widget_set_visible (self->sos_button, !open);
  gtk_widget_set_visible (self->open_sos_button, open);
}

/* Only when the session moves: until then the switch shows what the worker asked for. */
static void
update_switch (GcHomePage *self)
{
  gboolean on_duty;

  g_object_get (self->session, "on-duty", &on_duty, NULL);
  gtk_switch_set_active (self->duty_switch, on_duty);
  gtk_switch_set_state (self->duty_switch, on_duty);
}

static void
refresh_cards (GcHomePage *self)
{
  GtkListBoxRow *row;

  for (int i = 0; (row = gtk_list_box_get_row_at_index (self->task_list, i)); i++)
    gc_task_card_refresh (GC_TASK_CARD (row));
}

static gboolean
on_refresh_due (gpointer user_data)
{
  refresh_cards (user_data);
  return G_SOURCE_CONTINUE;
}

static GtkWidget *
make_card (gpointer item, gpointer user_data)
{
  return gc_task_card_new (GC_TASK_ITEM (item));
}

static gboolean
on_duty_state_set (GcHomePage *self, gboolean on_duty)
{
  gboolean was_on_duty;

  /* Following the session moves the switch too. */
  g_object_get (self->session, "on-duty", &was_on_duty, NULL);
  if (on_duty != was_on_duty)
    gc_session_set_on_duty (self->session, on_duty);
  return TRUE;
}

static void
on_link_clicked (GcHomePage *self)
{
  GcLink link;

  g_object_get (self->session, "link", &link, NULL);
  if (link == GC_LINK_REVOKED || link == GC_LINK_REFUSED)
    {
      gtk_widget_activate_action (GTK_WIDGET (self), "win.unpair", NULL);
      return;
    }
  /* A new shift takes the connection back from the other device. */
  gc_session_set_on_duty (self->session, FALSE);
  gc_session_set_on_duty (self->session, TRUE);
}

static void
on_live_clicked (GcHomePage *self)
{
  GcLive live;

  g_object_get (self->session, "live", &live, NULL);
  if (live == GC_LIVE_IDLE)
    gc_session_go_live (self->session);
  else
    gtk_widget_activate_action (GTK_WIDGET (self), "win.live", NULL);
}

static void
on_sos_held (GcHomePage *self)
{
  gc_session_press_sos (self->session, gc_settings_sos_opens_live ());
}

static void
on_sos_tapped (GcHomePage *self)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "win.say", "s",
                              _ ("To call for help, hold the button for 2 seconds."));
}

static void
on_task_activated (GcHomePage *self, GtkListBoxRow *row)
{
  GcTaskItem *item = gc_task_card_get_item (GC_TASK_CARD (row));

  gtk_widget_activate_action (GTK_WIDGET (self), "win.task", "s", gc_task_item_get_task (item)->id);
}

static gboolean
is_seen (GtkWidget *widget)
{
  const GdkToplevelState unseen = GDK_TOPLEVEL_STATE_SUSPENDED | GDK_TOPLEVEL_STATE_MINIMIZED;
  GdkSurface *surface = gtk_native_get_surface (gtk_widget_get_native (widget));

  return gtk_widget_get_mapped (widget)
         && (gdk_toplevel_get_state (GDK_TOPLEVEL (surface)) & unseen) == 0;
}

/* A screen that is dark needs no fresh words, and each costs battery. */
static void
refresh_while_seen (GcHomePage *self)
{
  g_clear_handle_id (&self->refresh_source, g_source_remove);
  if (!is_seen (GTK_WIDGET (self)))
    return;
  refresh_cards (self);
  self->refresh_source = g_timeout_add_seconds (REFRESH_S, on_refresh_due, self);
}

static void
gc_home_page_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (gc_home_page_parent_class)->map (widget);
  g_signal_connect_object (gtk_native_get_surface (gtk_widget_get_native (widget)), "notify::state",
                           G_CALLBACK (refresh_while_seen), widget, G_CONNECT_SWAPPED);
  refresh_while_seen (GC_HOME_PAGE (widget));
}

static void
gc_home_page_unmap (GtkWidget *widget)
{
  g_signal_handlers_disconnect_by_func (gtk_native_get_surface (gtk_widget_get_native (widget)),
                                        refresh_while_seen, widget);
  GTK_WIDGET_CLASS (gc_home_page_parent_class)->unmap (widget);
  refresh_while_seen (GC_HOME_PAGE (widget));
}

static void
gc_home_page_dispose (GObject *object)
{
  GcHomePage *self = GC_HOME_PAGE (object);

  g_clear_handle_id (&self->refresh_source, g_source_remove);
  g_clear_object (&self->session);
  gtk_widget_dispose_template (GTK_WIDGET (self), GC_TYPE_HOME_PAGE);
  G_OBJECT_CLASS (gc_home_page_parent_class)->dispose (object);
}

static void
gc_home_page_class_init (GcHomePageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = gc_home_page_dispose;
  widget_class->map = gc_home_page_map;
  widget_class->unmap = gc_home_page_unmap;
  g_type_ensure (GC_TYPE_SOS_BUTTON);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/gridcast/Gridcast/gc-home-page.ui");
  gtk_widget_class_bind_template_child (widget_class, GcHomePage, window_title);
  gtk_widget_class_bind_template_child (widget_class, GcHomePage, duty_card);
  gtk_widget_class_bind_template_child (widget_class, GcHomePage, duty_label);
  gtk_widget_class_bind_template_child (widget_class, GcHomePage, duty_switch);
  gtk_widget_class_bind_template_child (widget_class, GcHomePage, sending_label);
  gtk_widget_class_bind_template_child (widget_class, GcHomePage, link_box);
  gtk_widget_class_bind_template_child (widget_class, GcHomePage, link_icon);
  gtk_widget_class_bind_template_child (widget_class, GcHomePage, link_label);
  gtk_widget_class_bind_template_child (widget_class, GcHomePage, unsent_label);
  gtk_widget_class_bind_template_child (widget_class, GcHomePage, link_button);
  gtk_widget_class_bind_template_child (widget_class, GcHomePage, live_button);
  gtk_widget_class_bind_template_child (widget_class, GcHomePage, live_content);
  gtk_widget_class_bind_template_child (widget_class, GcHomePage, task_list);
  gtk_widget_class_bind_template_child (widget_class, GcHomePage, sos_button);
  gtk_widget_class_bind_template_child (widget_class, GcHomePage, open_sos_button);
  gtk_widget_class_bind_template_callback (widget_class, on_sos_held);
  gtk_widget_class_bind_template_callback (widget_class, on_sos_tapped);
  gtk_widget_class_bind_template_callback (widget_class, on_duty_state_set);
  gtk_widget_class_bind_template_callback (widget_class, on_link_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_live_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_task_activated);
}

static void
gc_home_page_init (GcHomePage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * gc_home_page_new:
 * @session: the shift
 *
 * Returns: (transfer floating): a new page
 */
AdwNavigationPage *
gc_home_page_new (GcSession *session)
{
  GcHomePage *self = g_object_new (GC_TYPE_HOME_PAGE, NULL);
  g_autoptr (GListModel) tasks = NULL;
  g_autoptr (GtkSliceListModel) shown = NULL;

  self->session = g_object_ref (session);
  g_object_get (session, "tasks", &tasks, NULL);
  shown = gtk_slice_list_model_new (g_steal_pointer (&tasks), 0, MAX_CARDS);
  gtk_list_box_bind_model (self->task_list, G_LIST_MODEL (shown), make_card, NULL, NULL);
  g_signal_connect_object (session, "notify", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "notify::on-duty", G_CALLBACK (update_switch), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "notify::sos", G_CALLBACK (update_sos), self,
                           G_CONNECT_SWAPPED);
  update (self);
  update_switch (self);
  update_sos (self);
  return ADW_NAVIGATION_PAGE (self);
}
