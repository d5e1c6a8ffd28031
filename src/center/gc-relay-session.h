/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-ingest.h"
#include "center/gc-viewer.h"

G_BEGIN_DECLS

/* One live session of the relay: one publisher, and perhaps another that is about to take over; any
 * number of viewers. Signals publishing (), publisher-gone (reason), viewer-joined (id, name),
 * viewer-left (id, name). */
#define GC_TYPE_RELAY_SESSION (gc_relay_session_get_type ())
G_DECLARE_FINAL_TYPE (GcRelaySession, gc_relay_session, GC, RELAY_SESSION, GObject)

GcRelaySession *
gc_relay_session_new (const char *id, const char *token, guint viewers_max);
const char *
gc_relay_session_get_id (GcRelaySession *self);
gboolean
gc_relay_session_check_token (GcRelaySession *self, const char *token);
gboolean
gc_relay_session_is_closed (GcRelaySession *self);

GcIngest *
gc_relay_session_new_publisher (GcRelaySession *self);
const char *
gc_relay_session_add_publisher (GcRelaySession *self, GcIngest *ingest);
GcIngest *
gc_relay_session_get_publisher (GcRelaySession *self, const char *resource);
void
gc_relay_session_end_publisher (GcRelaySession *self, const char *resource);
GcIngest *
gc_relay_session_get_current (GcRelaySession *self);

GcViewer *
gc_relay_session_new_viewer (GcRelaySession *self, const char *name);
const char *
gc_relay_session_add_viewer (GcRelaySession *self, GcViewer *viewer);
GcViewer *
gc_relay_session_get_viewer (GcRelaySession *self, const char *resource);
void
gc_relay_session_remove_viewer (GcRelaySession *self, const char *resource);
guint
gc_relay_session_count_viewers (GcRelaySession *self);
gboolean
gc_relay_session_is_full (GcRelaySession *self);
void
gc_relay_session_close (GcRelaySession *self);

G_END_DECLS
