/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A connection to PipeWire, be it the session's own or what the Camera portal opened of it. Its
 * descriptor stays open as long as anybody has the object: GStreamer tells connections apart by the
 * descriptor's number, which must not be given to another one meanwhile. */
#define GC_TYPE_PIPEWIRE_REMOTE (gc_pipewire_remote_get_type ())
G_DECLARE_FINAL_TYPE (GcPipewireRemote, gc_pipewire_remote, GC, PIPEWIRE_REMOTE, GObject)

GcPipewireRemote *
gc_pipewire_remote_new (int fd);
GcPipewireRemote *
gc_pipewire_remote_connect (GError **error);
char *
gc_pipewire_remote_find_socket (void);
GcPipewireRemote *
gc_pipewire_remote_dup (GcPipewireRemote *self);
int
gc_pipewire_remote_get_fd (GcPipewireRemote *self);

G_END_DECLS
