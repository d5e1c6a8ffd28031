/* SPDX-License-Identifier: GPL-3.0-or-later */
#define GST_USE_UNSTABLE_API
#include "rtc-viewer.h"

#include "rtc/gc-rtc-codec.h"
#include "rtc/gc-rtc-playout-delay.h"
#include "test-wait.h"

#include <gst/rtp/rtp.h>
#include <gst/webrtc/webrtc.h>
#include <string.h>

#define GATHERING_MS 1000
#define PAYLOAD 96

struct _RtcViewer
{
  GstElement *pipeline;
  GcRtcBin *rtc;
  char *answer;

  GMutex lock; /* what follows, between streaming threads and the test */
  GCond moves;
  guint kbps;
  gboolean stands_still;
  guint one_in;
  guint packets;
  guint pictures;
  guint playout_delay;
};

/* --- on streaming threads --- */

static gboolean
is_rtp (GstBuffer *buffer)
{
  guint8 header[2] = { 0, 0 };

  gst_buffer_extract (buffer, 0, header, sizeof header);
  return header[0] >= 128 && header[0] <= 191 && !(header[1] >= 192 && header[1] <= 223);
}

/* On the thread that reads the socket: what it does not take, waits there. */
static GstPadProbeReturn
on_wire (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  RtcViewer *self = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  gboolean lost = FALSE;
  gulong took_us = 0;

  if (!is_rtp (buffer))
    return GST_PAD_PROBE_OK;
  g_mutex_lock (&self->lock);
  while (self->stands_still)
    g_cond_wait (&self->moves, &self->lock);
  self->packets++;
  if (self->kbps > 0)
    took_us = gst_buffer_get_size (buffer) * 8 * 1000 / self->kbps;
  lost = self->one_in > 0 && self->packets % self->one_in == 0;
  g_mutex_unlock (&self->lock);
  g_usleep (took_us);
  return lost ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_packet (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  RtcViewer *self = user_data;
  GstRTPBuffer packet = GST_RTP_BUFFER_INIT;
  gpointer data;
  guint size;

  if (!gst_rtp_buffer_map (GST_PAD_PROBE_INFO_BUFFER (info), GST_MAP_READ, &packet))
    return GST_PAD_PROBE_OK;
  g_mutex_lock (&self->lock);
  self->playout_delay = gst_rtp_buffer_get_extension_onebyte_header (
                            &packet, GC_RTC_PLAYOUT_DELAY_ID, 0, &data, &size)
                                && size == 3
                            ? GST_READ_UINT24_BE (data)
                            : G_MAXUINT;
  g_mutex_unlock (&self->lock);
  gst_rtp_buffer_unmap (&packet);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_picture (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  RtcViewer *self = user_data;

  g_mutex_lock (&self->lock);
  self->pictures++;
  g_mutex_unlock (&self->lock);
  return GST_PAD_PROBE_OK;
}

static void
on_pad_added (GstElement *element, GstPad *pad, gpointer user_data)
{
  RtcViewer *self = user_data;
  GstElement *depayloader;
  GstElement *sink;
  g_autoptr (GstPad) in = NULL;
  g_autoptr (GstPad) out = NULL;

  if (GST_PAD_DIRECTION (pad) != GST_PAD_SRC)
    return;
  depayloader = gst_element_factory_make ("rtpvp8depay", NULL);
  sink = gst_element_factory_make ("fakesink", NULL);
  g_object_set (depayloader, "wait-for-keyframe", TRUE, "request-keyframe", TRUE, NULL);
  g_object_set (sink, "async", FALSE, "sync", FALSE, NULL);
  gst_bin_add_many (GST_BIN (self->pipeline), depayloader, sink, NULL);
  in = gst_element_get_static_pad (depayloader, "sink");
  out = gst_element_get_static_pad (depayloader, "src");
  gst_pad_add_probe (in, GST_PAD_PROBE_TYPE_BUFFER, on_packet, self, NULL);
  gst_pad_add_probe (out, GST_PAD_PROBE_TYPE_BUFFER, on_picture, self, NULL);
  gst_element_link (depayloader, sink);
  gst_element_sync_state_with_parent (sink);
  gst_element_sync_state_with_parent (depayloader);
  gst_pad_link (pad, in);
}

static void
on_deep_element_added (GstBin *bin, GstBin *sub_bin, GstElement *element, gpointer user_data)
{
  GstElementFactory *factory = gst_element_get_factory (element);
  g_autoptr (GstPad) pad = NULL;

  if (factory == NULL || strcmp (GST_OBJECT_NAME (factory), "nicesrc") != 0)
    return;
  pad = gst_element_get_static_pad (element, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_wire, user_data, NULL);
}

/* --- on the main context --- */

RtcViewer *
rtc_viewer_new (void)
{
  RtcViewer *self = g_new0 (RtcViewer, 1);
  g_autoptr (GstCaps) caps = gc_rtc_codec_caps ("VP8", PAYLOAD, TRUE);
  g_autoptr (GstWebRTCRTPTransceiver) transceiver = NULL;
  GstElement *element;

  g_mutex_init (&self->lock);
  g_cond_init (&self->moves);
  self->playout_delay = G_MAXUINT;
  self->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  self->rtc = gc_rtc_bin_new (TRUE);
  element = gc_rtc_bin_get_element (self->rtc);
  g_signal_connect (element, "deep-element-added", G_CALLBACK (on_deep_element_added), self);
  g_signal_connect (element, "pad-added", G_CALLBACK (on_pad_added), self);
  gst_bin_add (GST_BIN (self->pipeline), element);
  gc_rtc_codec_add_extension (caps, GC_RTC_PLAYOUT_DELAY_ID, GC_RTC_PLAYOUT_DELAY_URI);
  g_signal_emit_by_name (element, "add-transceiver", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY,
                         caps, &transceiver);
  g_object_set (transceiver, "do-nack", TRUE, NULL);
  return self;
}

static gboolean
is_connected (gpointer data)
{
  RtcViewer *self = data;

  return gc_rtc_bin_get_state (self->rtc) == GC_RTC_CONNECTED;
}

void
rtc_viewer_connect (RtcViewer *self, GcViewer *viewer)
{
  g_autoptr (GAsyncResult) offered = NULL;
  g_autoptr (GAsyncResult) answered = NULL;
  g_autoptr (GAsyncResult) applied = NULL;
  g_autofree char *offer = NULL;
  g_autoptr (GError) error = NULL;

  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  gc_rtc_bin_create_offer_async (self->rtc, GATHERING_MS, NULL, test_take_result, &offered);
  test_wait_result (&offered);
  offer = gc_rtc_bin_create_finish (self->rtc, offered, &error);
  g_assert_no_error (error);
  gc_viewer_accept_async (viewer, offer, strlen (offer), test_take_result, &answered);
  test_wait_result (&answered);
  self->answer = gc_viewer_accept_finish (viewer, answered, &error);
  g_assert_no_error (error);
  gc_rtc_bin_apply_answer_async (self->rtc, self->answer, strlen (self->answer), NULL,
                                 test_take_result, &applied);
  test_wait_result (&applied);
  gc_rtc_bin_apply_answer_finish (self->rtc, applied, &error);
  g_assert_no_error (error);
  test_wait_until (is_connected, self);
}

void
rtc_viewer_set_rate (RtcViewer *self, guint kbps)
{
  g_mutex_lock (&self->lock);
  self->kbps = kbps;
  g_mutex_unlock (&self->lock);
}

static void
set_stands_still (RtcViewer *self, gboolean stands_still)
{
  g_mutex_lock (&self->lock);
  self->stands_still = stands_still;
  g_cond_broadcast (&self->moves);
  g_mutex_unlock (&self->lock);
}

void
rtc_viewer_stand_still (RtcViewer *self)
{
  set_stands_still (self, TRUE);
}

void
rtc_viewer_set_loss (RtcViewer *self, guint one_in)
{
  g_mutex_lock (&self->lock);
  self->one_in = one_in;
  g_mutex_unlock (&self->lock);
}

void
rtc_viewer_be_patient (RtcViewer *self)
{
  g_object_set (gc_rtc_bin_get_element (self->rtc), "latency", 3000, NULL);
}

const char *
rtc_viewer_get_answer (RtcViewer *self)
{
  return self->answer;
}

static guint
read_counter (RtcViewer *self, const guint *counter)
{
  guint value;

  g_mutex_lock (&self->lock);
  value = *counter;
  g_mutex_unlock (&self->lock);
  return value;
}

guint
rtc_viewer_count_pictures (RtcViewer *self)
{
  return read_counter (self, &self->pictures);
}

guint
rtc_viewer_get_playout_delay (RtcViewer *self)
{
  return read_counter (self, &self->playout_delay);
}

void
rtc_viewer_free (RtcViewer *self)
{
  set_stands_still (self, FALSE);
  rtc_viewer_set_rate (self, 0);
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  g_clear_object (&self->rtc);
  gst_clear_object (&self->pipeline);
  g_cond_clear (&self->moves);
  g_mutex_clear (&self->lock);
  g_free (self->answer);
  g_free (self);
}
