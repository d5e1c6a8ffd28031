/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The body of “simpleenroll”, and what is in it. */
#include "center/gc-est.h"
#include "center/gc-x509.h"

#include <stdint.h>

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
parse (GBytes *der)
{
  g_auto (gnutls_x509_crq_t) request = gc_x509_request_parse (der, NULL);
  g_autofree char *name = request != NULL ? gc_x509_request_dup_name (request) : NULL;

  g_assert_true (name == NULL || g_utf8_validate (name, -1, NULL));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) body = g_bytes_new_static (data, size);
  g_autoptr (GBytes) der = gc_est_decode_request (body, NULL);

  parse (body);
  if (der != NULL)
    parse (der);
  return 0;
}
