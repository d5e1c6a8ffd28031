/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What a WHIP server writes into Location and Retry-After: nothing leads from https to http, or to
 * an address without a host. */

#include "live/gc-whip-answer.h"

#include <stdint.h>

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (GUri) base = g_uri_parse ("https://example.net/a/whip", SOUP_HTTP_URI_FLAGS, NULL);
  g_autoptr (GUri) uri = gc_whip_answer_parse_url (text, base, NULL);

  if (uri != NULL)
    {
      g_assert_cmpstr (g_uri_get_scheme (uri), ==, "https");
      g_assert_cmpstr (g_uri_get_host (uri), !=, "");
    }
  g_assert_cmpuint (gc_whip_answer_parse_retry_after (text, "Wed, 21 Oct 2015 07:28:00 GMT"), <=,
                    300);
  g_assert_cmpuint (gc_whip_answer_parse_retry_after ("Wed, 21 Oct 2015 07:28:00 GMT", text), <=,
                    300);
  return 0;
}
