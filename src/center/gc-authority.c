/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-authority.h"

#include "base/gc-error.h"
#include "base/gc-file.h"
#include "base/gc-id.h"
#include "center/gc-x509.h"
#include "protocol/gc-certificate-pin.h"

#include <string.h>

#define CA_DAYS (20 * 365)
/* Browsers take no server certificate that is valid for longer than 398 days. */
#define SERVER_DAYS 397
#define SERVER_RENEW_DAYS 30
#define SECONDS_PER_DAY 86400
#define BASE64_LINE 76

struct _GcAuthority
{
  GObject parent_instance;

  char *folder;
  char *ca_path;
  gnutls_x509_crt_t ca;
  gnutls_x509_privkey_t ca_key;
  GTlsCertificate *ca_certificate;
  GTlsCertificate *server_certificate;
  GTlsDatabase *database;
  char *pin;
};

G_DEFINE_FINAL_TYPE (GcAuthority, gc_authority, G_TYPE_OBJECT)

static char *
path_of (GcAuthority *self, const char *name)
{
  return g_build_filename (self->folder, name, NULL);
}

static gboolean
fail (GError **error, const char *path, const char *what, const GError *why)
{
  g_set_error (error, GC_ERROR, GC_ERROR_STORAGE, "the file %s cannot be %s: %s", path, what,
               why->message);
  return FALSE;
}

static gboolean
save (GcAuthority *self, const char *name, const char *text, GError **error)
{
  g_autofree char *path = path_of (self, name);

  return gc_file_save (path, text, error);
}

static char *
load (const char *path, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, &local_error))
    fail (error, path, "read", local_error);
  return text;
}

/* The key is written before the certificate: a certificate whose key exists is what tells, at the
 * next start, that both were made. */
static gboolean
save_pair (GcAuthority *self,
           const char *stem,
           gnutls_x509_privkey_t key,
           gnutls_x509_crt_t certificate,
           GError **error)
{
  g_autofree char *key_name = g_strconcat (stem, ".key", NULL);
  g_autofree char *certificate_name = g_strconcat (stem, ".pem", NULL);
  g_autofree char *key_pem = gc_x509_key_to_pem (key, error);
  g_autofree char *pem = key_pem != NULL ? gc_x509_certificate_to_pem (certificate, error) : NULL;

  return pem != NULL && save (self, key_name, key_pem, error)
         && save (self, certificate_name, pem, error);
}

static gboolean
load_pair (GcAuthority *self,
           const char *stem,
           gnutls_x509_privkey_t *key,
           gnutls_x509_crt_t *certificate,
           GError **error)
{
  g_autofree char *key_name = g_strconcat (stem, ".key", NULL);
  g_autofree char *certificate_name = g_strconcat (stem, ".pem", NULL);
  g_autofree char *key_path = path_of (self, key_name);
  g_autofree char *path = path_of (self, certificate_name);
  g_autofree char *key_pem = load (key_path, error);
  g_autofree char *pem = key_pem != NULL ? load (path, error) : NULL;

  if (pem == NULL)
    return FALSE;
  *key = gc_x509_key_from_pem (key_pem, error);
  *certificate = *key != NULL ? gc_x509_certificate_from_pem (pem, error) : NULL;
  return *certificate != NULL;
}

static gboolean
make_ca (GcAuthority *self, const char *name, GError **error)
{
  g_autofree char *full_name = g_strdup_printf ("%.40s – Gridcast", name);

  self->ca_key = gc_x509_key_new (error);
  if (self->ca_key == NULL)
    return FALSE;
  self->ca = gc_x509_certificate_new (GC_X509_AUTHORITY, full_name, CA_DAYS, error);
  return self->ca != NULL
         && gc_x509_check (gnutls_x509_crt_set_key (self->ca, self->ca_key), "no CA", error)
         && gc_x509_certificate_sign (self->ca, self->ca, self->ca_key, error)
         && save_pair (self, "ca", self->ca_key, self->ca, error);
}

/* A CA that exists is never replaced, not even when it cannot be read: every paired terminal
 * trusts it and no other. */
static gboolean
open_ca (GcAuthority *self, const char *name, GError **error)
{
  gboolean exists = FALSE;

  if (!gc_file_look (self->ca_path, &exists, error))
    return FALSE;
  return exists ? load_pair (self, "ca", &self->ca_key, &self->ca, error)
                : make_ca (self, name, error);
}

/* A renewal that was cut short has left a new key beside the old certificate. */
static gboolean
server_is_good (GcAuthority *self,
                gnutls_x509_privkey_t key,
                gnutls_x509_crt_t certificate,
                const char *const *hosts)
{
  time_t renew_at = gnutls_x509_crt_get_expiration_time (certificate)
                    - (time_t) SERVER_RENEW_DAYS * SECONDS_PER_DAY;
  unsigned problems = 0;

  if (time (NULL) >= renew_at || !gc_x509_certificate_has_key (certificate, key)
      || gnutls_x509_crt_verify (certificate, &self->ca, 1, 0, &problems) < 0 || problems != 0)
    return FALSE;
  for (gsize i = 0; hosts[i] != NULL; i++)
    if (!gnutls_x509_crt_check_hostname (certificate, hosts[i]))
      return FALSE;
  return TRUE;
}

static gboolean
make_server (GcAuthority *self, const char *const *hosts, GError **error)
{
  g_auto (gnutls_x509_privkey_t) key = gc_x509_key_new (error);
  g_auto (gnutls_x509_crt_t) certificate = NULL;

  if (key == NULL)
    return FALSE;
  certificate = gc_x509_certificate_new (GC_X509_SERVER, "gridcast-center", SERVER_DAYS, error);
  return certificate != NULL && gc_x509_certificate_add_hosts (certificate, hosts, error)
         && gc_x509_check (gnutls_x509_crt_set_key (certificate, key), "no certificate", error)
         && gc_x509_certificate_sign (certificate, self->ca, self->ca_key, error)
         && save_pair (self, "server", key, certificate, error);
}

static gboolean
open_server (GcAuthority *self, const char *const *hosts, GError **error)
{
  g_auto (gnutls_x509_privkey_t) key = NULL;
  g_auto (gnutls_x509_crt_t) certificate = NULL;
  g_autofree char *key_path = path_of (self, "server.key");
  g_autofree char *path = path_of (self, "server.pem");
  g_autoptr (GError) local_error = NULL;

  if ((!load_pair (self, "server", &key, &certificate, NULL)
       || !server_is_good (self, key, certificate, hosts))
      && !make_server (self, hosts, error))
    return FALSE;
  self->server_certificate = g_tls_certificate_new_from_files (path, key_path, &local_error);
  return self->server_certificate != NULL || fail (error, path, "used", local_error);
}

static void
gc_authority_finalize (GObject *object)
{
  GcAuthority *self = GC_AUTHORITY (object);

  g_clear_pointer (&self->ca, gnutls_x509_crt_deinit);
  g_clear_pointer (&self->ca_key, gnutls_x509_privkey_deinit);
  g_clear_object (&self->ca_certificate);
  g_clear_object (&self->server_certificate);
  g_clear_object (&self->database);
  g_free (self->pin);
  g_free (self->ca_path);
  g_free (self->folder);
  G_OBJECT_CLASS (gc_authority_parent_class)->finalize (object);
}

static void
gc_authority_class_init (GcAuthorityClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gc_authority_finalize;
}

static void
gc_authority_init (GcAuthority *self)
{
}

/* As those want it who check certificates. */
static gboolean
open_trust (GcAuthority *self, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  self->ca_certificate = g_tls_certificate_new_from_file (self->ca_path, &local_error);
  if (self->ca_certificate != NULL)
    self->database = g_tls_file_database_new (self->ca_path, &local_error);
  if (self->database == NULL)
    return fail (error, self->ca_path, "used", local_error);
  self->pin = gc_certificate_pin (self->ca_certificate, error);
  return self->pin != NULL;
}

/**
 * gc_authority_open:
 * @folder: where keys and certificates are or will be; it exists and is private
 * @name: what the center calls itself; for a new CA only
 * @hosts: (array zero-terminated=1): DNS names and addresses under which browsers find the center
 * @error: %GC_ERROR_STORAGE if files cannot be read or written, %GC_ERROR_FAILED if what is in them
 *   is not what it should be
 *
 * Loads the authority, or makes it. A server certificate that is about to expire, or that lacks
 * one of the hosts, is made anew.
 *
 * Returns: (transfer full) (nullable): the authority
 */
GcAuthority *
gc_authority_open (const char *folder, const char *name, const char *const *hosts, GError **error)
{
  g_autoptr (GcAuthority) self = g_object_new (GC_TYPE_AUTHORITY, NULL);

  g_return_val_if_fail (folder != NULL && name != NULL && hosts != NULL, NULL);

  self->folder = g_strdup (folder);
  self->ca_path = path_of (self, "ca.pem");
  if (!open_ca (self, name, error) || !open_server (self, hosts, error)
      || !open_trust (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * gc_authority_get_server_certificate:
 * @self: an authority
 *
 * Returns: (transfer none): the certificate and key with which the center listens
 */
GTlsCertificate *
gc_authority_get_server_certificate (GcAuthority *self)
{
  return self->server_certificate;
}

/**
 * gc_authority_get_database:
 * @self: an authority
 *
 * Returns: (transfer none): trust in this CA and no other
 */
GTlsDatabase *
gc_authority_get_database (GcAuthority *self)
{
  return self->database;
}

/**
 * gc_authority_get_pin:
 * @self: an authority
 *
 * Returns: (transfer none): gc_certificate_pin() of the CA
 */
const char *
gc_authority_get_pin (GcAuthority *self)
{
  return self->pin;
}

/**
 * gc_authority_get_ca_path:
 * @self: an authority
 *
 * Returns: (transfer none): the file with the CA's certificate
 */
const char *
gc_authority_get_ca_path (GcAuthority *self)
{
  return self->ca_path;
}

/* EST wants base64 in lines (RFC 2045 section 6.8). */
static char *
print_bundle (gnutls_x509_crt_t certificate, GError **error)
{
  g_autoptr (GBytes) der = gc_x509_bundle (certificate, error);
  g_autofree char *base64 = NULL;
  GString *lines;

  if (der == NULL)
    return NULL;
  base64 = g_base64_encode (g_bytes_get_data (der, NULL), g_bytes_get_size (der));
  lines = g_string_new (NULL);
  for (const char *at = base64; *at != '\0'; at += MIN (BASE64_LINE, strlen (at)))
    g_string_append_printf (lines, "%.*s\r\n", BASE64_LINE, at);
  return g_string_free_and_steal (lines);
}

/**
 * gc_authority_print_ca:
 * @self: an authority
 * @error: %GC_ERROR_FAILED
 *
 * Returns: (transfer full) (nullable): the answer to EST's “cacerts” (RFC 7030 section 4.1)
 */
char *
gc_authority_print_ca (GcAuthority *self, GError **error)
{
  g_return_val_if_fail (GC_IS_AUTHORITY (self), NULL);

  return print_bundle (self->ca, error);
}

/**
 * gc_authority_issue:
 * @self: an authority
 * @request: PKCS#10 in DER
 * @terminal: the id that becomes the certificate's common name
 * @device: (out) (transfer full): what the request suggests to call the device, may be empty
 * @error: %GC_ERROR_INVALID if the request cannot be granted
 *
 * Signs a terminal's certificate. Of the request nothing but the key is taken into it.
 *
 * Returns: (transfer full) (nullable): the certificate in DER
 */
GBytes *
gc_authority_issue (
    GcAuthority *self, GBytes *request, const char *terminal, char **device, GError **error)
{
  g_auto (gnutls_x509_crq_t) parsed = NULL;
  g_auto (gnutls_x509_crt_t) certificate = NULL;

  g_return_val_if_fail (GC_IS_AUTHORITY (self) && gc_id_is_valid (terminal), NULL);

  parsed = gc_x509_request_parse (request, error);
  if (parsed == NULL)
    return NULL;
  certificate
      = gc_x509_certificate_new (GC_X509_TERMINAL, terminal, GC_AUTHORITY_TERMINAL_DAYS, error);
  if (certificate == NULL || !gc_x509_certificate_set_key_of (certificate, parsed, error)
      || !gc_x509_certificate_sign (certificate, self->ca, self->ca_key, error))
    return NULL;
  *device = gc_x509_request_dup_name (parsed);
  return gc_x509_certificate_to_der (certificate, error);
}

/**
 * gc_authority_print_certificate:
 * @der: what gc_authority_issue() gave
 * @error: %GC_ERROR_FAILED
 *
 * Returns: (transfer full) (nullable): the answer to EST's “simpleenroll” (RFC 7030 section 4.2)
 */
char *
gc_authority_print_certificate (GBytes *der, GError **error)
{
  g_auto (gnutls_x509_crt_t) certificate = gc_x509_certificate_from_der (der, error);

  return certificate != NULL ? print_bundle (certificate, error) : NULL;
}

/**
 * gc_authority_fingerprint:
 * @der: a certificate
 *
 * Returns: (transfer full): SHA-256 of it in hexadecimal
 */
char *
gc_authority_fingerprint (GBytes *der)
{
  return g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, der);
}

/**
 * gc_authority_identify:
 * @self: an authority
 * @certificate: (nullable): what a client showed, and proved to have the key of
 * @fingerprint: (out) (transfer full): gc_authority_fingerprint() of it
 *
 * Whose certificate it is. Whether that terminal is still welcome is not known here.
 *
 * Returns: (transfer full) (nullable): the terminal's id, %NULL if this CA did not sign the
 *   certificate or it is not valid now
 */
char *
gc_authority_identify (GcAuthority *self, GTlsCertificate *certificate, char **fingerprint)
{
  g_autoptr (GByteArray) der = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_auto (gnutls_x509_crt_t) parsed = NULL;
  g_autofree char *name = NULL;

  g_return_val_if_fail (GC_IS_AUTHORITY (self), NULL);

  *fingerprint = NULL;
  if (certificate == NULL
      || g_tls_database_verify_chain (self->database, certificate,
                                      G_TLS_DATABASE_PURPOSE_AUTHENTICATE_CLIENT, NULL, NULL,
                                      G_TLS_DATABASE_VERIFY_NONE, NULL, NULL)
             != 0)
    return NULL;
  g_object_get (certificate, "certificate", &der, NULL);
  bytes = g_byte_array_free_to_bytes (g_steal_pointer (&der));
  parsed = gc_x509_certificate_from_der (bytes, NULL);
  name = parsed != NULL ? gc_x509_certificate_dup_name (parsed) : NULL;
  if (!gc_id_is_valid (name))
    return NULL;
  *fingerprint = gc_authority_fingerprint (bytes);
  return g_steal_pointer (&name);
}
