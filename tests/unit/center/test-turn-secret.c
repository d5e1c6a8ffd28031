/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Promises of the secret that the center shares with its TURN servers: credentials are those that
 * TURN servers compute, each is good for a while, and a secret that others can read, or that is
 * none, is refused without being shown. */

#include "base/gc-error.h"
#include "center/gc-turn-secret.h"
#include "rtc/gc-ice-server.h"

#include <glib/gstdio.h>
#include <locale.h>
#include <string.h>

#define SECRET "north-south-east-west"
#define NOW_S 1700000000

static void
test_signed (void)
{
  g_autoptr (GPtrArray) servers = gc_ice_server_parse_link (
      "<stun:stun.example>; rel=ice-server, <turns:turn.example:443>; rel=ice-server");
  g_autoptr (GPtrArray) made = gc_turn_secret_sign (SECRET, servers, "7f2a", NOW_S);
  const GcIceServer *stun;
  const GcIceServer *turn;

  g_assert_cmpuint (made->len, ==, 2);
  stun = g_ptr_array_index (made, 0);
  turn = g_ptr_array_index (made, 1);
  g_assert_null (stun->username);
  g_assert_null (stun->credential);
  g_assert_cmpstr (turn->host, ==, "turn.example");
  g_assert_cmpuint (turn->port, ==, 443);
  g_assert_true (turn->tcp);
  /* printf 1700043200:7f2a | openssl dgst -sha1 -hmac north-south-east-west -binary | base64 */
  g_assert_cmpstr (turn->username, ==, "1700043200:7f2a");
  g_assert_cmpstr (turn->credential, ==, "/TDcWanQih7Xz81w5O8ZnngpzSI=");
  g_assert_null (((GcIceServer *) g_ptr_array_index (servers, 1))->username);
}

static char *
make_file (const char *text, int mode)
{
  g_autofree char *name = NULL;
  int fd = g_file_open_tmp ("gridcast-XXXXXX", &name, NULL);

  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  g_assert_true (g_file_set_contents (name, text, -1, NULL));
  g_assert_cmpint (g_chmod (name, mode), ==, 0);
  return g_steal_pointer (&name);
}

static void
test_read (void)
{
  g_autofree char *path = make_file (SECRET "\n", 0600);
  g_autoptr (GError) error = NULL;
  char *secret = gc_turn_secret_read (path, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (secret, ==, SECRET);
  gc_turn_secret_free (secret);
  g_unlink (path);
}

static void
test_refused (void)
{
  g_autofree char *long_text = g_strnfill (513, 'x');
  const struct
  {
    const char *text;
    int mode;
    const char *reason;
  } cases[] = {
    { SECRET, 0640, "0600" },
    { SECRET, 0604, "0600" },
    { "", 0600, "16 to 512" },
    { "too-short", 0600, "16 to 512" },
    { long_text, 0600, "16 to 512" },
    { SECRET "\n" SECRET "\n", 0600, "one word" },
    { "sécret-sécret-sécret", 0600, "one word" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = make_file (cases[i].text, cases[i].mode);
      g_autoptr (GError) error = NULL;

      g_assert_null (gc_turn_secret_read (path, &error));
      g_assert_error (error, GC_ERROR, GC_ERROR_INVALID);
      g_assert_nonnull (strstr (error->message, cases[i].reason));
      g_assert_null (strstr (error->message, SECRET));
      g_unlink (path);
    }
}

static void
test_no_file (void)
{
  g_autoptr (GError) missing = NULL;
  g_autoptr (GError) folder = NULL;

  g_assert_null (gc_turn_secret_read ("/nonexistent/turn-secret", &missing));
  g_assert_error (missing, GC_ERROR, GC_ERROR_INVALID);
  g_assert_null (gc_turn_secret_read (g_get_tmp_dir (), &folder));
  g_assert_error (folder, GC_ERROR, GC_ERROR_INVALID);
}

int
main (int argc, char *argv[])
{
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/center/turn-secret/signed", test_signed);
  g_test_add_func ("/center/turn-secret/read", test_read);
  g_test_add_func ("/center/turn-secret/refused", test_refused);
  g_test_add_func ("/center/turn-secret/no-file", test_no_file);
  return g_test_run ();
}
