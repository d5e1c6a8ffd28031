/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-reply.h"

#include "base/gc-error.h"
#include "center/gc-reception.h"
#include "protocol/gc-json.h"

#include <string.h>

/* RFC 6585 section 4; libsoup has no name for it. */
#define STATUS_TOO_MANY_REQUESTS 429
#define PROBLEM_KEY "gc-reply-problem"

/**
 * gc_request_read_json:
 * @message: a request whose body has arrived
 * @error: %GC_ERROR_UNSUPPORTED if it is not declared as JSON, %GC_ERROR_INVALID or
 *   %GC_ERROR_TOO_LARGE if it does not fit
 *
 * Returns: (transfer full) (nullable): the body
 */
JsonObject *
gc_request_read_json (SoupServerMessage *message, GError **error)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  const char *type = soup_message_headers_get_content_type (headers, NULL);
  g_autoptr (GBytes) body = NULL;
  gsize length;
  const char *text;

  if (g_strcmp0 (type, "application/json") != 0)
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_UNSUPPORTED,
                           "the body must be application/json");
      return NULL;
    }
  body = soup_message_body_flatten (soup_server_message_get_request_body (message));
  text = g_bytes_get_data (body, &length);
  return gc_json_parse_object (text != NULL ? text : "", (gssize) length, GC_REQUEST_MAX_LENGTH,
                               error);
}

/**
 * gc_request_dup_text:
 * @message: a request whose body has arrived
 * @type: a content type
 *
 * Returns: (transfer full) (nullable): the body up to its first NUL, unchecked; %NULL if it is not
 *   declared as @type
 */
char *
gc_request_dup_text (SoupServerMessage *message, const char *type)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  g_autoptr (GBytes) body = NULL;
  gsize length;
  const char *text;

  if (g_strcmp0 (soup_message_headers_get_content_type (headers, NULL), type) != 0)
    return NULL;
  body = soup_message_body_flatten (soup_server_message_get_request_body (message));
  text = g_bytes_get_data (body, &length);
  return g_strndup (text != NULL ? text : "", length);
}

/**
 * gc_cookie_find:
 * @header: (nullable): all of “Cookie” of a request (RFC 6265 section 4.2)
 * @name: of the cookie
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): its value
 */
char *
gc_cookie_find (const char *header, const char *name)
{
  g_auto (GStrv) pairs = header != NULL ? g_strsplit_set (header, ";,", -1) : NULL;
  gsize length = strlen (name);

  for (gsize i = 0; pairs != NULL && pairs[i] != NULL; i++)
    {
      const char *pair = g_strstrip (pairs[i]);

      if (strncmp (pair, name, length) == 0 && pair[length] == '=')
        return g_strdup (pair + length + 1);
    }
  return NULL;
}

/**
 * gc_request_dup_cookie:
 * @message: a request
 * @name: of the cookie
 *
 * Returns: (transfer full) (nullable): its value
 */
char *
gc_request_dup_cookie (SoupServerMessage *message, const char *name)
{
  return gc_cookie_find (
      soup_message_headers_get_list (soup_server_message_get_request_headers (message), "Cookie"),
      name);
}

/**
 * gc_request_dup_address:
 * @message: a request
 *
 * Who is asking, as gc_reception_dup_address() has it.
 *
 * Returns: (transfer full): text
 */
char *
gc_request_dup_address (SoupServerMessage *message)
{
  /* libsoup complains aloud of a connection that is gone. */
  return gc_reception_dup_address (gc_reception_get_socket (message));
}

/**
 * gc_request_is_same_origin:
 * @message: a request
 *
 * Whether a page of another site may have caused it: browsers send “Origin” with such requests,
 * and it must name the host that was asked.
 *
 * Returns: whether there is no “Origin”, or it is the center's own
 */
gboolean
gc_request_is_same_origin (SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  const char *origin = soup_message_headers_get_one (headers, "Origin");
  const char *host = soup_message_headers_get_one (headers, "Host");
  g_autofree char *own = NULL;

  if (origin == NULL)
    return TRUE;
  if (host == NULL)
    return FALSE;
  own = g_strconcat ("https://", host, NULL);
  return g_ascii_strcasecmp (origin, own) == 0;
}

/**
 * gc_request_has_method:
 * @message: a request
 * @method: such as “GET”, which HEAD counts as
 *
 * Returns: whether the request is of that method
 */
gboolean
gc_request_has_method (SoupServerMessage *message, const char *method)
{
  const char *given = soup_server_message_get_method (message);

  return strcmp (given, method) == 0
         || (strcmp (method, "GET") == 0 && strcmp (given, "HEAD") == 0);
}

/**
 * gc_reply_text:
 * @message: a request
 * @status: of HTTP
 * @content_type: of the body
 * @text: (transfer full): the body
 *
 * Answers. What the interface says is never for a cache.
 */
void
gc_reply_text (SoupServerMessage *message, guint status, const char *content_type, char *text)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  soup_message_headers_replace (headers, "Cache-Control", "no-store");
  soup_server_message_set_status (message, status, NULL);
  soup_server_message_set_response (message, content_type, SOUP_MEMORY_TAKE, text, strlen (text));
}

/**
 * gc_reply_json:
 * @message: a request
 * @status: of HTTP
 * @object: (transfer none): the body
 *
 * Answers.
 */
void
gc_reply_json (SoupServerMessage *message, guint status, JsonObject *object)
{
  gc_reply_text (message, status, "application/json", gc_json_print (object));
}

/**
 * gc_reply_empty:
 * @message: a request
 * @status: of HTTP, as 204
 *
 * Answers without a body.
 */
void
gc_reply_empty (SoupServerMessage *message, guint status)
{
  soup_message_headers_replace (soup_server_message_get_response_headers (message), "Cache-Control",
                                "no-store");
  soup_server_message_set_status (message, status, NULL);
}

/**
 * gc_reply_problem:
 * @message: a request
 * @status: of HTTP
 * @type: what follows “urn:gridcast:”
 * @title: a sentence
 *
 * Answers with a refusal (RFC 9457).
 */
void
gc_reply_problem (SoupServerMessage *message, guint status, const char *type, const char *title)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autofree char *urn = g_strconcat ("urn:gridcast:", type, NULL);

  json_object_set_string_member (object, "type", urn);
  json_object_set_string_member (object, "title", title);
  json_object_set_int_member (object, "status", status);
  gc_reply_text (message, status, "application/problem+json", gc_json_print (object));
  g_object_set_data_full (G_OBJECT (message), PROBLEM_KEY, g_strdup (title), g_free);
}

/**
 * gc_reply_get_problem:
 * @message: a request
 *
 * Returns: (transfer none) (nullable): the title of gc_reply_problem(), if it was refused in this
 *   way
 */
const char *
gc_reply_get_problem (SoupServerMessage *message)
{
  return g_object_get_data (G_OBJECT (message), PROBLEM_KEY);
}

/**
 * gc_reply_slow_down:
 * @message: a request
 * @wait_s: how long the client shall wait
 *
 * Refuses because there were too many attempts.
 */
void
gc_reply_slow_down (SoupServerMessage *message, guint wait_s)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  g_autofree char *text = g_strdup_printf ("%u", wait_s);
  g_autofree char *title
      = g_strdup_printf ("There were too many attempts; try again in %u seconds.", wait_s);

  soup_message_headers_replace (headers, "Retry-After", text);
  gc_reply_problem (message, STATUS_TOO_MANY_REQUESTS, "slow-down", title);
}

/**
 * gc_reply_method_not_allowed:
 * @message: a request
 * @allowed: for the header “Allow”
 *
 * Refuses.
 */
void
gc_reply_method_not_allowed (SoupServerMessage *message, const char *allowed)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  soup_message_headers_replace (headers, "Allow", allowed);
  gc_reply_problem (message, SOUP_STATUS_METHOD_NOT_ALLOWED, "method",
                    "This address does not take that method.");
}

/**
 * gc_reply_error:
 * @message: a request
 * @error: why it cannot be carried out
 *
 * Refuses with the status that fits the code of a #GcError. What is not the client's business (a
 * broken database) is logged and not told.
 */
void
gc_reply_error (SoupServerMessage *message, const GError *error)
{
  if (g_error_matches (error, GC_ERROR, GC_ERROR_INVALID)
      || g_error_matches (error, GC_ERROR, GC_ERROR_TOO_LARGE))
    gc_reply_problem (message, SOUP_STATUS_BAD_REQUEST, "request-invalid", error->message);
  else if (g_error_matches (error, GC_ERROR, GC_ERROR_UNSUPPORTED))
    gc_reply_problem (message, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE, "media-type", error->message);
  else if (g_error_matches (error, GC_ERROR, GC_ERROR_NOT_FOUND))
    gc_reply_problem (message, SOUP_STATUS_NOT_FOUND, "not-found", error->message);
  else if (g_error_matches (error, GC_ERROR, GC_ERROR_CONFLICT))
    gc_reply_problem (message, SOUP_STATUS_CONFLICT, "conflict", error->message);
  else if (g_error_matches (error, GC_ERROR, GC_ERROR_STORAGE)
           || g_error_matches (error, GC_ERROR, GC_ERROR_DAMAGED))
    {
      g_message ("%s", error->message);
      gc_reply_problem (message, SOUP_STATUS_SERVICE_UNAVAILABLE, "storage",
                        "The center cannot save or read its data at the moment.");
    }
  else
    {
      g_message ("a request failed: %s", error->message);
      gc_reply_problem (message, SOUP_STATUS_INTERNAL_SERVER_ERROR, "failed",
                        "The center could not carry this out.");
    }
}
