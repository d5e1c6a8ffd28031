/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-whip-endpoint.h"

#include "center/gc-relay-http.h"
#include "center/gc-reply.h"

#include <string.h>

/* PROTOCOL.md, “Live”; announced as RFC 9725 section 4.9 says. */
#define HANDOVER_RELATION "urn:gridcast:whip:handover"

static gboolean
check_bearer (GcRelaySession *session, SoupServerMessage *message)
{
  const char *header = soup_message_headers_get_one (
      soup_server_message_get_request_headers (message), "Authorization");
  gboolean bearer = header != NULL && g_ascii_strncasecmp (header, "Bearer ", 7) == 0;

  if (bearer && gc_relay_session_check_token (session, header + 7))
    return TRUE;
  gc_relay_http_set_header (message, "WWW-Authenticate", "Bearer");
  gc_reply_problem (message, SOUP_STATUS_UNAUTHORIZED, "token-wrong",
                    "The session's bearer token is missing or wrong");
  return FALSE;
}

static void
reply_created (GcRelayExchange *exchange, GcIngest *ingest, char *answer)
{
  const char *path = g_uri_get_path (soup_server_message_get_uri (exchange->message));
  g_autofree char *link = g_strdup_printf ("<%s>; rel=\"" HANDOVER_RELATION "\"", path);

  gc_relay_http_reply_created (exchange->message,
                               gc_relay_session_add_publisher (exchange->session, ingest),
                               exchange->ice_servers, answer);
  gc_relay_http_set_header (exchange->message, "Link", link);
}

static void
on_accepted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcRelayExchange) exchange = user_data;
  GcIngest *ingest = GC_INGEST (source);
  g_autoptr (GError) error = NULL;
  g_autofree char *answer = gc_ingest_accept_finish (ingest, result, &error);

  if (answer == NULL)
    gc_relay_http_reply_refused (exchange->message, error);
  else if (gc_relay_session_is_closed (exchange->session))
    gc_relay_http_reply_no_session (exchange->message);
  else
    reply_created (exchange, ingest, g_steal_pointer (&answer));
}

static void
post (GcRelaySession *session, SoupServerMessage *message, GPtrArray *ice_servers)
{
  g_autoptr (GBytes) offer = gc_relay_http_read_offer (message);
  g_autoptr (GcIngest) ingest = NULL;
  gsize length;
  const char *text;

  if (offer == NULL)
    return;
  text = g_bytes_get_data (offer, &length);
  ingest = gc_relay_session_new_publisher (session);
  gc_ingest_accept_async (ingest, text != NULL ? text : "", length, on_accepted,
                          gc_relay_exchange_new (message, session, NULL, ice_servers));
}

static void
patch (GcRelaySession *session, SoupServerMessage *message, const char *resource)
{
  GcIngest *ingest = gc_relay_session_get_publisher (session, resource);
  g_auto (GStrv) candidates = NULL;

  if (ingest == NULL)
    {
      gc_relay_http_reply_no_session (message);
      return;
    }
  candidates = gc_relay_http_read_candidates (message, resource);
  if (candidates == NULL)
    return;
  gc_relay_peer_add_candidates (gc_ingest_get_peer (ingest), (const char *const *) candidates);
  gc_reply_empty (message, SOUP_STATUS_NO_CONTENT);
}

/**
 * gc_whip_endpoint_handle:
 * @message: a request under /whip/
 * @session: the session that it names
 * @resource: (nullable): the resource that it names
 * @ice_servers: (element-type GcIceServer): what publishers may use
 *
 * Answers, now or later. Main context.
 */
void
gc_whip_endpoint_handle (SoupServerMessage *message,
                         GcRelaySession *session,
                         const char *resource,
                         GPtrArray *ice_servers)
{
  const char *method = soup_server_message_get_method (message);

  if (!check_bearer (session, message))
    return;
  if (strcmp (method, "OPTIONS") == 0)
    gc_relay_http_reply_options (message, ice_servers);
  else if (resource == NULL && strcmp (method, "POST") == 0)
    post (session, message, ice_servers);
  else if (resource != NULL && strcmp (method, "PATCH") == 0)
    patch (session, message, resource);
  else if (resource != NULL && strcmp (method, "DELETE") == 0)
    {
      /* A terminal may say good-bye to a connection that it has replaced already. */
      gc_relay_session_end_publisher (session, resource);
      gc_reply_empty (message, SOUP_STATUS_OK);
    }
  else
    gc_reply_method_not_allowed (message,
                                 resource == NULL ? "OPTIONS, POST" : "OPTIONS, PATCH, DELETE");
}
