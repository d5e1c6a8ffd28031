/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-live"

/* Which uplinks there are for a handover, and what is kept ready over the second: README.md,
 * “Hand-over”. */

#include "live/gc-handover-private.h"

#include "base/gc-clock.h"
#include "network/gc-route-table.h"

#include <string.h>

/* A server may take its time to prepare what is not needed yet. */
#define STANDBY_PATIENCE_MS 15000
#define STANDBY_GATHERING_MS 2000
/* An uplink that fell silent, though all was well with it as far as the kernel knows, must have
 * worked for so long before it is used again; twice as long each time, up to 40 s. */
#define DISTRUST_MS 5000
#define DISTRUST_DOUBLINGS 3
/* Most servers say once a second that they are there, in reports (RTCP); of what is kept ready some
 * say nothing at all. */
#define FRESH_MS 4000
#define STALE_MS 10000

/* --- where the network would have us go --- */

static gboolean
is_distrusted (GcHandover *self, const char *interface)
{
  return interface != NULL && g_strcmp0 (interface, self->distrusted) == 0;
}

/**
 * gc_handover_update_should_move:
 * @self: a handover
 *
 * Finds out whether the network would have the current connection go another way. Main context.
 */
void
gc_handover_update_should_move (GcHandover *self)
{
  g_autofree char *preferred = NULL;

  self->should_move = FALSE;
  if (self->current == NULL || self->network == NULL)
    return;
  if (self->route.interface == NULL)
    {
      self->should_move = self->moved;
      return;
    }
  preferred = gc_media_route_find_preferred (&self->route);
  self->should_move = gc_media_route_is_cut (&self->route)
                      || (preferred != NULL && strcmp (preferred, self->route.interface) != 0
                          && !is_distrusted (self, preferred));
}

/**
 * gc_handover_leave:
 * @self: a handover
 * @publication: (nullable): the new current one
 *
 * Nothing goes the old way any more. If it had fallen silent, its uplink is not trusted for a
 * while. Main context.
 */
void
gc_handover_leave (GcHandover *self, GcPublication *publication)
{
  g_autofree char *left = g_strdup (self->route.interface);

  if (publication != NULL)
    gc_media_route_learn (&self->route, publication);
  else
    gc_media_route_lose (&self->route);
  if (self->silent_since_ms != 0 && left != NULL && g_strcmp0 (left, self->route.interface) != 0)
    {
      guint doublings = MIN (self->distrusts++, DISTRUST_DOUBLINGS);

      g_set_str (&self->distrusted, left);
      self->distrusted_until_ms = gc_clock_monotonic_ms () + (DISTRUST_MS << doublings);
    }
  self->silent_since_ms = 0;
}

/**
 * gc_handover_get_paths:
 * @self: a handover
 *
 * Who does not watch the network still needs to know which ways it has. Main context.
 *
 * Returns: (transfer none) (element-type GcPath): the ways out, the kernel's first
 */
GPtrArray *
gc_handover_get_paths (GcHandover *self)
{
  if (self->network != NULL)
    return gc_network_monitor_get_paths (self->network);
  g_ptr_array_unref (self->paths);
  self->paths = gc_route_table_read ();
  return self->paths;
}

/* Whether a connection that is kept ready was heard of late. Where the server makes no reports of
 * it, ICE must tell, which asks every few seconds (RFC 7675). */
static gboolean
is_heard (GcPublication *publication, guint within_ms)
{
  GcRtcBin *rtc = gc_publication_get_rtc (publication);
  GcRtcLiveness *liveness = gc_rtc_bin_get_liveness (rtc);

  return gc_rtc_liveness_has_reports (liveness)
             ? gc_rtc_liveness_get_silence_ms (liveness) < within_ms
             : gc_rtc_bin_get_state (rtc) == GC_RTC_CONNECTED;
}

/**
 * gc_handover_is_ready:
 * @publication: (nullable): a publication that is held
 *
 * Main context.
 *
 * Returns: whether it could send now
 */
gboolean
gc_handover_is_ready (GcPublication *publication)
{
  return publication != NULL && gc_publication_get_state (publication) == GC_PUBLICATION_CONNECTED
         && is_heard (publication, FRESH_MS);
}

/**
 * gc_handover_choose_path:
 * @self: a handover
 * @preferred: (out) (nullable): the interface that the kernel would take
 *
 * Main context.
 *
 * Returns: (nullable): the path that the next connection is to use alone
 */
const GcPath *
gc_handover_choose_path (GcHandover *self, char **preferred)
{
  const char *avoid = self->silent_since_ms != 0 ? self->route.interface : self->distrusted;
  /* What works is moved to where the kernel would have it; elsewhere nothing is to be gained. */
  gboolean is_working = self->current != NULL && self->silent_since_ms == 0
                        && !gc_media_route_is_cut (&self->route);

  *preferred = gc_media_route_find_preferred (&self->route);
  return gc_path_choice_next (gc_handover_get_paths (self), *preferred, avoid, self->second,
                              is_working ? 0 : self->attempts);
}

/**
 * gc_handover_turn_away:
 * @self: a handover
 * @client: of a connection that is at its end
 *
 * Looks for another way to the server than that which @client takes. Main context.
 *
 * Returns: whether there is one; @client takes it from now on
 */
gboolean
gc_handover_turn_away (GcHandover *self, GcWhipClient *client)
{
  g_autofree char *preferred = gc_media_route_find_preferred (&self->route);
  const char *used = gc_whip_client_get_interface (client);
  const GcPath *path
      = gc_path_choice_next (gc_handover_get_paths (self), preferred, used, self->second, 0);
  const char *other = path != NULL ? path->interface : NULL;

  if (g_strcmp0 (other, used) == 0)
    return FALSE;
  gc_whip_client_bind_interface (client, other);
  return TRUE;
}

/* --- the standby --- */

static const GcPath *
find_standby_path (GcHandover *self)
{
  if (self->current == NULL
      || !gc_whip_client_has_handover (gc_publication_get_client (self->current)))
    return NULL;
  return gc_path_choice_standby (gc_handover_get_paths (self), self->route.interface, self->second);
}

static gboolean
is_stale (GcPublication *publication)
{
  return publication != NULL && gc_publication_get_state (publication) == GC_PUBLICATION_CONNECTED
         && !is_heard (publication, STALE_MS);
}

/**
 * gc_handover_tend_standby:
 * @self: a handover
 *
 * Makes a connection that is kept ready, where it is due, and drops one that has died. Main
 * context.
 */
void
gc_handover_tend_standby (GcHandover *self)
{
  const GcPath *path;

  if (is_stale (self->standby))
    gc_handover_drop (self, &self->standby);
  if (self->standby != NULL || self->current == NULL || self->silent_since_ms != 0
      || self->should_move || self->next != NULL
      || gc_clock_monotonic_ms () < self->standby_after_ms)
    return;
  path = find_standby_path (self);
  if (path == NULL)
    return;
  g_debug ("standby: over %s", path->interface);
  self->standby
      = gc_handover_make (self, path, STANDBY_PATIENCE_MS, STANDBY_GATHERING_MS, TRUE, NULL);
  if (self->standby != NULL)
    gc_publication_start (self->standby);
}

/**
 * gc_handover_forgive:
 * @self: a handover
 *
 * Goes back to the uplink that the kernel prefers, when it has proved that it works; without a
 * standby nobody but a new connection can tell. Main context.
 */
void
gc_handover_forgive (GcHandover *self)
{
  const GcPath *path;

  if (self->distrusted == NULL || gc_clock_monotonic_ms () < self->distrusted_until_ms)
    return;
  path = find_standby_path (self);
  if (path != NULL && is_distrusted (self, path->interface)
      && !gc_handover_is_ready (self->standby))
    return;
  g_clear_pointer (&self->distrusted, g_free);
  gc_handover_update_should_move (self);
}

/* --- what changes --- */

static gboolean
is_there (GcHandover *self, const GcPath *path)
{
  const GcPath *now = gc_paths_find (gc_handover_get_paths (self), path->addresses[0]);

  return now != NULL && strcmp (now->interface, path->interface) == 0;
}

/**
 * gc_handover_network_changed:
 * @self: a handover
 * @moved: whether traffic goes another way now
 *
 * Call it whenever the network tells something. Main context.
 */
void
gc_handover_network_changed (GcHandover *self, gboolean moved)
{
  g_autoptr (GcHandover) alive = g_object_ref (self);
  GPtrArray *paths = gc_handover_get_paths (self);

  if (!moved && gc_paths_equal (paths, self->paths))
    return;
  g_ptr_array_ref (paths);
  g_ptr_array_unref (self->paths);
  self->paths = paths;
  self->moved |= moved;
  g_clear_pointer (&self->distrusted, g_free);
  self->distrusts = 0;
  gc_handover_begin_anew (self);
  gc_backoff_reset (&self->standby_backoff);
  self->standby_after_ms = 0;
  if (self->standby != NULL && !is_there (self, gc_publication_get_path (self->standby)))
    gc_handover_drop (self, &self->standby);
  gc_handover_update_should_move (self);
  if (self->next != NULL && self->released_ms == 0)
    {
      g_autofree char *preferred = NULL;
      const GcPath *path = gc_handover_choose_path (self, &preferred);

      if (g_strcmp0 (path != NULL ? path->interface : preferred, self->next_interface) != 0)
        gc_handover_drop_next (self);
    }
  gc_handover_reconsider (self);
}
