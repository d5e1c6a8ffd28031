/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Unlocks a part of the Secret Service, which may ask the worker for a password. libsecret's own
 * way (0.21) does not survive it when the service goes away while it asks, or nobody can be asked:
 * its operation then never returns. */

void
gc_secret_unlock_async (GDBusConnection *bus,
                        const char *path,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data);
gboolean
gc_secret_unlock_finish (GAsyncResult *result, GError **error);

G_END_DECLS
