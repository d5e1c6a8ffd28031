/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What an operator writes into center.conf, and on the command line: each line of the input before
 * the first “[” is an argument. */
#include "center/gc-center-config.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define MAX_ARGUMENTS 16

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
write_file (const char *path, const char *text)
{
  FILE *file = fopen (path, "w");

  g_assert_nonnull (file);
  g_assert_cmpint (fputs (text, file), >=, 0);
  g_assert_cmpint (fclose (file), ==, 0);
}

/* These print and exit; short ones may stand together, as in “-dh”. */
static gboolean
is_final (const char *argument)
{
  if (g_str_has_prefix (argument, "--"))
    return g_str_has_prefix (argument, "--h") || g_str_has_prefix (argument, "--v");
  return argument[0] == '-' && strpbrk (argument, "h?") != NULL;
}

static GcCenterConfig *
parse (const char *folder, char **lines)
{
  char *arguments[MAX_ARGUMENTS + 4]
      = { (char *) "gridcast-center", (char *) "--host", (char *) "h" };
  char **given = arguments;
  int count = 3;

  for (gsize i = 0; lines[i] != NULL && count < MAX_ARGUMENTS; i++)
    if (lines[i][0] != '\0' && !is_final (lines[i]))
      arguments[count++] = lines[i];
  /* The last one counts. */
  arguments[count++] = (char *) "--data";
  arguments[count++] = (char *) folder;
  return gc_center_config_parse (&count, &given, NULL);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static char *folder;
  static char *path;
  g_autofree char *text = g_strndup ((const char *) data, size);
  char *file = text + strcspn (text, "[");
  g_autofree char *head = g_strndup (text, (gsize) (file - text));
  g_auto (GStrv) lines = g_strsplit (head, "\n", -1);
  g_autoptr (GcCenterConfig) config = NULL;

  if (folder == NULL)
    {
      folder = g_dir_make_tmp ("gridcast-XXXXXX", NULL);
      path = g_build_filename (folder, "center.conf", NULL);
    }
  write_file (path, file);
  config = parse (folder, lines);
  if (config == NULL)
    return 0;
  g_assert_true (config->name[0] != '\0' && config->host[0] != '\0');
  g_assert_true (config->map_zoom >= 0 && config->map_zoom <= 22);
  g_assert_true (config->map_longitude >= -180 && config->map_longitude <= 180);
  g_assert_true (config->map_latitude >= -90 && config->map_latitude <= 90);
  return 0;
}
