/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - the kernel's own way comes first, others take their turns, and in the end it is left alone
 *  - an uplink that has disappointed comes last; one that costs is left out if the worker says so
 *  - when the kernel's own way is dead, any will do
 *  - nothing goes past a VPN, or past a local network that leads to the server
 *  - a connection is kept ready over the best of the others, and only where that is allowed
 */

#include "live/gc-path-choice.h"

static void
add (GPtrArray *paths, const char *interface, GcUplink kind, gboolean metered)
{
  char *addresses[] = { (char *) "192.0.2.7", NULL };
  const GcPath path
      = { (char *) interface, addresses, 100 * (paths->len + 1), kind, metered, FALSE };

  g_ptr_array_add (paths, gc_path_copy (&path));
}

static GPtrArray *
make_paths (void)
{
  GPtrArray *paths = gc_paths_new ();

  add (paths, "wifi", GC_UPLINK_WIFI, FALSE);
  add (paths, "lte", GC_UPLINK_CELLULAR, TRUE);
  add (paths, "cable", GC_UPLINK_ETHERNET, FALSE);
  return paths;
}

/* The choices of as many attempts as @expected has words; "-" is the kernel's. */
static void
check (GPtrArray *paths,
       const char *kernel,
       const char *avoid,
       GcSecondUplink second,
       const char *expected)
{
  g_auto (GStrv) words = g_strsplit (expected, " ", -1);

  for (guint i = 0; words[i] != NULL; i++)
    {
      const GcPath *path = gc_path_choice_next (paths, kernel, avoid, second, i);

      g_assert_cmpstr (path != NULL ? path->interface : "-", ==, words[i]);
    }
}

static void
test_turns (void)
{
  g_autoptr (GPtrArray) paths = make_paths ();

  check (paths, "wifi", NULL, GC_SECOND_UPLINK_ALWAYS, "wifi lte cable - wifi");
  check (paths, "cable", NULL, GC_SECOND_UPLINK_ALWAYS, "cable wifi lte - cable");
  check (paths, "wifi", NULL, GC_SECOND_UPLINK_UNMETERED, "wifi cable - wifi");
  check (paths, "wifi", NULL, GC_SECOND_UPLINK_NEVER, "wifi - wifi");
}

static void
test_avoided (void)
{
  g_autoptr (GPtrArray) paths = make_paths ();

  check (paths, "wifi", "wifi", GC_SECOND_UPLINK_ALWAYS, "lte cable wifi - lte");
  check (paths, "wifi", "lte", GC_SECOND_UPLINK_ALWAYS, "wifi cable lte -");
  check (paths, "wifi", "wifi", GC_SECOND_UPLINK_NEVER, "wifi - wifi");
  check (paths, "wifi", "lte", GC_SECOND_UPLINK_UNMETERED, "wifi cable -");
  check (paths, "wifi", "gone", GC_SECOND_UPLINK_NEVER, "wifi - wifi");
}

static void
test_dead (void)
{
  g_autoptr (GPtrArray) paths = make_paths ();
  g_autoptr (GPtrArray) none = gc_paths_new ();

  check (paths, NULL, NULL, GC_SECOND_UPLINK_NEVER, "wifi lte cable - wifi");
  check (paths, NULL, "wifi", GC_SECOND_UPLINK_NEVER, "lte cable wifi -");
  check (none, NULL, NULL, GC_SECOND_UPLINK_ALWAYS, "- -");
}

static void
test_vpn (void)
{
  g_autoptr (GPtrArray) paths = gc_paths_new ();

  add (paths, "tun0", GC_UPLINK_OTHER, FALSE);
  add (paths, "wifi", GC_UPLINK_WIFI, FALSE);
  add (paths, "lte", GC_UPLINK_CELLULAR, FALSE);
  check (paths, "tun0", NULL, GC_SECOND_UPLINK_ALWAYS, "- -");
  /* It has a table of its own. */
  check (paths, "wg0", NULL, GC_SECOND_UPLINK_ALWAYS, "- -");
  check (paths, "lo", NULL, GC_SECOND_UPLINK_ALWAYS, "- -");
  check (paths, "wifi", NULL, GC_SECOND_UPLINK_ALWAYS, "wifi lte - wifi");
  check (paths, "wifi", "tun0", GC_SECOND_UPLINK_ALWAYS, "wifi lte - wifi");
  g_assert_null (gc_path_choice_standby (paths, "tun0", GC_SECOND_UPLINK_ALWAYS));
  g_assert_null (gc_path_choice_standby (paths, "wifi", GC_SECOND_UPLINK_ALWAYS));
}

static void
test_standby (void)
{
  g_autoptr (GPtrArray) paths = make_paths ();
  const struct
  {
    const char *used;
    GcSecondUplink second;
    const char *standby;
  } cases[] = {
    { "wifi", GC_SECOND_UPLINK_ALWAYS, "lte" },    { "wifi", GC_SECOND_UPLINK_UNMETERED, "cable" },
    { "wifi", GC_SECOND_UPLINK_NEVER, NULL },      { "lte", GC_SECOND_UPLINK_ALWAYS, "wifi" },
    { "lte", GC_SECOND_UPLINK_UNMETERED, "wifi" }, { "lo", GC_SECOND_UPLINK_ALWAYS, NULL },
    { NULL, GC_SECOND_UPLINK_ALWAYS, NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const GcPath *standby = gc_path_choice_standby (paths, cases[i].used, cases[i].second);

      g_assert_cmpstr (standby != NULL ? standby->interface : NULL, ==, cases[i].standby);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/live/path-choice/attempts-take-turns", test_turns);
  g_test_add_func ("/live/path-choice/disappointing-comes-last", test_avoided);
  g_test_add_func ("/live/path-choice/dead-way-any-will-do", test_dead);
  g_test_add_func ("/live/path-choice/not-past-a-vpn", test_vpn);
  g_test_add_func ("/live/path-choice/kept-ready", test_standby);
  return g_test_run ();
}
