/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* Who watched, and when. Properties: viewer (string), from-ms (int64 wall), until-ms (int64 wall, 0
 * while still watching). */
#define GC_TYPE_WATCH_ITEM (gc_watch_item_get_type ())
G_DECLARE_FINAL_TYPE (GcWatchItem, gc_watch_item, GC, WATCH_ITEM, GObject)

GcWatchItem *
gc_watch_item_new (const char *session, const char *viewer, gint64 from_ms, gint64 until_ms);
gboolean
gc_watch_item_is (GcWatchItem *self, const char *session, const char *viewer, gint64 from_ms);
void
gc_watch_item_set_until (GcWatchItem *self, gint64 until_ms);

G_END_DECLS
