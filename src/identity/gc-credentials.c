/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "identity/gc-credentials.h"

#include "base/gc-error.h"
#include "base/gc-id.h"
#include "http/gc-anchors.h"
#include "identity/gc-device-key.h"
#include "protocol/gc-json.h"

#include <string.h>

#define STORED_MAX_LENGTH (64 * 1024)
#define PEM_MAX_LENGTH (16 * 1024)
#define URL_MAX_LENGTH 300
#define NAME_MAX_LENGTH 64

struct _GcCredentials
{
  GObject parent_instance;

  char *base_url;
  char *center_name;
  char *ca_pem;
  char *certificate_pem;
  char *key_pem;
  char *terminal_id;
  GTlsCertificate *certificate;
  GTlsDatabase *anchors;
};

G_DEFINE_FINAL_TYPE (GcCredentials, gc_credentials, G_TYPE_OBJECT)

static void
gc_credentials_finalize (GObject *object)
{
  GcCredentials *self = GC_CREDENTIALS (object);

  g_free (self->base_url);
  g_free (self->center_name);
  g_free (self->ca_pem);
  g_free (self->certificate_pem);
  if (self->key_pem != NULL)
    explicit_bzero (self->key_pem, strlen (self->key_pem));
  g_free (self->key_pem);
  g_free (self->terminal_id);
  g_clear_object (&self->certificate);
  g_clear_object (&self->anchors);
  G_OBJECT_CLASS (gc_credentials_parent_class)->finalize (object);
}

static void
gc_credentials_class_init (GcCredentialsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gc_credentials_finalize;
}

static void
gc_credentials_init (GcCredentials *self)
{
}

static gboolean
check_base_url (const char *base_url, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (base_url, G_URI_FLAGS_NONE, NULL);

  if (uri != NULL && g_str_has_prefix (base_url, "https://") && g_uri_get_host (uri) != NULL
      && g_uri_get_host (uri)[0] != '\0')
    return TRUE;
  g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "the center's address is damaged");
  return FALSE;
}

static GTlsCertificate *
join (const char *certificate_pem, const char *key_pem, GError **error)
{
  g_autofree char *both = g_strconcat (certificate_pem, "\n", key_pem, NULL);
  GTlsCertificate *certificate = g_tls_certificate_new_from_pem (both, -1, error);

  explicit_bzero (both, strlen (both));
  return certificate;
}

/**
 * gc_credentials_new:
 * @base_url: as "https://192.0.2.7:8443"
 * @center_name: what the center calls itself
 * @ca_pem: the pinned CA
 * @certificate_pem: ours, issued by that CA
 * @key_pem: our key
 * @error: %GC_ERROR_INVALID if they do not parse, %GC_ERROR_UNTRUSTED if they do not belong
 * together
 *
 * Main thread.
 *
 * Returns: (transfer full) (nullable): the credentials
 */
GcCredentials *
gc_credentials_new (const char *base_url,
                    const char *center_name,
                    const char *ca_pem,
                    const char *certificate_pem,
                    const char *key_pem,
                    GError **error)
{
  g_autoptr (GcCredentials) self = g_object_new (GC_TYPE_CREDENTIALS, NULL);
  g_autoptr (GError) local_error = NULL;

  if (!check_base_url (base_url, error))
    return NULL;
  self->base_url = g_strdup (base_url);
  self->center_name = g_strdup (center_name);
  self->ca_pem = g_strdup (ca_pem);
  self->certificate_pem = g_strdup (certificate_pem);
  self->key_pem = g_strdup (key_pem);
  self->certificate = join (certificate_pem, key_pem, &local_error);
  if (self->certificate == NULL)
    {
      g_set_error (error, GC_ERROR, GC_ERROR_INVALID, "the certificate or key is damaged: %s",
                   local_error->message);
      return NULL;
    }
  self->anchors = gc_anchors_new (ca_pem, error);
  if (self->anchors == NULL || !gc_device_key_check_certificate (key_pem, self->certificate, error))
    return NULL;
  self->terminal_id = gc_device_key_dup_common_name (self->certificate);
  if (!gc_id_is_valid (self->terminal_id))
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID,
                           "the certificate does not name a terminal");
      return NULL;
    }
  return g_steal_pointer (&self);
}

/**
 * gc_credentials_renew:
 * @self: credentials
 * @certificate_pem: a newer certificate of the same terminal
 * @key_pem: its key
 * @error: as gc_credentials_new(); %GC_ERROR_UNTRUSTED as well if it names another terminal
 *
 * Main thread.
 *
 * Returns: (transfer full) (nullable): the same with these
 */
GcCredentials *
gc_credentials_renew (GcCredentials *self,
                      const char *certificate_pem,
                      const char *key_pem,
                      GError **error)
{
  g_autoptr (GcCredentials) renewed = gc_credentials_new (
      self->base_url, self->center_name, self->ca_pem, certificate_pem, key_pem, error);

  if (renewed != NULL && strcmp (renewed->terminal_id, self->terminal_id) != 0)
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_UNTRUSTED,
                           "the certificate names another terminal");
      return NULL;
    }
  return g_steal_pointer (&renewed);
}

/**
 * gc_credentials_is_renewal_due:
 * @self: credentials
 *
 * Main thread.
 *
 * Returns: whether two thirds of the certificate's life are over
 */
gboolean
gc_credentials_is_renewal_due (GcCredentials *self)
{
  g_autoptr (GDateTime) from = g_tls_certificate_get_not_valid_before (self->certificate);
  g_autoptr (GDateTime) until = g_tls_certificate_get_not_valid_after (self->certificate);
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();

  return from != NULL && until != NULL
         && g_date_time_difference (until, now) < g_date_time_difference (until, from) / 3;
}

/**
 * gc_credentials_parse:
 * @text: what gc_credentials_print() wrote
 * @error: %GC_ERROR_INVALID, %GC_ERROR_UNTRUSTED
 *
 * Main thread.
 *
 * Returns: (transfer full) (nullable): the credentials
 */
GcCredentials *
gc_credentials_parse (const char *text, GError **error)
{
  const char *const members[] = { "base_url", "center", "ca", "certificate", "key" };
  const gsize limits[]
      = { URL_MAX_LENGTH, NAME_MAX_LENGTH, PEM_MAX_LENGTH, PEM_MAX_LENGTH, PEM_MAX_LENGTH };
  const char *values[G_N_ELEMENTS (members)];
  g_autoptr (JsonObject) object = gc_json_parse_object (text, -1, STORED_MAX_LENGTH, error);

  if (object == NULL)
    return NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    {
      values[i] = gc_json_get_string (object, members[i], limits[i], error);
      if (values[i] == NULL)
        return NULL;
    }
  return gc_credentials_new (values[0], values[1], values[2], values[3], values[4], error);
}

/**
 * gc_credentials_print:
 * @self: credentials
 *
 * Writes them, with the key, for the keyring alone. Main thread.
 *
 * Returns: (transfer full): a secret
 */
char *
gc_credentials_print (GcCredentials *self)
{
  g_autoptr (JsonObject) object = json_object_new ();

  json_object_set_string_member (object, "base_url", self->base_url);
  json_object_set_string_member (object, "center", self->center_name);
  json_object_set_string_member (object, "ca", self->ca_pem);
  json_object_set_string_member (object, "certificate", self->certificate_pem);
  json_object_set_string_member (object, "key", self->key_pem);
  return gc_json_print (object);
}

/**
 * gc_credentials_get_base_url:
 * @self: credentials
 *
 * Returns: (transfer none): the center's address, as "https://192.0.2.7:8443"
 */
const char *
gc_credentials_get_base_url (GcCredentials *self)
{
  return self->base_url;
}

/**
 * gc_credentials_get_center_name:
 * @self: credentials
 *
 * Returns: (transfer none): what the center called itself when it was paired
 */
const char *
gc_credentials_get_center_name (GcCredentials *self)
{
  return self->center_name;
}

/**
 * gc_credentials_get_terminal_id:
 * @self: credentials
 *
 * Returns: (transfer none): the UUID that the center gave this terminal
 */
const char *
gc_credentials_get_terminal_id (GcCredentials *self)
{
  return self->terminal_id;
}

/**
 * gc_credentials_get_certificate:
 * @self: credentials
 *
 * Returns: (transfer none): our certificate with its key, for mutual TLS
 */
GTlsCertificate *
gc_credentials_get_certificate (GcCredentials *self)
{
  return self->certificate;
}

/**
 * gc_credentials_get_anchors:
 * @self: credentials
 *
 * Returns: (transfer none): trust in the pinned CA and no other
 */
GTlsDatabase *
gc_credentials_get_anchors (GcCredentials *self)
{
  return self->anchors;
}

/**
 * gc_credentials_get_ca_pem:
 * @self: credentials
 *
 * Returns: (transfer none): the pinned CA
 */
const char *
gc_credentials_get_ca_pem (GcCredentials *self)
{
  return self->ca_pem;
}
