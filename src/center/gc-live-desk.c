/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-live-desk.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "base/gc-id.h"
#include "center/gc-audit.h"
#include "center/gc-json-build.h"
#include "center/gc-link-work.h"
#include "center/gc-live-watch.h"
#include "protocol/gc-json.h"

#define MAX_REASON_LENGTH 200
#define ID_LENGTH 36
/* How long a worker is asked. */
#define RING_S 60
/* An answer that was under way when the time was over still counts for so long. */
#define RING_GRACE_S 10
/* How long a terminal may take to begin, or to come back after its connection broke. */
#define CONNECT_S 60

/**
 * State:
 * @ASKING: the request was sent
 * @RINGING: the terminal shows it to the worker
 * @CONNECTING: the worker agreed or began, and no media flow, or no more
 * @LIVE: media flow
 * @ENDED: final
 */
typedef enum
{
  ASKING,
  RINGING,
  CONNECTING,
  LIVE,
  ENDED,
} State;

static const char *const STATES[] = { "asking", "ringing", "connecting", "live", "ended" };

struct _GcLiveDesk
{
  GObject parent_instance;

  GcDatabase *database;
  GcHub *hub;
  GcRoster *roster;
  GcConsoleEvents *events;
  GcRelay *relay;
  GHashTable *sessions;    /* id → Session */
  GHashTable *by_terminal; /* terminal → Session, of the same */
};

G_DEFINE_FINAL_TYPE (GcLiveDesk, gc_live_desk, G_TYPE_OBJECT)

typedef struct
{
  GcLiveDesk *desk;
  char *id;
  char *terminal;
  char *worker;
  char *by;      /* NULL when the worker began */
  char *request; /* id of the worker's request, NULL when a dispatcher asked */
  char *reason;
  char *token;
  State state;
  gint64 started_ms;
  gint64 ended_ms;
  char *end_reason;
  guint viewers;
  char *video;
  gboolean audio;
  guint timeout_id;
} Session;

static void
session_free (gpointer data)
{
  Session *session = data;

  g_clear_handle_id (&session->timeout_id, g_source_remove);
  g_free (session->id);
  g_free (session->terminal);
  g_free (session->worker);
  g_free (session->by);
  g_free (session->request);
  g_free (session->reason);
  g_free (session->token);
  g_free (session->end_reason);
  g_free (session->video);
  g_free (session);
}

static JsonObject *
print (const Session *session)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "session", session->id);
  json_object_set_string_member (object, "terminal", session->terminal);
  json_object_set_string_member (object, "worker", session->worker);
  json_object_set_string_member (object, "state", STATES[session->state]);
  gc_json_set_text (object, "by", session->by);
  gc_json_set_text (object, "reason", session->reason);
  if (session->started_ms != 0)
    gc_json_set_time (object, "started_at", session->started_ms);
  if (session->ended_ms != 0)
    gc_json_set_time (object, "ended_at", session->ended_ms);
  if (session->end_reason != NULL)
    json_object_set_string_member (object, "end_reason", session->end_reason);
  json_object_set_int_member (object, "viewers", session->viewers);
  gc_json_set_text (object, "video", session->video);
  json_object_set_boolean_member (object, "audio", session->audio);
  return object;
}

static void
announce (Session *session)
{
  GcLiveDesk *self = session->desk;
  g_autoptr (JsonObject) live = print (session);

  gc_console_events_emit (self->events, "live", live);
  gc_roster_set_live (self->roster, session->terminal, session->state != ENDED ? live : NULL);
}

static gboolean
state_allows (State from, State to)
{
  switch (to)
    {
    case RINGING:
      return from == ASKING;
    case CONNECTING:
      return from == ASKING || from == RINGING || from == LIVE;
    case LIVE:
    case ENDED:
      return from != ENDED;
    default:
      return FALSE;
    }
}

static void
end_session (Session *session, const char *reason, const char *who);

static gboolean
on_timeout (gpointer user_data)
{
  Session *session = user_data;

  session->timeout_id = 0;
  end_session (session, session->state <= RINGING ? GC_LIVE_WHY_NO_ANSWER : GC_LIVE_WHY_NO_PICTURE,
               "center");
  return G_SOURCE_REMOVE;
}

static void
start_timeout (Session *session, guint seconds)
{
  g_clear_handle_id (&session->timeout_id, g_source_remove);
  session->timeout_id = g_timeout_add_seconds (seconds, on_timeout, session);
}

static void
set_state (Session *session, State state)
{
  g_assert (state_allows (session->state, state));

  g_debug ("live session %s: %s → %s", session->id, STATES[session->state], STATES[state]);
  session->state = state;
  if (state == CONNECTING)
    start_timeout (session, CONNECT_S);
  else if (state == LIVE || state == ENDED)
    g_clear_handle_id (&session->timeout_id, g_source_remove);
  if (state == LIVE && session->started_ms == 0)
    session->started_ms = gc_clock_wall_ms ();
  if (state == ENDED)
    session->ended_ms = gc_clock_wall_ms ();
}

static void
send_end (const Session *session, const char *reason)
{
  g_autoptr (JsonObject) body = json_object_new ();

  json_object_set_string_member (body, "session", session->id);
  json_object_set_string_member (body, "reason", reason);
  gc_hub_send (session->desk->hub, session->terminal, GC_MSG_LIVE_END, body);
}

/* After this the session is gone. */
static void
end_session (Session *session, const char *reason, const char *who)
{
  GcLiveDesk *self = session->desk;
  g_autofree char *id = g_strdup (session->id);

  if (session->state == ENDED)
    return;
  set_state (session, ENDED);
  g_set_str (&session->end_reason, reason);
  g_hash_table_remove (self->by_terminal, session->terminal);
  gc_relay_remove_session (self->relay, id);
  send_end (session, reason);
  session->viewers = 0;
  announce (session);
  gc_audit_note (self->database, who, "live.end", session->terminal, reason);
  g_hash_table_remove (self->sessions, id);
}

static Session *
begin_session (GcLiveDesk *self, const char *terminal, const char *by, const char *reason)
{
  Session *session = g_new0 (Session, 1);

  session->desk = self;
  session->id = gc_id_new ();
  session->terminal = g_strdup (terminal);
  session->worker = g_strdup (gc_roster_find (self->roster, terminal)->worker);
  session->by = g_strdup (by);
  session->reason = g_strdup (reason);
  session->token = gc_id_new_token ();
  g_hash_table_insert (self->sessions, session->id, session);
  g_hash_table_insert (self->by_terminal, session->terminal, session);
  gc_relay_add_session (self->relay, session->id, session->token);
  return session;
}

static JsonObject *
print_whip (const Session *session)
{
  JsonObject *whip = json_object_new ();
  g_autofree char *url = g_strconcat ("/whip/", session->id, NULL);

  json_object_set_string_member (whip, "url", url);
  json_object_set_string_member (whip, "token", session->token);
  return whip;
}

/**
 * gc_live_desk_request:
 * @self: the desk
 * @terminal: its id
 * @user: the dispatcher
 * @reason: (nullable): for the worker
 * @video: (nullable): the codecs that the dispatcher's browser can show
 * @sharp: whether the dispatcher would rather see details than motion
 * @error: %GC_ERROR_NOT_FOUND, %GC_ERROR_UNREACHABLE if it is offline
 *
 * Asks a worker for live video. Where a session is on already, that is the answer.
 *
 * Returns: (transfer full) (nullable): LIVE of API.md
 */
JsonObject *
gc_live_desk_request (GcLiveDesk *self,
                      const char *terminal,
                      const char *user,
                      const char *reason,
                      const char *const *video,
                      gboolean sharp,
                      GError **error)
{
  const GcTerminal *known = gc_roster_find (self->roster, terminal);
  g_autoptr (JsonObject) body = NULL;
  Session *session;

  if (known == NULL || known->revoked)
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_NOT_FOUND, "There is no such terminal.");
      return NULL;
    }
  session = g_hash_table_lookup (self->by_terminal, terminal);
  if (session != NULL)
    return print (session);
  if (!gc_hub_is_online (self->hub, terminal))
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_UNREACHABLE, "The terminal is not online.");
      return NULL;
    }
  session = begin_session (self, terminal, user, reason);
  body = json_object_new ();
  json_object_set_string_member (body, "session", session->id);
  json_object_set_string_member (body, "by", user);
  if (reason != NULL)
    json_object_set_string_member (body, "reason", reason);
  gc_json_set_strings (body, "video", video);
  if (sharp)
    json_object_set_boolean_member (body, "sharp", TRUE);
  json_object_set_int_member (body, "expires_s", RING_S);
  json_object_set_object_member (body, "whip", print_whip (session));
  gc_hub_send (self->hub, terminal, GC_MSG_LIVE_REQUEST, body);
  start_timeout (session, RING_S + RING_GRACE_S);
  gc_audit_note (self->database, user, "live.request", terminal, reason);
  announce (session);
  return print (session);
}

/**
 * gc_live_desk_end:
 * @self: the desk
 * @session: its id
 * @user: the dispatcher
 * @error: %GC_ERROR_NOT_FOUND
 *
 * Ends a session, or takes the request back.
 *
 * Returns: whether it has ended
 */
gboolean
gc_live_desk_end (GcLiveDesk *self, const char *session, const char *user, GError **error)
{
  Session *found = g_hash_table_lookup (self->sessions, session);

  if (found == NULL)
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_NOT_FOUND, "There is no such session.");
      return FALSE;
    }
  end_session (found, found->state <= RINGING ? GC_LIVE_WHY_WITHDRAWN : GC_LIVE_WHY_CENTER, user);
  return TRUE;
}

/**
 * gc_live_desk_end_terminal:
 * @self: the desk
 * @terminal: its id
 * @reason: why, one of the words of PROTOCOL.md or a sentence
 *
 * Ends whatever session a terminal has.
 */
void
gc_live_desk_end_terminal (GcLiveDesk *self, const char *terminal, const char *reason)
{
  Session *found = g_hash_table_lookup (self->by_terminal, terminal);

  if (found != NULL)
    end_session (found, reason, "center");
}

/**
 * gc_live_desk_print_all:
 * @self: the desk
 *
 * Returns: (transfer full): LIVEs of API.md that have not ended
 */
JsonArray *
gc_live_desk_print_all (GcLiveDesk *self)
{
  JsonArray *array = json_array_new ();
  GHashTableIter iter;
  gpointer session;

  g_hash_table_iter_init (&iter, self->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &session))
    json_array_add_object_element (array, print (session));
  return array;
}

/* --- what terminals say --- */

static void
send_grant (const Session *session)
{
  g_autoptr (JsonObject) body = json_object_new ();

  json_object_set_string_member (body, "request", session->request);
  json_object_set_string_member (body, "session", session->id);
  json_object_set_object_member (body, "whip", print_whip (session));
  gc_hub_send (session->desk->hub, session->terminal, GC_MSG_LIVE_GRANT, body);
}

/* A second request of the same id is the first one again; one of another id means that the
 * terminal knows nothing of the session that we think it has. */
static void
start_arrived (gpointer data, const char *terminal, const GcEnvelope *envelope, gpointer result)
{
  GcLiveDesk *self = data;
  const char *request = gc_json_get_string (envelope->body, "request", ID_LENGTH, NULL);
  Session *session = g_hash_table_lookup (self->by_terminal, terminal);

  if (!gc_id_is_valid (request))
    return;
  if (session != NULL && g_strcmp0 (session->request, request) != 0)
    {
      end_session (session, GC_LIVE_WHY_REPLACED, terminal);
      session = NULL;
    }
  if (session == NULL)
    {
      session = begin_session (self, terminal, NULL, NULL);
      session->request = g_strdup (request);
      session->state = CONNECTING;
      start_timeout (session, CONNECT_S);
      gc_audit_note (self->database, terminal, "live.start", terminal, NULL);
      announce (session);
    }
  send_grant (session);
}

/* Only of sessions that are this terminal's. */
static Session *
find_session (GcLiveDesk *self, const char *terminal, const GcEnvelope *envelope)
{
  const char *id = gc_json_get_string (envelope->body, "session", ID_LENGTH, NULL);
  Session *session = id != NULL ? g_hash_table_lookup (self->sessions, id) : NULL;

  if (session == NULL || g_strcmp0 (session->terminal, terminal) == 0)
    return session;
  gc_link_log_refusal (terminal, "%s has no effect: the session is another's", envelope->type);
  return NULL;
}

static void
ringing_arrived (gpointer data, const char *terminal, const GcEnvelope *envelope, gpointer result)
{
  Session *session = find_session (data, terminal, envelope);

  if (session == NULL || session->state != ASKING)
    return;
  set_state (session, RINGING);
  announce (session);
}

static void
end_arrived (gpointer data, const char *terminal, const GcEnvelope *envelope, gpointer result)
{
  Session *session = find_session (data, terminal, envelope);
  const char *reason = gc_json_get_string (envelope->body, "reason", MAX_REASON_LENGTH, NULL);

  if (session != NULL)
    end_session (session, reason != NULL ? reason : "", terminal);
}

static const GcHubHandler HANDLERS[] = {
  { .type = GC_MSG_LIVE_START, .took_effect = start_arrived },
  { .type = GC_MSG_LIVE_RINGING, .took_effect = ringing_arrived },
  { .type = GC_MSG_LIVE_DECLINE, .took_effect = end_arrived },
  { .type = GC_MSG_LIVE_END, .took_effect = end_arrived },
};

static void
on_offline (GcHub *hub, const char *terminal, gpointer user_data)
{
  GcLiveDesk *self = user_data;
  Session *session = g_hash_table_lookup (self->by_terminal, terminal);

  /* Media have a way of their own; a worker who is being asked has not. */
  if (session != NULL && session->state <= RINGING)
    end_session (session, GC_LIVE_WHY_OFFLINE, "center");
}

/* --- what the relay sees --- */

static void
on_publishing (
    GcRelay *relay, const char *id, const char *video, gboolean audio, gpointer user_data)
{
  GcLiveDesk *self = user_data;
  Session *session = g_hash_table_lookup (self->sessions, id);

  if (session == NULL)
    return;
  g_set_str (&session->video, video);
  session->audio = audio;
  set_state (session, LIVE);
  announce (session);
}

static void
on_publisher_gone (GcRelay *relay, const char *id, const char *reason, gpointer user_data)
{
  GcLiveDesk *self = user_data;
  Session *session = g_hash_table_lookup (self->sessions, id);

  if (session == NULL || session->state != LIVE)
    return;
  set_state (session, CONNECTING);
  announce (session);
}

static void
tell_worker (const Session *session, const char *name, gboolean joined)
{
  GcLiveDesk *self = session->desk;
  g_autoptr (JsonObject) body = json_object_new ();

  json_object_set_string_member (body, "session", session->id);
  json_object_set_string_member (body, "viewer", name);
  json_object_set_string_member (body, "event", joined ? "joined" : "left");
  gc_json_set_time (body, "at", gc_clock_wall_ms ());
  json_object_set_int_member (body, "watching", session->viewers);
  gc_live_watch_tell (self->database, self->hub, session->terminal, name, joined, body);
}

static void
on_viewer_joined (
    GcRelay *relay, const char *id, const char *viewer, const char *name, gpointer user_data)
{
  GcLiveDesk *self = user_data;
  Session *session = g_hash_table_lookup (self->sessions, id);

  if (session == NULL)
    return;
  session->viewers++;
  tell_worker (session, name, TRUE);
  announce (session);
}

static void
on_viewer_left (
    GcRelay *relay, const char *id, const char *viewer, const char *name, gpointer user_data)
{
  GcLiveDesk *self = user_data;
  Session *session = g_hash_table_lookup (self->sessions, id);

  if (session == NULL)
    return;
  if (session->viewers > 0)
    session->viewers--;
  tell_worker (session, name, FALSE);
  if (session->state != ENDED)
    announce (session);
}

static void
gc_live_desk_finalize (GObject *object)
{
  GcLiveDesk *self = GC_LIVE_DESK (object);

  g_clear_pointer (&self->by_terminal, g_hash_table_unref);
  g_clear_pointer (&self->sessions, g_hash_table_unref);
  g_clear_object (&self->database);
  g_clear_object (&self->hub);
  g_clear_object (&self->roster);
  g_clear_object (&self->events);
  g_clear_object (&self->relay);
  G_OBJECT_CLASS (gc_live_desk_parent_class)->finalize (object);
}

static void
gc_live_desk_class_init (GcLiveDeskClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gc_live_desk_finalize;
}

static void
gc_live_desk_init (GcLiveDesk *self)
{
  self->sessions = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, session_free);
  self->by_terminal = g_hash_table_new (g_str_hash, g_str_equal);
}

/**
 * gc_live_desk_new:
 * @database: the center's
 * @hub: where terminals are
 * @roster: what is known of them
 * @events: where consoles listen
 * @relay: where media go
 *
 * Returns: (transfer full): a desk without sessions; free it after the hub's links
 */
GcLiveDesk *
gc_live_desk_new (
    GcDatabase *database, GcHub *hub, GcRoster *roster, GcConsoleEvents *events, GcRelay *relay)
{
  GcLiveDesk *self = g_object_new (GC_TYPE_LIVE_DESK, NULL);
  const struct
  {
    const char *signal;
    GCallback callback;
  } seen[] = {
    { "publishing", G_CALLBACK (on_publishing) },
    { "publisher-gone", G_CALLBACK (on_publisher_gone) },
    { "viewer-joined", G_CALLBACK (on_viewer_joined) },
    { "viewer-left", G_CALLBACK (on_viewer_left) },
  };

  self->database = g_object_ref (database);
  self->hub = g_object_ref (hub);
  self->roster = g_object_ref (roster);
  self->events = g_object_ref (events);
  self->relay = g_object_ref (relay);
  for (gsize i = 0; i < G_N_ELEMENTS (HANDLERS); i++)
    gc_hub_handle (hub, &HANDLERS[i], self);
  g_signal_connect_object (hub, "offline", G_CALLBACK (on_offline), self, G_CONNECT_DEFAULT);
  for (gsize i = 0; i < G_N_ELEMENTS (seen); i++)
    g_signal_connect_object (relay, seen[i].signal, seen[i].callback, self, G_CONNECT_DEFAULT);
  return self;
}
