/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-rtc"
#define GST_USE_UNSTABLE_API

#include "rtc/gc-rtc-bin.h"

#include "base/gc-error.h"
#include "rtc/gc-crossing.h"
#include "rtc/gc-rtc-tame.h"
#include "rtc/gc-sdp.h"

#include <gst/webrtc/webrtc.h>

struct _GcRtcBin
{
  GObject parent_instance;

  GstElement *element;
  GMainContext *context; /* all signals and callbacks */
  GcCrossing *crossing;  /* from GStreamer's threads to there */
  GcRtcLiveness *liveness;
  GcRtcState state;
  GTask *negotiation; /* offer or answer under way */
  GSource *gathering_deadline;
  guint gathering_ms;
};

G_DEFINE_FINAL_TYPE (GcRtcBin, gc_rtc_bin, G_TYPE_OBJECT)

enum
{
  PROP_STATE = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

/* --- state --- */

static void
set_state (GcRtcBin *self, GcRtcState state)
{
  if (state == self->state)
    return;
  g_debug ("%s: state %d to %d", GST_OBJECT_NAME (self->element), self->state, state);
  self->state = state;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

/* Until it has been told a latency, rtpsession makes no sender reports (RFC 3550 section 6.4.1):
 * no round trip would be known here, no lip synchronisation there. */
static void
distribute_latency (GcRtcBin *self)
{
  g_autoptr (GstObject) pipeline = gst_object_get_parent (GST_OBJECT (self->element));

  if (GST_IS_BIN (pipeline))
    gst_bin_recalculate_latency (GST_BIN (pipeline));
}

static void
update_state (gpointer target, gpointer data)
{
  GcRtcBin *self = target;
  GstWebRTCPeerConnectionState now;

  g_object_get (self->element, "connection-state", &now, NULL);
  switch (now)
    {
    case GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTING:
      /* webrtcbin reports it again while a section is added: that is no step back. */
      if (self->state == GC_RTC_NEW)
        set_state (self, GC_RTC_CONNECTING);
      break;
    case GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED:
      distribute_latency (self);
      set_state (self, GC_RTC_CONNECTED);
      break;
    case GST_WEBRTC_PEER_CONNECTION_STATE_DISCONNECTED:
      set_state (self, GC_RTC_DISCONNECTED);
      break;
    case GST_WEBRTC_PEER_CONNECTION_STATE_FAILED:
    case GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED:
      set_state (self, GC_RTC_FAILED);
      break;
    case GST_WEBRTC_PEER_CONNECTION_STATE_NEW:
    default:
      break;
    }
}

static void
on_closed (gpointer target, gpointer data)
{
  set_state (target, GC_RTC_FAILED);
}

static void
on_connection_state (GObject *element, GParamSpec *pspec, gpointer user_data)
{
  gc_crossing_call (user_data, update_state, NULL, NULL);
}

/* --- negotiation --- */

static char *
dup_local_description (GcRtcBin *self)
{
  g_autoptr (GstWebRTCSessionDescription) description = NULL;

  g_object_get (self->element, "local-description", &description, NULL);
  return description != NULL ? gst_sdp_message_as_text (description->sdp) : NULL;
}

static void
end_negotiation (GcRtcBin *self, GError *error)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->negotiation);
  char *text;

  if (self->gathering_deadline != NULL)
    g_source_destroy (self->gathering_deadline);
  g_clear_pointer (&self->gathering_deadline, g_source_unref);
  if (error != NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  text = dup_local_description (self);
  if (text == NULL)
    g_task_return_new_error (task, GC_ERROR, GC_ERROR_FAILED, "no session description was made");
  else
    g_task_return_pointer (task, text, g_free);
}

static void
check_gathering (gpointer target, gpointer data)
{
  GcRtcBin *self = target;
  GstWebRTCICEGatheringState state;

  if (self->negotiation == NULL || self->gathering_deadline == NULL)
    return;
  g_object_get (self->element, "ice-gathering-state", &state, NULL);
  if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
    end_negotiation (self, NULL);
}

static void
on_gathering_state (GObject *element, GParamSpec *pspec, gpointer user_data)
{
  gc_crossing_call (user_data, check_gathering, NULL, NULL);
}

static gboolean
on_gathering_deadline (gpointer user_data)
{
  GcRtcBin *self = user_data;

  /* Some STUN or TURN server does not answer: go on with the candidates that are there. */
  end_negotiation (self, NULL);
  return G_SOURCE_REMOVE;
}

static void
start_gathering (GcRtcBin *self)
{
  self->gathering_deadline = g_timeout_source_new (self->gathering_ms);
  g_source_set_callback (self->gathering_deadline, on_gathering_deadline, self, NULL);
  g_source_attach (self->gathering_deadline, self->context);
  check_gathering (self, NULL);
}

static GError *
error_from_reply (GstPromise *promise)
{
  const GstStructure *reply = gst_promise_get_reply (promise);
  g_autoptr (GError) error = NULL;

  if (gst_promise_wait (promise) != GST_PROMISE_RESULT_REPLIED)
    return g_error_new_literal (GC_ERROR, GC_ERROR_FAILED, "the media connection was closed");
  if (reply != NULL && gst_structure_has_field_typed (reply, "error", G_TYPE_ERROR))
    {
      gst_structure_get (reply, "error", G_TYPE_ERROR, &error, NULL);
      return g_error_new (GC_ERROR, GC_ERROR_FAILED, "the media connection failed: %s",
                          error->message);
    }
  return NULL;
}

typedef struct
{
  GcCrossing *crossing;
  GcCrossingFunc func;
} Promised;

static void
promised_free (gpointer data)
{
  Promised *promised = data;

  gc_crossing_unref (promised->crossing);
  g_free (promised);
}

static void
on_promise (GstPromise *promise, gpointer user_data)
{
  Promised *promised = user_data;

  /* The caller of webrtcbin's action signals owns the promise. */
  gc_crossing_call (promised->crossing, promised->func, promise,
                    (GDestroyNotify) gst_promise_unref);
}

static GstPromise *
promise_new (GcRtcBin *self, GcCrossingFunc func)
{
  Promised *promised = g_new0 (Promised, 1);

  promised->crossing = gc_crossing_ref (self->crossing);
  promised->func = func;
  return gst_promise_new_with_change_func (on_promise, promised, promised_free);
}

static void
on_local_set (gpointer target, gpointer data)
{
  GcRtcBin *self = target;
  GError *error = error_from_reply (data);

  if (self->negotiation == NULL)
    {
      g_clear_error (&error);
      return;
    }
  if (error != NULL)
    end_negotiation (self, error);
  else
    start_gathering (self);
}

static void
on_description_made (gpointer target, gpointer data)
{
  GcRtcBin *self = target;
  GstPromise *promise = data;
  GError *error = error_from_reply (promise);
  g_autoptr (GstWebRTCSessionDescription) description = NULL;
  const GstStructure *reply = gst_promise_get_reply (promise);

  if (self->negotiation == NULL)
    {
      g_clear_error (&error);
      return;
    }
  if (error == NULL && reply != NULL)
    gst_structure_get (reply, gst_structure_has_field (reply, "offer") ? "offer" : "answer",
                       GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &description, NULL);
  if (error == NULL && description == NULL)
    error = g_error_new_literal (GC_ERROR, GC_ERROR_FAILED, "no session description was made");
  if (error != NULL)
    {
      end_negotiation (self, error);
      return;
    }
  g_signal_emit_by_name (self->element, "set-local-description", description,
                         promise_new (self, on_local_set));
}

static gboolean
begin_negotiation (GcRtcBin *self, guint gathering_ms, GTask *task)
{
  if (self->negotiation != NULL)
    {
      g_task_return_new_error (task, GC_ERROR, GC_ERROR_CONFLICT, "a negotiation is under way");
      return FALSE;
    }
  self->negotiation = g_object_ref (task);
  self->gathering_ms = gathering_ms;
  return TRUE;
}

/**
 * gc_rtc_bin_create_offer_async:
 * @self: a bin with senders, in a pipeline that is at least PAUSED
 * @gathering_ms: how long to wait for candidates, in ms
 * @cancellable: (nullable): to give up
 * @callback: called with the offer
 * @user_data: for @callback
 *
 * Makes an offer that holds the candidates (RFC 9725 section 4.1). Main context.
 */
void
gc_rtc_bin_create_offer_async (GcRtcBin *self,
                               guint gathering_ms,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_return_if_fail (GC_IS_RTC_BIN (self));

  if (begin_negotiation (self, gathering_ms, task))
    g_signal_emit_by_name (self->element, "create-offer", NULL,
                           promise_new (self, on_description_made));
}

static void
on_remote_offer_set (gpointer target, gpointer data)
{
  GcRtcBin *self = target;
  GError *error = error_from_reply (data);

  if (error != NULL)
    error->code = GC_ERROR_INVALID;
  if (self->negotiation == NULL)
    g_clear_error (&error);
  else if (error != NULL)
    end_negotiation (self, error);
  else
    g_signal_emit_by_name (self->element, "create-answer", NULL,
                           promise_new (self, on_description_made));
}

/**
 * gc_rtc_bin_create_answer_async:
 * @self: a new bin in a pipeline that is at least PAUSED
 * @offer: from a stranger; checked by gc_sdp_parse()
 * @length: bytes
 * @gathering_ms: how long to wait for candidates, in ms
 * @cancellable: (nullable): to give up
 * @callback: called with the answer
 * @user_data: for @callback
 *
 * Answers an offer. Main context.
 */
void
gc_rtc_bin_create_answer_async (GcRtcBin *self,
                                const char *offer,
                                gsize length,
                                guint gathering_ms,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (GstWebRTCSessionDescription) description = NULL;
  GError *error = NULL;
  GstSDPMessage *sdp;

  g_return_if_fail (GC_IS_RTC_BIN (self));

  sdp = gc_sdp_parse (offer, length, &error);
  if (sdp == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  gc_sdp_unify_transport (sdp);
  description = gst_webrtc_session_description_new (GST_WEBRTC_SDP_TYPE_OFFER, sdp);
  if (begin_negotiation (self, gathering_ms, task))
    g_signal_emit_by_name (self->element, "set-remote-description", description,
                           promise_new (self, on_remote_offer_set));
}

/**
 * gc_rtc_bin_create_finish:
 * @self: a bin
 * @result: what the callback got
 * @error: %GC_ERROR_INVALID, %GC_ERROR_TOO_LARGE, %GC_ERROR_UNSUPPORTED (the offer that was to be
 *   answered), %GC_ERROR_FAILED (webrtcbin)
 *
 * Returns: (transfer full) (nullable): the local description
 */
char *
gc_rtc_bin_create_finish (GcRtcBin *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
on_answer_set (gpointer target, gpointer data)
{
  GcRtcBin *self = target;
  g_autoptr (GTask) task = g_steal_pointer (&self->negotiation);
  GError *error = error_from_reply (data);

  if (task == NULL)
    g_clear_error (&error);
  else if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static gboolean
check_answer (GcRtcBin *self, const GstSDPMessage *answer, GError **error)
{
  g_autoptr (GstWebRTCSessionDescription) offer = NULL;

  g_object_get (self->element, "local-description", &offer, NULL);
  if (offer == NULL)
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_CONFLICT, "an answer came without an offer");
      return FALSE;
    }
  return gc_sdp_check_answer (offer->sdp, answer, error);
}

/**
 * gc_rtc_bin_apply_answer_async:
 * @self: a bin that has made an offer
 * @answer: from a stranger; checked by gc_sdp_parse() and gc_sdp_check_answer()
 * @length: bytes
 * @cancellable: (nullable): to give up
 * @callback: called with the outcome
 * @user_data: for @callback
 *
 * Main context.
 */
void
gc_rtc_bin_apply_answer_async (GcRtcBin *self,
                               const char *answer,
                               gsize length,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (GstWebRTCSessionDescription) description = NULL;
  g_autoptr (GstSDPMessage) sdp = NULL;
  GError *error = NULL;

  g_return_if_fail (GC_IS_RTC_BIN (self));

  sdp = gc_sdp_parse (answer, length, &error);
  if (sdp == NULL || !check_answer (self, sdp, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  description
      = gst_webrtc_session_description_new (GST_WEBRTC_SDP_TYPE_ANSWER, g_steal_pointer (&sdp));
  if (begin_negotiation (self, 0, task))
    g_signal_emit_by_name (self->element, "set-remote-description", description,
                           promise_new (self, on_answer_set));
}

/**
 * gc_rtc_bin_apply_answer_finish:
 * @self: a bin
 * @result: what the callback got
 * @error: %GC_ERROR_INVALID, %GC_ERROR_TOO_LARGE, %GC_ERROR_UNSUPPORTED (the answer),
 *   %GC_ERROR_FAILED (webrtcbin)
 *
 * Returns: whether the answer was taken
 */
gboolean
gc_rtc_bin_apply_answer_finish (GcRtcBin *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* --- setting up --- */

static void
gc_rtc_bin_dispose (GObject *object)
{
  GcRtcBin *self = GC_RTC_BIN (object);

  if (self->negotiation != NULL)
    end_negotiation (self, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "closed"));
  gst_clear_object (&self->element);
  g_clear_pointer (&self->liveness, gc_rtc_liveness_free);
  g_clear_pointer (&self->crossing, gc_crossing_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
  G_OBJECT_CLASS (gc_rtc_bin_parent_class)->dispose (object);
}

static void
gc_rtc_bin_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_STATE)
    g_value_set_int (value, GC_RTC_BIN (object)->state);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gc_rtc_bin_class_init (GcRtcBinClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  /* A thread that ran DTLS frees what OpenSSL keeps for it when it ends. GLib ends threads that
   * have nothing to do when there are many, as when a program takes its connections down: at exit,
   * when OpenSSL frees all of that itself, they would do so twice. */
  g_thread_pool_set_max_unused_threads (-1);
  object_class->dispose = gc_rtc_bin_dispose;
  object_class->get_property = gc_rtc_bin_get_property;
  /**
   * GcRtcBin:state:
   *
   * A #GcRtcState; notifies on the main context of the thread that made the bin.
   */
  properties[PROP_STATE] = g_param_spec_int ("state", NULL, NULL, GC_RTC_NEW, GC_RTC_FAILED,
                                             GC_RTC_NEW, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
gc_rtc_bin_init (GcRtcBin *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->crossing = gc_crossing_new (self);
  self->element = gst_object_ref_sink (gst_element_factory_make ("webrtcbin", NULL));
  g_signal_connect_data (self->element, "notify::connection-state",
                         G_CALLBACK (on_connection_state), gc_crossing_ref (self->crossing),
                         gc_crossing_unref_closure, 0);
  g_signal_connect_data (self->element, "notify::ice-gathering-state",
                         G_CALLBACK (on_gathering_state), gc_crossing_ref (self->crossing),
                         gc_crossing_unref_closure, 0);
}

/**
 * gc_rtc_bin_new:
 * @loopback: whether to offer 127.0.0.1 too, for a peer on this machine
 *
 * Makes one end of a peer connection. Its element belongs into a pipeline; set that to NULL before
 * dropping the bin. Main context.
 *
 * Returns: (transfer full): the bin
 */
GcRtcBin *
gc_rtc_bin_new (gboolean loopback)
{
  GcRtcBin *self = g_object_new (GC_TYPE_RTC_BIN, NULL);

  self->liveness = gc_rtc_liveness_new (self->element, self->crossing, on_closed);
  gc_rtc_tame (self->element, loopback);
  return self;
}

/**
 * gc_rtc_bin_get_element:
 * @self: a bin
 *
 * Returns: (transfer none): the webrtcbin
 */
GstElement *
gc_rtc_bin_get_element (GcRtcBin *self)
{
  g_return_val_if_fail (GC_IS_RTC_BIN (self), NULL);

  return self->element;
}

/**
 * gc_rtc_bin_get_state:
 * @self: a bin
 *
 * Returns: how far the connection is
 */
GcRtcState
gc_rtc_bin_get_state (GcRtcBin *self)
{
  g_return_val_if_fail (GC_IS_RTC_BIN (self), GC_RTC_FAILED);

  return self->state;
}

/**
 * gc_rtc_bin_get_liveness:
 * @self: a bin
 *
 * Returns: (transfer none): whether the peer is heard; webrtcbin itself notices a dead peer only
 *   after half a minute
 */
GcRtcLiveness *
gc_rtc_bin_get_liveness (GcRtcBin *self)
{
  g_return_val_if_fail (GC_IS_RTC_BIN (self), NULL);

  return self->liveness;
}
