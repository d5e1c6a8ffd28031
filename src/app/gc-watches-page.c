/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/gc-watches-page.h"

#include "app/gc-words.h"
#include "base/gc-clock.h"

#include <glib/gi18n.h>

#define MAX_ROWS 200

struct _GcWatchesPage
{
  AdwNavigationPage parent_instance;

  GtkListBox *list;
};

G_DEFINE_FINAL_TYPE (GcWatchesPage, gc_watches_page, ADW_TYPE_NAVIGATION_PAGE)

static void
on_item_changed (GcWatchItem *item, GParamSpec *pspec, AdwActionRow *row)
{
  gint64 now_ms = gc_clock_wall_ms ();
  gint64 from_ms;
  gint64 until_ms;
  g_autofree char *viewer = NULL;
  g_autofree char *from = NULL;
  g_autofree char *until = NULL;
  g_autofree char *words = NULL;

  g_object_get (item, "viewer", &viewer, "from-ms", &from_ms, "until-ms", &until_ms, NULL);
  from = gc_words_time (from_ms, now_ms);
  if (until_ms > 0)
    {
      until = gc_words_time (until_ms, now_ms);
      words = g_strdup_printf ("%s – %s", from, until);
    }
  else
    words = g_strdup_printf (_ ("Watching since %s"), from);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), viewer ? viewer : "");
  adw_action_row_set_subtitle (row, words);
}

static GtkWidget *
make_row (gpointer item, gpointer user_data)
{
  GtkWidget *row = adw_action_row_new ();

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  g_signal_connect_object (item, "notify", G_CALLBACK (on_item_changed), row, G_CONNECT_DEFAULT);
  on_item_changed (item, NULL, ADW_ACTION_ROW (row));
  return row;
}

static void
gc_watches_page_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), GC_TYPE_WATCHES_PAGE);
  G_OBJECT_CLASS (gc_watches_page_parent_class)->dispose (object);
}

static void
gc_watches_page_class_init (GcWatchesPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = gc_watches_page_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/gridcast/Gridcast/gc-watches-page.ui");
  gtk_widget_class_bind_template_child (widget_class, GcWatchesPage, list);
}

static void
gc_watches_page_init (GcWatchesPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * gc_watches_page_new:
 * @session: the shift whose viewers to list
 *
 * Returns: (transfer floating): a new page
 */
AdwNavigationPage *
gc_watches_page_new (GcSession *session)
{
  GcWatchesPage *self = g_object_new (GC_TYPE_WATCHES_PAGE, NULL);
  g_autoptr (GListModel) watches = NULL;
  g_autoptr (GtkSliceListModel) shown = NULL;

  g_object_get (session, "watches", &watches, NULL);
  shown = gtk_slice_list_model_new (g_steal_pointer (&watches), 0, MAX_ROWS);
  gtk_list_box_bind_model (self->list, G_LIST_MODEL (shown), make_row, NULL, NULL);
  return ADW_NAVIGATION_PAGE (self);
}
