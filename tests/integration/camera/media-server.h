/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <gst/gst.h>

/* A real PipeWire and its WirePlumber in a runtime folder of the test's own, with cameras and
 * microphones that are other programs' GStreamer pipelines. Call media_server_prepare() before
 * anything uses PipeWire, and media_server_clean_up() at the end. */

void
media_server_prepare (void);
void
media_server_clean_up (void);
/* Goes by chroot() where the services do not follow. */
void
media_server_leave_for (const char *root);
/* Any program of the session. */
GSubprocess *
media_server_spawn (const char *const *argv);

void
media_server_start (void);
void
media_server_stop (void);
/* A server that hangs, and one that goes on. */
void
media_server_freeze (gboolean frozen);

/* Each picture is of one brightness. The place is “front” or “back”. */
GSubprocess *
media_server_plug_in_camera (const char *name, const char *place, int level);
GSubprocess *
media_server_plug_in_microphone (const char *name);
/* Mounted on its side: a spa_meta_videotransform. Its pictures are black above. */
GSubprocess *
media_server_plug_in_turned_camera (const char *name, const char *place, int level, int turn);
/* Takes a camera for itself, until it is in state NULL again. */
GstElement *
media_server_occupy (const char *name);
GSubprocess *
media_server_plug_in_microphone (const char *name);
/* One that another program has for itself. */
GSubprocess *
media_server_plug_in_busy_camera (const char *name);
/* As in the settings. */
void
media_server_choose_microphone (const char *name);
void
media_server_plug_out (GSubprocess **device);
