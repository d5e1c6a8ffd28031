/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-whep-endpoint.h"

#include "center/gc-relay-http.h"
#include "center/gc-reply.h"

#include <string.h>

static void
on_accepted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcRelayExchange) exchange = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *answer = gc_viewer_accept_finish (GC_VIEWER (source), result, &error);

  if (gc_relay_session_get_viewer (exchange->session, exchange->resource) == NULL)
    gc_relay_http_reply_no_session (exchange->message);
  else if (answer == NULL)
    {
      gc_relay_session_remove_viewer (exchange->session, exchange->resource);
      gc_relay_http_reply_refused (exchange->message, error);
    }
  else
    gc_relay_http_reply_created (exchange->message, exchange->resource, exchange->ice_servers,
                                 g_steal_pointer (&answer));
}

static void
accept_offer (GcRelaySession *session,
              SoupServerMessage *message,
              const char *name,
              GPtrArray *ice_servers)
{
  g_autoptr (GBytes) offer = gc_relay_http_read_offer (message);
  g_autoptr (GcViewer) viewer = NULL;
  gsize length;
  const char *text;

  if (offer == NULL)
    return;
  text = g_bytes_get_data (offer, &length);
  viewer = gc_relay_session_new_viewer (session, name);
  gc_viewer_accept_async (viewer, text != NULL ? text : "", length, on_accepted,
                          gc_relay_exchange_new (message, session,
                                                 gc_relay_session_add_viewer (session, viewer),
                                                 ice_servers));
}

static void
post (GcRelaySession *session, SoupServerMessage *message, const char *name, GPtrArray *ice_servers)
{
  if (gc_relay_session_get_current (session) == NULL)
    {
      gc_relay_http_set_header (message, "Retry-After", "1");
      gc_reply_problem (message, SOUP_STATUS_CONFLICT, "not-live", "Nobody publishes yet");
    }
  else if (gc_relay_session_is_full (session))
    gc_reply_problem (message, SOUP_STATUS_SERVICE_UNAVAILABLE, "too-many-viewers",
                      "Too many watch this session");
  else
    accept_offer (session, message, name, ice_servers);
}

static void
patch (GcRelaySession *session, SoupServerMessage *message, const char *resource)
{
  GcViewer *viewer = gc_relay_session_get_viewer (session, resource);
  g_auto (GStrv) candidates = NULL;

  if (viewer == NULL)
    {
      gc_relay_http_reply_no_session (message);
      return;
    }
  candidates = gc_relay_http_read_candidates (message, resource);
  if (candidates == NULL)
    return;
  gc_relay_peer_add_candidates (gc_viewer_get_peer (viewer), (const char *const *) candidates);
  gc_reply_empty (message, SOUP_STATUS_NO_CONTENT);
}

/**
 * gc_whep_endpoint_handle:
 * @message: a request under /whep/
 * @session: the session that it names
 * @resource: (nullable): the resource that it names
 * @name: who wants to watch, and may
 * @ice_servers: (element-type GcIceServer): what viewers may use
 *
 * Answers, now or later. Main context.
 */
void
gc_whep_endpoint_handle (SoupServerMessage *message,
                         GcRelaySession *session,
                         const char *resource,
                         const char *name,
                         GPtrArray *ice_servers)
{
  const char *method = soup_server_message_get_method (message);

  if (strcmp (method, "OPTIONS") == 0)
    gc_relay_http_reply_options (message, ice_servers);
  else if (resource == NULL && strcmp (method, "POST") == 0)
    post (session, message, name, ice_servers);
  else if (resource != NULL && strcmp (method, "PATCH") == 0)
    patch (session, message, resource);
  else if (resource != NULL && strcmp (method, "DELETE") == 0)
    {
      gc_relay_session_remove_viewer (session, resource);
      gc_reply_empty (message, SOUP_STATUS_OK);
    }
  else
    gc_reply_method_not_allowed (message,
                                 resource == NULL ? "OPTIONS, POST" : "OPTIONS, PATCH, DELETE");
}
