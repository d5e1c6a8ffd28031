/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/gc-self-check-page.h"

#include "app/gc-self-check.h"

#include <glib/gi18n.h>

struct _GcSelfCheckPage
{
  AdwNavigationPage parent_instance;

  AdwPreferencesPage *page;
  AdwPreferencesGroup *group;

  GCancellable *cancellable;
};

G_DEFINE_FINAL_TYPE (GcSelfCheckPage, gc_self_check_page, ADW_TYPE_NAVIGATION_PAGE)

static GtkWidget *
make_mark (const GcSelfCheckItem *item, gboolean there)
{
  GtkWidget *mark = gtk_image_new_from_icon_name (there          ? "object-select-symbolic"
                                                  : item->needed ? "dialog-error-symbolic"
                                                                 : "dialog-warning-symbolic");

  gtk_accessible_update_property (GTK_ACCESSIBLE (mark), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  there ? C_ ("self-check", "yes") : C_ ("self-check", "no"), -1);
  gtk_widget_add_css_class (mark, there ? "success" : item->needed ? "error" : "warning");
  return mark;
}

/* One row for all that serves one purpose. */
static void
add_row (GcSelfCheckPage *self, const GcSelfCheckItem *item, const char *missing)
{
  GtkWidget *row = adw_action_row_new ();
  g_autofree char *words = NULL;

  if (*missing != '\0')
    /* Translators: %s names what is not there */
    words = g_strdup_printf (item->needed ? _ ("Missing: %s") : _ ("Missing, but not needed: %s"),
                             missing);
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), item->purpose);
  adw_action_row_set_title_lines (ADW_ACTION_ROW (row), 0);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), words != NULL ? words : "");
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), make_mark (item, words == NULL));
  adw_preferences_group_add (self->group, row);
}

static void
show (GcSelfCheckPage *self, GPtrArray *items)
{
  g_autoptr (GString) missing = g_string_new (NULL);
  gboolean complete = TRUE;

  for (guint i = 0; i < items->len; i++)
    {
      const GcSelfCheckItem *item = g_ptr_array_index (items, i);
      const GcSelfCheckItem *next = i + 1 < items->len ? g_ptr_array_index (items, i + 1) : NULL;

      if (!item->there)
        g_string_append_printf (missing, "%s%s", missing->len > 0 ? ", " : "", item->name);
      complete = complete && (item->there || !item->needed);
      if (next != NULL && g_str_equal (next->purpose, item->purpose))
        continue;
      add_row (self, item, missing->str);
      g_string_truncate (missing, 0);
    }
  adw_preferences_page_set_description (
      self->page, complete ? _ ("Everything that is needed is there.")
                           : _ ("Something is missing. Show this to who set up the phone."));
}

static void
on_checked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GPtrArray) items = gc_self_check_run_finish (result, NULL);

  if (items != NULL)
    show (GC_SELF_CHECK_PAGE (user_data), items);
}

static void
gc_self_check_page_dispose (GObject *object)
{
  GcSelfCheckPage *self = GC_SELF_CHECK_PAGE (object);

  /* The callback comes after this, and then does not look at the page. */
  g_cancellable_cancel (self->cancellable);
  gtk_widget_dispose_template (GTK_WIDGET (self), GC_TYPE_SELF_CHECK_PAGE);
  G_OBJECT_CLASS (gc_self_check_page_parent_class)->dispose (object);
}

static void
gc_self_check_page_finalize (GObject *object)
{
  g_object_unref (GC_SELF_CHECK_PAGE (object)->cancellable);
  G_OBJECT_CLASS (gc_self_check_page_parent_class)->finalize (object);
}

static void
gc_self_check_page_class_init (GcSelfCheckPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = gc_self_check_page_dispose;
  G_OBJECT_CLASS (klass)->finalize = gc_self_check_page_finalize;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/gridcast/Gridcast/gc-self-check-page.ui");
  gtk_widget_class_bind_template_child (widget_class, GcSelfCheckPage, page);
  gtk_widget_class_bind_template_child (widget_class, GcSelfCheckPage, group);
}

static void
gc_self_check_page_init (GcSelfCheckPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->cancellable = g_cancellable_new ();
  gc_self_check_run_async (self->cancellable, on_checked, self);
}

/**
 * gc_self_check_page_new:
 *
 * Returns: (transfer floating): a new page, which looks for everything at once
 */
AdwNavigationPage *
gc_self_check_page_new (void)
{
  return g_object_new (GC_TYPE_SELF_CHECK_PAGE, NULL);
}
