/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-session"

#include "session/gc-session-private.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"

/* PROTOCOL.md, “sos.position”. */
#define MOVE_INTERVAL_MS 5000

/* The worker's call for help: pressed, shown, followed. What must not be lost of it is in the store
 * and leaves by the channel; here is what happens around it. */

static const GcSos *
find_open (GcSession *self)
{
  const GcSos *sos = self->store != NULL ? gc_store_get_sos (self->store) : NULL;

  return sos != NULL && !gc_sos_state_is_final (sos->state) ? sos : NULL;
}

/**
 * gc_session_has_open_sos:
 * @self: a session
 *
 * Main context.
 *
 * Returns: whether the worker has called for help, and that is not over
 */
gboolean
gc_session_has_open_sos (GcSession *self)
{
  return find_open (self) != NULL;
}

static gboolean
is_online (GcSession *self)
{
  return gc_session_get_link (self) == GC_LINK_ONLINE;
}

/* Only what says something newer than the SOS itself did. */
static gboolean
has_moved (GcSession *self, const GcSos *sos)
{
  return self->fix != NULL && (sos->fix == NULL || self->fix->time_ms > sos->fix->time_ms);
}

static void
tell_position (GcSession *self, const GcSos *sos)
{
  g_autoptr (GcSos) now = gc_sos_copy (sos);
  g_autoptr (JsonObject) body = NULL;
  g_autoptr (GcEnvelope) envelope = NULL;

  g_clear_pointer (&now->fix, gc_fix_free);
  now->fix = gc_fix_copy (self->fix);
  now->battery_percent = gc_battery_get_percent (self->battery);
  body = gc_sos_print_position (now);
  envelope = gc_envelope_new (GC_MSG_SOS_POSITION, body);
  if (gc_channel_send (self->channel, envelope))
    self->sos_moved_ms = gc_clock_monotonic_ms ();
}

/**
 * gc_session_follow_sos:
 * @self: a session
 *
 * Called when the connection, the SOS or the worker's position has changed: tells the center where
 * the worker is by now, and opens live video if that was asked for. Main context.
 */
void
gc_session_follow_sos (GcSession *self)
{
  const GcSos *sos = find_open (self);

  if (sos == NULL)
    {
      self->sos_wants_live = FALSE;
      return;
    }
  if (!is_online (self) || sos->received_ms == 0)
    return;
  if (has_moved (self, sos) && gc_clock_monotonic_ms () - self->sos_moved_ms >= MOVE_INTERVAL_MS)
    tell_position (self, sos);
  if (!self->sos_wants_live)
    return;
  self->sos_wants_live = FALSE;
  if (gc_live_session_get_state (self->live) == GC_LIVE_IDLE)
    {
      self->sos_opened_live = TRUE;
      gc_session_go_live (self);
    }
}

static void
on_sos_changed (GcStore *store, gpointer user_data)
{
  GcSession *self = user_data;

  gc_session_follow_sos (self);
  gc_session_notify (self, GC_SESSION_PROP_SOS);
}

/**
 * gc_session_watch_sos:
 * @self: a session whose store was opened
 *
 * Main context.
 */
void
gc_session_watch_sos (GcSession *self)
{
  self->sos_moved_ms = -MOVE_INTERVAL_MS;
  g_signal_connect_object (self->store, "sos-changed", G_CALLBACK (on_sos_changed), self, 0);
  gc_session_notify (self, GC_SESSION_PROP_SOS);
}

static void
on_pressed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcSession) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GcSos) sos = gc_store_press_sos_finish (GC_STORE (source), result, &error);

  if (sos == NULL)
    gc_session_report_problem (self, error);
}

/**
 * gc_session_press_sos:
 * @self: an open session of a paired terminal
 * @open_live: whether the worker's settings let it open live video
 *
 * Calls for help, with position and battery: stored, then sent ahead of everything, over the first
 * network there is. Puts the worker on duty first. The property “sos” shows what becomes of it; the
 * signal “problem” says if it could not be stored. Main context.
 */
void
gc_session_press_sos (GcSession *self, gboolean open_live)
{
  g_return_if_fail (GC_IS_SESSION (self));

  if (self->store == NULL || self->credentials == NULL || self->closing)
    return;
  gc_session_set_on_duty (self, TRUE);
  self->sos_wants_live = open_live;
  self->sos_opened_live = FALSE;
  gc_store_press_sos_async (self->store, self->fix, gc_battery_get_percent (self->battery), NULL,
                            on_pressed, g_object_ref (self));
}

static void
on_withdrawn (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcSession) self = user_data;
  g_autoptr (GError) error = NULL;

  /* A dispatcher who ended it meanwhile has said the same. */
  if (!gc_store_withdraw_sos_finish (GC_STORE (source), result, &error)
      && !g_error_matches (error, GC_ERROR, GC_ERROR_CONFLICT))
    gc_session_report_problem (self, error);
}

/**
 * gc_session_withdraw_sos:
 * @self: an open session
 *
 * It was a false alarm: tells the center, and ends the live video that the SOS had opened. Main
 * context.
 */
void
gc_session_withdraw_sos (GcSession *self)
{
  const GcSos *sos;

  g_return_if_fail (GC_IS_SESSION (self));

  sos = find_open (self);
  if (sos == NULL)
    return;
  if (self->sos_opened_live)
    gc_session_end_live (self);
  self->sos_opened_live = FALSE;
  gc_store_withdraw_sos_async (self->store, sos->id, NULL, on_withdrawn, g_object_ref (self));
}
