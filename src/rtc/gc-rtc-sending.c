/* SPDX-License-Identifier: GPL-3.0-or-later */
#define GST_USE_UNSTABLE_API

#include "rtc/gc-rtc-sending.h"

#include <gst/rtp/rtp.h>
#include <gst/webrtc/webrtc.h>

typedef struct
{
  GstElement *pacer;
  GcRtcSentFunc on_sent;
} Sending;

static void
clear_sending (gpointer data)
{
  Sending *sending = data;

  gst_object_unref (sending->pacer);
}

static void
release_sending (gpointer sending)
{
  g_atomic_rc_box_release_full (sending, clear_sending);
}

static void
release_sending_closure (gpointer sending, GClosure *closure)
{
  release_sending (sending);
}

static void
tell_sent (Sending *sending, GstBuffer *packet)
{
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  gpointer data;
  guint size;

  if (!gst_rtp_buffer_map (packet, GST_MAP_READ, &rtp))
    return;
  if (gst_rtp_buffer_get_extension_onebyte_header (&rtp, GC_RTC_TWCC_ID, 0, &data, &size)
      && size == 2)
    {
      const guint8 *number = data; /* of any alignment */

      sending->on_sent (sending->pacer, (guint16) (number[0] << 8 | number[1]),
                        gst_buffer_get_size (packet));
    }
  gst_rtp_buffer_unmap (&rtp);
}

static GstPadProbeReturn
on_packet_out (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstBufferList *list;

  if (info->type & GST_PAD_PROBE_TYPE_BUFFER)
    {
      tell_sent (user_data, GST_PAD_PROBE_INFO_BUFFER (info));
      return GST_PAD_PROBE_OK;
    }
  list = GST_PAD_PROBE_INFO_BUFFER_LIST (info);
  for (guint i = 0; i < gst_buffer_list_length (list); i++)
    tell_sent (user_data, gst_buffer_list_get (list, i));
  return GST_PAD_PROBE_OK;
}

static void
on_session_pad (GstElement *session, GstPad *pad, gpointer user_data)
{
  if (g_str_has_prefix (GST_OBJECT_NAME (pad), "send_rtp_src"))
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST,
                       on_packet_out, g_atomic_rc_box_acquire (user_data), release_sending);
}

static void
on_deep_element_added (GstBin *bin, GstBin *sub_bin, GstElement *element, gpointer user_data)
{
  GstElementFactory *factory = gst_element_get_factory (element);

  if (factory != NULL && strcmp (GST_OBJECT_NAME (factory), "rtpsession") == 0)
    g_signal_connect_data (element, "pad-added", G_CALLBACK (on_session_pad),
                           g_atomic_rc_box_acquire (user_data), release_sending_closure, 0);
}

static GstElement *
on_request_aux_sender (GstElement *webrtc, GObject *transport, gpointer user_data)
{
  Sending *sending = user_data;

  return gst_object_ref (sending->pacer);
}

/**
 * gc_rtc_bin_set_pacer:
 * @self: a bin without senders, whose sections will share one transport
 * @pacer: (transfer floating): an element with the pads “sink” and “src”, through which all packets
 *   and repetitions go on their way to the RTP session, and to which its feedback comes back
 * @on_sent: told which transport-wide sequence number each packet was given
 *
 * Main context.
 */
void
gc_rtc_bin_set_pacer (GcRtcBin *self, GstElement *pacer, GcRtcSentFunc on_sent)
{
  GstElement *element = gc_rtc_bin_get_element (self);
  Sending *sending = g_atomic_rc_box_new0 (Sending);

  sending->pacer = gst_object_ref_sink (pacer);
  sending->on_sent = on_sent;
  g_signal_connect_data (element, "request-aux-sender", G_CALLBACK (on_request_aux_sender),
                         g_atomic_rc_box_acquire (sending), release_sending_closure, 0);
  g_signal_connect_data (element, "deep-element-added", G_CALLBACK (on_deep_element_added), sending,
                         release_sending_closure, 0);
}

/* The SSRC that repeats another (RFC 5576 section 4.2, RFC 4588 section 8.7). */
static guint32
find_repair_ssrc (const GstSDPMedia *media, guint32 ssrc)
{
  g_autofree char *prefix = g_strdup_printf ("FID %u ", ssrc);

  for (guint i = 0; i < gst_sdp_media_attributes_len (media); i++)
    {
      const GstSDPAttribute *attribute = gst_sdp_media_get_attribute (media, i);
      guint64 repair;

      if (strcmp (attribute->key, "ssrc-group") == 0 && attribute->value != NULL
          && g_str_has_prefix (attribute->value, prefix)
          && g_ascii_string_to_unsigned (attribute->value + strlen (prefix), 10, 1, G_MAXUINT32,
                                         &repair, NULL))
        return (guint32) repair;
    }
  return 0;
}

/* The payload type under which a section takes repetitions. */
static gboolean
find_repair_payload (const GstSDPMedia *media, guint8 *payload)
{
  for (guint i = 0; i < gst_sdp_media_attributes_len (media); i++)
    {
      const GstSDPAttribute *attribute = gst_sdp_media_get_attribute (media, i);
      char *end;
      guint64 type;

      if (strcmp (attribute->key, "rtpmap") != 0 || attribute->value == NULL)
        continue;
      type = g_ascii_strtoull (attribute->value, &end, 10);
      if (type > 127 || g_ascii_strncasecmp (end, " rtx/", 5) != 0)
        continue;
      *payload = (guint8) type;
      return TRUE;
    }
  return FALSE;
}

/**
 * gc_rtc_bin_find_repair:
 * @self: a bin whose offer has been answered
 * @ssrc: of a sender
 * @repair_ssrc: (out): the SSRC that repeats its packets; not set if %FALSE is returned
 * @payload: (out): with which payload type; not set if %FALSE is returned
 *
 * Main context.
 *
 * Returns: whether the peer takes repetitions (RFC 4588)
 */
gboolean
gc_rtc_bin_find_repair (GcRtcBin *self, guint32 ssrc, guint32 *repair_ssrc, guint8 *payload)
{
  g_autoptr (GstWebRTCSessionDescription) local = NULL;
  g_autoptr (GstWebRTCSessionDescription) remote = NULL;

  g_object_get (gc_rtc_bin_get_element (self), "local-description", &local, "remote-description",
                &remote, NULL);
  if (local == NULL || remote == NULL)
    return FALSE;
  for (guint i = 0; i < gst_sdp_message_medias_len (local->sdp); i++)
    {
      guint32 found = find_repair_ssrc (gst_sdp_message_get_media (local->sdp, i), ssrc);

      if (found == 0)
        continue;
      if (i >= gst_sdp_message_medias_len (remote->sdp)
          || !find_repair_payload (gst_sdp_message_get_media (remote->sdp, i), payload))
        return FALSE;
      *repair_ssrc = found;
      return TRUE;
    }
  return FALSE;
}

/* RFC 4585 section 4.2: “TYPE transport-cc”, TYPE a payload type or “*”. */
static gboolean
feeds_back (const GstSDPMedia *media)
{
  for (guint i = 0; i < gst_sdp_media_attributes_len (media); i++)
    {
      const GstSDPAttribute *attribute = gst_sdp_media_get_attribute (media, i);

      if (strcmp (attribute->key, "rtcp-fb") == 0 && attribute->value != NULL
          && g_str_has_suffix (attribute->value, " transport-cc"))
        return TRUE;
    }
  return FALSE;
}

/**
 * gc_rtc_bin_has_transport_feedback:
 * @self: a bin whose offer has been answered
 *
 * Main context.
 *
 * Returns: whether the peer says that it gives transport-wide feedback
 */
gboolean
gc_rtc_bin_has_transport_feedback (GcRtcBin *self)
{
  g_autoptr (GstWebRTCSessionDescription) remote = NULL;

  g_object_get (gc_rtc_bin_get_element (self), "remote-description", &remote, NULL);
  for (guint i = 0; remote != NULL && i < gst_sdp_message_medias_len (remote->sdp); i++)
    if (feeds_back (gst_sdp_message_get_media (remote->sdp, i)))
      return TRUE;
  return FALSE;
}
