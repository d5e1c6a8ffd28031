/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-live"

#include "live/gc-media-route.h"

#include "network/gc-route-table.h"
#include "rtc/gc-rtc-route.h"

/* Addresses far away, of networks that exist in examples only (RFC 5737, RFC 3849): the way to them
 * is the default route. */
#define FAR_IPV4 "192.0.2.255"
#define FAR_IPV6 "2001:db8::ffff"
#define LOOPBACK "127.0.0.1"

static char *
find_interface_to (const char *destination)
{
  g_autofree char *source = gc_route_table_find_source (destination);

  return source != NULL ? gc_route_table_find_interface (source) : NULL;
}

/**
 * gc_media_route_find_preferred:
 * @route: a way, or nothing
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): the interface over which the kernel would go to the same
 *   place now, by default somewhere far away; %NULL if there is none, or one that hears nothing
 */
char *
gc_media_route_find_preferred (const GcMediaRoute *route)
{
  char *interface = find_interface_to (route->remote != NULL ? route->remote : FAR_IPV4);

  return interface != NULL || route->remote != NULL ? interface : find_interface_to (FAR_IPV6);
}

/**
 * gc_media_route_learn:
 * @route: the way of another connection, or nothing
 * @publication: a connected publication
 *
 * Finds out how @publication goes, and sees to it that it goes on so for as long as it lives, even
 * when the kernel finds a better way. Main context.
 */
void
gc_media_route_learn (GcMediaRoute *route, GcPublication *publication)
{
  GcRtcBin *rtc = gc_publication_get_rtc (publication);
  const GcPath *path = gc_publication_get_path (publication);
  char *local;
  char *remote;

  gc_media_route_lose (route);
  /* ICE may find a server on this machine at the address of an uplink; no uplink leads there. */
  if (gc_whip_client_is_local (gc_publication_get_client (publication))
      || !gc_rtc_bin_find_route (rtc, &local, &remote))
    return;
  route->relayed = local == NULL;
  route->local = local;
  g_free (route->remote);
  route->remote = remote;
  if (route->local == NULL && path != NULL)
    route->local = g_strdup (path->addresses[0]);
  else if (route->local == NULL)
    route->local = gc_route_table_find_source (route->remote);
  if (route->local != NULL)
    route->interface = gc_route_table_find_interface (route->local);
  if (path == NULL && route->interface != NULL)
    {
      g_autofree char *preferred = gc_media_route_find_preferred (route);

      if (g_strcmp0 (preferred, route->interface) == 0)
        gc_rtc_bin_pin_route (rtc, route->interface);
    }
  g_debug ("route: over %s", route->interface != NULL ? route->interface : "?");
}

/**
 * gc_media_route_is_cut:
 * @route: a way
 *
 * Any thread.
 *
 * Returns: whether nothing can go this way any more: its address or its interface is gone, or hears
 *   nothing
 */
gboolean
gc_media_route_is_cut (const GcMediaRoute *route)
{
  g_autofree char *interface = route->local != NULL ? gc_route_table_find_interface (route->local)
                                                    : NULL;

  return route->interface != NULL && g_strcmp0 (interface, route->interface) != 0;
}

/**
 * gc_media_route_aim:
 * @route: (out caller-allocates): a way that is not known yet
 * @host: where it will lead; ignored unless it is an address or “localhost”
 *
 * Any thread.
 */
void
gc_media_route_aim (GcMediaRoute *route, const char *host)
{
  *route = (GcMediaRoute) { 0 };
  if (g_ascii_strcasecmp (host, "localhost") == 0)
    route->remote = g_strdup (LOOPBACK);
  else if (g_hostname_is_ip_address (host))
    route->remote = g_strdup (host);
}

/**
 * gc_media_route_lose:
 * @route: a way
 *
 * Nothing goes this way any more; where it led is remembered. Any thread.
 */
void
gc_media_route_lose (GcMediaRoute *route)
{
  g_clear_pointer (&route->local, g_free);
  g_clear_pointer (&route->interface, g_free);
}

/**
 * gc_media_route_clear:
 * @route: a way
 *
 * Frees what it holds. Any thread.
 */
void
gc_media_route_clear (GcMediaRoute *route)
{
  gc_media_route_lose (route);
  g_clear_pointer (&route->remote, g_free);
}
