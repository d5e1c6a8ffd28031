/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Tells every open console what changes: see API.md, “Events”. Main thread only. */

#define GC_TYPE_CONSOLE_EVENTS (gc_console_events_get_type ())
G_DECLARE_FINAL_TYPE (GcConsoleEvents, gc_console_events, GC, CONSOLE_EVENTS, GObject)

GcConsoleEvents *
gc_console_events_new (void);
void
gc_console_events_accept (GcConsoleEvents *self, SoupServerMessage *message, const char *login);
void
gc_console_events_emit (GcConsoleEvents *self, const char *event, JsonObject *data);
void
gc_console_events_drop (GcConsoleEvents *self, const char *login);
gboolean
gc_console_events_is_closed (GcConsoleEvents *self);

G_END_DECLS
