/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The headers that say who is asking: the first line is “Authorization”, the second “Cookie”. */
#include "center/gc-est.h"
#include "center/gc-reply.h"

#include <stdint.h>
#include <string.h>

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_auto (GStrv) lines = g_strsplit (text, "\n", 2);
  g_autofree char *token = gc_est_decode_authorization (lines[0]);
  g_autofree char *cookie = lines[0] != NULL ? gc_cookie_find (lines[1], "gridcast-session") : NULL;

  g_assert_true (token == NULL || strlen (token) < strlen (lines[0]));
  g_assert_true (cookie == NULL || strpbrk (cookie, ";,") == NULL);
  return 0;
}
