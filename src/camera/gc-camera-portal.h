/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "camera/gc-pipewire-remote.h"

G_BEGIN_DECLS

/* The Camera portal: asks on behalf of a sandboxed terminal whether it may use the cameras. */

gboolean
gc_camera_portal_is_needed (void);
void
gc_camera_portal_open_async (GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
GcPipewireRemote *
gc_camera_portal_open_finish (GAsyncResult *result, GError **error);

G_END_DECLS
