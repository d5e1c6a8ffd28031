/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Pictures that others made, from files, upright, no larger than they are shown, without holding up
 * the window. */

void
gc_picture_load_async (const char *path,
                       int most,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data);
GdkTexture *
gc_picture_load_finish (GAsyncResult *result, GError **error);

G_END_DECLS
