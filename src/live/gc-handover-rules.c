/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-live"

/* When a connection is replaced, by which, and over which uplink: README.md, “Hand-over”. */

#include "live/gc-handover-private.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"

#include <libsoup/soup.h>
#include <string.h>

/* How long a server may take to answer the first offer: some start programs first. */
#define PATIENCE_MS 15000
/* And a later one: a new attempt finds a network that has come back sooner than TCP does. */
#define SHORT_PATIENCE_MS 2000
/* Host candidates are there at once; a relay takes two round trips, and only a server that does not
 * answer takes all of this. */
#define GATHERING_MS 2000
/* For who found a way without a relay a moment ago. */
#define SHORT_GATHERING_MS 50
/* A connection that was just made works, as ICE and DTLS have shown; that the other side gets media
 * over it is known when it reports, and assumed after this. */
#define PROOF_MS 1500
/* The first pictures go before a standby is made; but uplinks that have changed change again soon.
 */
#define STANDBY_AFTER_MS 500
/* We look every 50 ms; later than this, the machine is busy. */
#define LATE_MS 150
/* For so long nobody is told that a connection is silent. */
#define VISIBLE_MS 1500
/* What was learnt of TURN servers: their credentials do not last. */
#define ICE_SERVERS_AGE_MS (5 * 60 * 1000)
/* RFC 4918 */
#define STATUS_LOCKED 423

/* --- taking over --- */

static const char *
get_interface (GcPublication *publication)
{
  const GcPath *path = gc_publication_get_path (publication);

  return path != NULL ? path->interface : NULL;
}

static void
take_over (GcHandover *self)
{
  GcPublication *old = gc_handover_take_out (self, &self->current);

  self->current = g_steal_pointer (&self->next);
  gc_handover_drop_next (self);
  gc_handover_leave (self, self->current);
  if (old != NULL)
    {
      /* Its own way may be dead. */
      gc_whip_client_bind_interface (gc_publication_get_client (old), self->route.interface);
      gc_handover_close (self, old);
    }
  self->moved = FALSE;
  self->was_sending = TRUE;
  self->standby_after_ms = gc_clock_monotonic_ms () + STANDBY_AFTER_MS;
  gc_handover_begin_anew (self);
  gc_handover_set_error (self, NULL);
  gc_handover_update_should_move (self);
  gc_handover_switched (self);
  gc_handover_set_state (self, GC_HANDOVER_SENDING);
}

static void
release_next (GcHandover *self)
{
  self->released_ms = gc_clock_monotonic_ms ();
  if (self->current != NULL)
    gc_rtc_liveness_inherit (gc_rtc_bin_get_liveness (gc_publication_get_rtc (self->next)),
                             gc_rtc_bin_get_liveness (gc_publication_get_rtc (self->current)));
  gc_publication_release (self->next);
  if (self->current == NULL)
    take_over (self);
}

/* Whether next has shown that media get through, or should have. */
static gboolean
is_proven (GcHandover *self)
{
  return gc_publication_is_received (self->next)
         || (!self->next_was_standby && gc_clock_monotonic_ms () > self->released_ms + PROOF_MS);
}

/* --- the next connection --- */

static gboolean
on_retry (gpointer user_data)
{
  GcHandover *self = user_data;

  self->retry = 0;
  gc_handover_reconsider (self);
  return G_SOURCE_REMOVE;
}

/* Every second attempt is given twice as long as the shortest, every fourth four times, and so on:
 * a slow server gets its time, and a network that is back is found soon. */
static guint
get_patience_ms (GcHandover *self)
{
  guint attempt = self->attempts + 1;

  if (!self->was_sending)
    return PATIENCE_MS;
  return MIN ((guint) SHORT_PATIENCE_MS * (attempt & -attempt), PATIENCE_MS);
}

static guint
get_gathering_ms (GcHandover *self)
{
  gboolean is_in_hurry = self->was_sending && !self->route.relayed && self->attempts % 2 == 0;

  return is_in_hurry ? SHORT_GATHERING_MS : GATHERING_MS;
}

static void
begin_next (GcHandover *self)
{
  g_autofree char *preferred = NULL;
  const GcPath *path = gc_handover_choose_path (self, &preferred);
  g_autoptr (GError) error = NULL;

  if (gc_clock_monotonic_ms () > self->ice_servers_ms + ICE_SERVERS_AGE_MS)
    g_clear_pointer (&self->ice_servers, g_ptr_array_unref);
  self->next = gc_handover_make (self, path, get_patience_ms (self), get_gathering_ms (self), FALSE,
                                 &error);
  if (self->next == NULL)
    {
      gc_handover_end (self, error);
      return;
    }
  self->next_interface = g_strdup (path != NULL ? path->interface : preferred);
  g_debug ("next: attempt %u over %s%s", self->attempts,
           self->next_interface != NULL ? self->next_interface : "?", path != NULL ? " alone" : "");
  gc_publication_start (self->next);
}

/* For a server that takes no second connection. It is told over @interface, %NULL for the kernel's
 * choice: the way of the connection itself may be dead. */
static void
end_current (GcHandover *self, const char *interface)
{
  GcPublication *publication = gc_handover_take_out (self, &self->current);

  gc_handover_leave (self, NULL);
  self->ending = TRUE;
  gc_whip_client_bind_interface (gc_publication_get_client (publication), interface);
  gc_handover_close (self, publication);
}

/* What is ready over another uplink is the quickest, if the network would not rather have a third.
 */
static gboolean
use_standby (GcHandover *self)
{
  g_autofree char *preferred = NULL;

  if (!gc_handover_is_ready (self->standby))
    return FALSE;
  preferred = gc_media_route_find_preferred (&self->route);
  if (self->current != NULL && self->silent_since_ms == 0 && !gc_media_route_is_cut (&self->route)
      && g_strcmp0 (gc_publication_get_path (self->standby)->interface, preferred) != 0)
    return FALSE;
  self->next = g_steal_pointer (&self->standby);
  self->next_interface = g_strdup (gc_publication_get_path (self->next)->interface);
  self->next_was_standby = TRUE;
  release_next (self);
  return TRUE;
}

static void
look_for_next (GcHandover *self)
{
  self->ending &= self->closing > 0;
  if (self->next != NULL || self->retry != 0 || self->ending || use_standby (self))
    return;
  /* It would take the standby's place at the server. */
  gc_handover_drop (self, &self->standby);
  if (self->exclusive && self->current != NULL && self->should_move)
    {
      g_autofree char *preferred = NULL;
      const GcPath *path = gc_handover_choose_path (self, &preferred);

      end_current (self, path != NULL ? path->interface : NULL);
    }
  else
    begin_next (self);
}

static void
schedule_retry (GcHandover *self, guint least_ms)
{
  guint delay_ms = MAX (gc_backoff_next_ms (&self->backoff), least_ms);

  self->attempts++;
  g_clear_handle_id (&self->retry, g_source_remove);
  self->retry = g_timeout_add (delay_ms, on_retry, self);
}

/* --- what may go wrong --- */

/* What another attempt would not change. A stream that was on once is given up only when the server
 * itself says so: of everything else the network in between may be guilty, as a hotel's Wi-Fi. */
static gboolean
is_final (GcHandover *self, const GError *error)
{
  if (error->domain != GC_ERROR)
    return FALSE;
  if (self->was_sending)
    return error->code == GC_ERROR_UNAUTHORIZED || error->code == GC_ERROR_NOT_FOUND;
  return error->code != GC_ERROR_UNREACHABLE && error->code != GC_ERROR_BUSY
         && error->code != GC_ERROR_FAILED && error->code != GC_ERROR_CONFLICT;
}

/* Servers say in many ways that somebody publishes already. */
static gboolean
may_be_exclusive (guint status)
{
  return status == SOUP_STATUS_BAD_REQUEST || status == SOUP_STATUS_FORBIDDEN
         || status == SOUP_STATUS_NOT_ACCEPTABLE || status == SOUP_STATUS_CONFLICT
         || status == SOUP_STATUS_PRECONDITION_FAILED || status == SOUP_STATUS_UNPROCESSABLE_ENTITY
         || status == STATUS_LOCKED;
}

static void
on_next_lost (GcHandover *self)
{
  g_autoptr (GcPublication) next = g_object_ref (self->next);
  const GError *error = gc_publication_get_error (next);
  GcWhipClient *client = gc_publication_get_client (next);
  gboolean is_current_good = self->current != NULL && self->silent_since_ms == 0;

  g_message ("A connection came to nothing: %s", error->message);
  g_clear_pointer (&self->ice_servers, g_ptr_array_unref);
  gc_handover_drop_next (self);
  if (self->current != NULL && may_be_exclusive (gc_whip_client_get_status (client)))
    {
      self->exclusive = TRUE;
      if (!is_current_good || self->should_move)
        end_current (self, get_interface (next));
      return;
    }
  if (is_final (self, error) && is_current_good)
    {
      /* It goes on for as long as it works. */
      self->should_move = FALSE;
      return;
    }
  if (is_final (self, error))
    {
      gc_handover_end (self, error);
      return;
    }
  gc_handover_set_error (self, error);
  schedule_retry (self, gc_whip_client_get_retry_after (client) * 1000);
}

static void
on_current_lost (GcHandover *self)
{
  const GError *error = gc_publication_get_error (self->current);

  g_message ("The connection is made again: %s", error->message);
  gc_handover_set_error (self, error);
  gc_handover_leave (self, NULL);
  gc_handover_drop (self, &self->current);
  if (self->released_ms != 0)
    take_over (self);
  else
    gc_handover_reconsider (self);
}

static void
on_standby_lost (GcHandover *self)
{
  g_debug ("standby: %s", gc_publication_get_error (self->standby)->message);
  gc_handover_drop (self, &self->standby);
  self->standby_after_ms = gc_clock_monotonic_ms () + gc_backoff_next_ms (&self->standby_backoff);
}

static void
on_standby_connected (GcHandover *self)
{
  gc_backoff_reset (&self->standby_backoff);
  g_message ("A second connection is ready over %s",
             gc_publication_get_path (self->standby)->interface);
}

static void
on_next_connected (GcHandover *self)
{
  GPtrArray *servers = gc_publication_get_ice_servers (self->next);

  g_clear_pointer (&self->ice_servers, g_ptr_array_unref);
  self->ice_servers = servers != NULL ? g_ptr_array_ref (servers) : NULL;
  self->ice_servers_ms = gc_clock_monotonic_ms ();
  release_next (self);
}

/**
 * gc_handover_publication_changed:
 * @self: a handover
 * @publication: one of its publications
 *
 * It is connected, or lost. Main context.
 */
void
gc_handover_publication_changed (GcHandover *self, GcPublication *publication)
{
  g_autoptr (GcHandover) alive = g_object_ref (self);
  gboolean lost = gc_publication_get_state (publication) == GC_PUBLICATION_LOST;

  if (!lost)
    gc_handover_apply_limits (self);
  if (publication == self->current && lost)
    on_current_lost (self);
  else if (publication == self->next && lost)
    on_next_lost (self);
  else if (publication == self->next)
    on_next_connected (self);
  else if (publication == self->standby && lost)
    on_standby_lost (self);
  else if (publication == self->standby)
    on_standby_connected (self);
}

/* --- all of it --- */

/* Who was kept from listening must not call the other one silent: for as long as the machine had no
 * time for us, we owe the peer the same time. */
static gboolean
is_excused (GcHandover *self, gint64 now_ms)
{
  gint64 late_ms = self->listened_ms != 0 ? now_ms - self->listened_ms - LATE_MS : 0;

  self->listened_ms = now_ms;
  if (late_ms > 0)
    self->excused_until_ms = MAX (self->excused_until_ms, now_ms + late_ms + LATE_MS);
  return now_ms < self->excused_until_ms;
}

static void
listen (GcHandover *self)
{
  GcRtcBin *rtc = self->current != NULL ? gc_publication_get_rtc (self->current) : NULL;
  gint64 now_ms = gc_clock_monotonic_ms ();
  gboolean is_judged = !is_excused (self, now_ms);

  if (rtc == NULL || !gc_rtc_liveness_is_silent (gc_rtc_bin_get_liveness (rtc)))
    {
      if (rtc != NULL && self->silent_since_ms != 0)
        gc_publication_refresh (self->current);
      self->silent_since_ms = 0;
    }
  else if (self->silent_since_ms == 0 && is_judged)
    {
      self->silent_since_ms = now_ms;
      g_debug ("current: silent");
    }
}

static void
judge_next (GcHandover *self)
{
  if (self->released_ms == 0)
    return;
  if (is_proven (self))
    take_over (self);
  else if (gc_clock_monotonic_ms () > self->released_ms + PROOF_MS)
    {
      gc_handover_drop_next (self);
      /* It has had the last word on how large pictures are. */
      gc_publication_refresh (self->current);
    }
}

static void
show (GcHandover *self)
{
  gboolean sends = self->current != NULL
                   && (self->silent_since_ms == 0
                       || gc_clock_monotonic_ms () < self->silent_since_ms + VISIBLE_MS);

  gc_handover_set_state (self, sends ? GC_HANDOVER_SENDING : GC_HANDOVER_TRYING);
}

/**
 * gc_handover_reconsider:
 * @self: a handover
 *
 * Looks at everything and does what is due. Called many times a second, and when something
 * happened. Main context.
 */
void
gc_handover_reconsider (GcHandover *self)
{
  /* Who is told of a change may have had enough of it. */
  g_autoptr (GcHandover) alive = g_object_ref (self);

  if (self->ticker == 0)
    return;
  listen (self);
  judge_next (self);
  gc_handover_forgive (self);
  if (self->ticker == 0)
    return;
  if (self->current == NULL || self->silent_since_ms != 0 || self->should_move)
    look_for_next (self);
  else if (self->released_ms == 0)
    {
      /* What it was for is over: the old connection is heard again. */
      gc_handover_drop_next (self);
      gc_handover_begin_anew (self);
    }
  if (self->ticker == 0)
    return;
  gc_handover_tend_standby (self);
  show (self);
}
