/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "live/gc-encoder.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* Camera and microphone, and who uses them: preview, QR scanner, encoder. The camera is open only
 * while one of them needs it; the microphone only while the encoder does. Properties: camera-count
 * (uint), camera-active and microphone-active (gboolean: whether anything comes), sharp (gboolean).
 * Signals: code-found (const char *text), failed (GError *error: the camera; once until pictures
 * come again). */
#define GC_TYPE_STUDIO (gc_studio_get_type ())
G_DECLARE_FINAL_TYPE (GcStudio, gc_studio, GC, STUDIO, GObject)

GcStudio *
gc_studio_new (const char *camera, const char *microphone);
void
gc_studio_set_preview_sink (GcStudio *self, GstElement *sink);
gboolean
gc_studio_set_scanning (GcStudio *self, gboolean scanning, GError **error);
GcEncoder *
gc_studio_open_encoder (GcStudio *self, const char *const *wanted, GError **error);
void
gc_studio_set_sharp (GcStudio *self, gboolean sharp);
void
gc_studio_set_frugal (GcStudio *self, gboolean frugal);
void
gc_studio_close_encoder (GcStudio *self);
void
gc_studio_switch_camera (GcStudio *self);
void
gc_studio_take_photo_async (GcStudio *self, GAsyncReadyCallback callback, gpointer user_data);
GBytes *
gc_studio_take_photo_finish (GcStudio *self, GAsyncResult *result, GError **error);
guint
gc_studio_get_camera_count (GcStudio *self);
gboolean
gc_studio_is_camera_active (GcStudio *self);
gboolean
gc_studio_is_microphone_active (GcStudio *self);

G_END_DECLS
