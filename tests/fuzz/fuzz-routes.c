/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/gc-route-table.h"

#include <stdint.h>

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GArray) routes = g_array_new (FALSE, FALSE, sizeof (GcDefaultRoute));

  gc_route_table_parse (data, size, routes);
  for (guint i = 0; i < routes->len; i++)
    g_assert (g_array_index (routes, GcDefaultRoute, i).index != 0);
  return 0;
}
