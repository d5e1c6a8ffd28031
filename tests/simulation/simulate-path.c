/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Simulates live video over a link and prints a line per picture shown: when, when it was taken,
 * both in ms, and its bytes. */

#include "path-simulation.h"

#include <stdio.h>

static void
print_shown (gint64 now_us, gint64 taken_us, gsize bytes, gpointer user_data)
{
  printf ("%.3f %.3f %" G_GSIZE_FORMAT "\n", (double) now_us / 1000, (double) taken_us / 1000,
          bytes);
}

int
main (int argc, char *argv[])
{
  g_autofree char *up = NULL;
  g_autofree char *down = NULL;
  int seconds = 60;
  const GOptionEntry entries[] = {
    { "up", 0, 0, G_OPTION_ARG_STRING, &up, "The link, see tests/net/README.md", "SPEC" },
    { "down", 0, 0, G_OPTION_ARG_STRING, &down, "The link back", "SPEC" },
    { "seconds", 0, 0, G_OPTION_ARG_INT, &seconds, "How long, 60 by default", "N" },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (PathSimulation) simulation = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("simulate-path: %s\n", error->message);
      return 2;
    }
  simulation = path_simulation_new (up != NULL ? up : "delay=20", down != NULL ? down : "delay=20",
                                    1, &error);
  if (simulation == NULL || seconds < 1 || seconds > 86400)
    {
      g_printerr ("simulate-path: %s\n",
                  error != NULL ? error->message : "--seconds is 1 to 86400");
      return 2;
    }
  path_simulation_set_on_shown (simulation, print_shown, NULL);
  path_simulation_run (simulation, (guint) seconds * 1000);
  return 0;
}
