/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-relay"

#include "center/gc-relay.h"

#include "base/gc-clock.h"
#include "center/gc-relay-http.h"
#include "center/gc-relay-session.h"
#include "center/gc-reply.h"
#include "center/gc-turn-secret.h"
#include "center/gc-whep-endpoint.h"
#include "center/gc-whip-endpoint.h"
#include "rtc/gc-ice-server.h"

#include <string.h>

#define WHIP_PATH "/whip/"
#define WHEP_PATH "/whep/"

struct _GcRelay
{
  GObject parent_instance;

  GHashTable *sessions; /* id → GcRelaySession */
  GPtrArray *ice_servers;
  char *turn_secret; /* NULL: they have credentials of their own */
  guint viewers_max;
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

/* --- requests --- */

/* Splits “/whip/SESSION[/RESOURCE]”. */
static GcRelaySession *
find_session (GcRelay *self, const char *path, const char *prefix, char **resource)
{
  g_auto (GStrv) parts = g_strsplit (path + strlen (prefix), "/", 3);
  guint count = g_strv_length (parts);

  *resource = count == 2 ? g_strdup (parts[1]) : NULL;
  return count == 1 || count == 2 ? g_hash_table_lookup (self->sessions, parts[0]) : NULL;
}

/* For one request: credentials that name the session, whose terminal the audit log knows. */
static GPtrArray *
make_ice_servers (GcRelay *self, GcRelaySession *session)
{
  if (self->turn_secret == NULL)
    return g_ptr_array_ref (self->ice_servers);
  return gc_turn_secret_sign (self->turn_secret, self->ice_servers,
                              gc_relay_session_get_id (session), gc_clock_wall_ms () / 1000);
}

static void
on_whip (SoupServer *server,
         SoupServerMessage *message,
         const char *path,
         GHashTable *query,
         gpointer user_data)
{
  GcRelay *self = user_data;
  g_autofree char *resource = NULL;
  GcRelaySession *session = find_session (self, path, WHIP_PATH, &resource);

  g_autoptr (GPtrArray) ice_servers = NULL;

  if (session == NULL)
    {
      gc_relay_http_reply_no_session (message);
      return;
    }
  ice_servers = make_ice_servers (self, session);
  gc_whip_endpoint_handle (message, session, resource, ice_servers);
}

static gboolean
is_full (GcRelay *self)
{
  GHashTableIter iter;
  gpointer session;
  guint viewers = 0;

  g_hash_table_iter_init (&iter, self->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &session))
    viewers += gc_relay_session_count_viewers (session);
  return viewers >= GC_RELAY_ALL_VIEWERS_MAX;
}

static void
on_whep (SoupServer *server,
         SoupServerMessage *message,
         const char *path,
         GHashTable *query,
         gpointer user_data)
{
  GcRelay *self = user_data;
  g_autofree char *resource = NULL;
  GcRelaySession *session = find_session (self, path, WHEP_PATH, &resource);
  g_autofree char *name = NULL;

  if (self->authorize != NULL)
    name = self->authorize (message, session != NULL ? gc_relay_session_get_id (session) : "",
                            self->authorize_data);
  if (name == NULL)
    gc_reply_problem (message, SOUP_STATUS_UNAUTHORIZED, "login", "Log in to watch");
  else if (session == NULL)
    gc_relay_http_reply_no_session (message);
  else if (strcmp (soup_server_message_get_method (message), "POST") == 0 && is_full (self))
    gc_reply_problem (message, SOUP_STATUS_SERVICE_UNAVAILABLE, "too-many-viewers",
                      "Too many watch at this center");
  else
    {
      g_autoptr (GPtrArray) ice_servers = make_ice_servers (self, session);

      gc_whep_endpoint_handle (message, session, resource, name, ice_servers);
    }
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
gc_relay_dispose (GObject *object)
{
  GcRelay *self = GC_RELAY (object);
  g_autofree gpointer *ids = g_hash_table_get_keys_as_array (self->sessions, NULL);

  for (gsize i = 0; ids[i] != NULL; i++)
    gc_relay_remove_session (self, ids[i]);
  G_OBJECT_CLASS (gc_relay_parent_class)->dispose (object);
}

static void
gc_relay_finalize (GObject *object)
{
  GcRelay *self = GC_RELAY (object);

  g_hash_table_unref (self->sessions);
  g_ptr_array_unref (self->ice_servers);
  g_clear_pointer (&self->turn_secret, gc_turn_secret_free);
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
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = gc_relay_dispose;
  object_class->finalize = gc_relay_finalize;
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
  self->viewers_max = GC_RELAY_VIEWERS_MAX;
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

  soup_server_add_handler (server, WHIP_PATH, on_whip, g_object_ref (self), g_object_unref);
  soup_server_add_handler (server, WHEP_PATH, on_whep, g_object_ref (self), g_object_unref);
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
 * gc_relay_set_turn_secret:
 * @self: a relay
 * @secret: what it shares with its TURN servers; from gc_turn_secret_read()
 *
 * From now on everybody gets credentials of his own for them. Main context.
 */
void
gc_relay_set_turn_secret (GcRelay *self, const char *secret)
{
  g_return_if_fail (GC_IS_RELAY (self) && self->turn_secret == NULL);

  self->turn_secret = g_strdup (secret);
}

/**
 * gc_relay_set_viewers_max:
 * @self: a relay
 * @viewers_max: the most that may watch one session at the same time, at least 1
 *
 * Holds for sessions that are added from now on. Main context.
 */
void
gc_relay_set_viewers_max (GcRelay *self, guint viewers_max)
{
  g_return_if_fail (GC_IS_RELAY (self) && viewers_max > 0);

  self->viewers_max = viewers_max;
}

/**
 * gc_relay_add_session:
 * @self: a relay
 * @session: a new session's id
 * @token: what its publisher must show; a former session with this id ends
 *
 * Main context.
 */
void
gc_relay_add_session (GcRelay *self, const char *session, const char *token)
{
  GcRelaySession *made;

  g_return_if_fail (GC_IS_RELAY (self) && session != NULL && token != NULL);

  gc_relay_remove_session (self, session);
  made = gc_relay_session_new (session, token, self->viewers_max);
  g_signal_connect (made, "publishing", G_CALLBACK (on_publishing), self);
  g_signal_connect (made, "publisher-gone", G_CALLBACK (on_publisher_gone), self);
  g_signal_connect (made, "viewer-joined", G_CALLBACK (on_viewer_joined), self);
  g_signal_connect (made, "viewer-left", G_CALLBACK (on_viewer_left), self);
  g_hash_table_insert (self->sessions, g_strdup (session), made);
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
