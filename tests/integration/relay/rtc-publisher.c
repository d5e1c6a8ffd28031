/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rtc-publisher.h"

#include "rtc/gc-rtc-codec.h"
#include "test-wait.h"

#include <gst/rtp/rtp.h>
#include <gst/video/video.h>
#include <string.h>

#define GATHERING_MS 1000
#define AUDIO_PAYLOAD 111

struct _RtcPublisher
{
  GstElement *pipeline;
  GcRtcBin *rtc;
  GstPad *first_pad; /* feedback about the whole transport goes up every stream: one tells it */
  char *offer;
  char *answer;
  RtcLoses loses; /* these two are fixed before the pipeline starts */
  gpointer loses_data;

  GMutex lock; /* what follows, between streaming threads and the test */
  GArray *feedback;
  guint key_requests;
  guint packets;
  guint pictures;
};

/* --- on streaming threads --- */

static void
note_feedback (RtcPublisher *self, const GstStructure *structure)
{
  const GValue *value = gst_structure_get_value (structure, "packets");
  GValueArray *packets = g_value_get_boxed (value);
  RtcFeedback feedback = { gst_util_get_timestamp (), 0, 0 };

  for (guint i = 0; i < packets->n_values; i++)
    {
      const GstStructure *packet = g_value_get_boxed (packets->values + i);
      gboolean lost = FALSE;

      gst_structure_get (packet, "lost", G_TYPE_BOOLEAN, &lost, NULL);
      if (lost)
        feedback.lost++;
      else
        feedback.packets++;
    }
  g_mutex_lock (&self->lock);
  g_array_append_val (self->feedback, feedback);
  g_mutex_unlock (&self->lock);
}

static GstPadProbeReturn
on_upstream_event (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  RtcPublisher *self = user_data;
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);

  if (gst_event_has_name (event, "RTPTWCCPackets") && pad == self->first_pad)
    note_feedback (self, gst_event_get_structure (event));
  else if (gst_video_event_is_force_key_unit (event))
    {
      g_mutex_lock (&self->lock);
      self->key_requests++;
      g_mutex_unlock (&self->lock);
    }
  return GST_PAD_PROBE_OK;
}

/* RFC 5761 section 4 tells RTP from RTCP, RFC 7983 both from DTLS and STUN. */
static gboolean
read_header (GstBuffer *buffer, gboolean *marker, guint *payload_type, guint16 *seqnum)
{
  guint8 header[4];

  if (gst_buffer_extract (buffer, 0, header, sizeof header) != sizeof header || header[0] < 128
      || header[0] > 191 || (header[1] >= 192 && header[1] <= 223))
    return FALSE;
  *marker = (header[1] & 0x80) != 0;
  *payload_type = header[1] & 0x7f;
  *seqnum = GST_READ_UINT16_BE (header + 2);
  return TRUE;
}

static gboolean
passes (RtcPublisher *self, GstBuffer *buffer)
{
  gboolean marker;
  guint payload_type;
  guint16 seqnum;

  if (!read_header (buffer, &marker, &payload_type, &seqnum))
    return TRUE;
  g_mutex_lock (&self->lock);
  self->packets++;
  self->pictures += marker && payload_type == RTC_PUBLISHER_VIDEO;
  g_mutex_unlock (&self->lock);
  return self->loses == NULL || !self->loses (payload_type, seqnum, self->loses_data);
}

static gboolean
keep_what_passes (GstBuffer **buffer, guint index, gpointer self)
{
  if (!passes (self, *buffer))
    gst_clear_buffer (buffer);
  return TRUE;
}

static GstPadProbeReturn
on_wire (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstBufferList *list;

  if ((info->type & GST_PAD_PROBE_TYPE_BUFFER) != 0)
    return passes (user_data, GST_PAD_PROBE_INFO_BUFFER (info)) ? GST_PAD_PROBE_OK
                                                                : GST_PAD_PROBE_DROP;
  list = gst_buffer_list_make_writable (GST_PAD_PROBE_INFO_BUFFER_LIST (info));
  gst_buffer_list_foreach (list, keep_what_passes, user_data);
  info->data = list;
  return GST_PAD_PROBE_OK;
}

static void
on_deep_element_added (GstBin *bin, GstBin *sub_bin, GstElement *element, gpointer user_data)
{
  GstElementFactory *factory = gst_element_get_factory (element);
  g_autoptr (GstPad) pad = NULL;

  if (factory == NULL || strcmp (GST_OBJECT_NAME (factory), "nicesink") != 0)
    return;
  pad = gst_element_get_static_pad (element, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, on_wire,
                     user_data, NULL);
}

/* --- on the main context --- */

static const char *
encoding_of (GstElement *payloader)
{
  const char *name = GST_OBJECT_NAME (gst_element_get_factory (payloader));

  if (strcmp (name, "rtpopuspay") == 0)
    return "OPUS";
  return strcmp (name, "rtph264pay") == 0 ? "H264" : "VP8";
}

static void
add_sender (RtcPublisher *self, guint section, GstElement *payloader)
{
  int payload = g_str_equal (encoding_of (payloader), "OPUS") ? AUDIO_PAYLOAD : RTC_PUBLISHER_VIDEO;
  guint32 ssrc = 1000 + section;
  g_autoptr (GstCaps) caps = gc_rtc_codec_caps (encoding_of (payloader), payload, TRUE);
  g_autoptr (GstPad) out = gst_element_get_static_pad (payloader, "src");
  g_autoptr (GstPad) in = NULL;

  g_object_set (payloader, "pt", payload, "ssrc", ssrc, "mtu", 1200, NULL);
  gst_caps_set_simple (caps, "ssrc", G_TYPE_UINT, ssrc, NULL);
  gc_rtc_bin_add_transport_feedback (payloader, GC_RTC_TWCC_ID);
  in = gc_rtc_bin_add_sender (self->rtc, section, caps);
  g_assert_cmpint (gst_pad_link (out, in), ==, GST_PAD_LINK_OK);
  gst_pad_add_probe (out, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_upstream_event, self, NULL);
  if (self->first_pad == NULL)
    self->first_pad = out;
}

RtcPublisher *
rtc_publisher_new (const char *description)
{
  RtcPublisher *self = g_new0 (RtcPublisher, 1);
  g_autoptr (GError) error = NULL;
  guint section = 0;

  g_mutex_init (&self->lock);
  self->feedback = g_array_new (FALSE, FALSE, sizeof (RtcFeedback));
  self->pipeline = gst_object_ref_sink (gst_parse_launch (description, &error));
  g_assert_no_error (error);
  self->rtc = gc_rtc_bin_new (TRUE);
  g_signal_connect (gc_rtc_bin_get_element (self->rtc), "deep-element-added",
                    G_CALLBACK (on_deep_element_added), self);
  gst_bin_add (GST_BIN (self->pipeline), gc_rtc_bin_get_element (self->rtc));
  for (gsize i = 0; i < 2; i++)
    {
      g_autoptr (GstElement) payloader
          = gst_bin_get_by_name (GST_BIN (self->pipeline), i == 0 ? "video" : "audio");

      if (payloader != NULL)
        add_sender (self, section++, payloader);
    }
  return self;
}

void
rtc_publisher_set_loses (RtcPublisher *self, RtcLoses loses, gpointer data)
{
  self->loses = loses;
  self->loses_data = data;
}

static gboolean
is_connected (gpointer data)
{
  RtcPublisher *self = data;

  return gc_rtc_bin_get_state (self->rtc) == GC_RTC_CONNECTED;
}

void
rtc_publisher_connect (RtcPublisher *self, GcIngest *ingest)
{
  g_autoptr (GAsyncResult) offered = NULL;
  g_autoptr (GAsyncResult) answered = NULL;
  g_autoptr (GAsyncResult) applied = NULL;
  g_autoptr (GstElement) gate = NULL;
  g_autoptr (GError) error = NULL;

  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  gc_rtc_bin_create_offer_async (self->rtc, GATHERING_MS, NULL, test_take_result, &offered);
  test_wait_result (&offered);
  self->offer = gc_rtc_bin_create_finish (self->rtc, offered, &error);
  g_assert_no_error (error);
  gc_ingest_accept_async (ingest, self->offer, strlen (self->offer), test_take_result, &answered);
  test_wait_result (&answered);
  self->answer = gc_ingest_accept_finish (ingest, answered, &error);
  g_assert_no_error (error);
  gc_rtc_bin_apply_answer_async (self->rtc, self->answer, strlen (self->answer), NULL,
                                 test_take_result, &applied);
  test_wait_result (&applied);
  gc_rtc_bin_apply_answer_finish (self->rtc, applied, &error);
  g_assert_no_error (error);
  test_wait_until (is_connected, self);
  gate = gst_bin_get_by_name (GST_BIN (self->pipeline), "gate");
  if (gate != NULL)
    g_object_set (gate, "drop", FALSE, NULL);
}

GstElement *
rtc_publisher_get_pipeline (RtcPublisher *self)
{
  return self->pipeline;
}

const char *
rtc_publisher_get_offer (RtcPublisher *self)
{
  return self->offer;
}

const char *
rtc_publisher_get_answer (RtcPublisher *self)
{
  return self->answer;
}

static guint
read_counter (RtcPublisher *self, const guint *counter)
{
  guint value;

  g_mutex_lock (&self->lock);
  value = *counter;
  g_mutex_unlock (&self->lock);
  return value;
}

guint
rtc_publisher_count_key_requests (RtcPublisher *self)
{
  return read_counter (self, &self->key_requests);
}

guint
rtc_publisher_count_packets (RtcPublisher *self)
{
  return read_counter (self, &self->packets);
}

guint
rtc_publisher_count_pictures (RtcPublisher *self)
{
  return read_counter (self, &self->pictures);
}

GArray *
rtc_publisher_dup_feedback (RtcPublisher *self)
{
  GArray *copy;

  g_mutex_lock (&self->lock);
  copy = g_array_copy (self->feedback);
  g_mutex_unlock (&self->lock);
  return copy;
}

void
rtc_publisher_free (RtcPublisher *self)
{
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  g_clear_object (&self->rtc);
  gst_clear_object (&self->pipeline);
  g_array_unref (self->feedback);
  g_mutex_clear (&self->lock);
  g_free (self->offer);
  g_free (self->answer);
  g_free (self);
}
