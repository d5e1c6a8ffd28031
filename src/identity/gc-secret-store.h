/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* One secret text for each profile, in the Secret Service or, in a sandbox, behind its portal. */

void
gc_secret_store_read_async (const char *profile,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
char *
gc_secret_store_read_finish (GAsyncResult *result, GError **error);
void
gc_secret_store_write_async (const char *profile,
                             const char *text,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
gboolean
gc_secret_store_write_finish (GAsyncResult *result, GError **error);
void
gc_secret_store_clear_async (const char *profile,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
gboolean
gc_secret_store_clear_finish (GAsyncResult *result, GError **error);
void
gc_secret_wipe (gpointer text);

G_END_DECLS
