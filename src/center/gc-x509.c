/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-x509.h"

#include "base/gc-error.h"

#include <gio/gio.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/pkcs7.h>
#include <string.h>

#define SERIAL_BYTES 16
#define SECONDS_PER_DAY 86400
#define KEY_ID_BYTES 32
/* Begins a name that GnuTLS gives as digits, since it is no text (RFC 4514 section 2.4). */
#define NOT_TEXT '#'
#define NAME_MAX_BYTES 256
#define NAME_MAX_CHARACTERS 64

G_DEFINE_AUTO_CLEANUP_FREE_FUNC (gnutls_pkcs7_t, gnutls_pkcs7_deinit, NULL)
G_DEFINE_AUTO_CLEANUP_FREE_FUNC (gnutls_pubkey_t, gnutls_pubkey_deinit, NULL)

/**
 * gc_x509_check:
 * @status: what a function of GnuTLS returned
 * @what: what was tried, for the message
 * @error: %GC_ERROR_FAILED
 *
 * Returns: whether @status is no failure
 */
gboolean
gc_x509_check (int status, const char *what, GError **error)
{
  if (status >= 0)
    return TRUE;
  g_set_error (error, GC_ERROR, GC_ERROR_FAILED, "%s: %s", what, gnutls_strerror (status));
  return FALSE;
}

static GBytes *
take_datum (gnutls_datum_t *datum)
{
  GBytes *bytes = g_bytes_new (datum->data, datum->size);

  gnutls_memset (datum->data, 0, datum->size);
  gnutls_free (datum->data);
  return bytes;
}

static char *
take_datum_text (gnutls_datum_t *datum)
{
  char *text = g_strndup ((const char *) datum->data, datum->size);

  gnutls_memset (datum->data, 0, datum->size);
  gnutls_free (datum->data);
  return text;
}

/**
 * gc_x509_key_new:
 * @error: %GC_ERROR_FAILED
 *
 * Returns: (transfer full) (nullable): a new EC P-256 key
 */
gnutls_x509_privkey_t
gc_x509_key_new (GError **error)
{
  g_auto (gnutls_x509_privkey_t) key = NULL;

  if (!gc_x509_check (gnutls_x509_privkey_init (&key), "no key", error)
      || !gc_x509_check (
          gnutls_x509_privkey_generate (key, GNUTLS_PK_ECDSA,
                                        GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0),
          "no key could be made", error))
    return NULL;
  return g_steal_pointer (&key);
}

/**
 * gc_x509_key_from_pem:
 * @pem: PKCS#8
 * @error: %GC_ERROR_FAILED
 *
 * Returns: (transfer full) (nullable): the key
 */
gnutls_x509_privkey_t
gc_x509_key_from_pem (const char *pem, GError **error)
{
  g_auto (gnutls_x509_privkey_t) key = NULL;
  gnutls_datum_t datum = { (guint8 *) pem, (unsigned) strlen (pem) };

  if (!gc_x509_check (gnutls_x509_privkey_init (&key), "no key", error)
      || !gc_x509_check (
          gnutls_x509_privkey_import2 (key, &datum, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN),
          "the key cannot be read", error))
    return NULL;
  return g_steal_pointer (&key);
}

/**
 * gc_x509_key_to_pem:
 * @key: a key
 * @error: %GC_ERROR_FAILED
 *
 * Returns: (transfer full) (nullable): it in PKCS#8, unencrypted
 */
char *
gc_x509_key_to_pem (gnutls_x509_privkey_t key, GError **error)
{
  gnutls_datum_t datum = { NULL, 0 };

  if (!gc_x509_check (gnutls_x509_privkey_export2_pkcs8 (key, GNUTLS_X509_FMT_PEM, NULL,
                                                         GNUTLS_PKCS_PLAIN, &datum),
                      "the key cannot be written", error))
    return NULL;
  return take_datum_text (&datum);
}

static int
set_uses (gnutls_x509_crt_t certificate, GcX509Role role)
{
  unsigned usage = GNUTLS_KEY_DIGITAL_SIGNATURE;
  int status;

  if (role == GC_X509_AUTHORITY)
    {
      usage = GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN;
      status = gnutls_x509_crt_set_basic_constraints (certificate, 1, 0);
    }
  else
    {
      status = gnutls_x509_crt_set_basic_constraints (certificate, 0, -1);
      if (status >= 0)
        status = gnutls_x509_crt_set_key_purpose_oid (
            certificate,
            role == GC_X509_SERVER ? GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT, 0);
    }
  return status < 0 ? status : gnutls_x509_crt_set_key_usage (certificate, usage);
}

static int
set_serial (gnutls_x509_crt_t certificate)
{
  guint8 serial[SERIAL_BYTES];
  int status = gnutls_rnd (GNUTLS_RND_NONCE, serial, sizeof serial);

  /* RFC 5280 section 4.1.2.2: positive, and the first byte of the encoding not zero. */
  serial[0] = (serial[0] & 0x7f) | 0x40;
  return status < 0 ? status : gnutls_x509_crt_set_serial (certificate, serial, sizeof serial);
}

/* Valid from yesterday: the clocks of handsets are wrong. */
static int
set_times (gnutls_x509_crt_t certificate, guint days)
{
  time_t now = time (NULL);
  int status = gnutls_x509_crt_set_activation_time (certificate, now - SECONDS_PER_DAY);

  if (status < 0)
    return status;
  return gnutls_x509_crt_set_expiration_time (certificate, now + (time_t) days * SECONDS_PER_DAY);
}

/**
 * gc_x509_certificate_new:
 * @role: what it is for
 * @name: its common name
 * @days: how long it is valid
 * @error: %GC_ERROR_FAILED
 *
 * Makes a certificate that lacks only its key and its signature.
 *
 * Returns: (transfer full) (nullable): the certificate
 */
gnutls_x509_crt_t
gc_x509_certificate_new (GcX509Role role, const char *name, guint days, GError **error)
{
  g_auto (gnutls_x509_crt_t) certificate = NULL;
  int status = gnutls_x509_crt_init (&certificate);

  if (status >= 0)
    status = gnutls_x509_crt_set_version (certificate, 3);
  if (status >= 0)
    status = set_serial (certificate);
  if (status >= 0)
    status = set_times (certificate, days);
  if (status >= 0)
    status = gnutls_x509_crt_set_dn_by_oid (certificate, GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                            (unsigned) strlen (name));
  if (status >= 0)
    status = set_uses (certificate, role);
  if (!gc_x509_check (status, "no certificate could be made", error))
    return NULL;
  return g_steal_pointer (&certificate);
}

/**
 * gc_x509_certificate_add_hosts:
 * @certificate: an unsigned certificate
 * @hosts: (array zero-terminated=1): DNS names and addresses
 * @error: %GC_ERROR_FAILED
 *
 * Returns: whether they are in its subject alternative names now
 */
gboolean
gc_x509_certificate_add_hosts (gnutls_x509_crt_t certificate,
                               const char *const *hosts,
                               GError **error)
{
  for (gsize i = 0; hosts[i] != NULL; i++)
    {
      g_autoptr (GInetAddress) address = g_inet_address_new_from_string (hosts[i]);
      int status;

      if (address != NULL)
        status = gnutls_x509_crt_set_subject_alt_name (
            certificate, GNUTLS_SAN_IPADDRESS, g_inet_address_to_bytes (address),
            (unsigned) g_inet_address_get_native_size (address), GNUTLS_FSAN_APPEND);
      else
        status = gnutls_x509_crt_set_subject_alt_name (certificate, GNUTLS_SAN_DNSNAME, hosts[i],
                                                       (unsigned) strlen (hosts[i]),
                                                       GNUTLS_FSAN_APPEND);
      if (!gc_x509_check (status, "the host's name does not fit into a certificate", error))
        return FALSE;
    }
  return TRUE;
}

/**
 * gc_x509_certificate_set_key_of:
 * @certificate: an unsigned certificate
 * @request: a request
 * @error: %GC_ERROR_FAILED
 *
 * Takes the public key, and nothing else, from the request.
 *
 * Returns: whether @certificate has it now
 */
gboolean
gc_x509_certificate_set_key_of (gnutls_x509_crt_t certificate,
                                gnutls_x509_crq_t request,
                                GError **error)
{
  g_auto (gnutls_pubkey_t) key = NULL;
  int status = gnutls_pubkey_init (&key);

  if (status >= 0)
    status = gnutls_pubkey_import_x509_crq (key, request, 0);
  if (status >= 0)
    status = gnutls_x509_crt_set_pubkey (certificate, key);
  return gc_x509_check (status, "the request's key cannot be used", error);
}

static int
set_key_ids (gnutls_x509_crt_t certificate, gnutls_x509_crt_t issuer)
{
  guint8 id[32];
  size_t length = sizeof id;
  int status = gnutls_x509_crt_get_key_id (certificate, GNUTLS_KEYID_USE_SHA256, id, &length);

  if (status >= 0)
    status = gnutls_x509_crt_set_subject_key_id (certificate, id, 20);
  if (status < 0 || issuer == certificate)
    return status;
  length = sizeof id;
  status = gnutls_x509_crt_get_subject_key_id (issuer, id, &length, NULL);
  return status < 0 ? status : gnutls_x509_crt_set_authority_key_id (certificate, id, length);
}

/**
 * gc_x509_certificate_sign:
 * @certificate: a certificate that has its key
 * @issuer: who signs; @certificate itself for an authority
 * @issuer_key: of @issuer
 * @error: %GC_ERROR_FAILED
 *
 * Returns: whether the certificate is complete
 */
gboolean
gc_x509_certificate_sign (gnutls_x509_crt_t certificate,
                          gnutls_x509_crt_t issuer,
                          gnutls_x509_privkey_t issuer_key,
                          GError **error)
{
  int status = set_key_ids (certificate, issuer);

  if (status >= 0)
    status = gnutls_x509_crt_sign2 (certificate, issuer, issuer_key, GNUTLS_DIG_SHA256, 0);
  return gc_x509_check (status, "the certificate could not be signed", error);
}

static gnutls_x509_crt_t
import_certificate (gconstpointer data, gsize length, gnutls_x509_crt_fmt_t format, GError **error)
{
  g_auto (gnutls_x509_crt_t) certificate = NULL;
  gnutls_datum_t datum = { (guint8 *) data, (unsigned) length };

  if (!gc_x509_check (gnutls_x509_crt_init (&certificate), "no certificate", error)
      || !gc_x509_check (gnutls_x509_crt_import (certificate, &datum, format),
                         "the certificate cannot be read", error))
    return NULL;
  return g_steal_pointer (&certificate);
}

/**
 * gc_x509_certificate_from_pem:
 * @pem: one certificate
 * @error: %GC_ERROR_FAILED
 *
 * Returns: (transfer full) (nullable): it
 */
gnutls_x509_crt_t
gc_x509_certificate_from_pem (const char *pem, GError **error)
{
  return import_certificate (pem, strlen (pem), GNUTLS_X509_FMT_PEM, error);
}

/**
 * gc_x509_certificate_from_der:
 * @der: one certificate
 * @error: %GC_ERROR_FAILED
 *
 * Returns: (transfer full) (nullable): it
 */
gnutls_x509_crt_t
gc_x509_certificate_from_der (GBytes *der, GError **error)
{
  return import_certificate (g_bytes_get_data (der, NULL), g_bytes_get_size (der),
                             GNUTLS_X509_FMT_DER, error);
}

/**
 * gc_x509_certificate_to_pem:
 * @certificate: a signed certificate
 * @error: %GC_ERROR_FAILED
 *
 * Returns: (transfer full) (nullable): text
 */
char *
gc_x509_certificate_to_pem (gnutls_x509_crt_t certificate, GError **error)
{
  gnutls_datum_t datum = { NULL, 0 };

  if (!gc_x509_check (gnutls_x509_crt_export2 (certificate, GNUTLS_X509_FMT_PEM, &datum),
                      "the certificate cannot be written", error))
    return NULL;
  return take_datum_text (&datum);
}

/**
 * gc_x509_certificate_to_der:
 * @certificate: a signed certificate
 * @error: %GC_ERROR_FAILED
 *
 * Returns: (transfer full) (nullable): DER
 */
GBytes *
gc_x509_certificate_to_der (gnutls_x509_crt_t certificate, GError **error)
{
  gnutls_datum_t datum = { NULL, 0 };

  if (!gc_x509_check (gnutls_x509_crt_export2 (certificate, GNUTLS_X509_FMT_DER, &datum),
                      "the certificate cannot be written", error))
    return NULL;
  return take_datum (&datum);
}

/**
 * gc_x509_certificate_has_key:
 * @certificate: a certificate
 * @key: a private key
 *
 * Returns: whether the certificate is for that key
 */
gboolean
gc_x509_certificate_has_key (gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key)
{
  unsigned char certified[KEY_ID_BYTES];
  unsigned char given[KEY_ID_BYTES];
  size_t certified_length = sizeof certified;
  size_t given_length = sizeof given;

  return gnutls_x509_crt_get_key_id (certificate, GNUTLS_KEYID_USE_SHA256, certified,
                                     &certified_length)
             == 0
         && gnutls_x509_privkey_get_key_id (key, GNUTLS_KEYID_USE_SHA256, given, &given_length) == 0
         && certified_length == given_length && memcmp (certified, given, given_length) == 0;
}

/**
 * gc_x509_certificate_dup_name:
 * @certificate: a certificate
 *
 * Returns: (transfer full) (nullable): its common name, if it has a short one that is UTF-8
 */
char *
gc_x509_certificate_dup_name (gnutls_x509_crt_t certificate)
{
  char name[NAME_MAX_BYTES];
  size_t length = sizeof name - 1;

  if (gnutls_x509_crt_get_dn_by_oid (certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &length)
          < 0
      || !g_utf8_validate_len (name, length, NULL))
    return NULL;
  return g_strndup (name, length);
}

static gboolean
request_has_good_key (gnutls_x509_crq_t request)
{
  gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;
  g_auto (gnutls_pubkey_t) key = NULL;

  return gnutls_pubkey_init (&key) >= 0 && gnutls_pubkey_import_x509_crq (key, request, 0) >= 0
         && gnutls_pubkey_export_ecc_raw (key, &curve, NULL, NULL) >= 0
         && curve == GNUTLS_ECC_CURVE_SECP256R1;
}

/**
 * gc_x509_request_parse:
 * @der: PKCS#10
 * @error: %GC_ERROR_INVALID if it does not parse, its key is not EC P-256, or it is not signed by
 *   its key
 *
 * Returns: (transfer full) (nullable): the request
 */
gnutls_x509_crq_t
gc_x509_request_parse (GBytes *der, GError **error)
{
  g_auto (gnutls_x509_crq_t) request = NULL;
  gsize length;
  gconstpointer data = g_bytes_get_data (der, &length);
  gnutls_datum_t datum = { (guint8 *) data, (unsigned) length };
  const char *problem = NULL;

  if (!gc_x509_check (gnutls_x509_crq_init (&request), "no request", error))
    return NULL;
  if (length == 0 || gnutls_x509_crq_import (request, &datum, GNUTLS_X509_FMT_DER) < 0)
    problem = "this is no certificate request (PKCS#10)";
  else if (!request_has_good_key (request))
    problem = "the request's key is not EC P-256";
  else if (gnutls_x509_crq_verify (request, 0) < 0)
    problem = "the request is not signed by its key";
  if (problem != NULL)
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, problem);
      return NULL;
    }
  return g_steal_pointer (&request);
}

/* GnuTLS gives names as RFC 4514 section 2.4 writes them, with “\” before what has a meaning there.
 */
static void
unescape (char *name)
{
  char *to = name;

  for (const char *at = name; *at != '\0'; at++)
    {
      if (*at == '\\' && at[1] != '\0')
        at++;
      *to++ = *at;
    }
  *to = '\0';
}

/**
 * gc_x509_request_dup_name:
 * @request: a request
 *
 * What the terminal suggests as its name: text without control characters, at most 64 characters.
 *
 * Returns: (transfer full): the name, empty if it suggests none that can be shown
 */
char *
gc_x509_request_dup_name (gnutls_x509_crq_t request)
{
  char name[NAME_MAX_BYTES];
  size_t length = sizeof name - 1;
  g_autoptr (GString) shown = g_string_new (NULL);
  int characters = 0;

  if (gnutls_x509_crq_get_dn_by_oid (request, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &length) < 0
      || !g_utf8_validate (name, (gssize) length, NULL) || name[0] == NOT_TEXT)
    return g_strdup ("");
  name[length] = '\0';
  unescape (name);
  for (const char *at = name; *at != '\0' && characters < NAME_MAX_CHARACTERS;
       at = g_utf8_next_char (at))
    if (g_unichar_isprint (g_utf8_get_char (at)))
      {
        g_string_append_unichar (shown, g_utf8_get_char (at));
        characters++;
      }
  return g_strstrip (g_string_free_and_steal (g_steal_pointer (&shown)));
}

/**
 * gc_x509_bundle:
 * @certificate: a certificate
 * @error: %GC_ERROR_FAILED
 *
 * Packs a certificate as EST answers it: a certs-only PKCS#7 (RFC 7030 section 4.1.3).
 *
 * Returns: (transfer full) (nullable): DER
 */
GBytes *
gc_x509_bundle (gnutls_x509_crt_t certificate, GError **error)
{
  g_auto (gnutls_pkcs7_t) bundle = NULL;
  gnutls_datum_t datum = { NULL, 0 };
  int status = gnutls_pkcs7_init (&bundle);

  if (status >= 0)
    status = gnutls_pkcs7_set_crt (bundle, certificate);
  if (status >= 0)
    status = gnutls_pkcs7_export2 (bundle, GNUTLS_X509_FMT_DER, &datum);
  if (!gc_x509_check (status, "no PKCS#7 could be made", error))
    return NULL;
  return take_datum (&datum);
}
