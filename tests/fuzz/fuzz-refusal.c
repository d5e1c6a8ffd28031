/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/gc-error.h"
#include "http/gc-refusal.h"

#include <stdint.h>
#include <string.h>

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* The first line is the header Retry-After, the rest is the body. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const uint8_t *end = size > 2 ? memchr (data + 2, '\n', size - 2) : NULL;
  g_autofree char *retry_after = NULL;
  GcRefusal refusal = { 0 };
  g_autoptr (GError) error = NULL;

  if (end == NULL)
    return 0;
  retry_after = g_strndup ((const char *) data + 2, (gsize) (end - data - 2));
  refusal.status = 300 + data[0];
  refusal.phrase = retry_after;
  refusal.content_type = data[1] % 2 == 0 ? "text/plain" : "application/problem+json";
  refusal.retry_after = retry_after;
  refusal.body = (const char *) end + 1;
  refusal.length = size - (gsize) (end + 1 - data);
  error = gc_refusal_to_error (&refusal);
  g_assert (error->domain == GC_ERROR && g_utf8_validate (error->message, -1, NULL));
  g_assert (strpbrk (error->message, "\r\n\x1b") == NULL && strlen (error->message) < 1000);
  return 0;
}
