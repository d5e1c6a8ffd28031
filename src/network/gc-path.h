/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * GcUplink:
 * @GC_UPLINK_NONE: no network
 * @GC_UPLINK_WIFI: Wi-Fi
 * @GC_UPLINK_CELLULAR: a modem
 * @GC_UPLINK_ETHERNET: a cable
 * @GC_UPLINK_OTHER: some network, as a VPN
 *
 * What carries the handset's traffic.
 */
typedef enum
{
  GC_UPLINK_NONE,
  GC_UPLINK_WIFI,
  GC_UPLINK_CELLULAR,
  GC_UPLINK_ETHERNET,
  GC_UPLINK_OTHER,
} GcUplink;

/**
 * GcPath:
 * @interface: name of the network interface
 * @addresses: its addresses, as text, sorted; none that is good on one link only
 * @metric: of its default route; the kernel takes the path with the smallest
 * @kind: what carries it
 * @metered: whether traffic over it costs
 * @roaming: whether it is a modem in a foreign network
 *
 * One way out of the handset that works as far as the kernel knows: an interface that is up, hears
 * its other end, and has an address and a default route.
 */
typedef struct
{
  char *interface;
  GStrv addresses;
  guint metric;
  GcUplink kind;
  gboolean metered;
  gboolean roaming;
} GcPath;

GcPath *
gc_path_copy (const GcPath *path);
void
gc_path_free (GcPath *path);
gboolean
gc_path_equal (const GcPath *path, const GcPath *other);
gboolean
gc_path_has_address (const GcPath *path, const char *address);

GPtrArray *
gc_paths_new (void);
gboolean
gc_paths_equal (GPtrArray *paths, GPtrArray *others);
const GcPath *
gc_paths_find (GPtrArray *paths, const char *address);

const char *
gc_uplink_to_string (GcUplink uplink);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcPath, gc_path_free)

G_END_DECLS
