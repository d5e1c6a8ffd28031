/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was read can be printed, and what was printed is read again, the same. */
#include "protocol/gc-cap.h"

#include <stdint.h>
#include <string.h>

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const char *const LANGUAGES[] = { "zh_CN", "zh", NULL };
  g_autoptr (GcCap) cap = gc_cap_parse ((const char *) data, size, NULL);
  const GcCapInfo *info = cap != NULL ? gc_cap_choose_info (cap, LANGUAGES) : NULL;
  g_autofree char *text = cap != NULL ? gc_cap_print (cap) : NULL;
  g_autoptr (GcCap) again = text != NULL ? gc_cap_parse (text, strlen (text), NULL) : NULL;
  g_autofree char *text_again = again != NULL ? gc_cap_print (again) : NULL;

  if (info != NULL)
    gc_cap_info_concerns (info, 121.1, 28.8, 10);
  /* What is written out in full may be too long to be read. */
  if (text != NULL && strlen (text) <= GC_CAP_MAX_LENGTH)
    g_assert_cmpstr (text, ==, text_again);
  return 0;
}
