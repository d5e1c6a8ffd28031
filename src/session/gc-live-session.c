/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-session"

#include "session/gc-live-session.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "base/gc-id.h"
#include "base/gc-refusals.h"
#include "protocol/gc-json.h"
#include "session/gc-live-offer.h"

#include <string.h>

#define ID_LENGTH 36
#define REASON_MAX_LENGTH 400
/* How long the center may take to answer “live.start”. */
#define GRANT_TIMEOUT_S 15

struct _GcLiveSession
{
  GObject parent_instance;

  GcStudio *studio;
  GcNetworkMonitor *network;
  GcThrift *thrift;
  GcCredentials *credentials;
  GcPublisher *publisher;

  GcLive state;
  char *request;      /* of our “live.start” */
  GcLiveOffer *offer; /* of the center, while not idle */
  gint64 since_ms;
  gboolean muted;
  guint timeout;
};

G_DEFINE_ENUM_TYPE (GcLive,
                    gc_live,
                    G_DEFINE_ENUM_VALUE (GC_LIVE_IDLE, "idle"),
                    G_DEFINE_ENUM_VALUE (GC_LIVE_ASKING, "asking"),
                    G_DEFINE_ENUM_VALUE (GC_LIVE_RINGING, "ringing"),
                    G_DEFINE_ENUM_VALUE (GC_LIVE_CONNECTING, "connecting"),
                    G_DEFINE_ENUM_VALUE (GC_LIVE_SENDING, "sending"),
                    G_DEFINE_ENUM_VALUE (GC_LIVE_RECONNECTING, "reconnecting"))

G_DEFINE_FINAL_TYPE (GcLiveSession, gc_live_session, G_TYPE_OBJECT)

enum
{
  PROP_STATE = 1,
  PROP_BY,
  PROP_REASON,
  PROP_SINCE_MS,
  PROP_MUTED,
  N_PROPS
};

enum
{
  SIGNAL_SEND,
  SIGNAL_FAILED,
  SIGNAL_ENDED,
  SIGNAL_STATS,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

static void
set_state (GcLiveSession *self, GcLive state)
{
  gint64 since_ms = state == GC_LIVE_SENDING ? gc_clock_monotonic_ms () : 0;

  if (self->state == state)
    return;
  g_message ("Live: %d to %d", self->state, state);
  self->state = state;
  g_clear_handle_id (&self->timeout, g_source_remove);
  /* A hand-over in between is no new beginning for the worker's eyes. */
  if (state == GC_LIVE_IDLE || (state == GC_LIVE_SENDING && self->since_ms == 0))
    {
      self->since_ms = since_ms;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SINCE_MS]);
    }
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

static void
set_offer (GcLiveSession *self, GcLiveOffer *offer)
{
  g_clear_pointer (&self->offer, gc_live_offer_free);
  self->offer = offer;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_BY]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_REASON]);
}

static gboolean
send (GcLiveSession *self, const char *type, const char *member, const char *id, const char *reason)
{
  g_autoptr (JsonObject) body = json_object_new ();
  g_autoptr (GcEnvelope) envelope = NULL;
  gboolean sent = FALSE;

  json_object_set_string_member (body, member, id);
  if (reason != NULL)
    json_object_set_string_member (body, "reason", reason);
  envelope = gc_envelope_new (type, body);
  g_signal_emit (self, signals[SIGNAL_SEND], 0, envelope, &sent);
  return sent;
}

static void
stop_publisher (GcLiveSession *self)
{
  if (self->publisher == NULL)
    return;
  g_signal_handlers_disconnect_by_data (self->publisher, self);
  gc_thrift_follow (self->thrift, NULL);
  gc_publisher_stop_async (self->publisher, NULL, NULL);
  g_clear_object (&self->publisher);
  gc_studio_close_encoder (self->studio);
}

static void
become_idle (GcLiveSession *self)
{
  stop_publisher (self);
  g_clear_pointer (&self->request, g_free);
  set_offer (self, NULL);
  set_state (self, GC_LIVE_IDLE);
}

static void
fail (GcLiveSession *self, const GError *error)
{
  g_autoptr (GError) copy = g_error_copy (error);
  gboolean unreachable = g_error_matches (copy, GC_ERROR, GC_ERROR_UNREACHABLE);

  if (self->offer != NULL)
    send (self, GC_MSG_LIVE_END, "session", self->offer->session,
          unreachable ? GC_LIVE_WHY_UNREACHABLE : GC_LIVE_WHY_FAILED);
  become_idle (self);
  g_signal_emit (self, signals[SIGNAL_FAILED], 0, copy);
}

static void
end_from_outside (GcLiveSession *self, const char *reason)
{
  g_autofree char *copy = g_strdup (reason);

  become_idle (self);
  g_signal_emit (self, signals[SIGNAL_ENDED], 0, copy);
}

/* --- publishing --- */

/* The session may have ended over there without a word to us: a center that was killed knows
 * nothing of what was on before. That is no fault of this device. */
static void
on_publisher_failed (GcLiveSession *self, const GError *error)
{
  if (g_error_matches (error, GC_ERROR, GC_ERROR_NOT_FOUND))
    end_from_outside (self, GC_LIVE_WHY_GONE);
  else
    fail (self, error);
}

static void
on_publisher_state (GcPublisher *publisher, GParamSpec *pspec, gpointer user_data)
{
  GcLiveSession *self = user_data;

  switch (gc_publisher_get_state (publisher))
    {
    case GC_PUBLISHER_LIVE:
      set_state (self, GC_LIVE_SENDING);
      break;
    case GC_PUBLISHER_RECONNECTING:
      set_state (self, GC_LIVE_RECONNECTING);
      break;
    case GC_PUBLISHER_FAILED:
      on_publisher_failed (self, gc_publisher_get_error (publisher));
      break;
    case GC_PUBLISHER_IDLE:
    case GC_PUBLISHER_CONNECTING:
    default:
      break;
    }
}

static void
on_publisher_stats (GcPublisher *publisher, gpointer user_data)
{
  g_signal_emit (user_data, signals[SIGNAL_STATS], 0);
}

static void
on_encoder_failed (GcEncoder *encoder, const GError *error, gpointer user_data)
{
  fail (user_data, error);
}

static void
publish (GcLiveSession *self)
{
  g_autoptr (GError) error = NULL;
  GcEncoder *encoder
      = gc_studio_open_encoder (self->studio, (const char *const *) self->offer->video, &error);

  if (encoder != NULL)
    self->publisher
        = gc_live_offer_make_publisher (self->offer, self->credentials, encoder, &error);
  if (self->publisher == NULL)
    {
      if (encoder != NULL)
        gc_studio_close_encoder (self->studio);
      fail (self, error);
      return;
    }
  g_signal_connect_object (encoder, "failed", G_CALLBACK (on_encoder_failed), self, 0);
  set_state (self, GC_LIVE_CONNECTING);
  gc_publisher_watch_network (self->publisher, self->network, GC_SECOND_UPLINK_ALWAYS);
  gc_thrift_follow (self->thrift, self->publisher);
  gc_publisher_set_muted (self->publisher, self->muted);
  g_signal_connect (self->publisher, "notify::state", G_CALLBACK (on_publisher_state), self);
  g_signal_connect (self->publisher, "stats", G_CALLBACK (on_publisher_stats), self);
  gc_publisher_start (self->publisher);
}

/* --- what the center says --- */

static gboolean
on_ring_timeout (gpointer user_data)
{
  GcLiveSession *self = user_data;

  self->timeout = 0;
  gc_live_session_answer (self, FALSE, GC_LIVE_WHY_NO_ANSWER);
  return G_SOURCE_REMOVE;
}

/* A center asks only where it knows of no session. If this side has one, the center was restarted,
 * and its word is the later one; a wish of the worker's that is under way gets its own answer. */
static void
take_request (GcLiveSession *self, JsonObject *body, GError **error)
{
  g_autoptr (GcLiveOffer) offer = gc_live_offer_parse (body, error);

  if (offer == NULL || g_strcmp0 (offer->session, gc_live_session_get_id (self)) == 0)
    return;
  if (self->state == GC_LIVE_ASKING)
    {
      send (self, GC_MSG_LIVE_DECLINE, "session", offer->session, GC_LIVE_WHY_BUSY);
      return;
    }
  if (self->state != GC_LIVE_IDLE)
    become_idle (self);
  set_offer (self, g_steal_pointer (&offer));
  if (self->offer->sharp)
    gc_studio_set_sharp (self->studio, TRUE);
  set_state (self, GC_LIVE_RINGING);
  self->timeout = g_timeout_add_seconds (self->offer->expires_s, on_ring_timeout, self);
  send (self, GC_MSG_LIVE_RINGING, "session", self->offer->session, NULL);
}

static void
take_grant (GcLiveSession *self, JsonObject *body, GError **error)
{
  const char *request = gc_json_get_string (body, "request", ID_LENGTH, error);
  g_autoptr (GcLiveOffer) offer = request != NULL ? gc_live_offer_parse (body, error) : NULL;

  if (offer == NULL)
    return;
  if (self->state != GC_LIVE_ASKING || strcmp (request, self->request) != 0)
    {
      /* Too late, the worker has changed their mind. */
      send (self, GC_MSG_LIVE_END, "session", offer->session, GC_LIVE_WHY_NOT_WANTED);
      return;
    }
  g_clear_pointer (&offer->by, g_free);
  set_offer (self, g_steal_pointer (&offer));
  publish (self);
}

static void
take_decline (GcLiveSession *self, JsonObject *body, GError **error)
{
  const char *request = gc_json_get_string (body, "request", ID_LENGTH, error);
  const char *reason = NULL;
  g_autoptr (GError) refusal = NULL;

  if (request == NULL
      || !gc_json_get_optional_string (body, "reason", REASON_MAX_LENGTH, &reason, error))
    return;
  if (self->state != GC_LIVE_ASKING || strcmp (request, self->request) != 0)
    return;
  refusal = g_error_new_literal (GC_ERROR, GC_ERROR_REFUSED,
                                 reason != NULL ? reason : "the center declines");
  fail (self, refusal);
}

static void
take_end (GcLiveSession *self, JsonObject *body, GError **error)
{
  const char *id = gc_json_get_string (body, "session", ID_LENGTH, error);
  const char *reason = NULL;

  if (id == NULL || g_strcmp0 (id, gc_live_session_get_id (self)) != 0
      || !gc_json_get_optional_string (body, "reason", REASON_MAX_LENGTH, &reason, error))
    return;
  end_from_outside (self, reason);
}

/**
 * gc_live_session_take:
 * @self: a live session
 * @envelope: what the center says
 *
 * Main context.
 *
 * Returns: whether it was about live video
 */
gboolean
gc_live_session_take (GcLiveSession *self, const GcEnvelope *envelope)
{
  const struct
  {
    const char *type;
    void (*take) (GcLiveSession *self, JsonObject *body, GError **error);
  } takers[] = {
    { GC_MSG_LIVE_REQUEST, take_request },
    { GC_MSG_LIVE_GRANT, take_grant },
    { GC_MSG_LIVE_DECLINE, take_decline },
    { GC_MSG_LIVE_END, take_end },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (takers); i++)
    {
      g_autoptr (GError) error = NULL;

      if (strcmp (envelope->type, takers[i].type) != 0)
        continue;
      takers[i].take (self, envelope->body, &error);
      if (error != NULL)
        gc_refusals_log ("center", "%s has no effect: %s", envelope->type, error->message);
      return TRUE;
    }
  return FALSE;
}

/* --- what the worker wants --- */

static gboolean
on_grant_timeout (gpointer user_data)
{
  GcLiveSession *self = user_data;
  g_autoptr (GError) error = NULL;

  self->timeout = 0;
  error = g_error_new_literal (GC_ERROR, GC_ERROR_UNREACHABLE, "the center does not answer");
  fail (self, error);
  return G_SOURCE_REMOVE;
}

/**
 * gc_live_session_go_live:
 * @self: a live session
 *
 * The worker wants to show something: asks the center where to publish. Main context.
 */
void
gc_live_session_go_live (GcLiveSession *self)
{
  g_return_if_fail (GC_IS_LIVE_SESSION (self));

  if (self->state != GC_LIVE_IDLE || self->credentials == NULL)
    return;
  self->request = gc_id_new ();
  set_state (self, GC_LIVE_ASKING);
  self->timeout = g_timeout_add_seconds (GRANT_TIMEOUT_S, on_grant_timeout, self);
  if (!send (self, GC_MSG_LIVE_START, "request", self->request, NULL))
    {
      g_autoptr (GError) error = g_error_new_literal (GC_ERROR, GC_ERROR_UNREACHABLE,
                                                      "there is no connection to the center");

      fail (self, error);
    }
}

/**
 * gc_live_session_answer:
 * @self: a live session that rings
 * @accept: whether to publish
 * @reason: (nullable): why not
 *
 * Main context.
 */
void
gc_live_session_answer (GcLiveSession *self, gboolean accept, const char *reason)
{
  g_return_if_fail (GC_IS_LIVE_SESSION (self));

  if (self->state != GC_LIVE_RINGING)
    return;
  if (accept)
    {
      publish (self);
      return;
    }
  send (self, GC_MSG_LIVE_DECLINE, "session", self->offer->session, reason != NULL ? reason : "");
  become_idle (self);
}

/**
 * gc_live_session_end:
 * @self: a live session
 * @reason: (nullable): why, for the center
 *
 * Stops sending at once, whatever the state. Main context.
 */
void
gc_live_session_end (GcLiveSession *self, const char *reason)
{
  g_return_if_fail (GC_IS_LIVE_SESSION (self));

  if (self->state == GC_LIVE_IDLE)
    return;
  if (self->offer != NULL)
    send (self, GC_MSG_LIVE_END, "session", self->offer->session, reason != NULL ? reason : "");
  become_idle (self);
}

/**
 * gc_live_session_get_state:
 * @self: a live session
 *
 * Returns: where it stands
 */
GcLive
gc_live_session_get_state (GcLiveSession *self)
{
  return self->state;
}

/**
 * gc_live_session_get_id:
 * @self: a live session
 *
 * Returns: (transfer none) (nullable): the id that the center gave it
 */
const char *
gc_live_session_get_id (GcLiveSession *self)
{
  return self->offer != NULL ? self->offer->session : NULL;
}

/**
 * gc_live_session_get_stats:
 * @self: a live session
 *
 * Returns: (transfer none) (nullable): the figures of the last second; %NULL while it is not
 * sending
 */
const GcLiveStats *
gc_live_session_get_stats (GcLiveSession *self)
{
  return self->state == GC_LIVE_SENDING && self->publisher != NULL
             ? gc_publisher_get_stats (self->publisher)
             : NULL;
}

/* --- the object --- */

static void
gc_live_session_dispose (GObject *object)
{
  GcLiveSession *self = GC_LIVE_SESSION (object);

  g_clear_handle_id (&self->timeout, g_source_remove);
  stop_publisher (self);
  g_clear_object (&self->studio);
  g_clear_object (&self->network);
  g_clear_object (&self->thrift);
  g_clear_object (&self->credentials);
  G_OBJECT_CLASS (gc_live_session_parent_class)->dispose (object);
}

static void
gc_live_session_finalize (GObject *object)
{
  GcLiveSession *self = GC_LIVE_SESSION (object);

  g_free (self->request);
  g_clear_pointer (&self->offer, gc_live_offer_free);
  G_OBJECT_CLASS (gc_live_session_parent_class)->finalize (object);
}

static void
gc_live_session_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GcLiveSession *self = GC_LIVE_SESSION (object);

  if (id == PROP_STATE)
    g_value_set_enum (value, self->state);
  else if (id == PROP_BY)
    g_value_set_string (value, self->offer != NULL ? self->offer->by : NULL);
  else if (id == PROP_REASON)
    g_value_set_string (value, self->offer != NULL ? self->offer->reason : NULL);
  else if (id == PROP_SINCE_MS)
    g_value_set_int64 (value, self->since_ms);
  else if (id == PROP_MUTED)
    g_value_set_boolean (value, self->muted);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gc_live_session_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GcLiveSession *self = GC_LIVE_SESSION (object);

  if (id != PROP_MUTED)
    {
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      return;
    }
  self->muted = g_value_get_boolean (value);
  if (self->publisher != NULL)
    gc_publisher_set_muted (self->publisher, self->muted);
}

static void
gc_live_session_class_init (GcLiveSessionClass *klass)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = gc_live_session_dispose;
  object_class->finalize = gc_live_session_finalize;
  object_class->get_property = gc_live_session_get_property;
  object_class->set_property = gc_live_session_set_property;
  properties[PROP_STATE]
      = g_param_spec_enum ("state", NULL, NULL, GC_TYPE_LIVE, GC_LIVE_IDLE, flags);
  properties[PROP_BY] = g_param_spec_string ("by", NULL, NULL, NULL, flags);
  properties[PROP_REASON] = g_param_spec_string ("reason", NULL, NULL, NULL, flags);
  properties[PROP_SINCE_MS] = g_param_spec_int64 ("since-ms", NULL, NULL, 0, G_MAXINT64, 0, flags);
  properties[PROP_MUTED] = g_param_spec_boolean ("muted", NULL, NULL, FALSE,
                                                 G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  signals[SIGNAL_SEND] = g_signal_new ("send", GC_TYPE_LIVE_SESSION, G_SIGNAL_RUN_LAST, 0,
                                       g_signal_accumulator_true_handled, NULL, NULL,
                                       G_TYPE_BOOLEAN, 1, GC_TYPE_ENVELOPE);
  signals[SIGNAL_FAILED] = g_signal_new ("failed", GC_TYPE_LIVE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL,
                                         NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
  signals[SIGNAL_ENDED] = g_signal_new ("ended", GC_TYPE_LIVE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL,
                                        NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[SIGNAL_STATS] = g_signal_new ("stats", GC_TYPE_LIVE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL,
                                        NULL, NULL, G_TYPE_NONE, 0);
}

static void
gc_live_session_init (GcLiveSession *self)
{
}

/**
 * gc_live_session_new:
 * @studio: where picture and sound come from
 * @network: which ways out there are
 * @thrift: what holds its publishers back
 *
 * Main context.
 *
 * Returns: (transfer full): an idle live session
 */
GcLiveSession *
gc_live_session_new (GcStudio *studio, GcNetworkMonitor *network, GcThrift *thrift)
{
  GcLiveSession *self = g_object_new (GC_TYPE_LIVE_SESSION, NULL);

  self->studio = g_object_ref (studio);
  self->network = g_object_ref (network);
  self->thrift = g_object_ref (thrift);
  return self;
}

/**
 * gc_live_session_set_credentials:
 * @self: a live session
 * @credentials: (nullable): of the paired center
 *
 * Main context.
 */
void
gc_live_session_set_credentials (GcLiveSession *self, GcCredentials *credentials)
{
  g_set_object (&self->credentials, credentials);
}
