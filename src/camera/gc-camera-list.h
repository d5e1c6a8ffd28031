/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "camera/gc-media-source.h"

G_BEGIN_DECLS

/* The cameras, or microphones, that there are: a list model of GcMediaSource that follows plugging
 * in and out. */
#define GC_TYPE_CAMERA_LIST (gc_camera_list_get_type ())
G_DECLARE_FINAL_TYPE (GcCameraList, gc_camera_list, GC, CAMERA_LIST, GObject)

GcCameraList *
gc_camera_list_new (const char *name, int lines);
void
gc_camera_list_ask (GcCameraList *self);

G_END_DECLS
