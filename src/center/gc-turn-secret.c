/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-turn-secret.h"

#include "base/gc-error.h"
#include "rtc/gc-ice-server.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

/* A shift lasts no longer; and some servers look again whenever a relay is extended. */
#define LIFETIME_S (12 * 60 * 60)
#define LENGTH_MIN 16
#define LENGTH_MAX 512
#define SHA1_BYTES 20

static gboolean
fail (GError **error, const char *path, const char *reason)
{
  g_set_error (error, GC_ERROR, GC_ERROR_INVALID, "%s: %s", path, reason);
  return FALSE;
}

static gboolean
check_file (int fd, const char *path, GError **error)
{
  struct stat info;

  if (fstat (fd, &info) != 0 || !S_ISREG (info.st_mode))
    return fail (error, path, "is no file");
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return fail (error, path, "others may read it; its mode must be 0600");
  return TRUE;
}

static gboolean
check_secret (char *secret, const char *path, GError **error)
{
  gsize length = strlen (g_strchomp (secret));

  if (length < LENGTH_MIN || length > LENGTH_MAX)
    return fail (error, path, "a secret has 16 to 512 characters");
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isgraph (secret[i]))
      return fail (error, path, "a secret is one word of plain characters");
  return TRUE;
}

/**
 * gc_turn_secret_read:
 * @path: a file that only its owner can read, with one line
 * @error: %GC_ERROR_INVALID with what is wrong with it; never with what is in it
 *
 * Returns: (transfer full) (nullable): the secret that coturn knows as static-auth-secret
 */
char *
gc_turn_secret_read (const char *path, GError **error)
{
  char *secret = g_malloc0 (LENGTH_MAX + 3);
  int fd = g_open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
  gboolean good;

  if (fd < 0)
    good = fail (error, path, g_strerror (errno));
  else
    good = check_file (fd, path, error)
           && (read (fd, secret, LENGTH_MAX + 2) >= 0 || fail (error, path, g_strerror (errno)))
           && check_secret (secret, path, error);
  if (fd >= 0)
    g_close (fd, NULL);
  if (!good)
    g_clear_pointer (&secret, gc_turn_secret_free);
  return secret;
}

static char *
sign (const char *secret, const char *username)
{
  GHmac *hmac = g_hmac_new (G_CHECKSUM_SHA1, (const guchar *) secret, strlen (secret));
  guint8 digest[SHA1_BYTES];
  gsize length = sizeof digest;

  g_hmac_update (hmac, (const guchar *) username, (gssize) strlen (username));
  g_hmac_get_digest (hmac, digest, &length);
  g_hmac_unref (hmac);
  return g_base64_encode (digest, length);
}

/**
 * gc_turn_secret_sign:
 * @secret: from gc_turn_secret_read()
 * @servers: (element-type GcIceServer): STUN and TURN servers
 * @name: whom they are for, as the servers' logs and quotas shall call him; no colon
 * @now_s: seconds since 1970
 *
 * Main thread.
 *
 * Returns: (transfer full) (element-type GcIceServer): the same, those of TURN with credentials
 * that are good for 12 hours
 */
GPtrArray *
gc_turn_secret_sign (const char *secret, GPtrArray *servers, const char *name, gint64 now_s)
{
  GPtrArray *signed_servers = g_ptr_array_new_with_free_func ((GDestroyNotify) gc_ice_server_free);
  g_autofree char *username = g_strdup_printf ("%" G_GINT64_FORMAT ":%s", now_s + LIFETIME_S, name);
  g_autofree char *credential = sign (secret, username);

  for (guint i = 0; i < servers->len; i++)
    {
      GcIceServer *server = gc_ice_server_copy (g_ptr_array_index (servers, i));

      if (strcmp (server->scheme, "stun") != 0)
        {
          g_set_str (&server->username, username);
          g_set_str (&server->credential, credential);
        }
      g_ptr_array_add (signed_servers, server);
    }
  return signed_servers;
}

/**
 * gc_turn_secret_free:
 * @secret: (transfer full): a secret
 */
void
gc_turn_secret_free (char *secret)
{
  explicit_bzero (secret, strlen (secret));
  g_free (secret);
}
