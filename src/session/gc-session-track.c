/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/gc-session-private.h"

/**
 * gc_session_take_fix:
 * @self: a session
 * @fix: where the worker is
 *
 * Shows it, and puts it into the track if it says something new: the more so while somebody watches
 * or waits for the worker. Off duty it is nobody's business. Main context.
 */
void
gc_session_take_fix (GcSession *self, const GcFix *fix)
{
  gboolean dense;

  if (!self->on_duty)
    return;
  dense = gc_live_session_get_state (self->live) != GC_LIVE_IDLE
          || gc_task_list_is_under_way (self->tasks) || gc_session_has_open_sos (self);
  g_clear_pointer (&self->fix, gc_fix_free);
  self->fix = gc_fix_copy (fix);
  if (gc_track_thinner_keeps (&self->thinner, fix, dense))
    gc_store_add_fix (self->store, fix);
  gc_task_list_set_fix (self->tasks, fix);
  gc_alert_list_set_fix (self->alerts, fix);
  gc_session_follow_sos (self);
  gc_session_notify (self, GC_SESSION_PROP_FIX);
}

/**
 * gc_session_forget_fix:
 * @self: a session that goes off duty
 *
 * Where the worker is nobody knows any more. Main context.
 */
void
gc_session_forget_fix (GcSession *self)
{
  g_clear_pointer (&self->fix, gc_fix_free);
  gc_task_list_set_fix (self->tasks, NULL);
  gc_alert_list_set_fix (self->alerts, NULL);
  gc_session_notify (self, GC_SESSION_PROP_FIX);
}
