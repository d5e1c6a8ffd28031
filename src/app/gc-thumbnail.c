/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/gc-thumbnail.h"

#include "app/gc-picture-loader.h"

#define SIZE 96
#define ICON_SIZE 32

struct _GcThumbnail
{
  AdwBin parent_instance;

  GCancellable *cancellable; /* while a file is read */
};

G_DEFINE_FINAL_TYPE (GcThumbnail, gc_thumbnail, ADW_TYPE_BIN)

static void
forget_file (GcThumbnail *self)
{
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
}

static void
set_icon (GcThumbnail *self, const char *icon_name)
{
  GtkWidget *image = gtk_image_new_from_icon_name (icon_name);

  gtk_image_set_pixel_size (GTK_IMAGE (image), ICON_SIZE);
  adw_bin_set_child (ADW_BIN (self), image);
}

static void
on_loaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcThumbnail) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GdkTexture) texture = gc_picture_load_finish (result, &error);
  GtkWidget *picture;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_clear_object (&self->cancellable);
  if (texture == NULL)
    {
      g_message ("A picture cannot be shown: %s", error->message);
      set_icon (self, "image-missing-symbolic");
      return;
    }
  picture = gtk_picture_new_for_paintable (GDK_PAINTABLE (texture));
  gtk_picture_set_content_fit (GTK_PICTURE (picture), GTK_CONTENT_FIT_COVER);
  gtk_picture_set_can_shrink (GTK_PICTURE (picture), TRUE);
  adw_bin_set_child (ADW_BIN (self), picture);
}

static void
gc_thumbnail_dispose (GObject *object)
{
  forget_file (GC_THUMBNAIL (object));
  G_OBJECT_CLASS (gc_thumbnail_parent_class)->dispose (object);
}

static void
gc_thumbnail_class_init (GcThumbnailClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = gc_thumbnail_dispose;
}

static void
gc_thumbnail_init (GcThumbnail *self)
{
  gtk_widget_set_size_request (GTK_WIDGET (self), SIZE, SIZE);
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);
  gtk_widget_add_css_class (GTK_WIDGET (self), "thumbnail");
  gtk_accessible_update_state (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_STATE_HIDDEN, TRUE, -1);
}

/**
 * gc_thumbnail_new:
 *
 * Returns: (transfer floating): a thumbnail that shows nothing yet
 */
GcThumbnail *
gc_thumbnail_new (void)
{
  return g_object_new (GC_TYPE_THUMBNAIL, NULL);
}

/**
 * gc_thumbnail_show_icon:
 * @self: a thumbnail
 * @icon_name: what to show
 */
void
gc_thumbnail_show_icon (GcThumbnail *self, const char *icon_name)
{
  g_return_if_fail (GC_IS_THUMBNAIL (self));

  forget_file (self);
  set_icon (self, icon_name);
}

/**
 * gc_thumbnail_show_file:
 * @self: a thumbnail
 * @path: of a picture
 *
 * Shows it as soon as it is read, no larger than it is shown: there may be many.
 */
void
gc_thumbnail_show_file (GcThumbnail *self, const char *path)
{
  g_return_if_fail (GC_IS_THUMBNAIL (self) && path != NULL);

  forget_file (self);
  self->cancellable = g_cancellable_new ();
  gc_picture_load_async (path, 2 * SIZE, self->cancellable, on_loaded, g_object_ref (self));
}
