/* SPDX-License-Identifier: GPL-3.0-or-later */
#define GST_USE_UNSTABLE_API

/* What a bin sends, over which servers, and how it fares: gc-rtc-bin.c makes the connection. */

#include "base/gc-error.h"
#include "rtc/gc-rtc-bin-private.h"

#include <gst/rtp/rtp.h>
#include <gst/webrtc/webrtc.h>

/* All sections belong to one stream (RFC 9725 section 4.4.2): receivers bring its picture and sound
 * together. The id is for this connection alone. */
#define STREAM_ID "gridcast"

/**
 * gc_rtc_bin_add_candidate:
 * @self: a bin with a remote description
 * @section: index of the media section
 * @candidate: "candidate:…", RFC 8839 section 5.1; one that does not parse is ignored
 *
 * Takes a trickled candidate (RFC 8838). Main context.
 */
void
gc_rtc_bin_add_candidate (GcRtcBin *self, guint section, const char *candidate)
{
  g_return_if_fail (GC_IS_RTC_BIN (self));

  g_signal_emit_by_name (gc_rtc_bin_get_element (self), "add-ice-candidate", section, candidate);
}

/**
 * gc_rtc_bin_add_ice_servers:
 * @self: a bin that has made no offer yet, and is bound to an interface if it is to be
 * @servers: (element-type GcIceServer): STUN and TURN servers; the last STUN server counts
 *
 * Main context.
 */
void
gc_rtc_bin_add_ice_servers (GcRtcBin *self, GPtrArray *servers)
{
  g_return_if_fail (GC_IS_RTC_BIN (self) && self->relays == NULL);

  if (servers->len > 0)
    self->relays
        = gc_rtc_relays_new (servers, self->interface, (const char *const *) self->addresses);
}

/**
 * gc_rtc_bin_has_relays:
 * @self: a bin
 *
 * Returns: whether there are servers to take leave of
 */
gboolean
gc_rtc_bin_has_relays (GcRtcBin *self)
{
  return self->relays != NULL;
}

/**
 * gc_rtc_bin_leave_async:
 * @self: a bin that has stopped, and has relays
 * @callback: (nullable): called when nothing keeps us any more
 * @user_data: for @callback
 *
 * Gives back what TURN servers have given, as otherwise they keep it for ten minutes. Is done when
 * they have answered, and after a second in any case. A bin that is dropped does the same. Main
 * context.
 */
void
gc_rtc_bin_leave_async (GcRtcBin *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GcRtcRelays) relays = g_steal_pointer (&self->relays);
  g_autoptr (GObject) ice = gc_rtc_bin_dup_ice (self);

  g_return_if_fail (relays != NULL);

  gc_rtc_relays_leave (relays, ice,
                       g_task_new (callback != NULL ? self : NULL, NULL, callback, user_data));
}

/**
 * gc_rtc_bin_leave_finish:
 * @self: a bin
 * @result: what the callback got
 */
void
gc_rtc_bin_leave_finish (GcRtcBin *self, GAsyncResult *result)
{
  g_return_if_fail (g_task_is_valid (result, self));

  g_task_propagate_boolean (G_TASK (result), NULL);
}

/**
 * gc_rtc_bin_add_sender:
 * @self: a bin that has made no offer or answer yet
 * @section: index of the media section, 0 or 1
 * @codec: RTP caps with media, encoding-name, payload and what the answer must agree to; with ssrc
 *   if the description should name it, as servers need that tell the packets of an offer apart by
 *   nothing else
 *
 * Adds a section that only sends; pictures with retransmission (RFC 4588), which browsers do not
 * take for sound. Main context.
 *
 * Returns: (transfer full): the pad to link a payloader to
 */
GstPad *
gc_rtc_bin_add_sender (GcRtcBin *self, guint section, GstCaps *codec)
{
  g_autofree char *name = g_strdup_printf ("sink_%u", section);
  const char *media = gst_structure_get_string (gst_caps_get_structure (codec, 0), "media");
  g_autoptr (GstCaps) preferences = gst_caps_copy (codec);
  g_autoptr (GstWebRTCRTPTransceiver) transceiver = NULL;
  g_autofree char *track = NULL;
  GstPad *pad;

  g_return_val_if_fail (GC_IS_RTC_BIN (self), NULL);

  pad = gst_element_request_pad_simple (gc_rtc_bin_get_element (self), name);
  g_object_set (pad, "msid", STREAM_ID, NULL);
  g_object_get (pad, "transceiver", &transceiver, NULL);
  track = g_strdup_printf (STREAM_ID " %s", GST_OBJECT_NAME (transceiver));
  gst_caps_set_simple (preferences, "a-msid", G_TYPE_STRING, track, NULL);
  g_object_set (transceiver, "direction", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY, "do-nack",
                g_strcmp0 (media, "video") == 0, "codec-preferences", preferences, NULL);
  return pad;
}

/**
 * gc_rtc_bin_add_transport_feedback:
 * @payloader: an RTP payloader that has not started
 * @id: what the session description calls the extension, 1 to 14; %GC_RTC_TWCC_ID in offers
 *
 * Numbers its packets for transport-wide feedback
 * (draft-holmer-rmcat-transport-wide-cc-extensions-01).
 */
void
gc_rtc_bin_add_transport_feedback (GstElement *payloader, guint id)
{
  g_autoptr (GstRTPHeaderExtension) extension
      = gst_rtp_header_extension_create_from_uri (GC_RTC_TWCC_URI);

  g_return_if_fail (extension != NULL);

  gst_rtp_header_extension_set_id (extension, id);
  g_signal_emit_by_name (payloader, "add-extension", extension);
}

static void
on_stats (GstPromise *promise, gpointer user_data)
{
  GTask *task = user_data;
  g_autoptr (GstPromise) owned = promise;
  const GstStructure *reply = gst_promise_get_reply (owned);

  if (gst_promise_wait (owned) == GST_PROMISE_RESULT_REPLIED && reply != NULL)
    g_task_return_pointer (task, gst_structure_copy (reply), (GDestroyNotify) gst_structure_free);
  else
    g_task_return_new_error (task, GC_ERROR, GC_ERROR_FAILED, "no statistics");
}

static gboolean
on_release (gpointer data)
{
  return G_SOURCE_REMOVE;
}

/* The task holds the bin, which must not be freed on a thread of its own pipeline. */
static void
release_on_main (gpointer data)
{
  GTask *task = data;

  g_main_context_invoke_full (g_task_get_context (task), G_PRIORITY_DEFAULT, on_release, task,
                              g_object_unref);
}

/**
 * gc_rtc_bin_get_stats_async:
 * @self: a bin
 * @callback: called with the statistics
 * @user_data: for @callback
 *
 * Asks webrtcbin for its get-stats. Main context.
 */
void
gc_rtc_bin_get_stats_async (GcRtcBin *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_return_if_fail (GC_IS_RTC_BIN (self));

  g_signal_emit_by_name (gc_rtc_bin_get_element (self), "get-stats", NULL,
                         gst_promise_new_with_change_func (on_stats, task, release_on_main));
}

/**
 * gc_rtc_bin_get_stats_finish:
 * @self: a bin
 * @result: what the callback got
 * @error: %GC_ERROR_FAILED
 *
 * Returns: (transfer full) (nullable): webrtcbin's statistics
 */
GstStructure *
gc_rtc_bin_get_stats_finish (GcRtcBin *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
