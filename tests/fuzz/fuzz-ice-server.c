/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rtc/gc-ice-server.h"

#include <stdint.h>

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (GPtrArray) servers = gc_ice_server_parse_link (text);

  for (guint i = 0; i < servers->len; i++)
    {
      const GcIceServer *server = g_ptr_array_index (servers, i);
      g_autofree char *link = gc_ice_server_print_link (server);
      g_autofree char *uri = gc_ice_server_dup_gst_uri (server, server->host, server->port);
      g_autoptr (GPtrArray) again = gc_ice_server_parse_link (link);

      /* What we read we can write, and read again. */
      g_assert_cmpuint (again->len, ==, 1);
    }
  return 0;
}
