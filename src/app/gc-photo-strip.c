/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/gc-photo-strip.h"

#include "app/gc-picture-page.h"
#include "app/gc-thumbnail.h"
#include "app/gc-words.h"
#include "base/gc-clock.h"

#include <glib/gi18n.h>

#define PER_LINE 3

struct _GcPhotoStrip
{
  AdwBin parent_instance;

  GtkFlowBox *box;
  GcSession *session;
  char *task_id;
};

G_DEFINE_FINAL_TYPE (GcPhotoStrip, gc_photo_strip, ADW_TYPE_BIN)

static void
show_large (GtkButton *button, gpointer user_data)
{
  const GcStoredFile *file = g_object_get_data (G_OBJECT (button), "file");
  GtkWidget *view = gtk_widget_get_ancestor (GTK_WIDGET (button), ADW_TYPE_NAVIGATION_VIEW);

  if (view != NULL)
    adw_navigation_view_push (ADW_NAVIGATION_VIEW (view), gc_picture_page_new (file->path, NULL));
}

static GtkWidget *
make_button (const GcStoredFile *file)
{
  GtkWidget *button = gtk_button_new ();
  GtkWidget *column = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4);
  GcThumbnail *thumbnail = gc_thumbnail_new ();
  GtkWidget *state = gtk_label_new (file->delivered ? _ ("Sent") : _ ("Waiting"));
  g_autofree char *time = gc_words_time (file->reference->taken_ms, gc_clock_wall_ms ());
  /* Translators: a time, then whether the photo has been sent */
  g_autofree char *name
      = g_strdup_printf (_ ("Photo, %1$s: %2$s"), time, gtk_label_get_label (GTK_LABEL (state)));

  gtk_widget_add_css_class (state, file->delivered ? "dimmed" : "waiting-text");
  gc_thumbnail_show_file (thumbnail, file->path);
  gtk_box_append (GTK_BOX (column), GTK_WIDGET (thumbnail));
  gtk_box_append (GTK_BOX (column), state);
  gtk_button_set_child (GTK_BUTTON (button), column);
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_add_css_class (button, "photo");
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  g_object_set_data_full (G_OBJECT (button), "file", gc_stored_file_copy (file),
                          (GDestroyNotify) gc_stored_file_free);
  g_signal_connect (button, "clicked", G_CALLBACK (show_large), NULL);
  return button;
}

static void
on_listed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcPhotoStrip) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) files = gc_session_list_files_finish (GC_SESSION (object), result, &error);

  if (files == NULL)
    g_message ("Photos are not shown: %s", error->message);
  if (files == NULL || self->session == NULL)
    return;
  gtk_flow_box_remove_all (self->box);
  for (guint i = 0; i < files->len; i++)
    {
      GtkWidget *button = make_button (g_ptr_array_index (files, i));

      gtk_flow_box_append (self->box, button);
      gtk_widget_set_focusable (gtk_widget_get_parent (button), FALSE);
    }
  gtk_widget_set_visible (GTK_WIDGET (self), files->len > 0);
}

static void
update (GcPhotoStrip *self)
{
  gc_session_list_files_async (self->session, self->task_id, on_listed, g_object_ref (self));
}

static void
on_file_changed (GcSession *session, const GcStoredFile *file, GcPhotoStrip *self)
{
  if (g_str_equal (file->task, self->task_id))
    update (self);
}

static void
gc_photo_strip_dispose (GObject *object)
{
  GcPhotoStrip *self = GC_PHOTO_STRIP (object);

  g_clear_object (&self->session);
  g_clear_pointer (&self->task_id, g_free);
  G_OBJECT_CLASS (gc_photo_strip_parent_class)->dispose (object);
}

static void
gc_photo_strip_class_init (GcPhotoStripClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = gc_photo_strip_dispose;
}

static void
gc_photo_strip_init (GcPhotoStrip *self)
{
  self->box = GTK_FLOW_BOX (gtk_flow_box_new ());
  gtk_flow_box_set_selection_mode (self->box, GTK_SELECTION_NONE);
  gtk_flow_box_set_homogeneous (self->box, TRUE);
  gtk_flow_box_set_min_children_per_line (self->box, PER_LINE);
  gtk_flow_box_set_max_children_per_line (self->box, PER_LINE);
  adw_bin_set_child (ADW_BIN (self), GTK_WIDGET (self->box));
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}

/**
 * gc_photo_strip_show:
 * @self: a strip that shows nothing yet
 * @session: the shift
 * @task_id: whose photos
 *
 * Follows them from now on; there is nothing to see of it where there are none.
 */
void
gc_photo_strip_show (GcPhotoStrip *self, GcSession *session, const char *task_id)
{
  self->session = g_object_ref (session);
  self->task_id = g_strdup (task_id);
  g_signal_connect_object (session, "file-changed", G_CALLBACK (on_file_changed), self, 0);
  update (self);
}
