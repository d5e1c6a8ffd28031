/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-center.h"

#include <glib-unix.h>
#include <gst/gst.h>
#include <locale.h>
#include <sys/resource.h>

#define EXIT_FAILED 1
#define EXIT_USAGE 2

#define ADDRESSES_MODE 0600

/* Each terminal is a connection. */
static void
allow_many_connections (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) == 0)
    {
      limit.rlim_cur = limit.rlim_max;
      setrlimit (RLIMIT_NOFILE, &limit);
    }
}

static gboolean
on_signal (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_CONTINUE;
}

/* Two words a line, for eyes and for scripts. The link is a secret: where what is printed goes into
 * a log, it is written to a file. */
static gboolean
tell_addresses (GcCenter *center, const char *file, GError **error)
{
  g_autofree char *url = gc_center_dup_url (center);
  g_autofree char *setup = gc_center_dup_setup_url (center);
  g_autofree char *text = setup != NULL ? g_strdup_printf ("console %s\nsetup %s\n", url, setup)
                                        : g_strdup_printf ("console %s\n", url);

  if (file != NULL)
    return g_file_set_contents_full (file, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, ADDRESSES_MODE,
                                     error);
  g_print ("%s", text);
  fflush (stdout);
  return TRUE;
}

int
main (int argc, char *argv[])
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GcCenterConfig) config = NULL;
  g_autoptr (GcCenter) center = NULL;
  g_autoptr (GMainLoop) loop = NULL;

  setlocale (LC_ALL, "");
  config = gc_center_config_parse (&argc, &argv, &error);
  if (config == NULL)
    {
      g_printerr ("gridcast-center: %s\n", error->message);
      return EXIT_USAGE;
    }
  allow_many_connections ();
  gst_init (NULL, NULL);
  center = gc_center_start (config, &error);
  if (center == NULL || !tell_addresses (center, config->addresses_file, &error))
    {
      g_printerr ("gridcast-center: %s\n", error->message);
      return EXIT_FAILED;
    }
  loop = g_main_loop_new (NULL, FALSE);
  g_unix_signal_add (SIGTERM, on_signal, loop);
  g_unix_signal_add (SIGINT, on_signal, loop);
  g_main_loop_run (loop);
  gc_center_stop (center);
  return 0;
}
