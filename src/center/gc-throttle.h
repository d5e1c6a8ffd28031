/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Slows down guessing: counts failures per key and makes each further one wait longer. */

typedef struct _GcThrottle GcThrottle;

GcThrottle *
gc_throttle_new (guint free_failures, guint first_wait_s, guint max_wait_s);
void
gc_throttle_free (GcThrottle *self);
guint
gc_throttle_check (GcThrottle *self, const char *key, gint64 now_ms);
void
gc_throttle_fail (GcThrottle *self, const char *key, gint64 now_ms);
void
gc_throttle_succeed (GcThrottle *self, const char *key);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcThrottle, gc_throttle_free)

G_END_DECLS
