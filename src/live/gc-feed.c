/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "live/gc-feed.h"

#include "rtc/gc-rtc-codec.h"
#include "rtc/gc-rtc-playout-delay.h"
#include "rtc/gc-rtc-sending.h"

#include <gst/app/app.h>
#include <gst/video/video.h>

/* The pacer takes all at once, so these bound memory alone: 2 s of pictures, 0.5 s of sound. */
#define VIDEO_BUFFERS_MAX 60
#define AUDIO_BUFFERS_MAX 25
#define H264_PAYLOAD 96
#define VP8_PAYLOAD 97
#define OPUS_PAYLOAD 111
/* Bytes. Where a picture comes every few seconds, sound must not wait for long behind any packet of
 * it: on 24 kbit/s one of 1,200 bytes takes 0.4 s. */
#define STILL_MTU 400

struct _GcFeed
{
  GcEncoder *encoder;
  GcPacer *pacer;
  GcRtcBin *rtc; /* once attached */
  GcPacerStreams streams;
  GcFeedIdentity identity;
  guint tap;             /* once the peer can take media */
  GstElement *video_in;  /* set before the tap */
  GstElement *payloader; /* of the picture, as above */
  guint mtu;             /* of that, usually */
  gboolean still;        /* the encoder's thread's alone */
  GstElement *audio_in;  /* as above; NULL without sound */

  GMutex lock;       /* what follows, between the main context and streaming threads */
  gboolean seen_key; /* a key frame has been sent: others may follow */
  gboolean muted;
  GcFeedCounters counters;
};

static gboolean
may_pass (GcFeed *feed, gboolean audio, GstBuffer *buffer)
{
  gboolean is_key = !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);

  if (audio)
    return !feed->muted;
  if (is_key)
    {
      feed->seen_key = TRUE;
      feed->counters.key_frames++;
    }
  if (feed->seen_key)
    feed->counters.frames++;
  return feed->seen_key;
}

static void
on_encoded (guint audio, gpointer sample, gpointer user_data)
{
  GcFeed *feed = user_data;
  gboolean passes;

  g_mutex_lock (&feed->lock);
  passes = may_pass (feed, audio, gst_sample_get_buffer (sample));
  g_mutex_unlock (&feed->lock);
  if (passes)
    gst_app_src_push_sample (GST_APP_SRC (audio ? feed->audio_in : feed->video_in), sample);
}

static guint64
count_bytes (GstPadProbeInfo *info)
{
  GstBufferList *list;
  guint64 bytes = 0;

  if (info->type & GST_PAD_PROBE_TYPE_BUFFER)
    return gst_buffer_get_size (GST_PAD_PROBE_INFO_BUFFER (info));
  list = GST_PAD_PROBE_INFO_BUFFER_LIST (info);
  for (guint i = 0; i < gst_buffer_list_length (list); i++)
    bytes += gst_buffer_get_size (gst_buffer_list_get (list, i));
  return bytes;
}

static GstPadProbeReturn
on_video_packets (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GcFeed *feed = user_data;

  g_mutex_lock (&feed->lock);
  feed->counters.video_bytes += count_bytes (info);
  g_mutex_unlock (&feed->lock);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_audio_packets (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GcFeed *feed = user_data;

  g_mutex_lock (&feed->lock);
  feed->counters.audio_bytes += count_bytes (info);
  g_mutex_unlock (&feed->lock);
  return GST_PAD_PROBE_OK;
}

/* A PLI or FIR arrives here as an event on its way to the encoder, which is in another pipeline. */
static GstPadProbeReturn
on_upstream_event (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GcFeed *feed = user_data;

  if (!gst_video_event_is_force_key_unit (GST_PAD_PROBE_INFO_EVENT (info)))
    return GST_PAD_PROBE_OK;
  g_mutex_lock (&feed->lock);
  feed->counters.key_requests++;
  g_mutex_unlock (&feed->lock);
  gc_encoder_request_key_frame (feed->encoder);
  return GST_PAD_PROBE_DROP;
}

/* Makes source ! payloader ! webrtcbin. */
static GstElement *
add_sender (GcFeed *feed,
            GstBin *pipeline,
            GcRtcBin *rtc,
            guint section,
            const char *encoding,
            int payload,
            guint max_buffers,
            guint32 ssrc,
            GstPadProbeCallback on_packets)
{
  GstElement *source = gc_rtc_codec_make_source (max_buffers);
  GstElement *payloader = gc_rtc_codec_make_payloader (encoding, payload);
  g_autoptr (GstCaps) caps = gc_rtc_codec_caps (encoding, payload, TRUE);
  g_autoptr (GstPad) out = NULL;
  g_autoptr (GstPad) in = NULL;

  gst_bin_add (pipeline, source);
  if (payloader == NULL)
    return NULL;
  gst_bin_add (pipeline, payloader);
  g_object_set (payloader, "ssrc", ssrc, "timestamp-offset", feed->identity.timestamp[section],
                NULL);
  gst_caps_set_simple (caps, "ssrc", G_TYPE_UINT, ssrc, NULL);
  gc_rtc_bin_add_transport_feedback (payloader, GC_RTC_TWCC_ID);
  if (section == 0)
    {
      gc_rtc_playout_delay_add (payloader, GC_RTC_PLAYOUT_DELAY_ID, 0, 0);
      gc_rtc_codec_add_extension (caps, GC_RTC_PLAYOUT_DELAY_ID, GC_RTC_PLAYOUT_DELAY_URI);
      feed->payloader = gst_object_ref (payloader);
      g_object_get (payloader, "mtu", &feed->mtu, NULL);
    }
  out = gst_element_get_static_pad (payloader, "src");
  in = gc_rtc_bin_add_sender (rtc, section, caps);
  gst_pad_add_probe (out, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, on_packets,
                     feed, NULL);
  if (!gst_element_link (source, payloader) || gst_pad_link (out, in) != GST_PAD_LINK_OK)
    return NULL;
  return gst_object_ref (source);
}

static void
on_packet_sent (GstElement *pacer, guint16 sequence, gsize bytes)
{
  gc_pacer_packet_sent (GC_PACER (pacer), sequence, bytes);
}

static gsize
on_grant (gint64 interval_us, gint64 *target_bps, gpointer user_data)
{
  GcFeed *feed = user_data;
  gboolean still = interval_us > GC_CONGESTION_STILL_US;

  if (still != feed->still)
    g_object_set (feed->payloader, "mtu", still ? STILL_MTU : feed->mtu, NULL);
  feed->still = still;
  return gc_pacer_grant (feed->pacer, interval_us, target_bps);
}

/**
 * gc_feed_identity_init:
 * @identity: (out caller-allocates): gets random values, as RFC 3550 section 5.1 asks for
 *
 * Any thread.
 */
void
gc_feed_identity_init (GcFeedIdentity *identity)
{
  for (gsize i = 0; i < G_N_ELEMENTS (identity->ssrc); i++)
    {
      identity->ssrc[i] = g_random_int ();
      identity->timestamp[i] = g_random_int ();
    }
}

/**
 * gc_feed_new:
 * @encoder: what to send
 * @identity: of the stream
 * @max_bps: most that the picture may take, bit/s
 *
 * Main context.
 *
 * Returns: (transfer full): a feed without a connection
 */
GcFeed *
gc_feed_new (GcEncoder *encoder, const GcFeedIdentity *identity, gint64 max_bps)
{
  GcFeed *feed = g_new0 (GcFeed, 1);

  feed->encoder = g_object_ref (encoder);
  feed->identity = *identity;
  feed->pacer = gst_object_ref_sink (gc_pacer_new (max_bps));
  feed->streams.video_ssrc = identity->ssrc[0];
  feed->streams.audio_ssrc = identity->ssrc[1];
  g_mutex_init (&feed->lock);
  return feed;
}

/**
 * gc_feed_free:
 * @feed: (transfer full): a feed whose pipeline is in state NULL
 *
 * Main context.
 */
void
gc_feed_free (GcFeed *feed)
{
  gc_encoder_remove_governor (feed->encoder, feed);
  gc_fan_remove (gc_encoder_get_output (feed->encoder), feed->tap);
  gst_clear_object (&feed->video_in);
  gst_clear_object (&feed->payloader);
  gst_clear_object (&feed->audio_in);
  g_clear_object (&feed->rtc);
  gst_object_unref (feed->pacer);
  g_object_unref (feed->encoder);
  g_mutex_clear (&feed->lock);
  g_free (feed);
}

static gboolean
attach_video (GcFeed *feed, GstBin *pipeline, GcRtcBin *rtc)
{
  gboolean is_vp8 = gc_encoder_get_codec (feed->encoder) == GC_VIDEO_VP8;
  g_autoptr (GstPad) pad = NULL;

  feed->video_in = add_sender (feed, pipeline, rtc, 0, is_vp8 ? "VP8" : "H264",
                               is_vp8 ? VP8_PAYLOAD : H264_PAYLOAD, VIDEO_BUFFERS_MAX,
                               feed->streams.video_ssrc, on_video_packets);
  if (feed->video_in == NULL)
    return FALSE;
  pad = gst_element_get_static_pad (feed->video_in, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_upstream_event, feed, NULL);
  return TRUE;
}

static gboolean
attach_audio (GcFeed *feed, GstBin *pipeline, GcRtcBin *rtc)
{
  feed->audio_in = add_sender (feed, pipeline, rtc, 1, "OPUS", OPUS_PAYLOAD, AUDIO_BUFFERS_MAX,
                               feed->streams.audio_ssrc, on_audio_packets);
  return feed->audio_in != NULL;
}

/**
 * gc_feed_attach:
 * @feed: a new feed
 * @pipeline: a pipeline in system time, in state NULL
 * @rtc: the connection, whose element is in @pipeline
 *
 * Adds one section for the picture and, if the encoder takes sound, one for it. Main context.
 *
 * Returns: %FALSE if a plugin is missing
 */
gboolean
gc_feed_attach (GcFeed *feed, GstBin *pipeline, GcRtcBin *rtc)
{
  feed->rtc = g_object_ref (rtc);
  gc_rtc_bin_set_pacer (rtc, GST_ELEMENT (feed->pacer), on_packet_sent);
  return attach_video (feed, pipeline, rtc)
         && (!gc_encoder_has_audio (feed->encoder) || attach_audio (feed, pipeline, rtc));
}

/**
 * gc_feed_open:
 * @feed: an attached feed
 *
 * The other side can take media: sends, beginning with a key frame. Called again, it sends another
 * key frame. Main context.
 */
void
gc_feed_open (GcFeed *feed)
{
  if (!gc_rtc_bin_find_repair (feed->rtc, feed->streams.video_ssrc, &feed->streams.repair_ssrc,
                               &feed->streams.repair_payload))
    feed->streams.repair_ssrc = 0;
  feed->streams.unmeasured = !gc_rtc_bin_has_transport_feedback (feed->rtc);
  gc_pacer_set_streams (feed->pacer, &feed->streams);
  if (feed->tap == 0)
    feed->tap = gc_fan_add (gc_encoder_get_output (feed->encoder), on_encoded, feed);
  gc_encoder_set_governor (feed->encoder, on_grant, feed);
  gc_encoder_request_key_frame (feed->encoder);
}

/**
 * gc_feed_get_pacer:
 * @feed: a feed
 *
 * Returns: (transfer none): what its packets go through
 */
GcPacer *
gc_feed_get_pacer (GcFeed *feed)
{
  return feed->pacer;
}

/**
 * gc_feed_set_muted:
 * @feed: a feed
 * @muted: whether sound stays on the handset
 *
 * Any thread.
 */
void
gc_feed_set_muted (GcFeed *feed, gboolean muted)
{
  g_mutex_lock (&feed->lock);
  feed->muted = muted;
  g_mutex_unlock (&feed->lock);
}

/**
 * gc_feed_get_counters:
 * @feed: a feed
 * @counters: (out caller-allocates): the totals
 *
 * Any thread.
 */
void
gc_feed_get_counters (GcFeed *feed, GcFeedCounters *counters)
{
  g_mutex_lock (&feed->lock);
  *counters = feed->counters;
  g_mutex_unlock (&feed->lock);
}
