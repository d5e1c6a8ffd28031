/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "protocol/gc-pairing-code.h"

#include "base/gc-error.h"
#include "base/gc-id.h"

#include <gio/gio.h>
#include <string.h>

#define PREFIX "gridcast:pair?"
#define VERSION "1"
#define PIN_LENGTH 43
#define TOKEN_LENGTH 22
#define HOST_MAX_LENGTH 253

G_DEFINE_BOXED_TYPE (GcPairingCode, gc_pairing_code, gc_pairing_code_copy, gc_pairing_code_free)

/**
 * gc_pairing_code_new:
 * @host: name or address of the center; IPv6 without brackets
 * @port: 1 to 65535
 * @ca_pin: what gc_certificate_pin() says of the center's CA
 * @token: what gc_id_new_token() made
 * @name: at most %GC_PAIRING_NAME_MAX_LENGTH characters
 *
 * Any thread.
 *
 * Returns: (transfer full): the code
 */
GcPairingCode *
gc_pairing_code_new (
    const char *host, guint16 port, const char *ca_pin, const char *token, const char *name)
{
  GcPairingCode *code = g_new0 (GcPairingCode, 1);

  code->host = g_strdup (host);
  code->port = port;
  code->ca_pin = g_strdup (ca_pin);
  code->token = g_strdup (token);
  code->name = g_strdup (name);
  return code;
}

static gboolean
fail (GError **error, const char *message)
{
  g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, message);
  return FALSE;
}

static gboolean
host_is_valid (const char *host)
{
  if (g_hostname_is_ip_address (host))
    return strchr (host, '%') == NULL;
  return strlen (host) <= HOST_MAX_LENGTH && g_ascii_isalnum (host[0])
         && strspn (host, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-")
                == strlen (host);
}

static gboolean
read_authority (const char *text, GcPairingCode *code, GError **error)
{
  g_autofree char *authority = g_strdup (text);
  char *host = authority;
  char *colon = strrchr (authority, ':');
  guint64 port;

  if (colon == NULL)
    return fail (error, "the pairing code names no port");
  *colon = '\0';
  if (!g_ascii_string_to_unsigned (colon + 1, 10, 1, G_MAXUINT16, &port, NULL))
    return fail (error, "the pairing code names an impossible port");
  if (host[0] == '[' && colon > host + 1 && colon[-1] == ']')
    {
      colon[-1] = '\0';
      host++;
      if (strchr (host, ':') == NULL)
        return fail (error, "the pairing code names an impossible address");
    }
  else if (strchr (host, ':') != NULL)
    return fail (error, "the pairing code names an impossible address");
  if (!host_is_valid (host))
    return fail (error, "the pairing code names an impossible address");
  code->host = g_strdup (host);
  code->port = (guint16) port;
  return TRUE;
}

static gboolean
is_base64url (const char *text, gsize length)
{
  g_autoptr (GBytes) bytes = strlen (text) == length ? gc_base64url_decode (text, NULL) : NULL;

  return bytes != NULL;
}

/* Control characters and marks that turn the direction of writing could disguise who asks. */
static gboolean
name_is_valid (const char *name)
{
  if (name[0] == '\0' || g_utf8_strlen (name, -1) > GC_PAIRING_NAME_MAX_LENGTH)
    return FALSE;
  for (const char *at = name; *at != '\0'; at = g_utf8_next_char (at))
    {
      GUnicodeType type = g_unichar_type (g_utf8_get_char (at));

      if (type == G_UNICODE_CONTROL || type == G_UNICODE_FORMAT || type == G_UNICODE_LINE_SEPARATOR
          || type == G_UNICODE_PARAGRAPH_SEPARATOR)
        return FALSE;
    }
  return TRUE;
}

static GHashTable *
split_fields (const char *query, GError **error)
{
  g_autoptr (GHashTable) fields = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_auto (GStrv) pairs = g_strsplit (query, "&", -1);

  for (gsize i = 0; pairs[i] != NULL; i++)
    {
      char *equals = strchr (pairs[i], '=');
      g_autofree char *value = NULL;

      if (equals == NULL)
        continue;
      *equals = '\0';
      value = g_uri_unescape_string (equals + 1, NULL);
      if (value == NULL || !g_utf8_validate (value, -1, NULL)
          || g_hash_table_contains (fields, pairs[i]))
        {
          fail (error, "the pairing code is damaged");
          return NULL;
        }
      g_hash_table_insert (fields, g_strdup (pairs[i]), g_steal_pointer (&value));
    }
  return g_steal_pointer (&fields);
}

static gboolean
read_fields (GHashTable *fields, GcPairingCode *code, GError **error)
{
  const char *version = g_hash_table_lookup (fields, "v");
  const char *authority = g_hash_table_lookup (fields, "c");
  const char *pin = g_hash_table_lookup (fields, "k");
  const char *token = g_hash_table_lookup (fields, "t");
  const char *name = g_hash_table_lookup (fields, "n");

  if (version == NULL)
    return fail (error, "the pairing code is damaged");
  if (strcmp (version, VERSION) != 0)
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_UNSUPPORTED,
                           "the pairing code is of another version: update Gridcast");
      return FALSE;
    }
  if (authority == NULL || pin == NULL || token == NULL || name == NULL)
    return fail (error, "the pairing code is incomplete");
  if (!is_base64url (pin, PIN_LENGTH) || !is_base64url (token, TOKEN_LENGTH)
      || !name_is_valid (name))
    return fail (error, "the pairing code is damaged");
  if (!read_authority (authority, code, error))
    return FALSE;
  code->ca_pin = g_strdup (pin);
  code->token = g_strdup (token);
  code->name = g_strdup (name);
  return TRUE;
}

/**
 * gc_pairing_code_parse:
 * @text: what a camera read or a worker pasted; white space around it is ignored
 * @error: %GC_ERROR_NOT_FOUND if it is no code of ours, %GC_ERROR_UNSUPPORTED if it is of another
 *   version, %GC_ERROR_TOO_LARGE, %GC_ERROR_INVALID if it is damaged
 *
 * Reads the text of PROTOCOL.md, “Pairing”. Any thread.
 *
 * Returns: (transfer full) (nullable): the code
 */
GcPairingCode *
gc_pairing_code_parse (const char *text, GError **error)
{
  g_autofree char *stripped = NULL;
  g_autoptr (GHashTable) fields = NULL;
  g_autoptr (GcPairingCode) code = g_new0 (GcPairingCode, 1);

  g_return_val_if_fail (text != NULL, NULL);

  if (strnlen (text, GC_PAIRING_CODE_MAX_LENGTH + 1) > GC_PAIRING_CODE_MAX_LENGTH)
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_TOO_LARGE, "too long for a pairing code");
      return NULL;
    }
  stripped = g_strstrip (g_strdup (text));
  if (!g_utf8_validate (stripped, -1, NULL) || !g_str_has_prefix (stripped, PREFIX))
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_NOT_FOUND,
                           "this is not a pairing code of a Gridcast center");
      return NULL;
    }
  fields = split_fields (stripped + strlen (PREFIX), error);
  if (fields == NULL || !read_fields (fields, code, error))
    return NULL;
  return g_steal_pointer (&code);
}

static char *
print_authority (const GcPairingCode *code)
{
  return g_strdup_printf (strchr (code->host, ':') != NULL ? "[%s]:%u" : "%s:%u", code->host,
                          code->port);
}

/**
 * gc_pairing_code_print:
 * @code: a code
 *
 * Any thread.
 *
 * Returns: (transfer full): the text for the QR code
 */
char *
gc_pairing_code_print (const GcPairingCode *code)
{
  g_autofree char *authority = print_authority (code);
  g_autofree char *name = g_uri_escape_string (code->name, NULL, FALSE);

  return g_strdup_printf (PREFIX "v=" VERSION "&c=%s&k=%s&t=%s&n=%s", authority, code->ca_pin,
                          code->token, name);
}

/**
 * gc_pairing_code_dup_base_url:
 * @code: a code
 *
 * Any thread.
 *
 * Returns: (transfer full): the center's address, as "https://192.0.2.7:8443"
 */
char *
gc_pairing_code_dup_base_url (const GcPairingCode *code)
{
  g_autofree char *authority = print_authority (code);

  return g_strconcat ("https://", authority, NULL);
}

/**
 * gc_pairing_code_copy:
 * @code: a code
 *
 * Any thread.
 *
 * Returns: (transfer full): a copy
 */
GcPairingCode *
gc_pairing_code_copy (const GcPairingCode *code)
{
  return gc_pairing_code_new (code->host, code->port, code->ca_pin, code->token, code->name);
}

/**
 * gc_pairing_code_free:
 * @code: (transfer full): a code
 *
 * Any thread.
 */
void
gc_pairing_code_free (GcPairingCode *code)
{
  g_free (code->host);
  g_free (code->ca_pin);
  g_free (code->token);
  g_free (code->name);
  g_free (code);
}
