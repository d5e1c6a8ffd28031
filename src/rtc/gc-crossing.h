/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* The way from GStreamer's threads to an object that lives on a main context. Those threads hold
 * the crossing and never the object: its last reference must not be dropped on a thread that it is
 * about to stop. */

typedef struct _GcCrossing GcCrossing;

/**
 * GcCrossingFunc:
 * @target: (transfer none): the object
 * @data: what was given to gc_crossing_call()
 */
typedef void (*GcCrossingFunc) (gpointer target, gpointer data);

GcCrossing *
gc_crossing_new (gpointer target);
GcCrossing *
gc_crossing_ref (GcCrossing *self);
void
gc_crossing_unref (GcCrossing *self);
void
gc_crossing_unref_closure (gpointer self, GClosure *closure);
void
gc_crossing_call (GcCrossing *self, GcCrossingFunc func, gpointer data, GDestroyNotify data_free);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcCrossing, gc_crossing_unref)

G_END_DECLS
