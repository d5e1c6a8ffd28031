/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-password.h"

#include "base/gc-error.h"

#include <crypt.h>
#include <string.h>

#define METHOD "$y$"

/* crypt's working memory is 32 kB: too much for some stacks, and it holds the password. */
static char *
run_crypt (const char *password, const char *setting)
{
  struct crypt_data *work = g_new0 (struct crypt_data, 1);
  const char *hash = crypt_r (password, setting, work);
  char *copy = hash != NULL && hash[0] != '*' ? g_strdup (hash) : NULL;

  explicit_bzero (work, sizeof *work);
  g_free (work);
  return copy;
}

/**
 * gc_password_hash:
 * @password: what a person chose
 * @error: %GC_ERROR_FAILED if libcrypt cannot do it
 *
 * Hashes by yescrypt with a salt of its own. Takes a good part of a second on purpose. Any thread.
 *
 * Returns: (transfer full) (nullable): the hash
 */
char *
gc_password_hash (const char *password, GError **error)
{
  char salt[CRYPT_GENSALT_OUTPUT_SIZE];
  char *hash = NULL;

  if (crypt_gensalt_rn (METHOD, 0, NULL, 0, salt, sizeof salt) != NULL)
    hash = run_crypt (password, salt);
  if (hash == NULL)
    g_set_error_literal (error, GC_ERROR, GC_ERROR_FAILED, "the password could not be hashed");
  return hash;
}

/**
 * gc_password_matches:
 * @password: what somebody says
 * @hash: what gc_password_hash() gave once
 *
 * Takes as long as hashing. Any thread.
 *
 * Returns: whether it is the password
 */
gboolean
gc_password_matches (const char *password, const char *hash)
{
  g_autofree char *again = run_crypt (password, hash);
  gsize length = strlen (hash);
  guint8 difference = 0;

  if (again == NULL || strlen (again) != length)
    return FALSE;
  for (gsize i = 0; i < length; i++)
    difference |= (guint8) (again[i] ^ hash[i]);
  return difference == 0;
}
