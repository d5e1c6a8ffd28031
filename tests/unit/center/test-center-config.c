/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - nothing need be set; the command line goes before center.conf, and names another file for it
 *  - what cannot be meant is refused with a sentence
 *  - the sample of center.conf is one
 */

#include "base/gc-error.h"
#include "center/gc-center-config.h"
#include "center/gc-password.h"
#include "center/gc-qr.h"

#include <glib/gstdio.h>
#include <locale.h>
#include <string.h>

static GcCenterConfig *
parse (const char *folder, const char *first, const char *second, GError **error)
{
  char *arguments[] = { (char *) "gridcast-center",
                        (char *) "--data",
                        (char *) folder,
                        (char *) first,
                        (char *) second,
                        NULL };
  int count = (int) g_strv_length (arguments);
  char **given = arguments;

  return gc_center_config_parse (&count, &given, error);
}

static void
test_defaults (void)
{
  g_autofree char *folder = g_dir_make_tmp ("gridcast-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "center.conf", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GcCenterConfig) plain = parse (folder, NULL, NULL, &error);
  g_autoptr (GcCenterConfig) set = NULL;
  g_autoptr (GcCenterConfig) overridden = NULL;

  g_assert_no_error (error);
  g_assert_cmpuint (plain->port, ==, 8443);
  g_assert_null (plain->map_tiles);
  g_assert_true (g_file_set_contents (path,
                                      "[center]\nport=9000\nname=应急\n[map]\nzoom=12\n"
                                      "tiles=https://{s}.tiles.example/{z}/{x}/{y}.png\n",
                                      -1, NULL));
  set = parse (folder, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (set->port, ==, 9000);
  g_assert_cmpstr (set->name, ==, "应急");
  g_assert_cmpint (set->map_zoom, ==, 12);
  overridden = parse (folder, "--port", "0", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (overridden->port, ==, 0);
  g_unlink (path);
  g_rmdir (folder);
}

static void
test_other_file (void)
{
  g_autofree char *folder = g_dir_make_tmp ("gridcast-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "center.conf", NULL);
  g_autofree char *other = g_build_filename (folder, "other.conf", NULL);
  g_autoptr (GError) missing = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GcCenterConfig) config = NULL;

  g_assert_true (g_file_set_contents (path, "[center]\nport=9000\n", -1, NULL));
  g_assert_null (parse (folder, "--config", other, &missing));
  g_assert_error (missing, GC_ERROR, GC_ERROR_INVALID);
  g_assert_nonnull (strstr (missing->message, "other.conf"));
  g_assert_true (g_file_set_contents (other, "[center]\nname=Elsewhere\n", -1, NULL));
  config = parse (folder, "--config", other, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (config->name, ==, "Elsewhere");
  g_assert_cmpuint (config->port, ==, 8443);
  g_unlink (path);
  g_unlink (other);
  g_rmdir (folder);
}

static void
test_refused (void)
{
  static const char *const CASES[][2] = {
    { "--port", "70000" },
    { "--port", "-3" },
    { "--port", "x" },
    { "--name", "" },
    { "--name", "a\nb" },
    { "--host", "no host" },
    { "--host", "" },
    { "--listen", "localhost" },
    { "--map-tiles", "https://tiles.example/tile.png" },
    { "--map-tiles", "file:///{z}/{x}/{y}" },
    { "--map-tiles", "https://a.example/{z}/{x}/{y}; script-src *" },
    { "--nonsense", NULL },
    { "stray", NULL },
  };
  g_autofree char *folder = g_dir_make_tmp ("gridcast-XXXXXX", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (CASES); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s %s", CASES[i][0], CASES[i][1]);
      g_assert_null (parse (folder, CASES[i][0], CASES[i][1], &error));
      g_assert_nonnull (error);
    }
  g_rmdir (folder);
}

static void
test_file_refused (void)
{
  static const char *const CASES[] = {
    "[center",
    "[center]\nport=x\n",
    "[center]\nprot=8443\n",
    "[map]\nzoom=23\n",
    "[map]\nlatitude=91\n",
    "[map]\nlongitude=nan\n",
    "[maps]\nzoom=3\n",
    "[live]\nice-servers=http://stun.example\n",
    "[live]\nice-servers=stun:stun.example:3478;turn:turn.example\n",
    "[live]\nice-servers=turn:turn.example\nturn-user=u\n",
    "[live]\nturn-secret-file=missing\n",
    "[live]\nturn-secret-file=center.conf\n",
    "[live]\nturn-secret-file=center.conf\nturn-user=u\nturn-password=p\n",
    "[live]\nviewers=0\n",
  };
  g_autofree char *folder = g_dir_make_tmp ("gridcast-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "center.conf", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (CASES); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", CASES[i]);
      g_assert_true (g_file_set_contents (path, CASES[i], -1, NULL));
      g_assert_null (parse (folder, NULL, NULL, &error));
      g_assert_nonnull (strstr (error->message, "center.conf"));
    }
  g_unlink (path);
  g_rmdir (folder);
}

static void
test_ice_servers (void)
{
  g_autofree char *folder = g_dir_make_tmp ("gridcast-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "center.conf", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GcCenterConfig) config = NULL;

  g_assert_true (g_file_set_contents (
      path,
      "[live]\nice-servers=stun:stun.example; turn:turn.example:3478?transport=tcp\n"
      "turn-user=u\nturn-password=p\n",
      -1, NULL));
  config = parse (folder, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length (config->ice_servers), ==, 2);
  g_assert_cmpstr (config->ice_servers[1], ==, "turn:turn.example:3478?transport=tcp");
  g_assert_cmpstr (config->turn_password, ==, "p");
  g_unlink (path);
  g_rmdir (folder);
}

/* With all that it only shows taken for said. */
static void
test_sample (void)
{
  g_autofree char *folder = g_dir_make_tmp ("gridcast-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "center.conf", NULL);
  g_autofree char *secret = g_build_filename (folder, "turn-secret", NULL);
  g_autofree char *sample
      = g_test_build_filename (G_TEST_DIST, "..", "src", "center", "center.conf", NULL);
  g_autoptr (GRegex) shown = g_regex_new ("^#(?=[a-z-]+=)", G_REGEX_MULTILINE, 0, NULL);
  g_autofree char *text = NULL;
  g_autofree char *said = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GcCenterConfig) config = NULL;

  g_assert_true (g_file_get_contents (sample, &text, NULL, NULL));
  said = g_regex_replace_literal (shown, text, -1, 0, "", 0, NULL);
  g_assert_true (g_file_set_contents (path, said, -1, NULL));
  g_assert_true (g_file_set_contents_full (secret, "a-secret-of-16-or-more\n", -1,
                                           G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
  config = parse (folder, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (config->name, ==, "Riverside Command");
  g_assert_cmpint (config->map_zoom, ==, 12);
  g_assert_cmpstr (config->turn_secret, ==, "a-secret-of-16-or-more");
  g_assert_cmpuint (config->viewers_max, ==, 32);
  g_unlink (path);
  g_unlink (secret);
  g_rmdir (folder);
}

static void
test_password (void)
{
  g_autofree char *hash = gc_password_hash ("水库 123", NULL);
  g_autofree char *other = gc_password_hash ("水库 123", NULL);

  g_assert_true (g_str_has_prefix (hash, "$y$"));
  g_assert_cmpstr (hash, !=, other);
  g_assert_true (gc_password_matches ("水库 123", hash));
  g_assert_false (gc_password_matches ("水库 124", hash));
  g_assert_false (gc_password_matches ("x", "nonsense"));
}

static void
test_qr (void)
{
  g_autofree char *svg = gc_qr_draw ("gridcast:pair?v=1", NULL);
  g_autofree char *long_text = g_strnfill (5000, 'x');
  g_autoptr (GError) error = NULL;

  g_assert_true (g_str_has_suffix (svg, "</svg>"));
  g_assert_null (gc_qr_draw (long_text, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_TOO_LARGE);
}

int
main (int argc, char *argv[])
{
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/center/config/defaults", test_defaults);
  g_test_add_func ("/center/config/other-file", test_other_file);
  g_test_add_func ("/center/config/refused", test_refused);
  g_test_add_func ("/center/config/file-refused", test_file_refused);
  g_test_add_func ("/center/config/ice-servers", test_ice_servers);
  g_test_add_func ("/center/config/sample", test_sample);
  g_test_add_func ("/center/config/password", test_password);
  g_test_add_func ("/center/config/qr", test_qr);
  return g_test_run ();
}
