/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-live"

/* How much a handover may send, over which uplink. */

#include "live/gc-handover-private.h"

/* What is known now of the way that a connection goes; NULL if it is the kernel's choice. */
static const GcPath *
find_path (GcHandover *self, GcPublication *publication)
{
  const GcPath *path = gc_publication_get_path (publication);
  const char *interface = path != NULL ? path->interface : NULL;
  GPtrArray *paths = gc_handover_get_paths (self);

  if (interface == NULL)
    interface = publication == self->current ? self->route.interface
                : publication == self->next  ? self->next_interface
                                             : NULL;
  for (guint i = 0; interface != NULL && i < paths->len; i++)
    {
      path = g_ptr_array_index (paths, i);
      if (g_str_equal (path->interface, interface))
        return path;
    }
  return NULL;
}

/**
 * gc_handover_find_limit:
 * @self: a handover
 * @path: (nullable): a way out; %NULL for what the kernel takes
 *
 * Main context.
 *
 * Returns: most that may be sent over it, all in all, bit/s; 0 for no limit
 */
gint64
gc_handover_find_limit (GcHandover *self, const GcPath *path)
{
  return self->network != NULL
             ? gc_rate_limits_get (&self->limits, gc_network_monitor_get_cost (self->network, path))
             : 0;
}

/**
 * gc_handover_apply_limits:
 * @self: a handover
 *
 * Has each of its connections keep to what may be sent over its uplink. To be called whenever an
 * uplink or a limit is another. Main context.
 */
void
gc_handover_apply_limits (GcHandover *self)
{
  GcPublication *const all[] = { self->current, self->next, self->standby };

  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    {
      GcPacer *pacer = all[i] != NULL ? gc_publication_get_pacer (all[i]) : NULL;
      gint64 limit_bps
          = pacer != NULL ? gc_handover_find_limit (self, find_path (self, all[i])) : 0;

      if (pacer != NULL)
        gc_pacer_set_max (pacer, self->max_bps, limit_bps);
      if (i == 0 && pacer != NULL && limit_bps != self->limit_bps)
        {
          if (limit_bps > 0)
            g_message ("The stream may take %" G_GINT64_FORMAT " kbit/s here", limit_bps / 1000);
          else
            g_message ("The stream may take what the network carries");
          self->limit_bps = limit_bps;
        }
    }
}

/**
 * gc_handover_set_limits:
 * @self: a handover
 * @limits: what may be sent over which uplinks; they count where the network is watched
 *
 * Holds at once. Main context.
 */
void
gc_handover_set_limits (GcHandover *self, const GcRateLimits *limits)
{
  g_return_if_fail (GC_IS_HANDOVER (self));

  self->limits = *limits;
  gc_handover_apply_limits (self);
}

/**
 * gc_handover_set_max_bitrate:
 * @self: a handover
 * @bps: most that the picture may take over any uplink, bit/s, 100,000 to 50,000,000
 *
 * Holds at once. Main context.
 */
void
gc_handover_set_max_bitrate (GcHandover *self, gint64 bps)
{
  g_return_if_fail (GC_IS_HANDOVER (self));

  self->max_bps = bps;
  gc_handover_apply_limits (self);
}

/**
 * gc_handover_get_limit:
 * @self: a handover
 *
 * Main context.
 *
 * Returns: most that may be sent over the present uplink, all in all, bit/s; 0 for no limit
 */
gint64
gc_handover_get_limit (GcHandover *self)
{
  g_return_val_if_fail (GC_IS_HANDOVER (self), 0);

  return self->limit_bps;
}
