/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "network/gc-path.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* Which ways out the kernel has, and which it takes. */

/**
 * GcDefaultRoute:
 * @index: of the interface
 * @metric: the smallest is taken
 *
 * A default route of the main table, of IPv4 or IPv6.
 */
typedef struct
{
  guint index;
  guint metric;
} GcDefaultRoute;

gboolean
gc_route_table_parse (gconstpointer data, gsize length, GArray *routes);
GPtrArray *
gc_route_table_read (void);
char *
gc_route_table_find_source (const char *destination);
char *
gc_route_table_find_interface (const char *address);

G_END_DECLS
