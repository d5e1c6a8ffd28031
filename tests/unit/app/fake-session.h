/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session/gc-session.h"

G_BEGIN_DECLS

/* Stands in for the session in tests of the window: every property can be set from outside, and
 * every call leaves a line. */

GcTaskItem *
fake_session_add_task (GcSession *self, GcTask *task);
void
fake_session_change_task (GcTaskItem *item, GcTaskState state, const char *note, gboolean sent);
void
fake_session_cancel_too_late (GcTaskItem *item, const char *reason);
void
fake_session_add_watch (GcSession *self, const char *viewer, gint64 from_ms, gint64 until_ms);
GcAlertItem *
fake_session_add_alert (GcSession *self, GcCap *cap, gboolean loud);
void
fake_session_withdraw_alert (GcSession *self, GcAlertItem *item);
void
fake_session_deliver_files (GcSession *self);
/* From then on; every one waits before. */
void
fake_session_set_attachment (GcSession *self, const char *id, GcAttachmentState state);
void
fake_session_fail_next (GcSession *self, int code);
char *
fake_session_take_calls (GcSession *self);

G_END_DECLS
