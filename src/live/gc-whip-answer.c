/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "live/gc-whip-answer.h"

#include "base/gc-error.h"
#include "http/gc-http.h"
#include "rtc/gc-ice-server.h"
#include "rtc/gc-web-link.h"

/* A header that errs must not end a stream for hours: its worker is in the field. */
#define RETRY_AFTER_MAX_S 300

static gboolean
is_https (GUri *uri)
{
  return g_strcmp0 (g_uri_get_scheme (uri), "https") == 0;
}

/**
 * gc_whip_answer_parse_url:
 * @url: absolute, or relative to @base
 * @base: (nullable): the address that was answered
 * @error: %GC_ERROR_INVALID if it is no http or https address, %GC_ERROR_UNTRUSTED if it leads from
 *   https to http
 *
 * Reads the address of an endpoint, a Location or a redirection. RFC 9725 section 4.9 asks for
 * https; plain http is for a server on this machine and for closed networks that the operator
 * trusts. Any thread.
 *
 * Returns: (transfer full) (nullable): the address
 */
GUri *
gc_whip_answer_parse_url (const char *url, GUri *base, GError **error)
{
  g_autoptr (GUri) uri = base != NULL ? g_uri_parse_relative (base, url, SOUP_HTTP_URI_FLAGS, NULL)
                                      : g_uri_parse (url, SOUP_HTTP_URI_FLAGS, NULL);

  if (uri == NULL || g_uri_get_host (uri) == NULL || g_uri_get_host (uri)[0] == '\0'
      || (!is_https (uri) && g_strcmp0 (g_uri_get_scheme (uri), "http") != 0))
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "not an http or https address");
      return NULL;
    }
  if (base != NULL && is_https (base) && !is_https (uri))
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_UNTRUSTED,
                           "the media server leads from https to http");
      return NULL;
    }
  return g_steal_pointer (&uri);
}

/**
 * gc_whip_answer_is_sdp:
 * @message: a request that was answered
 *
 * Returns: whether the answer says that it is a session description (RFC 8866)
 */
gboolean
gc_whip_answer_is_sdp (SoupMessage *message)
{
  const char *type
      = soup_message_headers_get_content_type (soup_message_get_response_headers (message), NULL);

  return type != NULL && g_ascii_strcasecmp (type, "application/sdp") == 0;
}

/**
 * gc_whip_answer_parse_retry_after:
 * @value: (nullable): a Retry-After header, RFC 9110 section 10.2.3: seconds, or a date
 * @date: (nullable): the Date header of the same answer, by the same clock; ours may be wrong
 *
 * Any thread.
 *
 * Returns: seconds, 0 to 300; 0 for what cannot be read
 */
guint
gc_whip_answer_parse_retry_after (const char *value, const char *date)
{
  g_autoptr (GDateTime) until = NULL;
  g_autoptr (GDateTime) now = NULL;
  guint64 seconds;

  if (value == NULL)
    return 0;
  if (g_ascii_string_to_unsigned (value, 10, 0, G_MAXUINT32, &seconds, NULL))
    return (guint) MIN (seconds, RETRY_AFTER_MAX_S);
  until = soup_date_time_new_from_http_string (value);
  now = date != NULL ? soup_date_time_new_from_http_string (date) : NULL;
  if (until == NULL || now == NULL)
    return 0;
  return (guint) CLAMP (g_date_time_difference (until, now) / G_TIME_SPAN_SECOND, 0,
                        RETRY_AFTER_MAX_S);
}

/**
 * gc_whip_answer_announces:
 * @message: a request that was answered
 * @extension: URN of a protocol extension
 *
 * Any thread.
 *
 * Returns: whether the server says that it has the extension (RFC 9725 section 4.9)
 */
gboolean
gc_whip_answer_announces (SoupMessage *message, const char *extension)
{
  g_autoptr (GPtrArray) links = gc_web_link_parse (
      soup_message_headers_get_list (soup_message_get_response_headers (message), "Link"));

  for (guint i = 0; i < links->len; i++)
    if (gc_web_link_has_relation (g_ptr_array_index (links, i), extension))
      return TRUE;
  return FALSE;
}

static const char *
describe (const GError *refusal)
{
  switch (refusal->code)
    {
    case GC_ERROR_UNAUTHORIZED:
      return "the media server does not accept the token";
    case GC_ERROR_NOT_FOUND:
      return "there is nothing to publish to at this address";
    case GC_ERROR_BUSY:
      return "the media server is busy";
    case GC_ERROR_UNSUPPORTED:
      return "this is no WHIP server, or it does not take this kind of stream";
    case GC_ERROR_FAILED:
      return "the media server failed";
    default:
      return "the media server refuses the stream";
    }
}

/**
 * gc_whip_answer_read_ice_servers:
 * @message: a request that was answered
 * @anchors: (nullable): the pinned CA of a paired center
 *
 * Reads the STUN and TURN servers that are handed out in Link headers (RFC 9725 section 4.6). Who
 * answers at the center's own name must also show the center's certificate; others are checked
 * against the system's CAs. Any thread.
 *
 * Returns: (transfer full) (element-type GcIceServer): 0 to 8 servers
 */
GPtrArray *
gc_whip_answer_read_ice_servers (SoupMessage *message, GTlsDatabase *anchors)
{
  const char *host = g_uri_get_host (soup_message_get_uri (message));
  GPtrArray *servers = gc_ice_server_parse_link (
      soup_message_headers_get_list (soup_message_get_response_headers (message), "Link"));

  for (guint i = 0; i < servers->len; i++)
    {
      GcIceServer *server = g_ptr_array_index (servers, i);

      if (g_ascii_strcasecmp (server->host, host) == 0)
        g_set_object (&server->anchors, anchors);
    }
  return servers;
}

/**
 * gc_whip_answer_refusal:
 * @message: a request that was answered
 * @body: its answer
 * @retry_after_s: (out): how long the server asks to be left alone, in seconds; not set if it does
 *   not refuse
 *
 * See gc_http_error_from_answer() for the codes. Any thread.
 *
 * Returns: (transfer full) (nullable): why the server refuses, in words; %NULL if it does not
 */
GError *
gc_whip_answer_refusal (SoupMessage *message, GBytes *body, guint *retry_after_s)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (message);
  g_autoptr (GError) refusal = gc_http_error_from_answer (message, body);

  if (refusal == NULL)
    return NULL;
  *retry_after_s
      = gc_whip_answer_parse_retry_after (soup_message_headers_get_one (headers, "Retry-After"),
                                          soup_message_headers_get_one (headers, "Date"));
  return g_error_new (refusal->domain, refusal->code, "%s: %s", describe (refusal),
                      refusal->message);
}
