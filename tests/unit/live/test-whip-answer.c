/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - no address that a server gives leads from https to http
 *  - Retry-After is understood in both forms, and bounded; a date is compared with the server's own
 *    clock, whatever ours shows
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
  const char *date = "Wed, 21 Oct 2015 07:28:00 GMT";
  const struct
  {
    const char *value;
    const char *date;
    guint seconds;
  } cases[] = {
    { NULL, date, 0 },
    { "", date, 0 },
    { "0", date, 0 },
    { "17", NULL, 17 },
    { "4000", NULL, 300 },
    { "99999999999999999999", date, 0 },
    { "-1", date, 0 },
    { "soon", date, 0 },
    { "Wed, 21 Oct 2015 07:28:07 GMT", date, 7 },
    { "Wed, 21 Oct 2015 07:27:00 GMT", date, 0 },
    { "Wed, 21 Oct 2215 07:28:00 GMT", date, 300 },
    { "Wed, 21 Oct 2215 07:28:00 GMT", NULL, 0 },
    { "Wed, 21 Oct 2215 07:28:00 GMT", "today", 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpuint (gc_whip_answer_parse_retry_after (cases[i].value, cases[i].date), ==,
                      cases[i].seconds);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/live/whip-answer/never-from-https-to-http", test_downgrade);
  g_test_add_func ("/live/whip-answer/retry-after", test_retry_after);
  return g_test_run ();
}
