/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-relay-http.h"

#include "base/gc-error.h"
#include "center/gc-reply.h"
#include "rtc/gc-ice-server.h"
#include "rtc/gc-sdp-frag.h"
#include "rtc/gc-sdp.h"

#include <string.h>

#define SDP_TYPE "application/sdp"
#define FRAGMENT_TYPE "application/trickle-ice-sdpfrag"
#define STATUS_PRECONDITION_REQUIRED 428 /* RFC 6585 */

/**
 * gc_relay_exchange_new:
 * @message: a POST, which is answered later
 * @session: what it is about
 * @resource: (nullable): what it makes
 * @ice_servers: (element-type GcIceServer): what the peer may use
 *
 * Returns: (transfer full): for gc_relay_exchange_free() once @message has its reply
 */
GcRelayExchange *
gc_relay_exchange_new (SoupServerMessage *message,
                       GcRelaySession *session,
                       const char *resource,
                       GPtrArray *ice_servers)
{
  GcRelayExchange *self = g_new0 (GcRelayExchange, 1);

  self->message = g_object_ref (message);
  self->session = g_object_ref (session);
  self->resource = g_strdup (resource);
  self->ice_servers = g_ptr_array_ref (ice_servers);
  soup_server_message_pause (message);
  return self;
}

/**
 * gc_relay_exchange_free:
 * @self: (transfer full): an exchange whose message has its reply
 *
 * Lets the reply go.
 */
void
gc_relay_exchange_free (GcRelayExchange *self)
{
  soup_server_message_unpause (self->message);
  g_object_unref (self->message);
  g_object_unref (self->session);
  g_free (self->resource);
  g_ptr_array_unref (self->ice_servers);
  g_free (self);
}

/**
 * gc_relay_http_set_header:
 * @message: a request
 * @name: of a header of the reply, which may come more than once
 * @value: of it
 */
void
gc_relay_http_set_header (SoupServerMessage *message, const char *name, const char *value)
{
  soup_message_headers_append (soup_server_message_get_response_headers (message), name, value);
}

/**
 * gc_relay_http_add_ice_servers:
 * @message: a request whose sender has shown that he belongs here
 * @servers: (element-type GcIceServer): what he may use, with credentials
 *
 * Adds Link headers (RFC 9725 section 4.6).
 */
void
gc_relay_http_add_ice_servers (SoupServerMessage *message, GPtrArray *servers)
{
  for (guint i = 0; i < servers->len; i++)
    {
      g_autofree char *link = gc_ice_server_print_link (g_ptr_array_index (servers, i));

      gc_relay_http_set_header (message, "Link", link);
    }
}

static gboolean
is_type (SoupServerMessage *message, const char *type)
{
  const char *found = soup_message_headers_get_content_type (
      soup_server_message_get_request_headers (message), NULL);

  return found != NULL && g_ascii_strcasecmp (found, type) == 0;
}

static GBytes *
dup_body (SoupServerMessage *message)
{
  return soup_message_body_flatten (soup_server_message_get_request_body (message));
}

/**
 * gc_relay_http_read_offer:
 * @message: a POST
 *
 * Returns: (transfer full) (nullable): what may be an offer, within the limits; %NULL once the
 *   request is answered
 */
GBytes *
gc_relay_http_read_offer (SoupServerMessage *message)
{
  if (!is_type (message, SDP_TYPE))
    {
      gc_reply_problem (message, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE, "not-sdp",
                        "The body must be " SDP_TYPE);
      return NULL;
    }
  if (soup_server_message_get_request_body (message)->length > GC_SDP_MAX_LENGTH)
    {
      gc_reply_problem (message, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, "offer-too-large",
                        "The offer is over 64 kB");
      return NULL;
    }
  return dup_body (message);
}

/* RFC 9725 section 4.3.1. webrtcbin cannot restart ICE: a new POST takes the session over. */
static gboolean
check_match (SoupServerMessage *message, const char *resource)
{
  g_autofree char *etag = g_strdup_printf ("\"%s\"", resource);
  const char *if_match = soup_message_headers_get_one (
      soup_server_message_get_request_headers (message), "If-Match");

  if (if_match == NULL)
    gc_reply_problem (message, STATUS_PRECONDITION_REQUIRED, "no-if-match",
                      "The header If-Match must name the ICE session");
  else if (strcmp (if_match, "*") == 0)
    gc_reply_problem (message, SOUP_STATUS_UNPROCESSABLE_ENTITY, "no-restart",
                      "ICE restarts are not supported: POST a new offer");
  else if (strcmp (if_match, etag) != 0)
    gc_reply_problem (message, SOUP_STATUS_PRECONDITION_FAILED, "no-match",
                      "If-Match names another ICE session");
  else
    return TRUE;
  return FALSE;
}

/**
 * gc_relay_http_read_candidates:
 * @message: a PATCH
 * @resource: name of the resource, which is also its entity tag
 *
 * Returns: (transfer full) (nullable): the candidates, perhaps none; %NULL once the request is
 *   answered
 */
GStrv
gc_relay_http_read_candidates (SoupServerMessage *message, const char *resource)
{
  g_autoptr (GBytes) body = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;
  const char *text;
  GStrv candidates;

  if (!is_type (message, FRAGMENT_TYPE))
    {
      gc_reply_problem (message, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE, "not-a-fragment",
                        "The body must be " FRAGMENT_TYPE);
      return NULL;
    }
  if (!check_match (message, resource))
    return NULL;
  body = dup_body (message);
  text = g_bytes_get_data (body, &length);
  candidates = gc_sdp_frag_parse (text != NULL ? text : "", length, &error);
  if (candidates == NULL)
    gc_relay_http_reply_refused (message, error);
  return candidates;
}

/**
 * gc_relay_http_reply_options:
 * @message: a request whose sender has shown that he belongs here
 * @ice_servers: (element-type GcIceServer): what he may use
 *
 * Answers what can be done (RFC 9725 section 4.2).
 */
void
gc_relay_http_reply_options (SoupServerMessage *message, GPtrArray *ice_servers)
{
  gc_relay_http_set_header (message, "Accept-Post", SDP_TYPE);
  gc_relay_http_add_ice_servers (message, ice_servers);
  gc_reply_empty (message, SOUP_STATUS_NO_CONTENT);
}

/**
 * gc_relay_http_reply_created:
 * @message: a POST
 * @resource: name of the resource that was made
 * @ice_servers: (element-type GcIceServer): what the peer may use
 * @answer: (transfer full): to its offer
 *
 * Answers 201 (RFC 9725 section 4.2).
 */
void
gc_relay_http_reply_created (SoupServerMessage *message,
                             const char *resource,
                             GPtrArray *ice_servers,
                             char *answer)
{
  const char *path = g_uri_get_path (soup_server_message_get_uri (message));
  g_autofree char *location = g_strconcat (path, "/", resource, NULL);
  g_autofree char *etag = g_strdup_printf ("\"%s\"", resource);

  gc_relay_http_set_header (message, "Location", location);
  gc_relay_http_set_header (message, "ETag", etag);
  gc_relay_http_set_header (message, "Accept-Patch", FRAGMENT_TYPE);
  gc_relay_http_add_ice_servers (message, ice_servers);
  gc_reply_text (message, SOUP_STATUS_CREATED, SDP_TYPE, answer);
}

/**
 * gc_relay_http_reply_refused:
 * @message: a POST or PATCH
 * @error: why its body is not taken
 *
 * Answers with the status of PROTOCOL.md.
 */
void
gc_relay_http_reply_refused (SoupServerMessage *message, const GError *error)
{
  if (g_error_matches (error, GC_ERROR, GC_ERROR_TOO_LARGE))
    gc_reply_problem (message, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, "offer-too-large",
                      error->message);
  else if (g_error_matches (error, GC_ERROR, GC_ERROR_INVALID)
           || g_error_matches (error, GC_ERROR, GC_ERROR_UNSUPPORTED))
    gc_reply_problem (message, SOUP_STATUS_BAD_REQUEST, "offer-refused", error->message);
  else
    gc_reply_problem (message, SOUP_STATUS_INTERNAL_SERVER_ERROR, "failed", error->message);
}

/**
 * gc_relay_http_reply_no_session:
 * @message: a request for a session or resource that is not there
 *
 * Answers 404.
 */
void
gc_relay_http_reply_no_session (SoupServerMessage *message)
{
  gc_reply_problem (message, SOUP_STATUS_NOT_FOUND, "no-session",
                    "There is no such live session, or it has ended");
}
