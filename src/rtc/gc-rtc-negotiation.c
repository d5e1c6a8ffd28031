/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-rtc"
#define GST_USE_UNSTABLE_API

/* How a bin makes offers and answers: gc-rtc-bin.c is the object. */

#include "rtc/gc-rtc-bin-private.h"

#include "base/gc-error.h"
#include "rtc/gc-sdp.h"

#include <gst/webrtc/webrtc.h>

static char *
dup_local_description (GcRtcBin *self)
{
  g_autoptr (GstWebRTCSessionDescription) description = NULL;

  g_object_get (self->element, "local-description", &description, NULL);
  return description != NULL ? gst_sdp_message_as_text (description->sdp) : NULL;
}

/**
 * gc_rtc_bin_end_negotiation:
 * @self: a bin with a negotiation under way
 * @error: (transfer full) (nullable): why it came to nothing; %NULL if the description is made
 *
 * Answers who waits for it. Main context.
 */
void
gc_rtc_bin_end_negotiation (GcRtcBin *self, GError *error)
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

/**
 * gc_rtc_bin_check_gathering:
 * @self: a bin
 *
 * Ends the negotiation under way if all candidates are there. Main context.
 */
void
gc_rtc_bin_check_gathering (GcRtcBin *self)
{
  GstWebRTCICEGatheringState state;

  if (self->negotiation == NULL || self->gathering_deadline == NULL)
    return;
  g_object_get (self->element, "ice-gathering-state", &state, NULL);
  if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
    gc_rtc_bin_end_negotiation (self, NULL);
}

static gboolean
on_gathering_deadline (gpointer user_data)
{
  GcRtcBin *self = user_data;

  /* Some STUN or TURN server does not answer: go on with the candidates that are there. */
  gc_rtc_bin_end_negotiation (self, NULL);
  return G_SOURCE_REMOVE;
}

static void
start_gathering (GcRtcBin *self)
{
  self->gathering_deadline = g_timeout_source_new (self->gathering_ms);
  g_source_set_callback (self->gathering_deadline, on_gathering_deadline, self, NULL);
  g_source_attach (self->gathering_deadline, self->context);
  gc_rtc_bin_check_gathering (self);
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
    gc_rtc_bin_end_negotiation (self, error);
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
      gc_rtc_bin_end_negotiation (self, error);
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

static void
make_offer (GcRtcBin *self)
{
  g_signal_emit_by_name (self->element, "create-offer", NULL,
                         promise_new (self, on_description_made));
}

static void
on_relays_open (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcRtcBin) self = user_data;
  GcRtcRelays *relays = GC_RTC_RELAYS (source);
  g_autoptr (GObject) ice = NULL;
  GError *error = NULL;
  guint spent_ms;

  if (!gc_rtc_relays_open_finish (relays, result, &spent_ms, &error))
    {
      if (self->negotiation != NULL)
        gc_rtc_bin_end_negotiation (self, error);
      else
        g_error_free (error);
      return;
    }
  if (self->negotiation == NULL)
    return;
  self->gathering_ms -= MIN (spent_ms, self->gathering_ms);
  ice = gc_rtc_bin_dup_ice (self);
  gc_rtc_relays_give_to (relays, self->element, ice);
  make_offer (self);
}

/**
 * gc_rtc_bin_create_offer_async:
 * @self: a bin with senders, in a pipeline that is at least PAUSED
 * @gathering_ms: how long to wait for candidates, in ms, with the look-up of the servers' names
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

  if (!begin_negotiation (self, gathering_ms, task))
    return;
  if (self->relays == NULL)
    make_offer (self);
  else
    gc_rtc_relays_open_async (self->relays, gathering_ms, cancellable, on_relays_open,
                              g_object_ref (self));
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
    gc_rtc_bin_end_negotiation (self, error);
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
