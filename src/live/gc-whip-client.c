/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-live"

#include "live/gc-whip-client.h"

#include "base/gc-deadline.h"
#include "base/gc-error.h"
#include "http/gc-http.h"
#include "live/gc-whip-answer.h"
#include "rtc/gc-sdp.h"

#include <string.h>

/* Of silence on one connection; whole answers have deadlines of their own. */
#define TIMEOUT_S 10
/* Whoever ends a stream waits for it; a server that is not told finds out by silence. */
#define DELETE_TIMEOUT_MS 3000
/* Comes before the first offer: no longer than the gathering that may follow. */
#define OPTIONS_TIMEOUT_MS 2000
/* To where the server has moved, and to one that has room; each costs a round trip. */
#define REDIRECTS_MAX 3
/* PROTOCOL.md, “Live”: a further POST with the same token prepares the old connection's successor.
 */
#define HANDOVER "urn:gridcast:whip:handover"

struct _GcWhipClient
{
  GObject parent_instance;

  GUri *endpoint;
  GUri *resource; /* what the server made for us, to DELETE */
  char *token;
  GTlsDatabase *anchors;
  GTlsCertificate *certificate;
  char *interface; /* NULL: the kernel's choice */
  SoupSession *session;
  GCancellable *posting; /* while the offer is under way */
  GTask *deletion;       /* waits until it is known what there is to delete */

  /* What the server said to the offer. */
  guint status; /* 0 if it did not answer */
  guint retry_after_s;
  gboolean handover;
  GPtrArray *ice_servers;
};

G_DEFINE_FINAL_TYPE (GcWhipClient, gc_whip_client, G_TYPE_OBJECT)

typedef struct
{
  SoupMessage *message;
  GBytes *offer;
  guint redirects;
} Request;

static void
request_free (gpointer data)
{
  Request *request = data;

  g_clear_object (&request->message);
  g_clear_pointer (&request->offer, g_bytes_unref);
  g_free (request);
}

static void
gc_whip_client_finalize (GObject *object)
{
  GcWhipClient *self = GC_WHIP_CLIENT (object);

  g_clear_pointer (&self->endpoint, g_uri_unref);
  g_clear_pointer (&self->resource, g_uri_unref);
  g_free (self->token);
  g_clear_object (&self->anchors);
  g_clear_object (&self->certificate);
  g_free (self->interface);
  g_clear_object (&self->session);
  g_clear_object (&self->posting);
  g_clear_pointer (&self->ice_servers, g_ptr_array_unref);
  G_OBJECT_CLASS (gc_whip_client_parent_class)->finalize (object);
}

static void
gc_whip_client_class_init (GcWhipClientClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gc_whip_client_finalize;
}

static void
gc_whip_client_init (GcWhipClient *self)
{
}

static void
renew_session (GcWhipClient *self)
{
  g_clear_object (&self->session);
  self->session = gc_http_session_new (TIMEOUT_S, self->anchors, self->certificate);
  if (self->interface != NULL)
    gc_http_session_bind_interface (self->session, self->interface);
}

/**
 * gc_whip_client_new:
 * @url: the WHIP endpoint
 * @token: (nullable): bearer token, RFC 6750
 * @anchors: (nullable): the pinned CA of a paired center; %NULL for the system's CAs
 * @client: (nullable): our certificate
 * @error: %GC_ERROR_INVALID if @url is no http or https address, or @token cannot stand in a header
 *
 * Main context.
 *
 * Returns: (transfer full) (nullable): the client
 */
GcWhipClient *
gc_whip_client_new (const char *url,
                    const char *token,
                    GTlsDatabase *anchors,
                    GTlsCertificate *client,
                    GError **error)
{
  g_autoptr (GcWhipClient) self = g_object_new (GC_TYPE_WHIP_CLIENT, NULL);

  self->endpoint = gc_whip_answer_parse_url (url, NULL, error);
  if (self->endpoint == NULL)
    return NULL;
  for (const char *at = token; at != NULL && *at != '\0'; at++)
    if (!g_ascii_isgraph (*at))
      {
        g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID,
                             "the token holds characters that no token has");
        return NULL;
      }
  self->token = g_strdup (token);
  g_set_object (&self->anchors, anchors);
  g_set_object (&self->certificate, client);
  renew_session (self);
  return g_steal_pointer (&self);
}

/**
 * gc_whip_client_bind_interface:
 * @self: a client
 * @interface: (nullable): name of a network interface; %NULL leaves the way to the kernel
 *
 * From now on the client talks over this interface, in new connections. Main context.
 */
void
gc_whip_client_bind_interface (GcWhipClient *self, const char *interface)
{
  g_return_if_fail (GC_IS_WHIP_CLIENT (self) && self->posting == NULL);

  g_set_str (&self->interface, interface);
  renew_session (self);
}

/**
 * gc_whip_client_get_interface:
 * @self: a client
 *
 * Returns: (transfer none) (nullable): over which interface alone it talks; %NULL if the kernel
 *   chooses
 */
const char *
gc_whip_client_get_interface (GcWhipClient *self)
{
  return self->interface;
}

/**
 * gc_whip_client_is_local:
 * @self: a client
 *
 * Returns: whether the server is on this machine
 */
gboolean
gc_whip_client_is_local (GcWhipClient *self)
{
  const char *host = g_uri_get_host (self->endpoint);
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);

  return address != NULL ? g_inet_address_get_is_loopback (address)
                         : g_ascii_strcasecmp (host, "localhost") == 0;
}

static SoupMessage *
make_message (GcWhipClient *self, const char *method, GUri *uri)
{
  SoupMessage *message = soup_message_new_from_uri (method, uri);

  if (self->token != NULL && self->token[0] != '\0')
    {
      g_autofree char *value = g_strconcat ("Bearer ", self->token, NULL);

      soup_message_headers_replace (soup_message_get_request_headers (message), "Authorization",
                                    value);
    }
  return message;
}

static void
on_options (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GcWhipClient *self = g_task_get_source_object (task);
  Request *request = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body = gc_http_send_finish (SOUP_SESSION (source), result, &error);

  if (g_task_return_error_if_cancelled (task))
    return;
  /* Servers need not know OPTIONS: then there are no ICE servers to learn of beforehand. */
  if (body == NULL && g_error_matches (error, GC_ERROR, GC_ERROR_UNTRUSTED))
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_pointer (task, gc_whip_answer_read_ice_servers (request->message, self->anchors),
                           (GDestroyNotify) g_ptr_array_unref);
}

/**
 * gc_whip_client_get_ice_servers_async:
 * @self: a client
 * @cancellable: (nullable): to give up
 * @callback: called with the servers
 * @user_data: for @callback
 *
 * Asks the endpoint for STUN and TURN servers by OPTIONS (RFC 9725 section 4.6), for 2 s at most.
 * Main context.
 */
void
gc_whip_client_get_ice_servers_async (GcWhipClient *self,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (GCancellable) deadline = g_cancellable_new ();
  Request *request = g_new0 (Request, 1);

  g_return_if_fail (GC_IS_WHIP_CLIENT (self));

  request->message = make_message (self, SOUP_METHOD_OPTIONS, self->endpoint);
  g_task_set_task_data (task, request, request_free);
  gc_deadline_set (deadline, OPTIONS_TIMEOUT_MS);
  gc_http_send_async (self->session, request->message, GC_SDP_MAX_LENGTH, deadline, on_options,
                      g_steal_pointer (&task));
}

/**
 * gc_whip_client_get_ice_servers_finish:
 * @self: a client
 * @result: what the callback got
 * @error: %GC_ERROR_UNTRUSTED; a server that does not answer the question is no error
 *
 * Returns: (transfer full) (element-type GcIceServer) (nullable): the servers, often none
 */
GPtrArray *
gc_whip_client_get_ice_servers_finish (GcWhipClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * gc_whip_client_get_status:
 * @self: a client that has published or was refused
 *
 * Returns: the HTTP status with which the server answered the offer, 0 if it did not
 */
guint
gc_whip_client_get_status (GcWhipClient *self)
{
  return self->status;
}

/**
 * gc_whip_client_get_retry_after:
 * @self: a client that was refused
 *
 * Returns: how long the server asks to be left alone (Retry-After), in seconds, 0 to 300
 */
guint
gc_whip_client_get_retry_after (GcWhipClient *self)
{
  return self->retry_after_s;
}

/**
 * gc_whip_client_has_handover:
 * @self: a client that has published
 *
 * Returns: whether the server lets this terminal prepare a second connection, which takes over when
 *   its media come (PROTOCOL.md); others may end the first one, or refuse the second
 */
gboolean
gc_whip_client_has_handover (GcWhipClient *self)
{
  return self->handover;
}

/**
 * gc_whip_client_get_answered_ice_servers:
 * @self: a client that has published
 *
 * Returns: (transfer none) (element-type GcIceServer) (nullable): the STUN and TURN servers that
 *   came with the answer: too late for this session, in time for the next
 */
GPtrArray *
gc_whip_client_get_answered_ice_servers (GcWhipClient *self)
{
  return self->ice_servers;
}

static const char *
get_location (SoupMessage *message)
{
  return soup_message_headers_get_one (soup_message_get_response_headers (message), "Location");
}

/* Servers behind a proxy that speaks TLS for them name themselves with http, some name nothing: the
 * stream is as good without, only its end cannot be announced. */
static void
read_resource (GcWhipClient *self, SoupMessage *message)
{
  const char *location = get_location (message);
  g_autoptr (GError) error = NULL;

  if (location != NULL)
    self->resource = gc_whip_answer_parse_url (location, soup_message_get_uri (message), &error);
  if (self->resource == NULL)
    g_message ("The media server cannot be told when the stream ends: %s",
               error != NULL ? error->message : "it names no session");
}

static gboolean
read_created (GcWhipClient *self, SoupMessage *message, GBytes *body, GError **error)
{
  if (soup_message_get_status (message) != SOUP_STATUS_CREATED)
    {
      g_set_error (error, GC_ERROR, GC_ERROR_UNSUPPORTED, "this is no WHIP server: it answers %u",
                   soup_message_get_status (message));
      return FALSE;
    }
  read_resource (self, message);
  self->handover = gc_whip_answer_announces (message, HANDOVER);
  self->ice_servers = gc_whip_answer_read_ice_servers (message, self->anchors);
  if (!gc_whip_answer_is_sdp (message) || g_bytes_get_size (body) == 0)
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID,
                           "the server's answer holds no session description");
      return FALSE;
    }
  return TRUE;
}

static void
on_deleted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GcWhipClient *self = g_task_get_source_object (task);
  GError *error = NULL;
  g_autoptr (GBytes) body = gc_http_send_finish (SOUP_SESSION (source), result, &error);

  if (body == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  g_clear_pointer (&self->resource, g_uri_unref);
  g_task_return_boolean (task, TRUE);
}

static void
delete_now (GcWhipClient *self, GTask *task)
{
  g_autoptr (GCancellable) deadline = g_cancellable_new ();
  g_autoptr (SoupMessage) message = NULL;

  if (self->resource == NULL)
    {
      g_task_return_boolean (task, TRUE);
      g_object_unref (task);
      return;
    }
  /* The connection of before may have died with its network. */
  renew_session (self);
  message = make_message (self, SOUP_METHOD_DELETE, self->resource);
  gc_deadline_set (deadline, DELETE_TIMEOUT_MS);
  gc_http_send_async (self->session, message, GC_SDP_MAX_LENGTH, deadline, on_deleted, task);
}

/* Answers the task that waits for the offer's fate, and whoever wants the session gone. */
static void
end_posting (GTask *task, GBytes *answer, GError *error)
{
  GcWhipClient *self = g_task_get_source_object (task);
  g_autoptr (GTask) deletion = g_steal_pointer (&self->deletion);

  g_clear_object (&self->posting);
  if (deletion == NULL && g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    deletion = g_task_new (self, NULL, NULL, NULL);
  if (deletion != NULL)
    delete_now (self, g_steal_pointer (&deletion));
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, g_bytes_ref (answer), (GDestroyNotify) g_bytes_unref);
}

static void
post (GTask *task, GUri *uri);

/* RFC 9725 section 4.5: 307 and 308 repeat the POST should_move. The token goes along, as it has to
 * for servers that share the load: who leads us there has it already. It never goes from https to
 * http, and with pinned trust only to who holds a certificate of the same CA. */
static gboolean
follow_redirect (GTask *task, SoupMessage *message)
{
  Request *request = g_task_get_task_data (task);
  guint status = soup_message_get_status (message);
  const char *location = get_location (message);
  g_autoptr (GUri) uri = NULL;
  GError *error = NULL;

  if ((status != SOUP_STATUS_TEMPORARY_REDIRECT && status != SOUP_STATUS_PERMANENT_REDIRECT)
      || location == NULL)
    return FALSE;
  if (++request->redirects > REDIRECTS_MAX)
    {
      error
          = g_error_new_literal (GC_ERROR, GC_ERROR_REFUSED, "the media server leads in a circle");
      end_posting (task, NULL, error);
      return TRUE;
    }
  uri = gc_whip_answer_parse_url (location, soup_message_get_uri (message), &error);
  if (uri == NULL)
    end_posting (task, NULL, error);
  else
    post (task, uri);
  return TRUE;
}

static void
on_posted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GcWhipClient *self = g_task_get_source_object (task);
  Request *request = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GBytes) body = gc_http_send_finish (SOUP_SESSION (source), result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_clear_error (&error);
      g_set_error_literal (&error, GC_ERROR, GC_ERROR_UNREACHABLE,
                           "the media server does not answer in time");
    }
  if (body != NULL)
    self->status = soup_message_get_status (request->message);
  if (error == NULL && self->deletion == NULL && follow_redirect (task, request->message))
    return;
  if (error == NULL)
    error = gc_whip_answer_refusal (request->message, body, &self->retry_after_s);
  if (error == NULL)
    read_created (self, request->message, body, &error);
  end_posting (task, body, error);
}

static void
post (GTask *task, GUri *uri)
{
  GcWhipClient *self = g_task_get_source_object (task);
  Request *request = g_task_get_task_data (task);

  g_clear_object (&request->message);
  request->message = make_message (self, SOUP_METHOD_POST, uri);
  soup_message_headers_replace (soup_message_get_request_headers (request->message), "Accept",
                                "application/sdp");
  soup_message_set_request_body_from_bytes (request->message, "application/sdp", request->offer);
  gc_http_send_async (self->session, request->message, GC_SDP_MAX_LENGTH, self->posting, on_posted,
                      g_object_ref (task));
}

/**
 * gc_whip_client_publish_async:
 * @self: a client that has not published
 * @offer: the offer with its candidates
 * @patience_ms: how long to wait for the whole answer, redirections included; a server that sends a
 *   byte now and then is never silent
 * @cancellable: (nullable): to give up
 * @callback: called with the answer
 * @user_data: for @callback
 *
 * Posts the offer (RFC 9725 section 4.2). When @cancellable is cancelled, the request still goes on
 * until it is known whether there is a session to delete. Main context.
 */
void
gc_whip_client_publish_async (GcWhipClient *self,
                              const char *offer,
                              guint patience_ms,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  Request *request = g_new0 (Request, 1);

  g_return_if_fail (GC_IS_WHIP_CLIENT (self) && self->resource == NULL && self->posting == NULL);

  request->offer = g_bytes_new (offer, strlen (offer));
  g_task_set_task_data (task, request, request_free);
  self->posting = g_cancellable_new ();
  gc_deadline_set (self->posting, patience_ms);
  post (task, self->endpoint);
}

/**
 * gc_whip_client_publish_finish:
 * @self: a client
 * @result: what the callback got
 * @error: %GC_ERROR_UNREACHABLE, %GC_ERROR_UNTRUSTED, %GC_ERROR_UNAUTHORIZED, %GC_ERROR_NOT_FOUND,
 *   %GC_ERROR_CONFLICT, %GC_ERROR_BUSY, %GC_ERROR_REFUSED, %GC_ERROR_TOO_LARGE,
 *   %GC_ERROR_UNSUPPORTED (no WHIP server), %GC_ERROR_INVALID (a damaged answer)
 *
 * Returns: (transfer full) (nullable): the answer, unchecked
 */
GBytes *
gc_whip_client_publish_finish (GcWhipClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * gc_whip_client_delete_async:
 * @self: a client
 * @callback: called with the outcome
 * @user_data: for @callback
 *
 * Ends the session at the server (RFC 9725 section 4.2), if there is one. Waits for 3 s at most for
 * an offer under way, and for 3 s at most for the server. If that fails, it can be tried again over
 * another interface. Main context.
 */
void
gc_whip_client_delete_async (GcWhipClient *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task;

  g_return_if_fail (GC_IS_WHIP_CLIENT (self) && self->deletion == NULL);

  task = g_task_new (self, NULL, callback, user_data);
  if (self->posting == NULL)
    {
      delete_now (self, task);
      return;
    }
  self->deletion = task;
  gc_deadline_set (self->posting, DELETE_TIMEOUT_MS);
}

/**
 * gc_whip_client_delete_finish:
 * @self: a client
 * @result: what the callback got
 * @error: %GC_ERROR_UNREACHABLE
 *
 * Returns: whether the server has been told
 */
gboolean
gc_whip_client_delete_finish (GcWhipClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
