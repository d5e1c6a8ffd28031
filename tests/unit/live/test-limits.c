/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - a modem at home, one abroad and a metered Wi-Fi are told apart by what they cost
 *  - odd limits are brought to what carries a stream; none is none
 *  - an allowance is kept to, whatever is sent beside the pictures, and a key frame is paid for
 *  - nothing is made up for after a pause, and no debt is left from when nobody counted
 */

#include "live/gc-allowance.h"
#include "live/gc-rate-limits.h"

#define PICTURE_US 33333
#define BPS G_GINT64_CONSTANT (800000)

static void
test_costs (void)
{
  const struct
  {
    GcUplink kind;
    gboolean metered;
    gboolean roaming;
    GcUplinkCost cost;
  } cases[] = {
    { GC_UPLINK_WIFI, FALSE, FALSE, GC_UPLINK_COST_FREE },
    { GC_UPLINK_WIFI, TRUE, FALSE, GC_UPLINK_COST_HIGH },
    { GC_UPLINK_ETHERNET, FALSE, FALSE, GC_UPLINK_COST_FREE },
    { GC_UPLINK_OTHER, TRUE, FALSE, GC_UPLINK_COST_HIGH },
    { GC_UPLINK_NONE, FALSE, FALSE, GC_UPLINK_COST_FREE },
    /* Modems are metered as a rule. */
    { GC_UPLINK_CELLULAR, FALSE, FALSE, GC_UPLINK_COST_MOBILE },
    { GC_UPLINK_CELLULAR, TRUE, FALSE, GC_UPLINK_COST_MOBILE },
    { GC_UPLINK_CELLULAR, TRUE, TRUE, GC_UPLINK_COST_HIGH },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpint (gc_uplink_cost_find (cases[i].kind, cases[i].metered, cases[i].roaming), ==,
                     cases[i].cost);
}

static void
test_odd_limits (void)
{
  const struct
  {
    gint64 kbps;
    gint64 bps;
  } cases[] = {
    { 0, 0 },      { -1, 0 },         { G_MININT64, 0 },   { 1, 50000 },
    { 50, 50000 }, { 1000, 1000000 }, { 50001, 50000000 }, { G_MAXINT64, 50000000 },
  };
  GcRateLimits limits;

  gc_rate_limits_init (&limits);
  for (GcUplinkCost cost = 0; cost < GC_UPLINK_N_COSTS; cost++)
    g_assert_cmpint (gc_rate_limits_get (&limits, cost), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gc_rate_limits_set (&limits, GC_UPLINK_COST_MOBILE, cases[i].kbps);
      g_assert_cmpint (gc_rate_limits_get (&limits, GC_UPLINK_COST_MOBILE), ==, cases[i].bps);
      g_assert_cmpint (gc_rate_limits_get (&limits, GC_UPLINK_COST_HIGH), ==, 0);
    }
}

/* Sends pictures that are larger than asked for by @excess, and @beside bytes with each; returns
 * how many bytes went in so many seconds. */
static gsize
send_for (GcAllowance *allowance, gint64 *now_us, guint seconds, double excess, gsize beside)
{
  gsize sent = 0;

  for (guint i = 0; i < seconds * 30; i++, *now_us += PICTURE_US)
    {
      gsize grant = gc_allowance_get (allowance, *now_us, PICTURE_US);
      gsize bytes = (gsize) ((double) grant * excess) + beside;

      gc_allowance_spend (allowance, bytes);
      sent += bytes;
    }
  return sent;
}

static void
test_kept (void)
{
  const double excesses[] = { 0.5, 1, 1.2, 2 };

  for (gsize i = 0; i < G_N_ELEMENTS (excesses); i++)
    {
      gint64 now_us = 7000000;
      gsize sent;
      GcAllowance allowance;

      gc_allowance_init (&allowance, BPS);
      sent = send_for (&allowance, &now_us, 20, excesses[i], 250);
      g_assert_cmpuint (sent, <=, BPS / 8 * 20 + 2 * BPS / 8 / 30 * 3);
      g_assert_cmpuint (sent, >=, (gsize) (BPS / 8 * 20 * MIN (excesses[i], 0.97)));
    }
}

static void
test_key_frame (void)
{
  gint64 now_us = 7000000;
  gsize sent;
  GcAllowance allowance;

  gc_allowance_init (&allowance, BPS);
  send_for (&allowance, &now_us, 2, 1, 0);
  gc_allowance_spend (&allowance, 40000);
  g_assert_cmpuint (gc_allowance_get (&allowance, now_us, PICTURE_US), ==, 0);
  sent = send_for (&allowance, &now_us, 2, 1, 0);
  g_assert_cmpuint (sent, <=, BPS / 8 * 2 - 40000 + 2 * BPS / 8 / 30);
  g_assert_cmpuint (sent, >, 100000);
  /* However much it was, pictures come again within seconds. */
  gc_allowance_spend (&allowance, 100000000);
  g_assert_cmpuint (send_for (&allowance, &now_us, 3, 1, 0), >, 0);
}

static void
test_pause (void)
{
  gint64 now_us = 7000000;
  GcAllowance allowance;

  gc_allowance_init (&allowance, 0);
  g_assert_cmpuint (gc_allowance_get (&allowance, now_us, PICTURE_US), ==, G_MAXSIZE);
  gc_allowance_spend (&allowance, 100000000);
  gc_allowance_set_rate (&allowance, BPS);
  now_us += G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC;
  g_assert_cmpuint (gc_allowance_get (&allowance, now_us, PICTURE_US), ==,
                    BPS / 8 * (gint64) PICTURE_US / G_USEC_PER_SEC);
  gc_allowance_set_rate (&allowance, 0);
  g_assert_cmpuint (gc_allowance_get (&allowance, now_us, PICTURE_US), ==, G_MAXSIZE);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/live/limits/what-uplinks-cost", test_costs);
  g_test_add_func ("/live/limits/odd-ones", test_odd_limits);
  g_test_add_func ("/live/allowance/kept-to", test_kept);
  g_test_add_func ("/live/allowance/key-frame-is-paid-for", test_key_frame);
  g_test_add_func ("/live/allowance/no-credit-from-a-pause", test_pause);
  return g_test_run ();
}
