/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-relay"

#include "center/gc-relay-peer.h"

/* All our candidates are local addresses: gathering takes a millisecond. */
#define GATHERING_MS 300
/* From the answer until media can flow. */
#define CONNECT_TIMEOUT_MS 15000
#define TICK_MS 1000

struct _GcRelayPeer
{
  GObject parent_instance;

  GstElement *pipeline;
  GcRtcBin *rtc;
  GcRelayPeerState state;
  guint bus_watch;
  guint ticker;
  guint waited_ms; /* for the connection */
  guint silence_max_ms;
};

G_DEFINE_FINAL_TYPE (GcRelayPeer, gc_relay_peer, G_TYPE_OBJECT)

enum
{
  PROP_STATE = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void
set_state (GcRelayPeer *self, GcRelayPeerState state)
{
  if (state == self->state || self->state == GC_RELAY_PEER_LOST)
    return;
  g_debug ("%s: state %d to %d", GST_OBJECT_NAME (self->pipeline), self->state, state);
  self->state = state;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

/* webrtcbin tells of a peer that is gone after half a minute, and of one that finds ICE but no DTLS
 * never. */
static gboolean
on_tick (gpointer user_data)
{
  GcRelayPeer *self = user_data;

  if (self->state == GC_RELAY_PEER_CONNECTED)
    {
      if (gc_rtc_liveness_get_silence_ms (gc_rtc_bin_get_liveness (self->rtc))
          < self->silence_max_ms)
        return G_SOURCE_CONTINUE;
    }
  else
    {
      self->waited_ms += TICK_MS;
      if (self->waited_ms < CONNECT_TIMEOUT_MS)
        return G_SOURCE_CONTINUE;
    }
  self->ticker = 0;
  set_state (self, GC_RELAY_PEER_LOST);
  return G_SOURCE_REMOVE;
}

static void
on_rtc_state (GcRtcBin *rtc, GParamSpec *pspec, gpointer user_data)
{
  GcRelayPeer *self = user_data;

  switch (gc_rtc_bin_get_state (rtc))
    {
    case GC_RTC_CONNECTED:
      set_state (self, GC_RELAY_PEER_CONNECTED);
      break;
    case GC_RTC_FAILED:
      set_state (self, GC_RELAY_PEER_LOST);
      break;
    case GC_RTC_NEW:
    case GC_RTC_CONNECTING:
    case GC_RTC_DISCONNECTED: /* it may come back before it has been silent for too long */
    default:
      break;
    }
}

static gboolean
on_bus (GstBus *bus, GstMessage *message, gpointer user_data)
{
  GcRelayPeer *self = user_data;
  g_autoptr (GError) error = NULL;

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR)
    return G_SOURCE_CONTINUE;
  gst_message_parse_error (message, &error, NULL);
  g_message ("The connection of a %s broke: %s", GST_OBJECT_NAME (self->pipeline), error->message);
  set_state (self, GC_RELAY_PEER_LOST);
  return G_SOURCE_CONTINUE;
}

static void
gc_relay_peer_dispose (GObject *object)
{
  gc_relay_peer_close (GC_RELAY_PEER (object));
  G_OBJECT_CLASS (gc_relay_peer_parent_class)->dispose (object);
}

static void
gc_relay_peer_finalize (GObject *object)
{
  GcRelayPeer *self = GC_RELAY_PEER (object);

  g_clear_object (&self->rtc);
  gst_clear_object (&self->pipeline);
  G_OBJECT_CLASS (gc_relay_peer_parent_class)->finalize (object);
}

static void
gc_relay_peer_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_STATE)
    g_value_set_int (value, GC_RELAY_PEER (object)->state);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gc_relay_peer_class_init (GcRelayPeerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = gc_relay_peer_dispose;
  object_class->finalize = gc_relay_peer_finalize;
  object_class->get_property = gc_relay_peer_get_property;
  /**
   * GcRelayPeer:state:
   *
   * A #GcRelayPeerState.
   */
  properties[PROP_STATE]
      = g_param_spec_int ("state", NULL, NULL, GC_RELAY_PEER_CONNECTING, GC_RELAY_PEER_LOST,
                          GC_RELAY_PEER_CONNECTING, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
gc_relay_peer_init (GcRelayPeer *self)
{
}

/**
 * gc_relay_peer_new:
 * @name: what it is, for logs
 * @silence_max_ms: how long the other end may be silent, ms; all ends send a report every few
 *   seconds at least
 *
 * Main context.
 *
 * Returns: (transfer full): a peer that waits for an offer
 */
GcRelayPeer *
gc_relay_peer_new (const char *name, guint silence_max_ms)
{
  GcRelayPeer *self = g_object_new (GC_TYPE_RELAY_PEER, NULL);
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();
  g_autoptr (GstBus) bus = NULL;

  self->pipeline = gst_object_ref_sink (gst_pipeline_new (name));
  self->silence_max_ms = silence_max_ms;
  /* All pipelines share one time line: samples go from one to another with their timestamps. */
  gst_pipeline_use_clock (GST_PIPELINE (self->pipeline), clock);
  gst_element_set_start_time (self->pipeline, GST_CLOCK_TIME_NONE);
  gst_element_set_base_time (self->pipeline, 0);
  self->rtc = gc_rtc_bin_new (TRUE);
  gst_bin_add (GST_BIN (self->pipeline), gc_rtc_bin_get_element (self->rtc));
  g_signal_connect_object (self->rtc, "notify::state", G_CALLBACK (on_rtc_state), self,
                           G_CONNECT_DEFAULT);
  bus = gst_element_get_bus (self->pipeline);
  self->bus_watch = gst_bus_add_watch (bus, on_bus, self);
  return self;
}

/**
 * gc_relay_peer_get_pipeline:
 * @self: a peer
 *
 * Returns: (transfer none): what holds the webrtcbin; not yet running before the answer
 */
GstBin *
gc_relay_peer_get_pipeline (GcRelayPeer *self)
{
  return GST_BIN (self->pipeline);
}

/**
 * gc_relay_peer_get_rtc:
 * @self: a peer
 *
 * Returns: (transfer none): its webrtcbin
 */
GcRtcBin *
gc_relay_peer_get_rtc (GcRelayPeer *self)
{
  return self->rtc;
}

/**
 * gc_relay_peer_get_state:
 * @self: a peer
 *
 * Returns: how far the connection is
 */
GcRelayPeerState
gc_relay_peer_get_state (GcRelayPeer *self)
{
  return self->state;
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GcRelayPeer *self = g_task_get_source_object (task);
  GError *error = NULL;
  char *answer = gc_rtc_bin_create_finish (GC_RTC_BIN (source), result, &error);

  if (answer == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  /* Unless it was closed meanwhile. */
  if (self->state == GC_RELAY_PEER_CONNECTING)
    self->ticker = g_timeout_add (TICK_MS, on_tick, self);
  g_task_return_pointer (task, answer, g_free);
}

/**
 * gc_relay_peer_answer_async:
 * @self: a new peer
 * @offer: its offer, unchecked
 * @length: bytes
 * @callback: called with the answer
 * @user_data: for @callback
 *
 * Starts the pipeline and answers. Main context.
 */
void
gc_relay_peer_answer_async (GcRelayPeer *self,
                            const char *offer,
                            gsize length,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_return_if_fail (GC_IS_RELAY_PEER (self));

  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  gc_rtc_bin_create_answer_async (self->rtc, offer, length, GATHERING_MS, NULL, on_answer, task);
}

/**
 * gc_relay_peer_answer_finish:
 * @self: a peer
 * @result: what the callback got
 * @error: as gc_rtc_bin_create_finish() says
 *
 * Returns: (transfer full) (nullable): the answer
 */
char *
gc_relay_peer_answer_finish (GcRelayPeer *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * gc_relay_peer_add_candidates:
 * @self: a peer that has answered
 * @candidates: trickled candidates, from gc_sdp_frag_parse()
 *
 * Main context.
 */
void
gc_relay_peer_add_candidates (GcRelayPeer *self, const char *const *candidates)
{
  if (self->state == GC_RELAY_PEER_LOST)
    return;
  for (gsize i = 0; candidates[i] != NULL; i++)
    gc_rtc_bin_add_candidate (self->rtc, 0, candidates[i]);
}

/**
 * gc_relay_peer_close:
 * @self: a peer
 *
 * Ends the connection. Afterwards no thread of its pipeline runs, and there are no more signals.
 * Main context.
 */
void
gc_relay_peer_close (GcRelayPeer *self)
{
  g_return_if_fail (GC_IS_RELAY_PEER (self));

  self->state = GC_RELAY_PEER_LOST;
  g_clear_handle_id (&self->ticker, g_source_remove);
  g_clear_handle_id (&self->bus_watch, g_source_remove);
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
}
