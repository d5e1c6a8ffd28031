/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - times survive writing and reading, and only RFC 3339 is read
 *  - ids are UUIDs, tokens differ, base64url turns around for every length and refuses the rest
 *  - delays stay within base, cap and floor, and are short again after success
 *  - what is refused leaves a line each, but no flood of them, of one or of many; what was left out
 *    is counted
 *  - whatever a peer sends, its line stays one line of bounded length, as it reads
 */

#include "base/gc-backoff.h"
#include "base/gc-clock.h"
#include "base/gc-deadline.h"
#include "base/gc-error.h"
#include "base/gc-id.h"
#include "base/gc-refusals.h"

#include <string.h>

static void
test_clock_round_trip (void)
{
  const gint64 moments[]
      = { 0, 1, 999, 1000, 1795487580123, -1, -1000, -62135596800000, 253402300799999 };

  for (gsize i = 0; i < G_N_ELEMENTS (moments); i++)
    {
      g_autofree char *text = gc_clock_format (moments[i]);
      g_autoptr (GError) error = NULL;
      gint64 again = 7;

      g_assert_true (gc_clock_parse (text, &again, &error));
      g_assert_no_error (error);
      g_assert_cmpint (again, ==, moments[i]);
    }
}

static void
test_clock_refuses (void)
{
  const char *const texts[] = { "",
                                "now",
                                "2026-11-24",
                                "2026-11-24T02:33:00",
                                "2026-13-24T02:33:00Z",
                                "2026-11-24T25:33:00Z",
                                "\xff\xfe",
                                "2026-11-24T02:33:00.1234567890123456789012345678901234567890Z" };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      gint64 time = 0;

      g_assert_false (gc_clock_parse (texts[i], &time, &error));
      g_assert_error (error, GC_ERROR, GC_ERROR_INVALID);
    }
}

static void
test_id (void)
{
  g_autofree char *id = gc_id_new ();
  g_autofree char *token = gc_id_new_token ();
  g_autofree char *other = gc_id_new_token ();

  g_assert_true (gc_id_is_valid (id));
  g_assert_false (gc_id_is_valid (NULL));
  g_assert_false (gc_id_is_valid (""));
  g_assert_false (gc_id_is_valid ("00000000-0000-0000-0000-00000000000g"));
  g_assert_cmpuint (strlen (token), ==, 22);
  g_assert_cmpstr (token, !=, other);
}

static void
test_base64url (void)
{
  guint8 data[40];

  for (gsize length = 0; length < sizeof data; length++)
    {
      g_autofree char *text = NULL;
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (GBytes) expected = NULL;

      for (gsize i = 0; i < length; i++)
        data[i] = (guint8) g_test_rand_int ();
      text = gc_base64url_encode (data, length);
      g_assert_null (strpbrk (text, "+/="));
      bytes = gc_base64url_decode (text, NULL);
      expected = g_bytes_new (data, length);
      g_assert_true (g_bytes_equal (bytes, expected));
    }
  g_assert_null (gc_base64url_decode ("a", NULL));
  g_assert_null (gc_base64url_decode ("ab=", NULL));
  g_assert_null (gc_base64url_decode ("ab+/", NULL));
}

static void
test_backoff (void)
{
  GcBackoff backoff = { .base_ms = 500, .cap_ms = 30000 };

  for (int i = 0; i < 100; i++)
    {
      guint delay = gc_backoff_next_ms (&backoff);

      g_assert_cmpuint (delay, >=, 50);
      g_assert_cmpuint (delay, <=, 30000);
    }
  gc_backoff_reset (&backoff);
  g_assert_cmpuint (gc_backoff_next_ms (&backoff), <=, 500);
}

/* Three thousand who lose the same center come back evenly, not in the same second. */
static void
test_backoff_spread (void)
{
  guint in_second[20] = { 0 };

  for (int i = 0; i < 3000; i++)
    {
      GcBackoff backoff = { .base_ms = 500, .cap_ms = 60000 };
      guint delay = gc_backoff_spread_ms (&backoff, 20000);

      g_assert_cmpuint (delay, >=, 50);
      g_assert_cmpuint (delay, <, 20000);
      g_assert_cmpuint (backoff.attempt, ==, 1);
      in_second[delay / 1000]++;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (in_second); i++)
    g_assert_cmpuint (in_second[i], <, 300);
}

static void
test_deadline (void)
{
  GCancellable *cancellable = g_cancellable_new ();

  gc_deadline_set (cancellable, 1);
  while (!g_cancellable_is_cancelled (cancellable))
    g_main_context_iteration (NULL, TRUE);
  g_object_unref (cancellable);
}

static void
test_deadline_forgotten (void)
{
  GCancellable *cancellable = g_cancellable_new ();

  gc_deadline_set (cancellable, 0);
  gc_deadline_set (cancellable, G_MAXUINT);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_false (g_cancellable_is_cancelled (cancellable));
  gc_deadline_set (cancellable, 0);
  g_object_unref (cancellable);
  g_assert_false (g_main_context_pending (NULL));
}

static guint
count_lines (GcRefusals *refusals, const char *who, guint refused, gint64 now_ms)
{
  guint lines = 0;

  for (guint i = 0; i < refused; i++)
    {
      g_autofree char *line = gc_refusals_print (refusals, who, "no", now_ms);

      lines += line != NULL ? 1 : 0;
    }
  return lines;
}

static void
test_refusals_one (void)
{
  g_autoptr (GcRefusals) refusals = gc_refusals_new ();
  g_autofree char *first = gc_refusals_print (refusals, "a", "no", 1000);
  g_autofree char *counted = NULL;
  g_autofree char *after = NULL;

  g_assert_cmpstr (first, ==, "refused: a: no");
  g_assert_cmpuint (count_lines (refusals, "a", 1000, 1000), ==, 19);
  g_assert_cmpuint (count_lines (refusals, "a", 1, 60999), ==, 0);
  g_assert_cmpuint (count_lines (refusals, "b", 3, 1000), ==, 3);
  counted = gc_refusals_print (refusals, "a", "no", 61000);
  g_assert_cmpstr (counted, ==, "refused: a: no (and 982 more before)");
  after = gc_refusals_print (refusals, "a", "no", 3600000);
  g_assert_cmpstr (after, ==, "refused: a: no");
  g_assert_cmpuint (count_lines (refusals, "a", 1000, 3600000), ==, 19);
}

static void
test_refusals_many (void)
{
  g_autoptr (GcRefusals) refusals = gc_refusals_new ();
  guint lines = 0;

  for (guint i = 0; i < 100000; i++)
    {
      g_autofree char *who = g_strdup_printf ("%u", i);

      lines += count_lines (refusals, who, 1, 1000);
    }
  g_assert_cmpuint (lines, ==, 400);
  /* An hour later those have rested, and a newcomer is heard. */
  g_assert_cmpuint (count_lines (refusals, "newcomer", 1, 3600000), ==, 1);
}

static void
test_refusals_plain (void)
{
  static const struct
  {
    const char *sent;
    const char *shown;
  } TEXTS[] = {
    { "王芳 <b>'; DROP", "refused: a: 王芳 <b>'; DROP" },
    { "one\nrefused: b: two", "refused: a: one\\u000arefused: b: two" },
    { "\x1b[31m\r\x7f", "refused: a: \\u001b[31m\\u000d\\u007f" },
    { "gpj.\u202etxt", "refused: a: gpj.\\u202etxt" },
    { "\xff\xfe%s%n", "refused: a: \uFFFD\uFFFD%s%n" },
  };
  g_autoptr (GcRefusals) refusals = gc_refusals_new ();
  g_autofree char *lengthy = g_strnfill (100000, 'x');
  g_autofree char *line = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (TEXTS); i++)
    {
      g_autofree char *shown = gc_refusals_print (refusals, "a", TEXTS[i].sent, 0);

      g_assert_cmpstr (shown, ==, TEXTS[i].shown);
    }
  line = gc_refusals_print (refusals, lengthy, lengthy, 0);
  g_assert_cmpuint (strlen (line), <, 1000);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/clock/round-trip", test_clock_round_trip);
  g_test_add_func ("/base/clock/refuses-what-is-no-time", test_clock_refuses);
  g_test_add_func ("/base/id/valid-and-secret", test_id);
  g_test_add_func ("/base/base64url/round-trip", test_base64url);
  g_test_add_func ("/base/backoff/bounded", test_backoff);
  g_test_add_func ("/base/backoff/spread", test_backoff_spread);
  g_test_add_func ("/base/deadline/cancels", test_deadline);
  g_test_add_func ("/base/deadline/of-what-has-ended-or-been-replaced-is-forgotten",
                   test_deadline_forgotten);
  g_test_add_func ("/base/refusals/of-one-a-line-each-but-no-flood", test_refusals_one);
  g_test_add_func ("/base/refusals/of-many-no-flood-either", test_refusals_many);
  g_test_add_func ("/base/refusals/show-what-was-sent-as-one-plain-line", test_refusals_plain);
  return g_test_run ();
}
