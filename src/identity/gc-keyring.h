/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "identity/gc-credentials.h"

G_BEGIN_DECLS

/* Where the credentials rest: the Secret Service or, where there is none, a file that only the
 * user can read. Property: uses-file (gboolean), for telling the worker. */

#define GC_TYPE_KEYRING (gc_keyring_get_type ())
G_DECLARE_FINAL_TYPE (GcKeyring, gc_keyring, GC, KEYRING, GObject)

GcKeyring *
gc_keyring_new (const char *data_dir);
void
gc_keyring_load_async (GcKeyring *self,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data);
GcCredentials *
gc_keyring_load_finish (GcKeyring *self, GAsyncResult *result, GError **error);
void
gc_keyring_save_async (GcKeyring *self,
                       GcCredentials *credentials,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data);
gboolean
gc_keyring_save_finish (GcKeyring *self, GAsyncResult *result, GError **error);
void
gc_keyring_clear_async (GcKeyring *self,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data);
gboolean
gc_keyring_clear_finish (GcKeyring *self, GAsyncResult *result, GError **error);
gboolean
gc_keyring_get_uses_file (GcKeyring *self);

G_END_DECLS
