/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "camera/gc-capture.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* One picture of a capture, as a photo. */

void
gc_still_take_async (GcCapture *capture, GAsyncReadyCallback callback, gpointer user_data);
GBytes *
gc_still_take_finish (GcCapture *capture, GAsyncResult *result, GError **error);

G_END_DECLS
