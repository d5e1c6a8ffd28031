/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-est.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "base/gc-id.h"
#include "center/gc-audit.h"
#include "center/gc-pairing.h"
#include "center/gc-renewal.h"
#include "center/gc-reply.h"
#include "center/gc-throttle.h"

#include <string.h>

#define PATH "/.well-known/est"
#define USER "pair"
#define MAX_REQUEST_LENGTH (16 * 1024)
#define MAX_AUTHORIZATION_LENGTH 256

/* A worker may mistype a code a few times; a machine gets nowhere. */
#define FREE_FAILURES 8
#define FIRST_WAIT_S 2
#define MAX_WAIT_S 300

struct _GcEst
{
  GcDatabase *database;
  GcAuthority *authority;
  GcRoster *roster;
  GcConsoleEvents *events;
  GcThrottle *throttle;
};

typedef struct
{
  GcEst *est;
  SoupServerMessage *message;
  char *address;
  char *token;
  GBytes *request;

  char *terminal;
  char *pairing;
  char *worker;
  char *device;
  char *fingerprint;
} Enrolment;

static void
enrolment_free (Enrolment *enrolment)
{
  g_clear_object (&enrolment->message);
  g_clear_pointer (&enrolment->request, g_bytes_unref);
  g_free (enrolment->address);
  g_free (enrolment->token);
  g_free (enrolment->terminal);
  g_free (enrolment->pairing);
  g_free (enrolment->worker);
  g_free (enrolment->device);
  g_free (enrolment->fingerprint);
  g_free (enrolment);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Enrolment, enrolment_free)

/* base64 with its padding and nothing else; g_base64_decode() would take anything. */
static gboolean
is_base64 (const char *text, gsize length)
{
  gsize padding = 0;

  while (padding < 2 && padding < length && text[length - 1 - padding] == '=')
    padding++;
  return length > 0 && length % 4 == 0
         && strspn (text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
                == length - padding;
}

/**
 * gc_est_decode_request:
 * @body: of a request to “simpleenroll”
 * @error: %GC_ERROR_TOO_LARGE, or %GC_ERROR_INVALID if it is not base64
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): the PKCS#10 request in DER
 */
GBytes *
gc_est_decode_request (GBytes *body, GError **error)
{
  gsize length;
  const char *data = g_bytes_get_data (body, &length);
  g_autoptr (GString) text = NULL;
  guint8 *der;

  if (length > MAX_REQUEST_LENGTH)
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_TOO_LARGE, "the request is over 16 kB");
      return NULL;
    }
  text = g_string_sized_new (length);
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isspace (data[i]))
      g_string_append_c (text, data[i]);
  if (!is_base64 (text->str, text->len))
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "the request is not base64");
      return NULL;
    }
  der = g_base64_decode (text->str, &length);
  return g_bytes_new_take (der, length);
}

/**
 * gc_est_decode_authorization:
 * @header: (nullable): “Authorization” of a request
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): the token (RFC 7617), %NULL if the header holds none
 */
char *
gc_est_decode_authorization (const char *header)
{
  g_autofree guint8 *decoded = NULL;
  gsize length;

  if (header == NULL || strlen (header) > MAX_AUTHORIZATION_LENGTH
      || g_ascii_strncasecmp (header, "Basic ", 6) != 0
      || !is_base64 (header + 6, strlen (header + 6)))
    return NULL;
  decoded = g_base64_decode (header + 6, &length);
  if (length <= strlen (USER) + 1 || memcmp (decoded, USER ":", strlen (USER) + 1) != 0)
    return NULL;
  return g_strndup ((char *) decoded + strlen (USER) + 1, length - strlen (USER) - 1);
}

/**
 * gc_est_reply_certificates:
 * @message: a request for a certificate
 * @text: (transfer full): base64 of a certs-only PKCS#7
 *
 * Answers it, RFC 7030 section 4.2.3. Main thread.
 */
void
gc_est_reply_certificates (SoupServerMessage *message, char *text)
{
  soup_message_headers_replace (soup_server_message_get_response_headers (message),
                                "Content-Transfer-Encoding", "base64");
  gc_reply_text (message, SOUP_STATUS_OK, "application/pkcs7-mime; smime-type=certs-only", text);
}

static gboolean
insert_terminal (GcDatabase *database, const Enrolment *enrolment, GError **error)
{
  g_autofree char *stream = gc_id_new ();
  gint64 now_ms = gc_clock_wall_ms ();

  return gc_database_exec (database, error,
                           "INSERT INTO terminal (id, worker, device, fingerprint, paired_ms,"
                           "  last_seen_ms, stream) VALUES (?, ?, ?, ?, ?, ?, ?)",
                           "ssssiis", enrolment->terminal, enrolment->worker, enrolment->device,
                           enrolment->fingerprint, now_ms, now_ms, stream)
         && gc_audit_add (database, enrolment->terminal, "terminal.pair", enrolment->terminal,
                          enrolment->worker, error);
}

/* Token, certificate and terminal come in one transaction: a request that cannot be granted leaves
 * the token as it was. */
static gpointer
enrol (GcDatabase *database, gpointer data, GError **error)
{
  Enrolment *enrolment = data;
  g_autoptr (GBytes) certificate = NULL;

  if (!gc_pairing_redeem (database, enrolment->token, enrolment->terminal, &enrolment->pairing,
                          &enrolment->worker, error))
    return NULL;
  certificate = gc_authority_issue (enrolment->est->authority, enrolment->request,
                                    enrolment->terminal, &enrolment->device, error);
  if (certificate == NULL)
    return NULL;
  enrolment->fingerprint = gc_authority_fingerprint (certificate);
  if (!insert_terminal (database, enrolment, error))
    return NULL;
  return gc_authority_print_certificate (certificate, error);
}

static gpointer
print_pairing (GcDatabase *database, gpointer data, GError **error)
{
  return gc_pairing_print (database, data, error);
}

static void
on_pairing_printed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcConsoleEvents) events = user_data;
  g_autoptr (JsonObject) pairing = gc_database_run_finish (GC_DATABASE (source), result, NULL);

  if (pairing != NULL)
    gc_console_events_emit (events, "pairing", pairing);
}

static void
refuse_token (SoupServerMessage *message, const GError *error)
{
  const char *type = error->code == GC_ERROR_USED      ? "token-used"
                     : error->code == GC_ERROR_EXPIRED ? "token-expired"
                                                       : "token-unknown";

  soup_message_headers_replace (soup_server_message_get_response_headers (message),
                                "WWW-Authenticate", "Basic realm=\"Gridcast pairing\"");
  gc_reply_problem (message, SOUP_STATUS_UNAUTHORIZED, type, error->message);
}

static void
refuse (Enrolment *enrolment, const GError *error)
{
  if (g_error_matches (error, GC_ERROR, GC_ERROR_UNAUTHORIZED)
      || g_error_matches (error, GC_ERROR, GC_ERROR_USED)
      || g_error_matches (error, GC_ERROR, GC_ERROR_EXPIRED))
    {
      gc_throttle_fail (enrolment->est->throttle, enrolment->address, gc_clock_monotonic_ms ());
      refuse_token (enrolment->message, error);
    }
  else
    gc_reply_error (enrolment->message, error);
}

static void
on_enrolled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Enrolment) enrolment = user_data;
  GcEst *self = enrolment->est;
  g_autoptr (GError) error = NULL;
  g_autofree char *answer = gc_database_run_finish (GC_DATABASE (source), result, &error);

  if (answer == NULL)
    refuse (enrolment, error);
  else
    {
      gc_throttle_succeed (self->throttle, enrolment->address);
      gc_est_reply_certificates (enrolment->message, g_steal_pointer (&answer));
      gc_roster_add (self->roster, enrolment->terminal, enrolment->worker, enrolment->device,
                     enrolment->fingerprint);
      gc_database_run_async (self->database, print_pairing, g_strdup (enrolment->pairing), g_free,
                             (GDestroyNotify) json_object_unref, NULL, on_pairing_printed,
                             g_object_ref (self->events));
    }
  soup_server_message_unpause (enrolment->message);
}

static void
answer_simpleenroll (GcEst *self, SoupServerMessage *message)
{
  g_autoptr (Enrolment) enrolment = g_new0 (Enrolment, 1);
  g_autoptr (GBytes) body = NULL;
  g_autoptr (GError) error = NULL;
  guint wait_s;

  enrolment->est = self;
  enrolment->message = g_object_ref (message);
  enrolment->address = gc_request_dup_address (message);
  wait_s = gc_throttle_check (self->throttle, enrolment->address, gc_clock_monotonic_ms ());
  if (wait_s > 0)
    {
      gc_reply_slow_down (message, wait_s);
      return;
    }
  enrolment->token = gc_est_decode_authorization (soup_message_headers_get_one (
      soup_server_message_get_request_headers (message), "Authorization"));
  if (enrolment->token == NULL)
    {
      g_set_error_literal (&error, GC_ERROR, GC_ERROR_UNAUTHORIZED,
                           "Enrolment needs the token of a pairing code.");
      refuse (enrolment, error);
      return;
    }
  body = soup_message_body_flatten (soup_server_message_get_request_body (message));
  enrolment->request = gc_est_decode_request (body, &error);
  if (enrolment->request == NULL)
    {
      refuse (enrolment, error);
      return;
    }
  enrolment->terminal = gc_id_new ();
  soup_server_message_pause (message);
  gc_database_run_async (self->database, enrol, enrolment, NULL, g_free, NULL, on_enrolled,
                         enrolment);
  g_steal_pointer (&enrolment);
}

static void
answer_cacerts (GcEst *self, SoupServerMessage *message)
{
  g_autoptr (GError) error = NULL;
  char *answer = gc_authority_print_ca (self->authority, &error);

  if (answer == NULL)
    {
      gc_reply_error (message, error);
      return;
    }
  soup_message_headers_replace (soup_server_message_get_response_headers (message),
                                "Content-Transfer-Encoding", "base64");
  gc_reply_text (message, SOUP_STATUS_OK, "application/pkcs7-mime", answer);
}

static void
on_request (SoupServer *server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer user_data)
{
  GcEst *self = user_data;

  if (strcmp (path, PATH "/cacerts") == 0)
    {
      if (gc_request_has_method (message, "GET"))
        answer_cacerts (self, message);
      else
        gc_reply_method_not_allowed (message, "GET, HEAD");
    }
  else if (strcmp (path, PATH "/simpleenroll") == 0)
    {
      if (gc_request_has_method (message, "POST"))
        answer_simpleenroll (self, message);
      else
        gc_reply_method_not_allowed (message, "POST");
    }
  else if (strcmp (path, PATH "/simplereenroll") == 0)
    {
      if (gc_request_has_method (message, "POST"))
        gc_renewal_answer (self->database, self->authority, self->roster, message);
      else
        gc_reply_method_not_allowed (message, "POST");
    }
  else
    gc_reply_problem (message, SOUP_STATUS_NOT_FOUND, "not-found", "There is no such page.");
}

/**
 * gc_est_new:
 * @database: the center's
 * @authority: who signs
 * @roster: where new terminals are made known
 * @events: where consoles listen
 *
 * Returns: (transfer full): the enrolment; free it after the server and the database
 */
GcEst *
gc_est_new (GcDatabase *database, GcAuthority *authority, GcRoster *roster, GcConsoleEvents *events)
{
  GcEst *self = g_new0 (GcEst, 1);

  self->database = g_object_ref (database);
  self->authority = g_object_ref (authority);
  self->roster = g_object_ref (roster);
  self->events = g_object_ref (events);
  self->throttle = gc_throttle_new (FREE_FAILURES, FIRST_WAIT_S, MAX_WAIT_S);
  return self;
}

/**
 * gc_est_free:
 * @self: (transfer full): the enrolment
 */
void
gc_est_free (GcEst *self)
{
  g_object_unref (self->database);
  g_object_unref (self->authority);
  g_object_unref (self->roster);
  g_object_unref (self->events);
  gc_throttle_free (self->throttle);
  g_free (self);
}

/**
 * gc_est_mount:
 * @self: the enrolment
 * @server: where to answer “/.well-known/est”
 */
void
gc_est_mount (GcEst *self, SoupServer *server)
{
  soup_server_add_handler (server, PATH, on_request, self, NULL);
}
