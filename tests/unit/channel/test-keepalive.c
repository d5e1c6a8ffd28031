/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises of the keep-alive:
 *  - it begins with 30 s and becomes rarer while it is answered, up to 75 s
 *  - an interval that a connection died of is not tried again soon, but some time
 *  - another network is another matter
 */

#include "channel/gc-keepalive.h"

#define MOST_S 75

/* Returns how many answers it took. */
static guint
answer_until (GcKeepalive *keepalive, guint interval_s)
{
  guint count = 0;

  while (gc_keepalive_get_interval_s (keepalive) != interval_s)
    {
      guint before_s = gc_keepalive_get_interval_s (keepalive);
      gboolean changed = gc_keepalive_answered (keepalive);

      g_assert_cmpint (changed, ==, gc_keepalive_get_interval_s (keepalive) != before_s);
      g_assert_cmpuint (gc_keepalive_get_interval_s (keepalive), >=, before_s);
      g_assert_cmpuint (++count, <, 1000);
    }
  return count;
}

static void
test_grows (void)
{
  g_autoptr (GcKeepalive) keepalive = gc_keepalive_new ();

  g_assert_cmpuint (gc_keepalive_get_interval_s (keepalive), ==, 30);
  g_assert_cmpuint (answer_until (keepalive, MOST_S), <, 30);
  for (guint i = 0; i < 1000; i++)
    g_assert_false (gc_keepalive_answered (keepalive));
}

static void
test_broke (void)
{
  g_autoptr (GcKeepalive) keepalive = gc_keepalive_new ();

  answer_until (keepalive, MOST_S);
  gc_keepalive_broke (keepalive);
  g_assert_cmpuint (gc_keepalive_get_interval_s (keepalive), ==, 30);
  g_assert_cmpuint (answer_until (keepalive, 60), <, 30);
  g_assert_cmpuint (answer_until (keepalive, MOST_S), >, 60);
  for (guint i = 0; i < 5; i++)
    {
      gc_keepalive_broke (keepalive);
      g_assert_cmpuint (gc_keepalive_get_interval_s (keepalive), ==, 30);
    }
  g_assert_cmpuint (answer_until (keepalive, MOST_S), >, 100);
}

static void
test_network (void)
{
  g_autoptr (GcKeepalive) keepalive = gc_keepalive_new ();

  gc_keepalive_broke (keepalive);
  gc_keepalive_network_changed (keepalive);
  g_assert_cmpuint (answer_until (keepalive, MOST_S), <, 30);
  gc_keepalive_network_changed (keepalive);
  g_assert_cmpuint (gc_keepalive_get_interval_s (keepalive), ==, 30);
}

static void
test_fixed (void)
{
  g_autoptr (GcKeepalive) keepalive = gc_keepalive_new_fixed (1);

  for (guint i = 0; i < 1000; i++)
    gc_keepalive_answered (keepalive);
  g_assert_cmpuint (gc_keepalive_get_interval_s (keepalive), ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/channel/keepalive/grows-while-answered", test_grows);
  g_test_add_func ("/channel/keepalive/learns-from-a-break", test_broke);
  g_test_add_func ("/channel/keepalive/forgets-with-the-network", test_network);
  g_test_add_func ("/channel/keepalive/fixed", test_fixed);
  return g_test_run ();
}
