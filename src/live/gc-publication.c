/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-live"

#include "live/gc-publication-private.h"

#include "base/gc-clock.h"

/* A key frame takes many packets, and half a round trip. */
#define KEY_FRAME_MS 300

G_DEFINE_FINAL_TYPE (GcPublication, gc_publication, G_TYPE_OBJECT)

enum
{
  PROP_STATE = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

/**
 * gc_publication_set_state:
 * @self: a publication
 * @state: where it stands now; what is lost stays so
 *
 * Main context.
 */
void
gc_publication_set_state (GcPublication *self, GcPublicationState state)
{
  if (self->state == state || self->state == GC_PUBLICATION_LOST)
    return;
  g_debug ("publication: state %d to %d", self->state, state);
  self->state = state;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

/* --- the object --- */

static void
tear_down (GcPublication *self)
{
  g_cancellable_cancel (self->cancellable);
  g_clear_handle_id (&self->deadline, g_source_remove);
  g_clear_handle_id (&self->bus_watch, g_source_remove);
  if (self->rtc != NULL)
    g_signal_handlers_disconnect_by_data (self->rtc, self);
  if (self->pipeline != NULL)
    gst_element_set_state (self->pipeline, GST_STATE_NULL);
  g_clear_pointer (&self->feed, gc_feed_free);
  g_clear_object (&self->rtc);
  gst_clear_object (&self->pipeline);
}

static void
gc_publication_dispose (GObject *object)
{
  GcPublication *self = GC_PUBLICATION (object);

  if (self->encoder != NULL)
    tear_down (self);
  g_clear_object (&self->encoder);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (gc_publication_parent_class)->dispose (object);
}

static void
gc_publication_finalize (GObject *object)
{
  GcPublication *self = GC_PUBLICATION (object);

  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->ice_servers, g_ptr_array_unref);
  g_clear_pointer (&self->path, gc_path_free);
  g_clear_error (&self->error);
  G_OBJECT_CLASS (gc_publication_parent_class)->finalize (object);
}

static void
gc_publication_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_STATE)
    g_value_set_int (value, GC_PUBLICATION (object)->state);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gc_publication_class_init (GcPublicationClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = gc_publication_dispose;
  object_class->finalize = gc_publication_finalize;
  object_class->get_property = gc_publication_get_property;
  /**
   * GcPublication:state:
   *
   * A #GcPublicationState.
   */
  properties[PROP_STATE]
      = g_param_spec_int ("state", NULL, NULL, GC_PUBLICATION_CONNECTING, GC_PUBLICATION_LOST,
                          GC_PUBLICATION_CONNECTING, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
gc_publication_init (GcPublication *self)
{
  self->cancellable = g_cancellable_new ();
}

/**
 * gc_publication_new:
 * @encoder: where picture and sound come from
 * @client: a client that has not published
 * @setup: how to connect
 *
 * Main context.
 *
 * Returns: (transfer full): a publication that has not started
 */
GcPublication *
gc_publication_new (GcEncoder *encoder, GcWhipClient *client, const GcPublicationSetup *setup)
{
  GcPublication *self = g_object_new (GC_TYPE_PUBLICATION, NULL);

  self->encoder = g_object_ref (encoder);
  self->client = g_object_ref (client);
  self->identity = setup->identity;
  self->max_bps = setup->max_bps;
  self->patience_ms = setup->patience_ms;
  self->gathering_ms = setup->gathering_ms;
  self->held = setup->held;
  if (setup->ice_servers != NULL)
    self->ice_servers = g_ptr_array_ref (setup->ice_servers);
  if (setup->path != NULL)
    {
      self->path = gc_path_copy (setup->path);
      gc_whip_client_bind_interface (client, self->path->interface);
    }
  return self;
}

/**
 * gc_publication_release:
 * @self: a publication
 *
 * Makes it send, now or as soon as it is connected, if it was held. Main context.
 */
void
gc_publication_release (GcPublication *self)
{
  g_return_if_fail (GC_IS_PUBLICATION (self));

  if (!self->held)
    return;
  self->held = FALSE;
  if (self->state == GC_PUBLICATION_CONNECTED)
    gc_feed_open (self->feed);
}

/**
 * gc_publication_start:
 * @self: a new publication
 *
 * Connects; the outcome is the property state. Main context.
 */
void
gc_publication_start (GcPublication *self)
{
  g_return_if_fail (GC_IS_PUBLICATION (self) && self->pipeline == NULL);

  gc_publication_connect (self);
}

/**
 * gc_publication_refresh:
 * @self: a connected publication
 *
 * Sends a key frame next: what was sent of late did not arrive. Main context.
 */
void
gc_publication_refresh (GcPublication *self)
{
  g_return_if_fail (GC_IS_PUBLICATION (self));

  if (self->state == GC_PUBLICATION_CONNECTED && !self->held)
    gc_feed_open (self->feed);
}

/**
 * gc_publication_set_muted:
 * @self: a publication
 * @muted: whether sound stays on the handset
 *
 * Main context.
 */
void
gc_publication_set_muted (GcPublication *self, gboolean muted)
{
  self->muted = muted;
  if (self->feed != NULL)
    gc_feed_set_muted (self->feed, muted);
}

/**
 * gc_publication_get_state:
 * @self: a publication
 *
 * Returns: where it stands
 */
GcPublicationState
gc_publication_get_state (GcPublication *self)
{
  return self->state;
}

/**
 * gc_publication_get_error:
 * @self: a publication
 *
 * Returns: (transfer none) (nullable): why it is lost: the errors of
 *   gc_whip_client_publish_finish() and gc_rtc_bin_apply_answer_finish(), or
 *   %GC_ERROR_UNREACHABLE once media should have flowed
 */
const GError *
gc_publication_get_error (GcPublication *self)
{
  return self->error;
}

/**
 * gc_publication_get_client:
 * @self: a publication
 *
 * Returns: (transfer none): what speaks with the server
 */
GcWhipClient *
gc_publication_get_client (GcPublication *self)
{
  return self->client;
}

/**
 * gc_publication_get_rtc:
 * @self: a publication
 *
 * Returns: (transfer none) (nullable): the connection, %NULL before it is begun
 */
GcRtcBin *
gc_publication_get_rtc (GcPublication *self)
{
  return self->rtc;
}

/**
 * gc_publication_get_path:
 * @self: a publication
 *
 * Returns: (transfer none) (nullable): over which alone it talks; %NULL if the kernel chooses
 */
const GcPath *
gc_publication_get_path (GcPublication *self)
{
  return self->path;
}

/**
 * gc_publication_get_ice_servers:
 * @self: a publication
 *
 * Returns: (transfer none) (element-type GcIceServer) (nullable): what it uses, or would better
 * have used; %NULL before it knows
 */
GPtrArray *
gc_publication_get_ice_servers (GcPublication *self)
{
  GPtrArray *answered = gc_whip_client_get_answered_ice_servers (self->client);

  return answered != NULL && answered->len > 0 ? answered : self->ice_servers;
}

/**
 * gc_publication_is_received:
 * @self: a publication
 *
 * To be asked again and again. Main context.
 *
 * Returns: whether the server has had the first key frame, as far as can be told: a while has gone
 *   by since it was sent, and something has come back
 */
gboolean
gc_publication_is_received (GcPublication *self)
{
  gint64 now_ms = gc_clock_monotonic_ms ();
  GcFeedCounters counters;

  gc_publication_get_counters (self, &counters);
  if (counters.key_frames == 0)
    return FALSE;
  if (self->key_frame_ms == 0)
    self->key_frame_ms = now_ms;
  return now_ms > self->key_frame_ms + KEY_FRAME_MS
         && gc_rtc_liveness_get_silence_ms (gc_rtc_bin_get_liveness (self->rtc))
                < now_ms - self->key_frame_ms;
}

/**
 * gc_publication_get_counters:
 * @self: a publication
 * @counters: (out caller-allocates): the totals since the connection was made
 *
 * Main context.
 */
void
gc_publication_get_counters (GcPublication *self, GcFeedCounters *counters)
{
  *counters = (GcFeedCounters) { 0 };
  if (self->feed != NULL)
    gc_feed_get_counters (self->feed, counters);
}

/**
 * gc_publication_get_pacer:
 * @self: a publication
 *
 * Returns: (transfer none) (nullable): what its packets go through, once there is a connection
 */
GcPacer *
gc_publication_get_pacer (GcPublication *self)
{
  return self->feed != NULL ? gc_feed_get_pacer (self->feed) : NULL;
}

/* --- closing --- */

typedef struct
{
  guint pending;
  GError *error; /* the server has not been told */
} Closing;

static void
closing_free (gpointer data)
{
  Closing *closing = data;

  g_clear_error (&closing->error);
  g_free (closing);
}

static void
close_one (GTask *task)
{
  Closing *closing = g_task_get_task_data (task);

  if (--closing->pending > 0)
    return;
  if (closing->error != NULL)
    g_task_return_error (task, g_steal_pointer (&closing->error));
  else
    g_task_return_boolean (task, TRUE);
}

static void
on_deleted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Closing *closing = g_task_get_task_data (task);

  gc_whip_client_delete_finish (GC_WHIP_CLIENT (source), result, &closing->error);
  close_one (task);
}

static void
on_left (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;

  gc_rtc_bin_leave_finish (GC_RTC_BIN (source), result);
  close_one (task);
}

/**
 * gc_publication_close_async:
 * @self: a publication
 * @callback: called when the server knows, or does not answer
 * @user_data: for @callback
 *
 * Stops sending at once, then tells the server, and the relays. Main context.
 */
void
gc_publication_close_async (GcPublication *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  gboolean has_relays = self->rtc != NULL && gc_rtc_bin_has_relays (self->rtc);
  g_autoptr (GcRtcBin) rtc = has_relays ? g_object_ref (self->rtc) : NULL;
  Closing *closing = g_new0 (Closing, 1);

  g_return_if_fail (GC_IS_PUBLICATION (self));

  g_task_set_task_data (task, closing, closing_free);
  tear_down (self);
  closing->pending = rtc != NULL ? 2 : 1;
  if (rtc != NULL)
    gc_rtc_bin_leave_async (rtc, on_left, g_object_ref (task));
  gc_whip_client_delete_async (self->client, on_deleted, g_object_ref (task));
}

/**
 * gc_publication_close_finish:
 * @self: a publication
 * @result: what the callback got
 * @error: %GC_ERROR_UNREACHABLE
 *
 * Returns: whether the server has been told
 */
gboolean
gc_publication_close_finish (GcPublication *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
