/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "identity/gc-enrolment.h"

#include "base/gc-error.h"
#include "http/gc-anchors.h"
#include "http/gc-certificate-check.h"
#include "http/gc-http.h"
#include "identity/gc-device-key.h"
#include "protocol/gc-certificate-pin.h"

#include <string.h>

#define TIMEOUT_S 15
#define ANSWER_MAX_LENGTH (64 * 1024)
#define PATH "/.well-known/est/"

/* Of a terminal that has no certificate yet, or of one that gets another. */
typedef struct
{
  GcPairingCode *code;    /* or NULL */
  GcCredentials *present; /* or NULL */
  char *device;
  char *base_url;
  SoupSession *session;
  SoupMessage *message;
  GTlsCertificate *ca;
  GTlsDatabase *anchors;
  char *key_pem;
} Enrolment;

static void
enrolment_free (gpointer data)
{
  Enrolment *self = data;

  g_clear_pointer (&self->code, gc_pairing_code_free);
  g_clear_object (&self->present);
  g_free (self->device);
  g_free (self->base_url);
  g_clear_object (&self->session);
  g_clear_object (&self->message);
  g_clear_object (&self->ca);
  g_clear_object (&self->anchors);
  if (self->key_pem != NULL)
    explicit_bzero (self->key_pem, strlen (self->key_pem));
  g_free (self->key_pem);
  g_free (self);
}

static GPtrArray *
read_certificates (GBytes *body, GError **error)
{
  gsize length;
  const char *data = g_bytes_get_data (body, &length);
  g_autofree char *text = g_strndup (data != NULL ? data : "", length);

  return gc_device_key_read_pkcs7 (text, error);
}

static GTlsCertificate *
find_pinned (GPtrArray *certificates, const char *pin, GError **error)
{
  for (guint i = 0; i < certificates->len; i++)
    {
      GTlsCertificate *certificate = g_ptr_array_index (certificates, i);
      g_autofree char *found = gc_certificate_pin (certificate, NULL);

      if (g_strcmp0 (found, pin) == 0)
        return g_object_ref (certificate);
    }
  g_set_error_literal (error, GC_ERROR, GC_ERROR_UNTRUSTED,
                       "another center answers than the one that made this code");
  return NULL;
}

static char *
dup_pem (GTlsCertificate *certificate)
{
  char *pem = NULL;

  g_object_get (certificate, "certificate-pem", &pem, NULL);
  return pem;
}

static GTlsCertificate *
find_issued (GPtrArray *certificates, const char *key_pem)
{
  for (guint i = 0; i < certificates->len; i++)
    {
      GTlsCertificate *certificate = g_ptr_array_index (certificates, i);

      if (gc_device_key_check_certificate (key_pem, certificate, NULL))
        return certificate;
    }
  return NULL;
}

static gboolean
check_issued (Enrolment *self, GTlsCertificate *issued, GError **error)
{
  GTlsCertificateFlags faults = issued != NULL
                                    ? gc_certificate_check (issued, self->ca, GC_CERTIFICATE_CLIENT)
                                    : G_TLS_CERTIFICATE_GENERIC_ERROR;

  if (faults == G_TLS_CERTIFICATE_NO_FLAGS)
    return TRUE;
  if (faults == G_TLS_CERTIFICATE_EXPIRED)
    g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID,
                         "the center issued a certificate that has expired already");
  else
    g_set_error_literal (error, GC_ERROR, GC_ERROR_UNTRUSTED,
                         "the center issued a certificate that is not for this terminal");
  return FALSE;
}

static GcCredentials *
read_credentials (Enrolment *self, GBytes *body, GError **error)
{
  GError *refusal = gc_http_error_from_answer (self->message, body);
  g_autoptr (GPtrArray) certificates = refusal == NULL ? read_certificates (body, error) : NULL;
  GTlsCertificate *issued;
  g_autofree char *certificate_pem = NULL;
  g_autofree char *ca_pem = NULL;

  if (refusal != NULL)
    g_propagate_error (error, refusal);
  if (certificates == NULL)
    return NULL;
  issued = find_issued (certificates, self->key_pem);
  if (!check_issued (self, issued, error))
    return NULL;
  certificate_pem = dup_pem (issued);
  if (self->present != NULL)
    return gc_credentials_renew (self->present, certificate_pem, self->key_pem, error);
  ca_pem = dup_pem (self->ca);
  return gc_credentials_new (self->base_url, self->code->name, ca_pem, certificate_pem,
                             self->key_pem, error);
}

static void
on_enrolled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Enrolment *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body = gc_http_send_finish (SOUP_SESSION (source), result, &error);
  GcCredentials *credentials = body != NULL ? read_credentials (self, body, &error) : NULL;

  if (credentials == NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_pointer (task, credentials, g_object_unref);
}

static void
set_token (SoupMessage *message, const char *token)
{
  g_autofree char *pair = g_strconcat ("pair:", token, NULL);
  g_autofree char *encoded = g_base64_encode ((const guint8 *) pair, strlen (pair));
  g_autofree char *header = g_strconcat ("Basic ", encoded, NULL);

  soup_message_headers_replace (soup_message_get_request_headers (message), "Authorization",
                                header);
}

/* A new client, and so a new connection: before a pairing the first one trusted anybody. */
static SoupSession *
make_session (Enrolment *self)
{
  return gc_http_session_new (TIMEOUT_S, self->anchors,
                              self->present != NULL ? gc_credentials_get_certificate (self->present)
                                                    : NULL);
}

static gboolean
start_enrol (GTask *task, Enrolment *self, GError **error)
{
  const char *operation = self->present != NULL ? PATH "simplereenroll" : PATH "simpleenroll";
  g_autofree char *url = g_strconcat (self->base_url, operation, NULL);
  g_autofree char *request = NULL;
  g_autoptr (GBytes) body = NULL;

  self->key_pem = gc_device_key_new (error);
  if (self->key_pem == NULL)
    return FALSE;
  request = gc_device_key_make_request (self->key_pem, self->device, error);
  if (request == NULL)
    return FALSE;
  body = g_bytes_new (request, strlen (request));
  g_clear_object (&self->session);
  self->session = make_session (self);
  g_clear_object (&self->message);
  self->message = soup_message_new (SOUP_METHOD_POST, url);
  if (self->code != NULL)
    set_token (self->message, self->code->token);
  soup_message_set_request_body_from_bytes (self->message, "application/pkcs10", body);
  soup_message_headers_replace (soup_message_get_request_headers (self->message),
                                "Content-Transfer-Encoding", "base64");
  gc_http_send_async (self->session, self->message, ANSWER_MAX_LENGTH,
                      g_task_get_cancellable (task), on_enrolled, g_object_ref (task));
  return TRUE;
}

/* What is no answer to cacerts is no center's: a portal that wants a log-in, some other server. */
static gboolean
check_is_center (Enrolment *self, GBytes *body, GError **error)
{
  g_autoptr (GError) refusal = gc_http_error_from_answer (self->message, body);

  if (refusal == NULL)
    return TRUE;
  if (g_error_matches (refusal, GC_ERROR, GC_ERROR_BUSY))
    g_propagate_error (error, g_steal_pointer (&refusal));
  else
    g_set_error (error, GC_ERROR, GC_ERROR_UNREACHABLE, "no center answers at this address: %s",
                 refusal->message);
  return FALSE;
}

static gboolean
adopt_ca (Enrolment *self, GBytes *body, GError **error)
{
  g_autoptr (GPtrArray) certificates
      = check_is_center (self, body, error) ? read_certificates (body, error) : NULL;
  g_autofree char *pem = NULL;

  if (certificates == NULL)
    return FALSE;
  self->ca = find_pinned (certificates, self->code->ca_pin, error);
  if (self->ca == NULL)
    return FALSE;
  pem = dup_pem (self->ca);
  self->anchors = gc_anchors_new (pem, error);
  return self->anchors != NULL;
}

static void
on_cacerts (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Enrolment *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body = gc_http_send_finish (SOUP_SESSION (source), result, &error);

  if (body == NULL || !adopt_ca (self, body, &error) || !start_enrol (task, self, &error))
    g_task_return_error (task, g_steal_pointer (&error));
}

/* The pin, not the connection, decides whom we trust: see PROTOCOL.md, “Enrolment”, step 1. */
static gboolean
on_accept_anybody (SoupMessage *message,
                   GTlsCertificate *certificate,
                   GTlsCertificateFlags errors,
                   gpointer user_data)
{
  return TRUE;
}

/**
 * gc_enrolment_run_async:
 * @code: a code that the worker has confirmed
 * @device: what to call the device, for the dispatcher's eyes
 * @cancellable: (nullable): to give up
 * @callback: called with the outcome
 * @user_data: for @callback
 *
 * Pairs: fetches and checks the center's CA, makes a key, has it certified (RFC 7030 sections 4.1
 * and 4.2). Nothing is stored. Main thread.
 */
void
gc_enrolment_run_async (const GcPairingCode *code,
                        const char *device,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  Enrolment *self = g_new0 (Enrolment, 1);
  g_autofree char *url = NULL;

  g_task_set_source_tag (task, gc_enrolment_run_async);
  g_task_set_task_data (task, self, enrolment_free);
  self->code = gc_pairing_code_copy (code);
  self->device = g_strdup (device);
  self->base_url = gc_pairing_code_dup_base_url (code);
  self->session = gc_http_session_new (TIMEOUT_S, NULL, NULL);
  url = g_strconcat (self->base_url, PATH "cacerts", NULL);
  self->message = soup_message_new (SOUP_METHOD_GET, url);
  if (self->message == NULL)
    {
      g_task_return_new_error (task, GC_ERROR, GC_ERROR_INVALID,
                               "the code names an impossible address");
      return;
    }
  g_signal_connect (self->message, "accept-certificate", G_CALLBACK (on_accept_anybody), NULL);
  gc_http_send_async (self->session, self->message, ANSWER_MAX_LENGTH, cancellable, on_cacerts,
                      g_steal_pointer (&task));
}

/**
 * gc_enrolment_renew_async:
 * @credentials: that are good
 * @device: what to call the device, for the dispatcher's eyes
 * @cancellable: (nullable): to give up
 * @callback: called with the outcome, which gc_enrolment_run_finish() tells
 * @user_data: for @callback
 *
 * Makes another key and has it certified for the same terminal (RFC 7030 section 4.2.2). Nothing is
 * stored; the present credentials are good until the new ones are used. Main thread.
 */
void
gc_enrolment_renew_async (GcCredentials *credentials,
                          const char *device,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  Enrolment *self = g_new0 (Enrolment, 1);
  g_autoptr (GError) error = NULL;

  g_task_set_source_tag (task, gc_enrolment_renew_async);
  g_task_set_task_data (task, self, enrolment_free);
  self->present = g_object_ref (credentials);
  self->device = g_strdup (device);
  self->base_url = g_strdup (gc_credentials_get_base_url (credentials));
  self->anchors = g_object_ref (gc_credentials_get_anchors (credentials));
  self->ca = g_tls_certificate_new_from_pem (gc_credentials_get_ca_pem (credentials), -1, &error);
  if (self->ca == NULL || !start_enrol (task, self, &error))
    g_task_return_error (task, g_steal_pointer (&error));
}

/**
 * gc_enrolment_run_finish:
 * @result: what the callback got
 * @error: %GC_ERROR_UNREACHABLE (no network, no center there), %GC_ERROR_UNTRUSTED (another key
 *   than the code says), %GC_ERROR_CLOCK (this device's clock is ahead), %GC_ERROR_UNAUTHORIZED,
 *   %GC_ERROR_EXPIRED, %GC_ERROR_USED (the token), %GC_ERROR_REFUSED (the present certificate),
 * %GC_ERROR_BUSY (too many attempts), %GC_ERROR_INVALID, %GC_ERROR_TOO_LARGE (a damaged answer)
 *
 * Returns: (transfer full) (nullable): what to keep
 */
GcCredentials *
gc_enrolment_run_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
