/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/gc-network-reading.h"

#include <net/if.h>
#include <string.h>

/* Of IPv4 only: addresses of IPv6 come late, and change without a connection minding. */
static char *
join_addresses (const GcPath *path)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; path->addresses[i] != NULL; i++)
    if (strchr (path->addresses[i], ':') == NULL)
      g_string_append_printf (text, "%s ", path->addresses[i]);
  return g_string_free (text, text->len == 0);
}

/**
 * gc_network_reading_correct:
 * @reading: what NetworkManager says
 * @paths: (transfer full) (element-type GcPath): the kernel's
 *
 * NetworkManager is seconds late when a cable was pulled, for it might be put back. What the kernel
 * does is what counts, where both speak of the same interfaces. Any thread.
 */
void
gc_network_reading_correct (GcNetworkReading *reading, GPtrArray *paths)
{
  const GcPath *first = paths->len > 0 ? g_ptr_array_index (paths, 0) : NULL;

  reading->paths = paths;
  reading->of_kernel = FALSE;
  if (first == NULL || reading->interface == NULL
      || (reading->interface[0] != '\0' && if_nametoindex (reading->interface) == 0))
    return;
  /* Under a VPN, what carries it is what the worker sees. */
  if (reading->interface[0] != '\0' && strcmp (reading->interface, first->interface) != 0
      && first->kind != GC_UPLINK_OTHER)
    {
      reading->uplink = first->kind;
      reading->metered = first->metered;
      reading->roaming = first->roaming;
      reading->signal_percent = -1;
    }
  g_set_str (&reading->interface, first->interface);
  g_free (reading->addresses);
  reading->addresses = join_addresses (first);
  reading->of_kernel = TRUE;
}

/**
 * gc_network_reading_has_moved:
 * @reading: what is known now
 * @old: what was known before
 *
 * To know more of the same network than before is no move. Any thread.
 *
 * Returns: whether traffic goes another way
 */
gboolean
gc_network_reading_has_moved (const GcNetworkReading *reading, const GcNetworkReading *old)
{
  if ((old->interface == NULL) != (reading->interface == NULL))
    return TRUE;
  if (old->interface == NULL || old->interface[0] == '\0' || reading->interface[0] == '\0')
    return FALSE;
  return strcmp (old->interface, reading->interface) != 0
         || (old->addresses != NULL && reading->addresses != NULL
             && strcmp (old->addresses, reading->addresses) != 0);
}

/**
 * gc_network_reading_differs:
 * @reading: what is known now
 * @old: what was known before
 *
 * Any thread.
 *
 * Returns: whether there is anything to tell
 */
gboolean
gc_network_reading_differs (const GcNetworkReading *reading, const GcNetworkReading *old)
{
  return gc_network_reading_has_moved (reading, old) || reading->uplink != old->uplink
         || reading->metered != old->metered || reading->roaming != old->roaming
         || reading->signal_percent != old->signal_percent
         || !gc_paths_equal (reading->paths, old->paths);
}

/**
 * gc_network_reading_clear:
 * @reading: a reading
 *
 * Frees what it holds. Any thread.
 */
void
gc_network_reading_clear (GcNetworkReading *reading)
{
  g_clear_pointer (&reading->paths, g_ptr_array_unref);
  g_clear_pointer (&reading->interface, g_free);
  g_clear_pointer (&reading->addresses, g_free);
}
