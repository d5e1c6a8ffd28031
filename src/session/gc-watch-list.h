/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session/gc-watch-item.h"
#include "store/gc-store.h"

G_BEGIN_DECLS

/* Who watched, and when, as the store holds it: a list model of GcWatchItem, newest first. Property
 * watching (uint): how many watch now. */
#define GC_TYPE_WATCH_LIST (gc_watch_list_get_type ())
G_DECLARE_FINAL_TYPE (GcWatchList, gc_watch_list, GC, WATCH_LIST, GObject)

GcWatchList *
gc_watch_list_new (GcStore *store);
guint
gc_watch_list_get_watching (GcWatchList *self);

G_END_DECLS
