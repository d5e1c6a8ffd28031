/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-live"

#include "live/gc-way.h"

#include "network/gc-route-table.h"
#include "rtc/gc-rtc-way.h"

/* Addresses far away, of networks that exist in examples only (RFC 5737, RFC 3849): the way to them
 * is the default route. */
#define FAR_IPV4 "192.0.2.255"
#define FAR_IPV6 "2001:db8::ffff"

static char *
find_interface_to (const char *destination)
{
  g_autofree char *source = gc_route_table_find_source (destination);

  return source != NULL ? gc_route_table_find_interface (source) : NULL;
}

/**
 * gc_way_find_preferred:
 * @way: a way, or nothing
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): the interface over which the kernel would go to the same
 *   place now, by default somewhere far away; %NULL if there is none, or one that hears nothing
 */
char *
gc_way_find_preferred (const GcWay *way)
{
  char *interface = find_interface_to (way->remote != NULL ? way->remote : FAR_IPV4);

  return interface != NULL || way->remote != NULL ? interface : find_interface_to (FAR_IPV6);
}

/**
 * gc_way_learn:
 * @way: the way of another connection, or nothing
 * @publication: a connected publication
 *
 * Finds out how @publication goes, and sees to it that it goes on so for as long as it lives, even
 * when the kernel finds a better way. Main context.
 */
void
gc_way_learn (GcWay *way, GcPublication *publication)
{
  GcRtcBin *rtc = gc_publication_get_rtc (publication);
  const GcPath *path = gc_publication_get_path (publication);
  char *local;
  char *remote;

  gc_way_lose (way);
  if (!gc_rtc_bin_find_way (rtc, &local, &remote))
    return;
  way->relayed = local == NULL;
  way->local = local;
  g_free (way->remote);
  way->remote = remote;
  if (way->local == NULL && path != NULL)
    way->local = g_strdup (path->addresses[0]);
  else if (way->local == NULL)
    way->local = gc_route_table_find_source (way->remote);
  if (way->local != NULL)
    way->interface = gc_route_table_find_interface (way->local);
  if (path == NULL && way->interface != NULL)
    {
      g_autofree char *preferred = gc_way_find_preferred (way);

      if (g_strcmp0 (preferred, way->interface) == 0)
        gc_rtc_bin_keep_way (rtc, way->interface);
    }
  g_debug ("way: over %s", way->interface != NULL ? way->interface : "?");
}

/**
 * gc_way_is_cut:
 * @way: a way
 *
 * Any thread.
 *
 * Returns: whether nothing can go this way any more: its address or its interface is gone, or hears
 *   nothing
 */
gboolean
gc_way_is_cut (const GcWay *way)
{
  g_autofree char *interface = way->local != NULL ? gc_route_table_find_interface (way->local)
                                                  : NULL;

  return way->interface != NULL && g_strcmp0 (interface, way->interface) != 0;
}

/**
 * gc_way_aim:
 * @way: (out caller-allocates): a way that is not known yet
 * @host: where it will lead; ignored unless it is an address
 *
 * Any thread.
 */
void
gc_way_aim (GcWay *way, const char *host)
{
  *way = (GcWay) { 0 };
  if (g_hostname_is_ip_address (host))
    way->remote = g_strdup (host);
}

/**
 * gc_way_lose:
 * @way: a way
 *
 * Nothing goes this way any more; where it led is remembered. Any thread.
 */
void
gc_way_lose (GcWay *way)
{
  g_clear_pointer (&way->local, g_free);
  g_clear_pointer (&way->interface, g_free);
}

/**
 * gc_way_clear:
 * @way: a way
 *
 * Frees what it holds. Any thread.
 */
void
gc_way_clear (GcWay *way)
{
  gc_way_lose (way);
  g_clear_pointer (&way->remote, g_free);
}
