/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/gc-id.h"

#include "base/gc-error.h"

#include <string.h>
#include <sys/random.h>

#define TOKEN_BYTES 16

/**
 * gc_id_new:
 *
 * Makes an identifier for an envelope, task, terminal or session: a random UUID (RFC 9562
 * version 4). Any thread.
 *
 * Returns: (transfer full): 36 characters in lower case
 */
char *
gc_id_new (void)
{
  return g_uuid_string_random ();
}

/**
 * gc_id_is_valid:
 * @id: (nullable): what arrived
 *
 * Whether @id has the form that gc_id_new() gives. Any thread.
 */
gboolean
gc_id_is_valid (const char *id)
{
  return id != NULL && strnlen (id, 37) == 36 && g_uuid_string_is_valid (id);
}

/**
 * gc_id_new_token:
 *
 * Makes a secret of 128 bits from the kernel's generator, for pairing, sessions and streams.
 * Any thread.
 *
 * Returns: (transfer full): 22 characters of base64url
 */
char *
gc_id_new_token (void)
{
  guint8 secret[TOKEN_BYTES];
  ssize_t got;

  do
    got = getrandom (secret, sizeof secret, 0);
  while (got != (ssize_t) sizeof secret);
  return gc_base64url_encode (secret, sizeof secret);
}

/**
 * gc_base64url_encode:
 * @data: (array length=length): bytes
 * @length: how many
 *
 * Any thread.
 *
 * Returns: (transfer full): base64url without padding
 */
char *
gc_base64url_encode (const guint8 *data, gsize length)
{
  char *text = g_base64_encode (data, length);

  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');
  text[strcspn (text, "=")] = '\0';
  return text;
}

/**
 * gc_base64url_decode:
 * @text: base64url without padding
 * @error: %GC_ERROR_INVALID for any other character or an impossible length
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): the bytes
 */
GBytes *
gc_base64url_decode (const char *text, GError **error)
{
  gsize length = strlen (text);
  g_autofree char *padded = NULL;
  guint8 *data;
  gsize size;

  if (length % 4 == 1
      || strspn (text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
             != length)
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "not base64url");
      return NULL;
    }
  padded = g_strconcat (text, &"==="[3 - (4 - length % 4) % 4], NULL);
  g_strdelimit (padded, "-", '+');
  g_strdelimit (padded, "_", '/');
  data = g_base64_decode (padded, &size);
  return g_bytes_new_take (data, size);
}
