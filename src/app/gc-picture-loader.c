/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/gc-picture-loader.h"

#include "base/gc-error.h"

/* Only JPEG is made smaller while it is read; of all others each pixel takes memory first. */
#define PIXELS_MAX 50000000

typedef struct
{
  char *path;
  int most;
} Wish;

static void
wish_free (gpointer data)
{
  Wish *wish = data;

  g_free (wish->path);
  g_free (wish);
}

static gboolean
fits_memory (const char *path, int *longer, GError **error)
{
  int width = 0;
  int height = 0;
  GdkPixbufFormat *format = gdk_pixbuf_get_file_info (path, &width, &height);
  g_autofree char *name = format != NULL ? gdk_pixbuf_format_get_name (format) : NULL;

  *longer = MAX (width, height);
  if (name == NULL || width <= 0 || height <= 0)
    g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "the file is no picture");
  else if ((gint64) width * height > PIXELS_MAX && !g_str_equal (name, "jpeg"))
    g_set_error (error, GC_ERROR, GC_ERROR_TOO_LARGE, "the picture has %d × %d pixels", width,
                 height);
  else
    return TRUE;
  return FALSE;
}

static void
load_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Wish *wish = data;
  GError *error = NULL;
  g_autoptr (GdkPixbuf) pixbuf = NULL;
  g_autoptr (GdkPixbuf) upright = NULL;
  int longer;

  if (fits_memory (wish->path, &longer, &error))
    pixbuf = longer > wish->most ? gdk_pixbuf_new_from_file_at_scale (wish->path, wish->most,
                                                                      wish->most, TRUE, &error)
                                 : gdk_pixbuf_new_from_file (wish->path, &error);
  if (pixbuf == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  upright = gdk_pixbuf_apply_embedded_orientation (pixbuf);
  g_task_return_pointer (task, gdk_texture_new_for_pixbuf (upright), g_object_unref);
}

/**
 * gc_picture_load_async:
 * @path: of a file, which anybody may have made
 * @most: how many pixels it may have on its longer side
 * @cancellable: (nullable): to lose interest
 * @callback: called when it is read
 * @user_data: for @callback
 */
void
gc_picture_load_async (const char *path,
                       int most,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  Wish *wish = g_new0 (Wish, 1);

  wish->path = g_strdup (path);
  wish->most = most;
  g_task_set_source_tag (task, gc_picture_load_async);
  g_task_set_task_data (task, wish, wish_free);
  g_task_run_in_thread (task, load_in_thread);
}

/**
 * gc_picture_load_finish:
 * @result: what the callback got
 * @error: %GC_ERROR_INVALID or a #GdkPixbufError if it is no picture, %GC_ERROR_TOO_LARGE if it
 * would take more memory than a phone has
 *
 * Returns: (transfer full) (nullable): the picture
 */
GdkTexture *
gc_picture_load_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
