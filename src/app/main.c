/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/gc-application.h"

#include <glib/gi18n.h>

int
main (int argc, char **argv)
{
  g_autoptr (GcApplication) application = NULL;

  bindtextdomain (GETTEXT_PACKAGE, GC_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);

  application = gc_application_new ();
  return g_application_run (G_APPLICATION (application), argc, argv);
}
