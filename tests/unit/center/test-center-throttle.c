/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - a few failures are free, further ones wait longer each time, up to a limit
 *  - keys do not harm each other; success forgives; time forgets
 *  - any number of keys takes a bounded amount of memory
 */

#include "center/gc-throttle.h"

static void
test_waits_grow (void)
{
  g_autoptr (GcThrottle) throttle = gc_throttle_new (2, 2, 10);
  const guint waits[] = { 0, 0, 2, 4, 8, 10, 10 };

  for (gsize i = 0; i < G_N_ELEMENTS (waits); i++)
    {
      gc_throttle_fail (throttle, "a", 1000);
      g_assert_cmpuint (gc_throttle_check (throttle, "a", 1000), ==, waits[i]);
    }
  g_assert_cmpuint (gc_throttle_check (throttle, "b", 1000), ==, 0);
  g_assert_cmpuint (gc_throttle_check (throttle, "a", 10999), ==, 1);
  g_assert_cmpuint (gc_throttle_check (throttle, "a", 11000), ==, 0);
}

static void
test_forgives (void)
{
  g_autoptr (GcThrottle) throttle = gc_throttle_new (1, 2, 10);

  gc_throttle_fail (throttle, "a", 0);
  gc_throttle_fail (throttle, "a", 0);
  gc_throttle_succeed (throttle, "a");
  gc_throttle_fail (throttle, "a", 0);
  g_assert_cmpuint (gc_throttle_check (throttle, "a", 0), ==, 0);
  gc_throttle_fail (throttle, "a", 0);
  gc_throttle_fail (throttle, "a", 30000);
  g_assert_cmpuint (gc_throttle_check (throttle, "a", 30000), ==, 0);
}

static void
test_bounded (void)
{
  g_autoptr (GcThrottle) throttle = gc_throttle_new (0, 2, 10);
  g_autofree char *long_key = g_strnfill (100000, 'x');

  for (int i = 0; i < 10100; i++)
    {
      g_autofree char *key = g_strdup_printf ("%d", i);

      gc_throttle_fail (throttle, key, i);
    }
  g_assert_cmpuint (gc_throttle_check (throttle, "10099", 10100), >, 0);
  g_assert_cmpuint (gc_throttle_check (throttle, "0", 0), ==, 0);
  gc_throttle_fail (throttle, long_key, 10100);
  g_assert_cmpuint (gc_throttle_check (throttle, long_key, 10100), >, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/center/throttle/waits-grow", test_waits_grow);
  g_test_add_func ("/center/throttle/forgives", test_forgives);
  g_test_add_func ("/center/throttle/bounded", test_bounded);
  return g_test_run ();
}
