/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What a terminal finds in its key ring, or in the file that stands for it. */
#include "identity/gc-credentials.h"

#include <stdint.h>
#include <string.h>

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (GcCredentials) credentials = gc_credentials_parse (text, NULL);
  g_autofree char *printed = credentials != NULL ? gc_credentials_print (credentials) : NULL;
  g_autoptr (GcCredentials) again = printed != NULL ? gc_credentials_parse (printed, NULL) : NULL;

  /* What we read we can write, and read again; its address is one that can be connected to. */
  g_assert_true (credentials == NULL || again != NULL);
  g_assert_true (credentials == NULL
                 || g_str_has_prefix (gc_credentials_get_base_url (credentials), "https://"));
  return 0;
}
