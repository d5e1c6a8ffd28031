/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rtc/gc-rtc-codec.h"

#include "rtc/gc-rtc-bin.h"

#include <gst/app/app.h>
#include <string.h>

/* Fits into every tunnel, with the headers of SRTP, UDP, TURN and IPv6. */
#define RTP_MTU 1200
#define OUR_H264_PROFILE "42e01f"

static gboolean
is_h264 (const char *encoding)
{
  return strcmp (encoding, "H264") == 0;
}

static gboolean
is_opus (const char *encoding)
{
  return strcmp (encoding, "OPUS") == 0;
}

/**
 * gc_rtc_codec_add_extension:
 * @caps: RTP caps for gc_rtc_bin_add_sender(), or codec preferences
 * @id: what the description calls the extension, 1 to 14
 * @uri: which extension it is
 *
 * Has an RTP header extension (RFC 8285) named in the session description. Any thread.
 */
void
gc_rtc_codec_add_extension (GstCaps *caps, guint id, const char *uri)
{
  g_autofree char *name = g_strdup_printf ("extmap-%u", id);

  gst_caps_set_simple (caps, name, G_TYPE_STRING, uri, NULL);
}

/**
 * gc_rtc_codec_caps:
 * @encoding: "H264", "VP8" or "OPUS"
 * @payload: payload type, 96 to 127
 * @transport_feedback: whether packets are numbered, see gc_rtc_bin_add_transport_feedback()
 *
 * What we offer to send. Any thread.
 *
 * Returns: (transfer full): for gc_rtc_bin_add_sender()
 */
GstCaps *
gc_rtc_codec_caps (const char *encoding, int payload, gboolean transport_feedback)
{
  gboolean opus = is_opus (encoding);
  GstCaps *caps = gst_caps_new_simple (
      "application/x-rtp", "media", G_TYPE_STRING, opus ? "audio" : "video", "encoding-name",
      G_TYPE_STRING, encoding, "clock-rate", G_TYPE_INT, opus ? 48000 : 90000, NULL);

  if (payload >= 0)
    gst_caps_set_simple (caps, "payload", G_TYPE_INT, payload, NULL);
  if (transport_feedback)
    gc_rtc_codec_add_extension (caps, GC_RTC_TWCC_ID, GC_RTC_TWCC_URI);
  if (is_h264 (encoding))
    gst_caps_set_simple (caps, "packetization-mode", G_TYPE_STRING, "1", "profile-level-id",
                         G_TYPE_STRING, OUR_H264_PROFILE, "level-asymmetry-allowed", G_TYPE_STRING,
                         "1", NULL);
  else if (opus)
    gst_caps_set_simple (caps, "encoding-params", G_TYPE_STRING, "2", "useinbandfec", G_TYPE_STRING,
                         "1", NULL);
  return caps;
}

/* The value of one parameter of a payload type's fmtp line, RFC 8866 section 6.15. */
static char *
dup_parameter (const GstSDPMedia *media, int payload, const char *name)
{
  g_autofree char *prefix = g_strdup_printf ("%d ", payload);

  for (guint i = 0; i < gst_sdp_media_attributes_len (media); i++)
    {
      const GstSDPAttribute *attribute = gst_sdp_media_get_attribute (media, i);
      g_auto (GStrv) parameters = NULL;

      if (strcmp (attribute->key, "fmtp") != 0 || attribute->value == NULL
          || !g_str_has_prefix (attribute->value, prefix))
        continue;
      parameters = g_strsplit (attribute->value + strlen (prefix), ";", -1);
      for (gsize k = 0; parameters[k] != NULL; k++)
        {
          const char *parameter = g_strstrip (parameters[k]);

          if (g_str_has_prefix (parameter, name) && parameter[strlen (name)] == '=')
            return g_strdup (parameter + strlen (name) + 1);
        }
    }
  return NULL;
}

/* 2 for constrained baseline, 1 for another baseline, 0 for what we cannot send. */
static int
rate_h264 (const GstSDPMedia *media, int payload)
{
  g_autofree char *mode = dup_parameter (media, payload, "packetization-mode");
  g_autofree char *profile = dup_parameter (media, payload, "profile-level-id");

  if (g_strcmp0 (mode, "1") != 0 || profile == NULL)
    return 0;
  if (g_ascii_strncasecmp (profile, "42e0", 4) == 0
      || g_ascii_strncasecmp (profile, "42c0", 4) == 0)
    return 2;
  return g_ascii_strncasecmp (profile, "42", 2) == 0 ? 1 : 0;
}

static gboolean
names (const char *rtpmap, const char *encoding, int *payload)
{
  char *end;
  guint64 type = g_ascii_strtoull (rtpmap, &end, 10);

  if (type > 127 || *end != ' ' || g_ascii_strncasecmp (end + 1, encoding, strlen (encoding)) != 0
      || end[1 + strlen (encoding)] != '/')
    return FALSE;
  *payload = (int) type;
  return TRUE;
}

/**
 * gc_rtc_codec_choose:
 * @media: a section of an offer that wants to receive
 * @encoding: what we have: "H264", "VP8" or "OPUS"
 *
 * Finds the payload type under which the other side takes what we have. Any thread.
 *
 * Returns: (transfer full) (nullable): RTP caps for gc_rtc_bin_add_sender(), with the payload type;
 *   %NULL if it does not take it
 */
GstCaps *
gc_rtc_codec_choose (const GstSDPMedia *media, const char *encoding)
{
  int best = -1;
  int best_rating = 0;
  GstCaps *caps;

  for (guint i = 0; i < gst_sdp_media_attributes_len (media); i++)
    {
      const GstSDPAttribute *attribute = gst_sdp_media_get_attribute (media, i);
      int payload;
      int rating;

      if (strcmp (attribute->key, "rtpmap") != 0 || attribute->value == NULL
          || !names (attribute->value, encoding, &payload))
        continue;
      rating = is_h264 (encoding) ? rate_h264 (media, payload) : 1;
      if (rating > best_rating)
        {
          best = payload;
          best_rating = rating;
        }
    }
  if (best < 0)
    return NULL;
  caps = gc_rtc_codec_caps (encoding, best, FALSE);
  if (is_h264 (encoding))
    {
      g_autofree char *profile = dup_parameter (media, best, "profile-level-id");

      gst_caps_set_simple (caps, "profile-level-id", G_TYPE_STRING, profile, NULL);
    }
  return caps;
}

/**
 * gc_rtc_codec_find_extension:
 * @media: a section that gc_sdp_parse() has checked
 * @uri: an RTP header extension
 *
 * Any thread.
 *
 * Returns: what the section calls the extension, 1 to 14 (RFC 8285 section 5); 0 if it does not
 *   name it
 */
guint
gc_rtc_codec_find_extension (const GstSDPMedia *media, const char *uri)
{
  for (guint i = 0; i < gst_sdp_media_attributes_len (media); i++)
    {
      const GstSDPAttribute *attribute = gst_sdp_media_get_attribute (media, i);
      g_auto (GStrv) words = NULL;
      guint64 id;

      if (strcmp (attribute->key, "extmap") != 0 || attribute->value == NULL)
        continue;
      words = g_strsplit (attribute->value, " ", 3);
      if (g_strv_length (words) >= 2 && strcmp (words[1], uri) == 0
          && g_ascii_string_to_unsigned (words[0], 10, 1, 14, &id, NULL))
        return (guint) id;
    }
  return 0;
}

/**
 * gc_rtc_codec_accepted:
 * @media: a section of an offer that wants to send
 *
 * What we take from a publisher. Any thread.
 *
 * Returns: (transfer full): codec preferences for a receiving transceiver
 */
GstCaps *
gc_rtc_codec_accepted (const GstSDPMedia *media)
{
  gboolean audio = strcmp (gst_sdp_media_get_media (media), "audio") == 0;
  guint feedback = gc_rtc_codec_find_extension (media, GC_RTC_TWCC_URI);
  GstCaps *caps = gst_caps_from_string (
      audio ? "application/x-rtp,media=audio,encoding-name=OPUS"
            : "application/x-rtp,media=video,encoding-name=H264,packetization-mode=(string)1;"
              "application/x-rtp,media=video,encoding-name=VP8");

  if (feedback != 0)
    gc_rtc_codec_add_extension (caps, feedback, GC_RTC_TWCC_URI);
  return caps;
}

/**
 * gc_rtc_codec_make_payloader:
 * @encoding: "H264", "VP8" or "OPUS"
 * @payload: payload type
 *
 * Any thread.
 *
 * Returns: (transfer floating) (nullable): the payloader; %NULL if a plugin is missing
 */
GstElement *
gc_rtc_codec_make_payloader (const char *encoding, int payload)
{
  GstElement *payloader = gst_element_factory_make (is_opus (encoding)   ? "rtpopuspay"
                                                    : is_h264 (encoding) ? "rtph264pay"
                                                                         : "rtpvp8pay",
                                                    NULL);

  if (payloader == NULL)
    return NULL;
  g_object_set (payloader, "mtu", RTP_MTU, "pt", payload, NULL);
  if (is_h264 (encoding))
    {
      gst_util_set_object_arg (G_OBJECT (payloader), "aggregate-mode", "zero-latency");
      g_object_set (payloader, "config-interval", -1, NULL);
    }
  else if (!is_opus (encoding))
    gst_util_set_object_arg (G_OBJECT (payloader), "picture-id-mode", "15-bit");
  return payloader;
}

/**
 * gc_rtc_codec_make_source:
 * @max_buffers: how many access units may wait; then the oldest is dropped
 *
 * Makes an appsrc that never blocks whoever feeds it. Any thread.
 *
 * Returns: (transfer floating): the source
 */
GstElement *
gc_rtc_codec_make_source (guint max_buffers)
{
  GstElement *source = gst_element_factory_make ("appsrc", NULL);

  g_object_set (source, "is-live", TRUE, "format", GST_FORMAT_TIME, "max-buffers",
                (guint64) max_buffers, "max-bytes", (guint64) 0, "leaky-type",
                GST_APP_LEAKY_TYPE_DOWNSTREAM, NULL);
  return source;
}
