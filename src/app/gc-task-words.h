/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "protocol/gc-task.h"

G_BEGIN_DECLS

/* What the worker reads about a task. */

char *
gc_task_words_deadline (gint64 deadline_ms, gint64 now_ms);
const char *
gc_task_words_due (gboolean overdue);
const char *
gc_task_words_urgency (GcTaskUrgency urgency);
const char *
gc_task_words_state (GcTaskState state);
char *
gc_task_words_cancelled (const char *reason);
char *
gc_task_words_late_cancel (const char *reason);
const char *
gc_task_words_next_step (GcTaskState state);

G_END_DECLS
