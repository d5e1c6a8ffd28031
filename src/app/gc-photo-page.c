/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/gc-photo-page.h"

#include "app/gc-viewfinder.h"
#include "base/gc-error.h"

#include <glib/gi18n.h>

struct _GcPhotoPage
{
  AdwNavigationPage parent_instance;

  GcViewfinder *viewfinder;
  GtkWidget *blind_box;
  GtkWidget *switch_button;
  GtkWidget *shutter;
  GtkLabel *shutter_label;

  GcSession *session;
  char *task_id;
  gboolean busy; /* a photo is being taken */
};

G_DEFINE_FINAL_TYPE (GcPhotoPage, gc_photo_page, ADW_TYPE_NAVIGATION_PAGE)

static void
update (GcPhotoPage *self)
{
  gboolean blind;
  guint cameras;

  g_object_get (self->viewfinder, "blind", &blind, NULL);
  g_object_get (self->session, "camera-count", &cameras, NULL);
  gtk_widget_set_visible (self->blind_box, blind);
  gtk_widget_set_visible (self->switch_button, cameras > 1);
  gtk_widget_set_sensitive (self->shutter, !blind && !self->busy);
  gtk_label_set_label (self->shutter_label, self->busy ? _ ("Saving…") : _ ("Take the photo"));
}

static const char *
words_for (const GError *error)
{
  if (g_error_matches (error, GC_ERROR, GC_ERROR_NOT_FOUND))
    return _ ("This task is gone: the photo was not saved.");
  if (g_error_matches (error, GC_ERROR, GC_ERROR_STORAGE))
    return _ ("The photo could not be saved. Is the storage full?");
  return _ ("No photo came from the camera. Try again.");
}

static void
on_taken (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcPhotoPage) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean taken = gc_session_take_photo_finish (GC_SESSION (object), result, &error);

  self->busy = FALSE;
  if (self->session == NULL)
    return;
  update (self);
  if (!taken)
    g_message ("No photo: %s", error->message);
  gtk_widget_activate_action (GTK_WIDGET (self), "win.say", "s",
                              taken ? _ ("Photo saved") : words_for (error));
  /* The worker may have gone back meanwhile. */
  if (taken && gtk_widget_get_mapped (GTK_WIDGET (self)))
    gtk_widget_activate_action (GTK_WIDGET (self), "navigation.pop", NULL);
}

static void
on_shutter_clicked (GcPhotoPage *self)
{
  self->busy = TRUE;
  update (self);
  gc_session_take_photo_async (self->session, self->task_id, on_taken, g_object_ref (self));
}

static void
on_switch_clicked (GcPhotoPage *self)
{
  gc_session_switch_camera (self->session);
}

static void
gc_photo_page_dispose (GObject *object)
{
  GcPhotoPage *self = GC_PHOTO_PAGE (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), GC_TYPE_PHOTO_PAGE);
  g_clear_object (&self->session);
  G_OBJECT_CLASS (gc_photo_page_parent_class)->dispose (object);
}

static void
gc_photo_page_finalize (GObject *object)
{
  g_free (GC_PHOTO_PAGE (object)->task_id);
  G_OBJECT_CLASS (gc_photo_page_parent_class)->finalize (object);
}

static void
gc_photo_page_class_init (GcPhotoPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = gc_photo_page_dispose;
  G_OBJECT_CLASS (klass)->finalize = gc_photo_page_finalize;
  g_type_ensure (GC_TYPE_VIEWFINDER);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/gridcast/Gridcast/gc-photo-page.ui");
  gtk_widget_class_bind_template_child (widget_class, GcPhotoPage, viewfinder);
  gtk_widget_class_bind_template_child (widget_class, GcPhotoPage, blind_box);
  gtk_widget_class_bind_template_child (widget_class, GcPhotoPage, switch_button);
  gtk_widget_class_bind_template_child (widget_class, GcPhotoPage, shutter);
  gtk_widget_class_bind_template_child (widget_class, GcPhotoPage, shutter_label);
  gtk_widget_class_bind_template_callback (widget_class, on_shutter_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_switch_clicked);
}

static void
gc_photo_page_init (GcPhotoPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * gc_photo_page_new:
 * @session: the shift
 * @task_id: what the photo is of
 *
 * Returns: (transfer floating): a new page
 */
AdwNavigationPage *
gc_photo_page_new (GcSession *session, const char *task_id)
{
  GcPhotoPage *self = g_object_new (GC_TYPE_PHOTO_PAGE, NULL);

  self->session = g_object_ref (session);
  self->task_id = g_strdup (task_id);
  gc_viewfinder_set_session (self->viewfinder, session);
  g_signal_connect_object (session, "notify::camera-count", G_CALLBACK (update), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->viewfinder, "notify::blind", G_CALLBACK (update), self,
                           G_CONNECT_SWAPPED);
  update (self);
  return ADW_NAVIGATION_PAGE (self);
}
