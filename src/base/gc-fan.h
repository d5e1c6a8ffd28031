/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Hands things from one thread to any number of functions, which come and go on another. */

typedef struct _GcFan GcFan;

/**
 * GcFanFunc:
 * @detail: what kind of thing
 * @thing: the thing, borrowed
 * @data: what was given to gc_fan_add()
 *
 * Must not block, nor add or remove functions.
 */
typedef void (*GcFanFunc) (guint detail, gpointer thing, gpointer data);

GcFan *
gc_fan_new (void);
void
gc_fan_free (GcFan *fan);
guint
gc_fan_add (GcFan *fan, GcFanFunc func, gpointer data);
void
gc_fan_remove (GcFan *fan, guint id);
void
gc_fan_out (GcFan *fan, guint detail, gpointer thing);

G_END_DECLS
