/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-live"

/* Which uplinks there are for a succession, and what is kept ready over the second: README.md,
 * “Hand-over”. */

#include "live/gc-succession-private.h"

#include "base/gc-clock.h"
#include "network/gc-route-table.h"

#include <string.h>

/* A server may take its time to prepare what is not needed yet. */
#define SPARE_PATIENCE_MS 15000
#define SPARE_GATHERING_MS 2000
/* An uplink that fell silent, though all was well with it as far as the kernel knows, must have
 * worked for so long before it is used again; twice as long each time, up to 40 s. */
#define DISTRUST_MS 5000
#define DISTRUST_DOUBLINGS 3
/* What is kept ready says once a second that it is there, in reports (RTCP). */
#define FRESH_MS 4000
#define STALE_MS 10000

/* --- where the network would have us go --- */

static gboolean
is_distrusted (GcSuccession *self, const char *interface)
{
  return interface != NULL && g_strcmp0 (interface, self->distrusted) == 0;
}

/**
 * gc_succession_update_elsewhere:
 * @self: a succession
 *
 * Finds out whether the network would have the current connection go another way. Main context.
 */
void
gc_succession_update_elsewhere (GcSuccession *self)
{
  g_autofree char *preferred = NULL;

  self->elsewhere = FALSE;
  if (self->current == NULL || self->network == NULL)
    return;
  if (self->way.interface == NULL)
    {
      self->elsewhere = self->moved;
      return;
    }
  preferred = gc_way_find_preferred (&self->way);
  self->elsewhere = gc_way_is_cut (&self->way)
                    || (preferred != NULL && strcmp (preferred, self->way.interface) != 0
                        && !is_distrusted (self, preferred));
}

/**
 * gc_succession_leave:
 * @self: a succession
 * @publication: (nullable): the new current one
 *
 * Nothing goes the old way any more. If it had fallen silent, its uplink is not trusted for a
 * while. Main context.
 */
void
gc_succession_leave (GcSuccession *self, GcPublication *publication)
{
  g_autofree char *left = g_strdup (self->way.interface);

  if (publication != NULL)
    gc_way_learn (&self->way, publication);
  else
    gc_way_lose (&self->way);
  if (self->silent_since_ms != 0 && left != NULL && g_strcmp0 (left, self->way.interface) != 0)
    {
      guint doublings = MIN (self->distrusts++, DISTRUST_DOUBLINGS);

      g_set_str (&self->distrusted, left);
      self->distrusted_until_ms = gc_clock_monotonic_ms () + (DISTRUST_MS << doublings);
    }
  self->silent_since_ms = 0;
}

/**
 * gc_succession_get_paths:
 * @self: a succession
 *
 * Who does not watch the network still needs to know which ways it has. Main context.
 *
 * Returns: (transfer none) (element-type GcPath): the ways out, the kernel's first
 */
GPtrArray *
gc_succession_get_paths (GcSuccession *self)
{
  if (self->network != NULL)
    return gc_network_monitor_get_paths (self->network);
  g_ptr_array_unref (self->paths);
  self->paths = gc_route_table_read ();
  return self->paths;
}

/**
 * gc_succession_is_ready:
 * @publication: (nullable): a publication that is held
 *
 * What is kept ready says once a second that it is there. Main context.
 *
 * Returns: whether it could send now
 */
gboolean
gc_succession_is_ready (GcPublication *publication)
{
  return publication != NULL && gc_publication_get_state (publication) == GC_PUBLICATION_CONNECTED
         && gc_rtc_bin_get_silence_ms (gc_publication_get_rtc (publication)) < FRESH_MS;
}

/**
 * gc_succession_choose_path:
 * @self: a succession
 * @preferred: (out) (nullable): the interface that the kernel would take
 *
 * Main context.
 *
 * Returns: (nullable): the path that the next connection is to use alone
 */
const GcPath *
gc_succession_choose_path (GcSuccession *self, char **preferred)
{
  const char *avoid = self->silent_since_ms != 0 ? self->way.interface : self->distrusted;

  *preferred = gc_way_find_preferred (&self->way);
  return gc_path_choice_next (gc_succession_get_paths (self), *preferred, avoid, self->second,
                              self->attempts);
}

/* --- the spare --- */

static const GcPath *
find_spare_path (GcSuccession *self)
{
  if (self->current == NULL
      || !gc_whip_client_has_succession (gc_publication_get_client (self->current)))
    return NULL;
  return gc_path_choice_spare (gc_succession_get_paths (self), self->way.interface, self->second);
}

static gboolean
is_stale (GcPublication *publication)
{
  return publication != NULL && gc_publication_get_state (publication) == GC_PUBLICATION_CONNECTED
         && gc_rtc_bin_get_silence_ms (gc_publication_get_rtc (publication)) > STALE_MS;
}

/**
 * gc_succession_tend_spare:
 * @self: a succession
 *
 * Makes a connection that is kept ready, where it is due, and drops one that has died. Main
 * context.
 */
void
gc_succession_tend_spare (GcSuccession *self)
{
  const GcPath *path;

  if (is_stale (self->spare))
    gc_succession_drop (self, &self->spare);
  if (self->spare != NULL || self->current == NULL || self->silent_since_ms != 0 || self->elsewhere
      || self->next != NULL || gc_clock_monotonic_ms () < self->spare_after_ms)
    return;
  path = find_spare_path (self);
  if (path == NULL)
    return;
  g_debug ("spare: over %s", path->interface);
  self->spare = gc_succession_make (self, path, SPARE_PATIENCE_MS, SPARE_GATHERING_MS, TRUE, NULL);
  if (self->spare != NULL)
    gc_publication_start (self->spare);
}

/**
 * gc_succession_forgive:
 * @self: a succession
 *
 * Goes back to the uplink that the kernel prefers, when it has proved that it works; without a
 * spare nobody but a new connection can tell. Main context.
 */
void
gc_succession_forgive (GcSuccession *self)
{
  const GcPath *path;

  if (self->distrusted == NULL || gc_clock_monotonic_ms () < self->distrusted_until_ms)
    return;
  path = find_spare_path (self);
  if (path != NULL && is_distrusted (self, path->interface)
      && !gc_succession_is_ready (self->spare))
    return;
  g_clear_pointer (&self->distrusted, g_free);
  gc_succession_update_elsewhere (self);
}

/* --- what changes --- */

static gboolean
is_there (GcSuccession *self, const GcPath *path)
{
  const GcPath *now = gc_paths_find (gc_succession_get_paths (self), path->addresses[0]);

  return now != NULL && strcmp (now->interface, path->interface) == 0;
}

/**
 * gc_succession_network_changed:
 * @self: a succession
 * @moved: whether traffic goes another way now
 *
 * Call it whenever the network tells something. Main context.
 */
void
gc_succession_network_changed (GcSuccession *self, gboolean moved)
{
  g_autoptr (GcSuccession) alive = g_object_ref (self);
  GPtrArray *paths = gc_succession_get_paths (self);

  if (!moved && gc_paths_equal (paths, self->paths))
    return;
  g_ptr_array_ref (paths);
  g_ptr_array_unref (self->paths);
  self->paths = paths;
  self->moved |= moved;
  g_clear_pointer (&self->distrusted, g_free);
  self->distrusts = 0;
  gc_succession_begin_anew (self);
  gc_backoff_reset (&self->spare_backoff);
  self->spare_after_ms = 0;
  if (self->spare != NULL && !is_there (self, gc_publication_get_path (self->spare)))
    gc_succession_drop (self, &self->spare);
  gc_succession_update_elsewhere (self);
  if (self->next != NULL && self->released_ms == 0)
    {
      g_autofree char *preferred = NULL;
      const GcPath *path = gc_succession_choose_path (self, &preferred);

      if (g_strcmp0 (path != NULL ? path->interface : preferred, self->next_interface) != 0)
        gc_succession_drop_next (self);
    }
  gc_succession_reconsider (self);
}
