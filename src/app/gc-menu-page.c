/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/gc-menu-page.h"

#include "app/gc-settings.h"
#include "app/gc-words.h"

#include <glib/gi18n.h>

struct _GcMenuPage
{
  AdwNavigationPage parent_instance;

  GtkWidget *sos_group;
  AdwSwitchRow *sos_row;
  AdwActionRow *center_row;
  AdwActionRow *host_row;
  AdwActionRow *link_row;
  AdwActionRow *worker_row;
  AdwActionRow *terminal_row;
  AdwActionRow *version_row;
  AdwActionRow *camera_row;

  GcSession *session;
};

G_DEFINE_FINAL_TYPE (GcMenuPage, gc_menu_page, ADW_TYPE_NAVIGATION_PAGE)

static void
set_value (AdwActionRow *row, const char *value)
{
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_action_row_set_subtitle (row, value ? value : "");
  gtk_widget_set_visible (GTK_WIDGET (row), value && *value);
}

static void
update (GcMenuPage *self)
{
  GcLink link;
  guint cameras;
  g_autofree char *center = NULL;
  g_autofree char *host = NULL;
  g_autofree char *worker = NULL;
  g_autofree char *terminal_id = NULL;
  g_autofree char *camera_words = NULL;

  g_object_get (self->session, "link", &link, "camera-count", &cameras, "center-name", &center,
                "center-host", &host, "worker", &worker, "terminal-id", &terminal_id, NULL);
  camera_words = cameras == 0
                     ? g_strdup (_ ("None found"))
                     : g_strdup_printf (ngettext ("%u found", "%u found", cameras), cameras);
  set_value (self->center_row, center);
  set_value (self->host_row, host);
  set_value (self->link_row, gc_words_link (link));
  set_value (self->worker_row, worker);
  set_value (self->terminal_row, terminal_id);
  set_value (self->version_row, GC_VERSION);
  set_value (self->camera_row, camera_words);
}

static void
on_unpair_clicked (GcMenuPage *self)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "win.unpair", NULL);
}

static void
gc_menu_page_dispose (GObject *object)
{
  GcMenuPage *self = GC_MENU_PAGE (object);

  g_clear_object (&self->session);
  gtk_widget_dispose_template (GTK_WIDGET (self), GC_TYPE_MENU_PAGE);
  G_OBJECT_CLASS (gc_menu_page_parent_class)->dispose (object);
}

static void
gc_menu_page_class_init (GcMenuPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = gc_menu_page_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/gridcast/Gridcast/gc-menu-page.ui");
  gtk_widget_class_bind_template_child (widget_class, GcMenuPage, sos_group);
  gtk_widget_class_bind_template_child (widget_class, GcMenuPage, sos_row);
  gtk_widget_class_bind_template_child (widget_class, GcMenuPage, center_row);
  gtk_widget_class_bind_template_child (widget_class, GcMenuPage, host_row);
  gtk_widget_class_bind_template_child (widget_class, GcMenuPage, link_row);
  gtk_widget_class_bind_template_child (widget_class, GcMenuPage, worker_row);
  gtk_widget_class_bind_template_child (widget_class, GcMenuPage, terminal_row);
  gtk_widget_class_bind_template_child (widget_class, GcMenuPage, version_row);
  gtk_widget_class_bind_template_child (widget_class, GcMenuPage, camera_row);
  gtk_widget_class_bind_template_callback (widget_class, on_unpair_clicked);
}

static void
gc_menu_page_init (GcMenuPage *self)
{
  g_autoptr (GSettings) settings = gc_settings_new ();

  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_widget_set_sensitive (self->sos_group, settings != NULL);
  adw_switch_row_set_active (self->sos_row, gc_settings_sos_opens_live ());
  if (settings != NULL)
    g_settings_bind (settings, GC_SETTINGS_SOS_OPENS_LIVE, self->sos_row, "active",
                     G_SETTINGS_BIND_DEFAULT);
}

/**
 * gc_menu_page_new:
 * @session: the shift to tell about
 *
 * Returns: (transfer floating): a new page
 */
AdwNavigationPage *
gc_menu_page_new (GcSession *session)
{
  GcMenuPage *self = g_object_new (GC_TYPE_MENU_PAGE, NULL);

  self->session = g_object_ref (session);
  g_signal_connect_object (session, "notify", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);
  return ADW_NAVIGATION_PAGE (self);
}
