/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "location/gc-nmea-track.h"
#include "location/gc-nmea.h"

#include <math.h>
#include <stdint.h>

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
check (const GcFix *fix)
{
  g_assert (fabs (fix->longitude) <= 180 && fabs (fix->latitude) <= 90);
  g_assert (isnan (fix->speed_mps) || fix->speed_mps >= 0);
  g_assert (isnan (fix->bearing_deg) || (fix->bearing_deg >= 0 && fix->bearing_deg <= 360));
  g_assert (isnan (fix->accuracy_m) || fix->accuracy_m > 0);
}

/* As a sentence with the right checksum, which the fuzzer need not find out. */
static char *
seal (const char *body)
{
  uint8_t sum = 0;

  for (const char *at = body; *at != '\0'; at++)
    sum ^= (uint8_t) *at;
  return g_strdup_printf ("$%s*%02X", body, sum);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (GArray) points = gc_nmea_track_parse ((const char *) data, size, NULL);
  g_auto (GStrv) lines = g_strsplit (text, "\n", 64);
  GcNmea nmea;
  GcFix fix;

  for (guint i = 0; points != NULL && i < points->len; i++)
    check (&g_array_index (points, GcNmeaPoint, i).fix);
  gc_nmea_init (&nmea);
  for (gsize i = 0; lines[i] != NULL; i++)
    {
      g_autofree char *sealed = seal (lines[i]);

      if (gc_nmea_feed (&nmea, sealed, &fix, NULL))
        check (&fix);
    }
  return 0;
}
