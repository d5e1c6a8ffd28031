/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-live"

/* When a connection is replaced, by which, and over which uplink: README.md, “Hand-over”. */

#include "live/gc-succession-private.h"

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
take_over (GcSuccession *self)
{
  GcPublication *old = gc_succession_take_out (self, &self->current);

  self->current = g_steal_pointer (&self->next);
  gc_succession_drop_next (self);
  gc_succession_leave (self, self->current);
  if (old != NULL)
    {
      /* Its own way may be dead. */
      gc_whip_client_use_interface (gc_publication_get_client (old), self->way.interface);
      gc_succession_close (self, old);
    }
  self->moved = FALSE;
  self->was_sending = TRUE;
  self->spare_after_ms = gc_clock_monotonic_ms () + PROOF_MS;
  gc_succession_begin_anew (self);
  gc_succession_set_error (self, NULL);
  gc_succession_update_elsewhere (self);
  gc_succession_switched (self);
  gc_succession_set_state (self, GC_SUCCESSION_SENDING);
}

static void
release_next (GcSuccession *self)
{
  self->released_ms = gc_clock_monotonic_ms ();
  gc_publication_release (self->next);
  if (self->current == NULL)
    take_over (self);
}

/* Whether next has shown that media get through, or should have. */
static gboolean
is_proven (GcSuccession *self)
{
  return gc_publication_is_received (self->next)
         || (!self->next_was_spare && gc_clock_monotonic_ms () > self->released_ms + PROOF_MS);
}

/* --- the next connection --- */

static gboolean
on_retry (gpointer user_data)
{
  GcSuccession *self = user_data;

  self->retry = 0;
  gc_succession_reconsider (self);
  return G_SOURCE_REMOVE;
}

/* Every second attempt is given twice as long as the shortest, every fourth four times, and so on:
 * a slow server gets its time, and a network that is back is found soon. */
static guint
get_patience_ms (GcSuccession *self)
{
  guint attempt = self->attempts + 1;

  if (!self->was_sending)
    return PATIENCE_MS;
  return MIN ((guint) SHORT_PATIENCE_MS * (attempt & -attempt), PATIENCE_MS);
}

static guint
get_gathering_ms (GcSuccession *self)
{
  gboolean is_in_hurry = self->was_sending && !self->way.relayed && self->attempts % 2 == 0;

  return is_in_hurry ? SHORT_GATHERING_MS : GATHERING_MS;
}

static void
begin_next (GcSuccession *self)
{
  g_autofree char *preferred = NULL;
  const GcPath *path = gc_succession_choose_path (self, &preferred);
  g_autoptr (GError) error = NULL;

  if (gc_clock_monotonic_ms () > self->ice_servers_ms + ICE_SERVERS_AGE_MS)
    g_clear_pointer (&self->ice_servers, g_ptr_array_unref);
  self->next = gc_succession_make (self, path, get_patience_ms (self), get_gathering_ms (self),
                                   FALSE, &error);
  if (self->next == NULL)
    {
      gc_succession_end (self, error);
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
end_current (GcSuccession *self, const char *interface)
{
  GcPublication *publication = gc_succession_take_out (self, &self->current);

  gc_succession_leave (self, NULL);
  self->ending = TRUE;
  gc_whip_client_use_interface (gc_publication_get_client (publication), interface);
  gc_succession_close (self, publication);
}

/* What is ready over another uplink is the quickest, if the network would not rather have a third.
 */
static gboolean
use_spare (GcSuccession *self)
{
  g_autofree char *preferred = NULL;

  if (!gc_succession_is_ready (self->spare))
    return FALSE;
  preferred = gc_way_find_preferred (&self->way);
  if (self->current != NULL && self->silent_since_ms == 0 && !gc_way_is_cut (&self->way)
      && g_strcmp0 (gc_publication_get_path (self->spare)->interface, preferred) != 0)
    return FALSE;
  self->next = g_steal_pointer (&self->spare);
  self->next_interface = g_strdup (gc_publication_get_path (self->next)->interface);
  self->next_was_spare = TRUE;
  release_next (self);
  return TRUE;
}

static void
look_for_next (GcSuccession *self)
{
  self->ending &= self->closing > 0;
  if (self->next != NULL || self->retry != 0 || self->ending || use_spare (self))
    return;
  /* It would take the spare's place at the server. */
  gc_succession_drop (self, &self->spare);
  if (self->exclusive && self->current != NULL && self->elsewhere)
    {
      g_autofree char *preferred = NULL;
      const GcPath *path = gc_succession_choose_path (self, &preferred);

      end_current (self, path != NULL ? path->interface : NULL);
    }
  else
    begin_next (self);
}

static void
schedule_retry (GcSuccession *self, guint least_ms)
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
is_final (GcSuccession *self, const GError *error)
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
on_next_lost (GcSuccession *self)
{
  g_autoptr (GcPublication) next = g_object_ref (self->next);
  const GError *error = gc_publication_get_error (next);
  GcWhipClient *client = gc_publication_get_client (next);
  gboolean is_current_good = self->current != NULL && self->silent_since_ms == 0;

  g_message ("A connection came to nothing: %s", error->message);
  g_clear_pointer (&self->ice_servers, g_ptr_array_unref);
  gc_succession_drop_next (self);
  if (self->current != NULL && may_be_exclusive (gc_whip_client_get_status (client)))
    {
      self->exclusive = TRUE;
      if (!is_current_good || self->elsewhere)
        end_current (self, get_interface (next));
      return;
    }
  if (is_final (self, error) && is_current_good)
    {
      /* It goes on for as long as it works. */
      self->elsewhere = FALSE;
      return;
    }
  if (is_final (self, error))
    {
      gc_succession_end (self, error);
      return;
    }
  gc_succession_set_error (self, error);
  schedule_retry (self, gc_whip_client_get_retry_after (client) * 1000);
}

static void
on_current_lost (GcSuccession *self)
{
  const GError *error = gc_publication_get_error (self->current);

  g_message ("The connection is made again: %s", error->message);
  gc_succession_set_error (self, error);
  gc_succession_leave (self, NULL);
  gc_succession_drop (self, &self->current);
  if (self->released_ms != 0)
    take_over (self);
  else
    gc_succession_reconsider (self);
}

static void
on_spare_lost (GcSuccession *self)
{
  g_debug ("spare: %s", gc_publication_get_error (self->spare)->message);
  gc_succession_drop (self, &self->spare);
  self->spare_after_ms = gc_clock_monotonic_ms () + gc_backoff_next_ms (&self->spare_backoff);
}

static void
on_next_connected (GcSuccession *self)
{
  GPtrArray *servers = gc_publication_get_ice_servers (self->next);

  g_clear_pointer (&self->ice_servers, g_ptr_array_unref);
  self->ice_servers = servers != NULL ? g_ptr_array_ref (servers) : NULL;
  self->ice_servers_ms = gc_clock_monotonic_ms ();
  release_next (self);
}

/**
 * gc_succession_publication_changed:
 * @self: a succession
 * @publication: one of its publications
 *
 * It is connected, or lost. Main context.
 */
void
gc_succession_publication_changed (GcSuccession *self, GcPublication *publication)
{
  g_autoptr (GcSuccession) alive = g_object_ref (self);
  gboolean lost = gc_publication_get_state (publication) == GC_PUBLICATION_LOST;

  if (publication == self->current && lost)
    on_current_lost (self);
  else if (publication == self->next && lost)
    on_next_lost (self);
  else if (publication == self->next)
    on_next_connected (self);
  else if (publication == self->spare && lost)
    on_spare_lost (self);
  else if (publication == self->spare)
    gc_backoff_reset (&self->spare_backoff);
}

/* --- all of it --- */

/* Who was kept from listening must not call the other one silent: for as long as the machine had no
 * time for us, we owe the peer the same time. */
static gboolean
is_excused (GcSuccession *self, gint64 now_ms)
{
  gint64 late_ms = self->listened_ms != 0 ? now_ms - self->listened_ms - LATE_MS : 0;

  self->listened_ms = now_ms;
  if (late_ms > 0)
    self->excused_until_ms = MAX (self->excused_until_ms, now_ms + late_ms + LATE_MS);
  return now_ms < self->excused_until_ms;
}

static void
listen (GcSuccession *self)
{
  GcRtcBin *rtc = self->current != NULL ? gc_publication_get_rtc (self->current) : NULL;
  gint64 now_ms = gc_clock_monotonic_ms ();
  gboolean is_judged = !is_excused (self, now_ms);

  if (rtc == NULL || !gc_rtc_bin_hears_nothing (rtc))
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
judge_next (GcSuccession *self)
{
  if (self->released_ms == 0)
    return;
  if (is_proven (self))
    take_over (self);
  else if (gc_clock_monotonic_ms () > self->released_ms + PROOF_MS)
    {
      gc_succession_drop_next (self);
      /* It has had the last word on how large pictures are. */
      gc_publication_refresh (self->current);
    }
}

static void
show (GcSuccession *self)
{
  gboolean sends = self->current != NULL
                   && (self->silent_since_ms == 0
                       || gc_clock_monotonic_ms () < self->silent_since_ms + VISIBLE_MS);

  gc_succession_set_state (self, sends ? GC_SUCCESSION_SENDING : GC_SUCCESSION_TRYING);
}

/**
 * gc_succession_reconsider:
 * @self: a succession
 *
 * Looks at everything and does what is due. Called many times a second, and when something
 * happened. Main context.
 */
void
gc_succession_reconsider (GcSuccession *self)
{
  /* Who is told of a change may have had enough of it. */
  g_autoptr (GcSuccession) alive = g_object_ref (self);

  if (self->ticker == 0)
    return;
  listen (self);
  judge_next (self);
  gc_succession_forgive (self);
  if (self->ticker == 0)
    return;
  if (self->current == NULL || self->silent_since_ms != 0 || self->elsewhere)
    look_for_next (self);
  else if (self->released_ms == 0)
    {
      /* What it was for is over: the old connection is heard again. */
      gc_succession_drop_next (self);
      gc_succession_begin_anew (self);
    }
  if (self->ticker == 0)
    return;
  gc_succession_tend_spare (self);
  show (self);
}
