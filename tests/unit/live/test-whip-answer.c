/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - no address that a server gives leads from https to http
 *  - Retry-After is understood in both forms, and bounded
 */

#include "base/gc-error.h"
#include "live/gc-whip-answer.h"

static void
test_downgrade (void)
{
  g_autoptr (GUri) base = g_uri_parse ("https://example.net/a/whip", SOUP_HTTP_URI_FLAGS, NULL);
  g_autoptr (GUri) same = gc_whip_answer_parse_url ("//other.example.net/x", base, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (same);
  g_assert_cmpstr (g_uri_get_scheme (same), ==, "https");
  g_assert_null (gc_whip_answer_parse_url ("http://example.net/x", base, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_UNTRUSTED);
}

static void
test_retry_after (void)
{
  const struct
  {
    const char *value;
    guint seconds;
  } cases[] = {
    { NULL, 0 },
    { "", 0 },
    { "0", 0 },
    { "17", 17 },
    { "4000", 300 },
    { "99999999999999999999", 0 },
    { "-1", 0 },
    { "soon", 0 },
    { "Wed, 21 Oct 2015 07:28:00 GMT", 0 },
    { "Wed, 21 Oct 2215 07:28:00 GMT", 300 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpuint (gc_whip_answer_parse_retry_after (cases[i].value), ==, cases[i].seconds);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/live/whip-answer/never-from-https-to-http", test_downgrade);
  g_test_add_func ("/live/whip-answer/retry-after", test_retry_after);
  return g_test_run ();
}
