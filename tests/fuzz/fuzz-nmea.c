/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "location/gc-nmea.h"

#include <stdint.h>

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_auto (GStrv) lines = g_strsplit (text, "\n", 64);
  GcNmea nmea;
  GcFix fix;

  gc_nmea_init (&nmea);
  for (gsize i = 0; lines[i] != NULL; i++)
    {
      if (gc_nmea_feed (&nmea, lines[i], &fix, NULL))
        g_assert (fix.latitude >= -90 && fix.latitude <= 90 && fix.longitude >= -180
                  && fix.longitude <= 180);
    }
  return 0;
}
