/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "live/gc-live-stats.h"

G_BEGIN_DECLS

/* What became of live video, second by second, for who wants to know why it was bad: a file of JSON
 * lines, and the one before it, that no one but the worker reads. */
typedef struct _GcLiveLog GcLiveLog;

GcLiveLog *
gc_live_log_new (const char *folder);
void
gc_live_log_free (GcLiveLog *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcLiveLog, gc_live_log_free)

void
gc_live_log_write (GcLiveLog *self, const char *session, gint64 wall_ms, const GcLiveStats *stats);

G_END_DECLS
