/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-relay"

#include "center/gc-relay.h"

#include "base/gc-error.h"
#include "center/gc-relay-session.h"
#include "center/gc-reply.h"
#include "rtc/gc-ice-server.h"
#include "rtc/gc-sdp-frag.h"
#include "rtc/gc-sdp.h"

#include <string.h>

#define WHIP_PATH "/whip/"
#define WHEP_PATH "/whep/"
#define SDP_TYPE "application/sdp"
#define FRAGMENT_TYPE "application/trickle-ice-sdpfrag"

struct _GcRelay
{
  GObject parent_instance;

  GHashTable *sessions; /* id → GcRelaySession */
  GPtrArray *ice_servers;
  GcRelayAuthorize authorize;
  gpointer authorize_data;
};

G_DEFINE_FINAL_TYPE (GcRelay, gc_relay, G_TYPE_OBJECT)

enum
{
  SIGNAL_PUBLISHING,
  SIGNAL_PUBLISHER_GONE,
  SIGNAL_VIEWER_JOINED,
  SIGNAL_VIEWER_LEFT,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* --- a request, taken apart --- */

typedef struct
{
  SoupServerMessage *message;
  GcRelaySession *session;
  GObject *end; /* GcIngest or GcViewer */
  GcRelay *relay;
} Exchange;

static void
exchange_free (Exchange *exchange)
{
  g_clear_object (&exchange->message);
  g_clear_object (&exchange->session);
  g_clear_object (&exchange->end);
  g_clear_object (&exchange->relay);
  g_free (exchange);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Exchange, exchange_free)

static const char *
get_header (SoupServerMessage *message, const char *name)
{
  return soup_message_headers_get_one (soup_server_message_get_request_headers (message), name);
}

static void
set_header (SoupServerMessage *message, const char *name, const char *value)
{
  soup_message_headers_append (soup_server_message_get_response_headers (message), name, value);
}

static gboolean
is_type (SoupServerMessage *message, const char *type)
{
  const char *found = soup_message_headers_get_content_type (
      soup_server_message_get_request_headers (message), NULL);

  return found != NULL && g_ascii_strcasecmp (found, type) == 0;
}

static void
add_ice_servers (GcRelay *self, SoupServerMessage *message)
{
  for (guint i = 0; i < self->ice_servers->len; i++)
    {
      g_autofree char *link = gc_ice_server_print_link (g_ptr_array_index (self->ice_servers, i));

      set_header (message, "Link", link);
    }
}

static void
reply_refused (SoupServerMessage *message, const GError *error)
{
  if (g_error_matches (error, GC_ERROR, GC_ERROR_TOO_LARGE))
    gc_reply_problem (message, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, "offer-too-large",
                      error->message);
  else if (g_error_matches (error, GC_ERROR, GC_ERROR_FAILED))
    gc_reply_problem (message, SOUP_STATUS_INTERNAL_SERVER_ERROR, "failed", error->message);
  else
    gc_reply_problem (message, SOUP_STATUS_BAD_REQUEST, "offer-refused", error->message);
}

static void
reply_no_session (SoupServerMessage *message)
{
  gc_reply_problem (message, SOUP_STATUS_NOT_FOUND, "no-session",
                    "There is no such live session, or it has ended");
}

/* Splits “/whip/SESSION[/RESOURCE]”. */
static GcRelaySession *
find_session (GcRelay *self, const char *path, const char *prefix, char **resource)
{
  g_auto (GStrv) parts = g_strsplit (path + strlen (prefix), "/", 3);
  guint count = g_strv_length (parts);

  *resource = count == 2 ? g_strdup (parts[1]) : NULL;
  return count == 1 || count == 2 ? g_hash_table_lookup (self->sessions, parts[0]) : NULL;
}

/* Whether the body is an offer within the limits; else answers. */
static gboolean
check_offer (SoupServerMessage *message)
{
  SoupMessageBody *body = soup_server_message_get_request_body (message);

  if (!is_type (message, SDP_TYPE))
    {
      gc_reply_problem (message, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE, "not-sdp",
                        "The body must be " SDP_TYPE);
      return FALSE;
    }
  if (body->length > GC_SDP_MAX_LENGTH)
    {
      gc_reply_problem (message, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, "offer-too-large",
                        "The offer is over 64 kB");
      return FALSE;
    }
  return TRUE;
}

static GBytes *
dup_body (SoupServerMessage *message)
{
  return soup_message_body_flatten (soup_server_message_get_request_body (message));
}

static void
reply_created (Exchange *exchange, const char *prefix, const char *resource, char *answer)
{
  g_autofree char *location
      = g_strconcat (prefix, gc_relay_session_get_id (exchange->session), "/", resource, NULL);
  g_autofree char *etag = g_strdup_printf ("\"%s\"", resource);

  set_header (exchange->message, "Location", location);
  set_header (exchange->message, "ETag", etag);
  set_header (exchange->message, "Accept-Patch", FRAGMENT_TYPE);
  add_ice_servers (exchange->relay, exchange->message);
  gc_reply_text (exchange->message, SOUP_STATUS_CREATED, SDP_TYPE, answer);
}

static Exchange *
exchange_new (GcRelay *self, SoupServerMessage *message, GcRelaySession *session, gpointer end)
{
  Exchange *exchange = g_new0 (Exchange, 1);

  exchange->message = g_object_ref (message);
  exchange->session = g_object_ref (session);
  exchange->end = G_OBJECT (end);
  exchange->relay = g_object_ref (self);
  soup_server_message_pause (message);
  return exchange;
}

/* The candidates of a PATCH, RFC 9725 section 4.3; NULL once it is answered. */
static GStrv
read_candidates (SoupServerMessage *message, const char *resource)
{
  g_autofree char *etag = g_strdup_printf ("\"%s\"", resource);
  const char *if_match = get_header (message, "If-Match");
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
  if (if_match != NULL && strcmp (if_match, "*") == 0)
    {
      gc_reply_problem (message, SOUP_STATUS_UNPROCESSABLE_ENTITY, "no-restart",
                        "ICE restarts are not supported: POST a new offer");
      return NULL;
    }
  if (if_match != NULL && strcmp (if_match, etag) != 0)
    {
      gc_reply_problem (message, SOUP_STATUS_PRECONDITION_FAILED, "no-match",
                        "If-Match names another ICE session");
      return NULL;
    }
  body = dup_body (message);
  text = g_bytes_get_data (body, &length);
  candidates = gc_sdp_frag_parse (text != NULL ? text : "", length, &error);
  if (candidates == NULL)
    reply_refused (message, error);
  return candidates;
}

/* --- WHIP --- */

static gboolean
check_bearer (GcRelaySession *session, SoupServerMessage *message)
{
  const char *header = get_header (message, "Authorization");
  gboolean bearer = header != NULL && g_ascii_strncasecmp (header, "Bearer ", 7) == 0;

  if (bearer && gc_relay_session_check_token (session, header + 7))
    return TRUE;
  set_header (message, "WWW-Authenticate", "Bearer");
  gc_reply_problem (message, SOUP_STATUS_UNAUTHORIZED, "token-wrong",
                    "The session's bearer token is missing or wrong");
  return FALSE;
}

static void
on_ingest_accepted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Exchange) exchange = user_data;
  GcIngest *ingest = GC_INGEST (source);
  const char *id = gc_relay_session_get_id (exchange->session);
  g_autoptr (GError) error = NULL;
  char *answer = gc_ingest_accept_finish (ingest, result, &error);

  soup_server_message_unpause (exchange->message);
  if (answer == NULL)
    reply_refused (exchange->message, error);
  else if (g_hash_table_lookup (exchange->relay->sessions, id) != exchange->session)
    {
      g_free (answer);
      reply_no_session (exchange->message);
    }
  else
    reply_created (exchange, WHIP_PATH, gc_relay_session_set_publisher (exchange->session, ingest),
                   answer);
}

static void
post_whip (GcRelay *self, GcRelaySession *session, SoupServerMessage *message)
{
  g_autoptr (GBytes) body = NULL;
  GcIngest *ingest;
  gsize length;
  const char *text;

  if (!check_offer (message))
    return;
  body = dup_body (message);
  text = g_bytes_get_data (body, &length);
  ingest = gc_ingest_new (gc_relay_session_get_fan (session));
  gc_ingest_accept_async (ingest, text != NULL ? text : "", length, on_ingest_accepted,
                          exchange_new (self, message, session, ingest));
}

static void
patch_whip (GcRelaySession *session, SoupServerMessage *message, const char *resource)
{
  GcIngest *ingest = gc_relay_session_get_publisher (session, resource);
  g_auto (GStrv) candidates = NULL;

  if (ingest == NULL)
    {
      reply_no_session (message);
      return;
    }
  candidates = read_candidates (message, resource);
  if (candidates == NULL)
    return;
  for (gsize i = 0; candidates[i] != NULL; i++)
    gc_ingest_add_candidate (ingest, 0, candidates[i]);
  gc_reply_empty (message, SOUP_STATUS_NO_CONTENT);
}

static void
delete_whip (GcRelaySession *session, SoupServerMessage *message, const char *resource)
{
  /* The terminal may say good-bye to a connection that it has replaced already. */
  if (gc_relay_session_get_publisher (session, resource) != NULL)
    gc_relay_session_end_publisher (session, "stopped");
  gc_reply_empty (message, SOUP_STATUS_OK);
}

static void
reply_options (GcRelay *self, SoupServerMessage *message)
{
  set_header (message, "Accept-Post", SDP_TYPE);
  add_ice_servers (self, message);
  gc_reply_empty (message, SOUP_STATUS_NO_CONTENT);
}

static void
on_whip (SoupServer *server,
         SoupServerMessage *message,
         const char *path,
         GHashTable *query,
         gpointer user_data)
{
  GcRelay *self = user_data;
  const char *method = soup_server_message_get_method (message);
  g_autofree char *resource = NULL;
  GcRelaySession *session = find_session (self, path, WHIP_PATH, &resource);

  if (session == NULL)
    reply_no_session (message);
  else if (!check_bearer (session, message))
    return;
  else if (strcmp (method, "OPTIONS") == 0)
    reply_options (self, message);
  else if (resource == NULL && strcmp (method, "POST") == 0)
    post_whip (self, session, message);
  else if (resource != NULL && strcmp (method, "DELETE") == 0)
    delete_whip (session, message, resource);
  else if (resource != NULL && strcmp (method, "PATCH") == 0)
    patch_whip (session, message, resource);
  else
    gc_reply_method_not_allowed (message,
                                 resource == NULL ? "OPTIONS, POST" : "OPTIONS, PATCH, DELETE");
}

/* --- WHEP --- */

static void
on_viewer_accepted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Exchange) exchange = user_data;
  GcViewer *viewer = GC_VIEWER (source);
  const char *id = gc_relay_session_get_id (exchange->session);
  g_autoptr (GError) error = NULL;
  char *answer = gc_viewer_accept_finish (viewer, result, &error);

  soup_server_message_unpause (exchange->message);
  if (answer == NULL)
    reply_refused (exchange->message, error);
  else if (g_hash_table_lookup (exchange->relay->sessions, id) != exchange->session)
    {
      gc_viewer_close (viewer);
      g_free (answer);
      reply_no_session (exchange->message);
    }
  else
    reply_created (exchange, WHEP_PATH, gc_relay_session_add_viewer (exchange->session, viewer),
                   answer);
}

static void
post_whep (GcRelay *self, GcRelaySession *session, SoupServerMessage *message, const char *name)
{
  GcIngest *publisher = gc_relay_session_get_current (session);
  g_autoptr (GBytes) body = NULL;
  GcViewer *viewer;
  gsize length;
  const char *text;

  if (publisher == NULL)
    {
      gc_reply_problem (message, SOUP_STATUS_CONFLICT, "not-live", "Nobody publishes yet");
      return;
    }
  if (gc_relay_session_count_viewers (session) >= GC_RELAY_VIEWERS_MAX)
    {
      gc_reply_problem (message, SOUP_STATUS_SERVICE_UNAVAILABLE, "too-many-viewers",
                        "Too many watch this session");
      return;
    }
  if (!check_offer (message))
    return;
  body = dup_body (message);
  text = g_bytes_get_data (body, &length);
  viewer = gc_viewer_new (gc_relay_session_get_fan (session), name, gc_ingest_get_video (publisher),
                          gc_ingest_has_audio (publisher));
  gc_viewer_accept_async (viewer, text != NULL ? text : "", length, on_viewer_accepted,
                          exchange_new (self, message, session, viewer));
}

static void
patch_whep (GcRelaySession *session, SoupServerMessage *message, const char *resource)
{
  GcViewer *viewer = gc_relay_session_get_viewer (session, resource);
  g_auto (GStrv) candidates = NULL;

  if (viewer == NULL)
    {
      reply_no_session (message);
      return;
    }
  candidates = read_candidates (message, resource);
  if (candidates == NULL)
    return;
  for (gsize i = 0; candidates[i] != NULL; i++)
    gc_viewer_add_candidate (viewer, 0, candidates[i]);
  gc_reply_empty (message, SOUP_STATUS_NO_CONTENT);
}

static void
on_whep (SoupServer *server,
         SoupServerMessage *message,
         const char *path,
         GHashTable *query,
         gpointer user_data)
{
  GcRelay *self = user_data;
  const char *method = soup_server_message_get_method (message);
  g_autofree char *resource = NULL;
  GcRelaySession *session = find_session (self, path, WHEP_PATH, &resource);
  g_autofree char *name = NULL;

  if (self->authorize != NULL)
    name = self->authorize (message, session != NULL ? gc_relay_session_get_id (session) : "",
                            self->authorize_data);
  if (name == NULL)
    gc_reply_problem (message, SOUP_STATUS_UNAUTHORIZED, "login", "Log in to watch");
  else if (session == NULL)
    reply_no_session (message);
  else if (strcmp (method, "OPTIONS") == 0)
    reply_options (self, message);
  else if (resource == NULL && strcmp (method, "POST") == 0)
    post_whep (self, session, message, name);
  else if (resource != NULL && strcmp (method, "DELETE") == 0)
    {
      gc_relay_session_remove_viewer (session, resource);
      gc_reply_empty (message, SOUP_STATUS_OK);
    }
  else if (resource != NULL && strcmp (method, "PATCH") == 0)
    patch_whep (session, message, resource);
  else
    gc_reply_method_not_allowed (message,
                                 resource == NULL ? "OPTIONS, POST" : "OPTIONS, PATCH, DELETE");
}

/* --- the object --- */

static void
on_publishing (GcRelaySession *session, gpointer user_data)
{
  GcIngest *publisher = gc_relay_session_get_current (session);

  g_signal_emit (user_data, signals[SIGNAL_PUBLISHING], 0, gc_relay_session_get_id (session),
                 gc_ingest_get_video (publisher), gc_ingest_has_audio (publisher));
}

static void
on_publisher_gone (GcRelaySession *session, const char *reason, gpointer user_data)
{
  g_signal_emit (user_data, signals[SIGNAL_PUBLISHER_GONE], 0, gc_relay_session_get_id (session),
                 reason);
}

static void
on_viewer_joined (GcRelaySession *session, const char *viewer, const char *name, gpointer user_data)
{
  g_signal_emit (user_data, signals[SIGNAL_VIEWER_JOINED], 0, gc_relay_session_get_id (session),
                 viewer, name);
}

static void
on_viewer_left (GcRelaySession *session, const char *viewer, const char *name, gpointer user_data)
{
  g_signal_emit (user_data, signals[SIGNAL_VIEWER_LEFT], 0, gc_relay_session_get_id (session),
                 viewer, name);
}

static void
gc_relay_finalize (GObject *object)
{
  GcRelay *self = GC_RELAY (object);
  g_autofree gpointer *ids = g_hash_table_get_keys_as_array (self->sessions, NULL);

  for (gsize i = 0; ids[i] != NULL; i++)
    g_signal_handlers_disconnect_by_data (g_hash_table_lookup (self->sessions, ids[i]), self);
  g_hash_table_unref (self->sessions);
  g_ptr_array_unref (self->ice_servers);
  G_OBJECT_CLASS (gc_relay_parent_class)->finalize (object);
}

static guint
add_signal (const char *name, guint n_params, GType first, GType second, GType third)
{
  return g_signal_new (name, GC_TYPE_RELAY, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                       n_params, first, second, third);
}

static void
gc_relay_class_init (GcRelayClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gc_relay_finalize;
  signals[SIGNAL_PUBLISHING]
      = add_signal ("publishing", 3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_BOOLEAN);
  signals[SIGNAL_PUBLISHER_GONE]
      = add_signal ("publisher-gone", 2, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_NONE);
  signals[SIGNAL_VIEWER_JOINED]
      = add_signal ("viewer-joined", 3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_STRING);
  signals[SIGNAL_VIEWER_LEFT]
      = add_signal ("viewer-left", 3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_STRING);
}

static void
gc_relay_init (GcRelay *self)
{
  self->sessions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  self->ice_servers = g_ptr_array_new_with_free_func ((GDestroyNotify) gc_ice_server_free);
}

/**
 * gc_relay_new:
 *
 * Main context. GStreamer must have been initialised.
 *
 * Returns: (transfer full): a relay without sessions
 */
GcRelay *
gc_relay_new (void)
{
  return g_object_new (GC_TYPE_RELAY, NULL);
}

/**
 * gc_relay_mount:
 * @self: a relay
 * @server: where it answers under /whip/ (RFC 9725) and /whep/ (draft-ietf-wish-whep)
 *
 * Main context.
 */
void
gc_relay_mount (GcRelay *self, SoupServer *server)
{
  g_return_if_fail (GC_IS_RELAY (self) && SOUP_IS_SERVER (server));

  soup_server_add_handler (server, WHIP_PATH, on_whip, self, NULL);
  soup_server_add_handler (server, WHEP_PATH, on_whep, self, NULL);
}

/**
 * gc_relay_add_ice_server:
 * @self: a relay
 * @url: "stun:…" or "turn:…"
 * @username: (nullable): for TURN
 * @credential: (nullable): for TURN
 * @error: %GC_ERROR_INVALID
 *
 * Hands a STUN or TURN server out to publishers and viewers, in Link headers. Main context.
 *
 * Returns: whether @url is good
 */
gboolean
gc_relay_add_ice_server (
    GcRelay *self, const char *url, const char *username, const char *credential, GError **error)
{
  GcIceServer *server = gc_ice_server_parse_url (url, error);

  if (server == NULL)
    return FALSE;
  server->username = g_strdup (username);
  server->credential = g_strdup (credential);
  g_ptr_array_add (self->ice_servers, server);
  return TRUE;
}

/**
 * gc_relay_add_session:
 * @self: a relay
 * @session: a new session's id
 * @token: what its publisher must show
 *
 * Main context.
 */
void
gc_relay_add_session (GcRelay *self, const char *session, const char *token)
{
  GcRelaySession *made;

  g_return_if_fail (GC_IS_RELAY (self) && session != NULL && token != NULL);

  made = gc_relay_session_new (session, token);
  g_signal_connect (made, "publishing", G_CALLBACK (on_publishing), self);
  g_signal_connect (made, "publisher-gone", G_CALLBACK (on_publisher_gone), self);
  g_signal_connect (made, "viewer-joined", G_CALLBACK (on_viewer_joined), self);
  g_signal_connect (made, "viewer-left", G_CALLBACK (on_viewer_left), self);
  g_hash_table_replace (self->sessions, g_strdup (session), made);
}

/**
 * gc_relay_remove_session:
 * @self: a relay
 * @session: its id; an unknown one does nothing
 *
 * Ends the session's publisher and viewers. Main context.
 */
void
gc_relay_remove_session (GcRelay *self, const char *session)
{
  g_autoptr (GcRelaySession) found = NULL;

  g_return_if_fail (GC_IS_RELAY (self) && session != NULL);

  found = g_hash_table_lookup (self->sessions, session);
  if (found == NULL)
    return;
  g_object_ref (found);
  g_hash_table_remove (self->sessions, session);
  gc_relay_session_close (found);
  g_signal_handlers_disconnect_by_data (found, self);
}

/**
 * gc_relay_set_authorize:
 * @self: a relay
 * @func: says who may watch
 * @data: for @func
 *
 * Without it nobody may. Main context.
 */
void
gc_relay_set_authorize (GcRelay *self, GcRelayAuthorize func, gpointer data)
{
  g_return_if_fail (GC_IS_RELAY (self));

  self->authorize = func;
  self->authorize_data = data;
}
