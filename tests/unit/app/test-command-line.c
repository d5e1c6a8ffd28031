/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Promises: what the command line cannot mean ends with status 2 and a sentence that names it,
 * before anything is opened. */
#include "app/gc-application.h"

typedef struct
{
  const char *option;
  const char *value;
  const char *sentence;
} Refusal;

static const Refusal refusals[] = {
  { "--camera", "/no/such/film.y4m", "*--camera*/no/such/film.y4m*" },
  { "--camera", "/", "*--camera*" },
  { "--microphone", "loud", "*--microphone*loud*" },
  { "--nmea", "/no/such/track", "*--nmea*/no/such/track*" },
  { "--data-dir", "/dev/null", "*--data-dir*/dev/null*" },
};

static int
run (const char *option, const char *value)
{
  g_autoptr (GcApplication) application = gc_application_new ();
  char *arguments[] = { (char *) "gridcast", (char *) option, (char *) value, NULL };

  return g_application_run (G_APPLICATION (application), value ? 3 : 2, arguments);
}

static void
test_refused (gconstpointer data)
{
  const Refusal *refusal = data;

  if (g_test_subprocess ())
    exit (run (refusal->option, refusal->value));
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr (refusal->sentence);
  g_assert_cmpint (run (refusal->option, refusal->value), ==, 2);
}

static void
test_version (void)
{
  g_assert_cmpint (run ("--version", NULL), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autofree char *path = g_strdup_printf ("/command-line/refused/%s-%" G_GSIZE_FORMAT,
                                               refusals[i].option + 2, i);

      g_test_add_data_func (path, &refusals[i], test_refused);
    }
  g_test_add_func ("/command-line/version/needs-no-screen", test_version);
  return g_test_run ();
}
