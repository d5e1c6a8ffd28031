/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "channel/gc-channel.h"

#include "base/gc-backoff.h"
#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "channel/gc-conversation.h"
#include "channel/gc-hello.h"

/* PROTOCOL.md, “The channel”. */
#define BACKOFF_BASE_MS 500
#define BACKOFF_CAP_MS 60000
/* After a refusal that repeating does not cure by itself. */
#define REFUSED_DELAY_S 300
#define VERSION_DELAY_S 3600
/* A connection that lived this long was a good one: the next attempt need not wait. */
#define GOOD_CONNECTION_MS 30000
/* What ends so soon after the network changed has ended because of that, for this terminal alone.
 */
#define NETWORK_SETTLES_MS 10000

struct _GcChannel
{
  GObject parent_instance;

  char *url;
  GTlsDatabase *anchors;
  GTlsCertificate *certificate;
  GcStore *store;
  char *device_name;
  GcKeepalive *keepalive;

  GcChannelState state;
  GError *problem;
  char *center_name;
  char *worker;
  GcBackoff backoff;
  guint retry_timer;
  guint spread_s;
  gint64 network_changed_ms;

  GcConversation *conversation;
  gint64 online_since_ms;

  GTask *close_task;
  guint close_timer;
  GSource *cancel_source;
};

enum
{
  PROP_STATE = 1,
  PROP_CENTER_NAME,
  PROP_WORKER,
  PROP_PROBLEM,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];
static guint received_signal;

G_DEFINE_FINAL_TYPE (GcChannel, gc_channel, G_TYPE_OBJECT)

G_DEFINE_ENUM_TYPE (GcChannelState,
                    gc_channel_state,
                    G_DEFINE_ENUM_VALUE (GC_CHANNEL_OFF, "off"),
                    G_DEFINE_ENUM_VALUE (GC_CHANNEL_WAITING, "waiting"),
                    G_DEFINE_ENUM_VALUE (GC_CHANNEL_CONNECTING, "connecting"),
                    G_DEFINE_ENUM_VALUE (GC_CHANNEL_ONLINE, "online"),
                    G_DEFINE_ENUM_VALUE (GC_CHANNEL_REPLACED, "replaced"),
                    G_DEFINE_ENUM_VALUE (GC_CHANNEL_REVOKED, "revoked"),
                    G_DEFINE_ENUM_VALUE (GC_CHANNEL_VERSION_UNKNOWN, "version-unknown"))

static const char *
state_name (GcChannelState state)
{
  static const char *const NAMES[]
      = { "off", "waiting", "connecting", "online", "replaced", "revoked", "version unknown" };

  return NAMES[state];
}

static gboolean
state_allows (GcChannelState from, GcChannelState to)
{
  switch (from)
    {
    case GC_CHANNEL_CONNECTING:
      return TRUE;
    case GC_CHANNEL_ONLINE:
      return to != GC_CHANNEL_CONNECTING;
    case GC_CHANNEL_REVOKED:
      return FALSE;
    default:
      return to == GC_CHANNEL_CONNECTING || to == GC_CHANNEL_OFF;
    }
}

static void
set_state (GcChannel *self, GcChannelState state)
{
  if (self->state == state)
    return;
  g_assert (state_allows (self->state, state));
  g_debug ("channel %s, was %s", state_name (state), state_name (self->state));
  self->state = state;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

static void
set_problem (GcChannel *self, const GError *error)
{
  if (self->problem == NULL && error == NULL)
    return;
  g_clear_error (&self->problem);
  self->problem = error != NULL ? g_error_copy (error) : NULL;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PROBLEM]);
}

static void
set_text (GcChannel *self, char **field, const char *text, int property)
{
  if (g_set_str (field, text))
    g_object_notify_by_pspec (G_OBJECT (self), properties[property]);
}

/* --- The end of a conversation --- */

static void
finish_closing (GcChannel *self)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->close_task);

  g_clear_handle_id (&self->close_timer, g_source_remove);
  if (task == NULL)
    return;
  if (self->cancel_source != NULL)
    g_source_destroy (self->cancel_source);
  g_clear_pointer (&self->cancel_source, g_source_unref);
  g_task_return_boolean (task, gc_store_get_unsent (self->store) == 0);
}

static void
start (GcChannel *self);

static gboolean
on_retry (gpointer user_data)
{
  GcChannel *self = user_data;

  self->retry_timer = 0;
  start (self);
  return G_SOURCE_REMOVE;
}

static gboolean
network_has_settled (GcChannel *self)
{
  return gc_clock_monotonic_ms () - self->network_changed_ms > NETWORK_SETTLES_MS;
}

/* A center that was there and is not any more is lost by all its terminals at once. */
static guint
next_delay_ms (GcChannel *self, gboolean was_online)
{
  if (was_online && network_has_settled (self))
    return gc_backoff_spread_ms (&self->backoff, self->spread_s * 1000);
  return gc_backoff_next_ms (&self->backoff);
}

static void
retry_later (GcChannel *self, gboolean was_online, const GError *error)
{
  gboolean refused = g_error_matches (error, GC_ERROR, GC_ERROR_UNAUTHORIZED)
                     || g_error_matches (error, GC_ERROR, GC_ERROR_REFUSED);

  if (self->state == GC_CHANNEL_VERSION_UNKNOWN)
    self->retry_timer = g_timeout_add_seconds (VERSION_DELAY_S, on_retry, self);
  else if (refused)
    self->retry_timer = g_timeout_add_seconds (REFUSED_DELAY_S, on_retry, self);
  else
    self->retry_timer = g_timeout_add (next_delay_ms (self, was_online), on_retry, self);
}

static void
on_ended (GcConversation *conversation, guint code, GError *error, gpointer user_data)
{
  GcChannel *self = user_data;
  GcChannelState next = GC_CHANNEL_WAITING;
  gboolean was_online = self->state == GC_CHANNEL_ONLINE;
  g_autoptr (GError) problem = g_error_copy (error);
  g_autoptr (GcChannel) held = g_object_ref (self);

  if (code == GC_CHANNEL_CLOSE_REPLACED)
    {
      next = GC_CHANNEL_REPLACED;
      g_clear_error (&problem);
      problem = g_error_new_literal (GC_ERROR, GC_ERROR_CONFLICT,
                                     "this terminal is connected from elsewhere");
    }
  else if (code == GC_CHANNEL_CLOSE_REVOKED)
    {
      next = GC_CHANNEL_REVOKED;
      g_clear_error (&problem);
      problem = g_error_new_literal (GC_ERROR, GC_ERROR_UNAUTHORIZED,
                                     "the center has withdrawn this terminal's certificate");
    }
  else if (code == GC_CHANNEL_CLOSE_VERSION
           || g_error_matches (error, GC_ERROR, GC_ERROR_UNSUPPORTED))
    next = GC_CHANNEL_VERSION_UNKNOWN;
  if (was_online && gc_clock_monotonic_ms () - self->online_since_ms >= GOOD_CONNECTION_MS)
    gc_backoff_reset (&self->backoff);
  if (was_online && code == 0 && network_has_settled (self))
    gc_keepalive_broke (self->keepalive);
  g_clear_object (&self->conversation);
  set_problem (self, problem);
  set_state (self, next);
  if (self->close_task != NULL)
    gc_channel_set_enabled (self, FALSE);
  else if (next == GC_CHANNEL_WAITING || next == GC_CHANNEL_VERSION_UNKNOWN)
    retry_later (self, was_online, problem);
}

/* --- Its beginning --- */

static void
on_met (GcConversation *conversation, const GcHello *hello, gpointer user_data)
{
  GcChannel *self = user_data;

  self->online_since_ms = gc_clock_monotonic_ms ();
  self->spread_s = hello->spread_s;
  set_text (self, &self->center_name, hello->name, PROP_CENTER_NAME);
  set_text (self, &self->worker, hello->worker, PROP_WORKER);
  set_problem (self, NULL);
  set_state (self, GC_CHANNEL_ONLINE);
}

static void
on_progress (GcConversation *conversation, gpointer user_data)
{
  GcChannel *self = user_data;

  gc_backoff_reset (&self->backoff);
}

static void
on_received (GcConversation *conversation, GcEnvelope *envelope, gpointer user_data)
{
  g_signal_emit (user_data, received_signal, 0, envelope);
}

static void
start (GcChannel *self)
{
  g_autoptr (GcWire) wire
      = gc_wire_new (self->url, self->anchors, self->certificate, self->keepalive);

  g_clear_handle_id (&self->retry_timer, g_source_remove);
  self->conversation = gc_conversation_new (wire, self->store, self->device_name);
  g_signal_connect_object (self->conversation, "met", G_CALLBACK (on_met), self, G_CONNECT_DEFAULT);
  g_signal_connect_object (self->conversation, "progress", G_CALLBACK (on_progress), self,
                           G_CONNECT_DEFAULT);
  g_signal_connect_object (self->conversation, "received", G_CALLBACK (on_received), self,
                           G_CONNECT_DEFAULT);
  g_signal_connect_object (self->conversation, "ended", G_CALLBACK (on_ended), self,
                           G_CONNECT_DEFAULT);
  set_state (self, GC_CHANNEL_CONNECTING);
  gc_conversation_start (self->conversation);
}

static void
on_unsent (GcStore *store, GParamSpec *pspec, gpointer user_data)
{
  GcChannel *self = user_data;

  if (self->close_task != NULL && gc_store_get_unsent (store) == 0)
    gc_channel_set_enabled (self, FALSE);
}

/* --- The object --- */

static void
gc_channel_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GcChannel *self = GC_CHANNEL (object);

  switch (id)
    {
    case PROP_STATE:
      g_value_set_enum (value, (int) self->state);
      break;
    case PROP_CENTER_NAME:
      g_value_set_string (value, self->center_name);
      break;
    case PROP_WORKER:
      g_value_set_string (value, self->worker);
      break;
    case PROP_PROBLEM:
      g_value_set_boxed (value, self->problem);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
gc_channel_dispose (GObject *object)
{
  GcChannel *self = GC_CHANNEL (object);

  g_clear_handle_id (&self->retry_timer, g_source_remove);
  if (self->conversation != NULL)
    gc_conversation_close (self->conversation);
  g_clear_object (&self->conversation);
  G_OBJECT_CLASS (gc_channel_parent_class)->dispose (object);
}

static void
gc_channel_finalize (GObject *object)
{
  GcChannel *self = GC_CHANNEL (object);

  g_free (self->url);
  g_clear_pointer (&self->keepalive, gc_keepalive_unref);
  g_clear_object (&self->anchors);
  g_clear_object (&self->certificate);
  g_clear_object (&self->store);
  g_free (self->device_name);
  g_clear_error (&self->problem);
  g_free (self->center_name);
  g_free (self->worker);
  G_OBJECT_CLASS (gc_channel_parent_class)->finalize (object);
}

static void
gc_channel_class_init (GcChannelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = gc_channel_get_property;
  object_class->dispose = gc_channel_dispose;
  object_class->finalize = gc_channel_finalize;

  properties[PROP_STATE]
      = g_param_spec_enum ("state", NULL, NULL, GC_TYPE_CHANNEL_STATE, GC_CHANNEL_OFF, flags);
  properties[PROP_CENTER_NAME] = g_param_spec_string ("center-name", NULL, NULL, NULL, flags);
  properties[PROP_WORKER] = g_param_spec_string ("worker", NULL, NULL, NULL, flags);
  properties[PROP_PROBLEM] = g_param_spec_boxed ("problem", NULL, NULL, G_TYPE_ERROR, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  received_signal = g_signal_new ("received", GC_TYPE_CHANNEL, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 1, GC_TYPE_ENVELOPE);
}

static void
gc_channel_init (GcChannel *self)
{
  self->keepalive = gc_keepalive_new ();
  self->backoff = (GcBackoff) { BACKOFF_BASE_MS, BACKOFF_CAP_MS, 0 };
  self->network_changed_ms = -NETWORK_SETTLES_MS;
}

/**
 * gc_channel_new:
 * @url: “https://HOST:PORT/channel”
 * @anchors: the center's CA, from gc_anchors_new()
 * @certificate: the terminal's, with its key
 * @store: the terminal's store
 * @device_name: what this device is called, for the center
 *
 * Main thread, as everything here.
 *
 * Returns: (transfer full): a channel that is off
 */
GcChannel *
gc_channel_new (const char *url,
                GTlsDatabase *anchors,
                GTlsCertificate *certificate,
                GcStore *store,
                const char *device_name)
{
  GcChannel *self;

  g_return_val_if_fail (g_uri_is_valid (url, SOUP_HTTP_URI_FLAGS, NULL), NULL);
  g_return_val_if_fail (GC_IS_STORE (store) && device_name != NULL, NULL);

  self = g_object_new (GC_TYPE_CHANNEL, NULL);
  self->url = g_strdup (url);
  self->anchors = g_object_ref (anchors);
  self->certificate = g_object_ref (certificate);
  self->store = g_object_ref (store);
  self->device_name = g_strdup (device_name);
  g_signal_connect_object (store, "notify::unsent", G_CALLBACK (on_unsent), self,
                           G_CONNECT_DEFAULT);
  return self;
}

/**
 * gc_channel_set_enabled:
 * @self: a channel
 * @enabled: whether to be connected
 *
 * With %TRUE again while waiting, the next attempt is made at once: the worker wants it now; a
 * gc_channel_close_async() that is under way is taken back. With %FALSE the connection is closed at
 * once; see gc_channel_close_async() for a softer way. A revoked channel stays so.
 */
void
gc_channel_set_enabled (GcChannel *self, gboolean enabled)
{
  g_return_if_fail (GC_IS_CHANNEL (self));

  if (enabled)
    {
      finish_closing (self);
      if (self->conversation != NULL || self->state == GC_CHANNEL_REVOKED)
        return;
      gc_backoff_reset (&self->backoff);
      start (self);
      return;
    }
  g_object_ref (self);
  g_clear_handle_id (&self->retry_timer, g_source_remove);
  if (self->conversation != NULL)
    gc_conversation_close (self->conversation);
  g_clear_object (&self->conversation);
  if (self->state != GC_CHANNEL_REVOKED)
    set_state (self, GC_CHANNEL_OFF);
  finish_closing (self);
  g_object_unref (self);
}

/**
 * gc_channel_set_keepalive:
 * @self: a channel
 * @interval_s: from 1; unless set, what the network is found to tolerate
 *
 * Says how often the center is asked for a sign of life, from the next connection on. A center that
 * gives none within 15 s, or within @interval_s if that is less, counts as gone.
 */
void
gc_channel_set_keepalive (GcChannel *self, guint interval_s)
{
  g_return_if_fail (GC_IS_CHANNEL (self) && interval_s > 0);

  gc_keepalive_unref (self->keepalive);
  self->keepalive = gc_keepalive_new_fixed (interval_s);
}

/**
 * gc_channel_get_state:
 * @self: a channel
 *
 * Returns: the state
 */
GcChannelState
gc_channel_get_state (GcChannel *self)
{
  g_return_val_if_fail (GC_IS_CHANNEL (self), GC_CHANNEL_OFF);

  return self->state;
}

/**
 * gc_channel_send:
 * @self: a channel
 * @envelope: an ephemeral envelope, of at most %GC_ENVELOPE_MAX_LENGTH bytes
 *
 * Sends what matters now or never. What must arrive goes into the store instead.
 *
 * Returns: whether it was handed to the network
 */
gboolean
gc_channel_send (GcChannel *self, const GcEnvelope *envelope)
{
  g_return_val_if_fail (GC_IS_CHANNEL (self) && envelope != NULL && envelope->seq == 0, FALSE);

  return self->conversation != NULL && gc_conversation_send (self->conversation, envelope);
}

/**
 * gc_channel_network_changed:
 * @self: a channel
 * @available: whether there is an uplink now
 *
 * Call it when the uplink changed, went or came. With an uplink the next attempt is made at once;
 * a connection over another uplink is given up, and one that may have survived is asked.
 */
void
gc_channel_network_changed (GcChannel *self, gboolean available)
{
  g_return_if_fail (GC_IS_CHANNEL (self));

  gc_backoff_reset (&self->backoff);
  self->network_changed_ms = gc_clock_monotonic_ms ();
  gc_keepalive_network_changed (self->keepalive);
  switch (self->state)
    {
    case GC_CHANNEL_ONLINE:
      gc_conversation_probe (self->conversation);
      /* If it did not survive there is a timer now, and no reason to wait for it. */
      if (available && self->state == GC_CHANNEL_WAITING)
        start (self);
      break;
    case GC_CHANNEL_CONNECTING:
      if (!available)
        break;
      /* Its packets may have gone the old way. */
      gc_conversation_drop (self->conversation);
      g_clear_object (&self->conversation);
      start (self);
      break;
    case GC_CHANNEL_WAITING:
      if (available)
        start (self);
      break;
    default:
      break;
    }
}

static gboolean
on_close_deadline (gpointer user_data)
{
  GcChannel *self = user_data;

  self->close_timer = 0;
  gc_channel_set_enabled (self, FALSE);
  return G_SOURCE_REMOVE;
}

static gboolean
on_close_cancelled (GCancellable *cancellable, gpointer user_data)
{
  gc_channel_set_enabled (user_data, FALSE);
  return G_SOURCE_REMOVE;
}

/**
 * gc_channel_close_async:
 * @self: a channel
 * @flush_ms: how long to wait for the center's acknowledgements, at most
 * @cancellable: (nullable): to close at once
 * @callback: called when the channel is off, or somebody decided otherwise meanwhile
 * @user_data: for @callback
 *
 * Turns the channel off, if it is online after everything in the store has been delivered. A later
 * call takes the place of one that still waits.
 */
void
gc_channel_close_async (GcChannel *self,
                        guint flush_ms,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_return_if_fail (GC_IS_CHANNEL (self));

  finish_closing (self);
  self->close_task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (self->close_task, gc_channel_close_async);
  g_task_set_check_cancellable (self->close_task, FALSE);
  if (self->state != GC_CHANNEL_ONLINE || gc_store_get_unsent (self->store) == 0)
    {
      gc_channel_set_enabled (self, FALSE);
      return;
    }
  self->close_timer = g_timeout_add (flush_ms, on_close_deadline, self);
  if (cancellable == NULL)
    return;
  self->cancel_source = g_cancellable_source_new (cancellable);
  g_source_set_callback (self->cancel_source, G_SOURCE_FUNC (on_close_cancelled), self, NULL);
  g_source_attach (self->cancel_source, g_main_context_get_thread_default ());
}

/**
 * gc_channel_close_finish:
 * @self: a channel
 * @result: what the callback got
 * @error: not used at present
 *
 * Returns: whether the center has acknowledged everything; the rest stays in the store
 */
gboolean
gc_channel_close_finish (GcChannel *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
