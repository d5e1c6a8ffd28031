/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rtc/gc-sdp.h"

#include "base/gc-error.h"

#include <string.h>

#define MEDIAS_MAX 4
#define FORMATS_MAX 128
#define ATTRIBUTES_MAX 1024
#define CANDIDATES_MAX 64
#define LINE_MAX_LENGTH 4096
#define SHA256_TEXT_LENGTH 95 /* 32 pairs of hex digits with colons between */

static gboolean
fail (GError **error, int code, const char *message)
{
  g_set_error (error, GC_ERROR, code, "the session description %s", message);
  return FALSE;
}

static gboolean
check_text (const char *text, gsize length, GError **error)
{
  gsize line = 0;

  if (length > GC_SDP_MAX_LENGTH)
    return fail (error, GC_ERROR_TOO_LARGE, "is over 64 kB");
  if (length < 4 || memcmp (text, "v=0", 3) != 0 || !g_utf8_validate_len (text, length, NULL))
    return fail (error, GC_ERROR_INVALID, "does not parse");
  for (gsize i = 0; i < length; i++)
    {
      line = text[i] == '\n' ? 0 : line + 1;
      if (line > LINE_MAX_LENGTH)
        return fail (error, GC_ERROR_TOO_LARGE, "has a line that is too long");
      if ((guchar) text[i] < ' ' && text[i] != '\r' && text[i] != '\n' && text[i] != '\t')
        return fail (error, GC_ERROR_INVALID, "does not parse");
    }
  return TRUE;
}

/* An attribute of the section, or of the session if the section has none (RFC 8839, RFC 8122). */
static const char *
find_attribute (const GstSDPMessage *sdp, const GstSDPMedia *media, const char *name)
{
  const char *value = gst_sdp_media_get_attribute_val (media, name);

  return value != NULL ? value : gst_sdp_message_get_attribute_val (sdp, name);
}

static gboolean
is_ice_text (const char *text, gsize min_length)
{
  return text != NULL && strlen (text) >= min_length && strlen (text) <= 256
         && strspn (text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=")
                == strlen (text);
}

static gboolean
is_fingerprint (const char *text)
{
  const char *digits;

  if (text == NULL || g_ascii_strncasecmp (text, "sha-256 ", 8) != 0)
    return FALSE;
  digits = text + 8;
  if (strlen (digits) != SHA256_TEXT_LENGTH)
    return FALSE;
  for (gsize i = 0; i < SHA256_TEXT_LENGTH; i++)
    if (i % 3 == 2 ? digits[i] != ':' : !g_ascii_isxdigit (digits[i]))
      return FALSE;
  return TRUE;
}

static gboolean
check_transport (const GstSDPMessage *sdp, const GstSDPMedia *media, GError **error)
{
  const char *setup = find_attribute (sdp, media, "setup");

  if (!is_ice_text (find_attribute (sdp, media, "ice-ufrag"), 4)
      || !is_ice_text (find_attribute (sdp, media, "ice-pwd"), 22))
    return fail (error, GC_ERROR_INVALID, "has no ICE credentials");
  if (!is_fingerprint (find_attribute (sdp, media, "fingerprint")))
    return fail (error, GC_ERROR_INVALID, "has no SHA-256 fingerprint");
  if (setup == NULL
      || (strcmp (setup, "actpass") != 0 && strcmp (setup, "active") != 0
          && strcmp (setup, "passive") != 0))
    return fail (error, GC_ERROR_INVALID, "has no DTLS role");
  return TRUE;
}

static gboolean
check_attributes (const GstSDPMedia *media, GError **error)
{
  guint candidates = 0;

  if (gst_sdp_media_attributes_len (media) > ATTRIBUTES_MAX)
    return fail (error, GC_ERROR_TOO_LARGE, "has too many attributes");
  for (guint i = 0; i < gst_sdp_media_attributes_len (media); i++)
    {
      const GstSDPAttribute *attribute = gst_sdp_media_get_attribute (media, i);

      if (attribute->key == NULL)
        return fail (error, GC_ERROR_INVALID, "has an attribute without a name");
      if (strcmp (attribute->key, "candidate") == 0 && ++candidates > CANDIDATES_MAX)
        return fail (error, GC_ERROR_TOO_LARGE, "has too many candidates");
    }
  return TRUE;
}

static gboolean
check_formats (const GstSDPMedia *media, GError **error)
{
  guint count = gst_sdp_media_formats_len (media);
  guint64 seen[2] = { 0, 0 };

  if (count == 0 || count > FORMATS_MAX)
    return fail (error, GC_ERROR_INVALID, "has a section without formats, or with too many");
  for (guint i = 0; i < count; i++)
    {
      guint64 type;

      if (!g_ascii_string_to_unsigned (gst_sdp_media_get_format (media, i), 10, 0, 127, &type, NULL)
          || (seen[type / 64] >> type % 64 & 1) != 0)
        return fail (error, GC_ERROR_INVALID, "has an impossible payload type");
      seen[type / 64] |= G_GUINT64_CONSTANT (1) << type % 64;
    }
  return TRUE;
}

static gboolean
check_media (const GstSDPMessage *sdp, const GstSDPMedia *media, GError **error)
{
  const char *kind = gst_sdp_media_get_media (media);
  const char *protocol = gst_sdp_media_get_proto (media);
  const char *mid = gst_sdp_media_get_attribute_val (media, "mid");

  if (kind == NULL || protocol == NULL
      || (strcmp (kind, "audio") != 0 && strcmp (kind, "video") != 0))
    return fail (error, GC_ERROR_UNSUPPORTED, "has a section that is neither audio nor video");
  if (strcmp (protocol, "UDP/TLS/RTP/SAVPF") != 0 && strcmp (protocol, "UDP/TLS/RTP/SAVP") != 0)
    return fail (error, GC_ERROR_UNSUPPORTED, "asks for a transport other than DTLS-SRTP");
  if (mid == NULL || mid[0] == '\0' || strlen (mid) > 32)
    return fail (error, GC_ERROR_INVALID, "has a section without mid");
  if (!check_formats (media, error) || !check_attributes (media, error))
    return FALSE;
  return gc_sdp_media_is_rejected (media) || check_transport (sdp, media, error);
}

static gboolean
check_mids (const GstSDPMessage *sdp, GError **error)
{
  for (guint i = 0; i < gst_sdp_message_medias_len (sdp); i++)
    for (guint k = 0; k < i; k++)
      if (strcmp (gst_sdp_media_get_attribute_val (gst_sdp_message_get_media (sdp, i), "mid"),
                  gst_sdp_media_get_attribute_val (gst_sdp_message_get_media (sdp, k), "mid"))
          == 0)
        return fail (error, GC_ERROR_INVALID, "has two sections with the same mid");
  return TRUE;
}

/**
 * gc_sdp_parse:
 * @text: an offer or answer from a stranger; need not end in NUL
 * @length: bytes
 * @error: %GC_ERROR_TOO_LARGE, %GC_ERROR_INVALID, %GC_ERROR_UNSUPPORTED; the message says what is
 *   wrong
 *
 * Reads a session description (RFC 8866) and checks what webrtcbin takes for granted: sizes, mids,
 * payload types, ICE credentials (RFC 8839), fingerprint and role (RFC 8122, RFC 8842). Any thread.
 *
 * Returns: (transfer full) (nullable): the description
 */
GstSDPMessage *
gc_sdp_parse (const char *text, gsize length, GError **error)
{
  g_autoptr (GstSDPMessage) sdp = NULL;
  guint medias;

  if (!check_text (text, length, error))
    return NULL;
  if (gst_sdp_message_new (&sdp) != GST_SDP_OK
      || gst_sdp_message_parse_buffer ((const guint8 *) text, (guint) length, sdp) != GST_SDP_OK)
    {
      fail (error, GC_ERROR_INVALID, "does not parse");
      return NULL;
    }
  medias = gst_sdp_message_medias_len (sdp);
  if (medias == 0 || medias > MEDIAS_MAX)
    {
      fail (error, GC_ERROR_INVALID, "has no media sections, or too many");
      return NULL;
    }
  for (guint i = 0; i < medias; i++)
    if (!check_media (sdp, gst_sdp_message_get_media (sdp, i), error))
      return NULL;
  if (!check_mids (sdp, error))
    return NULL;
  return g_steal_pointer (&sdp);
}

static void
copy_attribute (GstSDPMedia *to, const GstSDPMedia *from, const char *name)
{
  const char *value = gst_sdp_media_get_attribute_val (from, name);

  for (guint i = gst_sdp_media_attributes_len (to); i > 0; i--)
    if (strcmp (gst_sdp_media_get_attribute (to, i - 1)->key, name) == 0)
      gst_sdp_media_remove_attribute (to, i - 1);
  if (value != NULL && strcmp (name, "candidate") != 0)
    gst_sdp_media_add_attribute (to, name, value);
}

/**
 * gc_sdp_unify_transport:
 * @sdp: an offer that gc_sdp_parse() has checked
 *
 * Gives every section the transport of the first. Offerers whose policy is “balanced” give each
 * bundled section a transport of its own, in case the answerer does not bundle (RFC 9143 section
 * 7.2); we do, and webrtcbin wants to see just that. Any thread.
 */
void
gc_sdp_unify_transport (GstSDPMessage *sdp)
{
  const char *const names[] = { "ice-ufrag", "ice-pwd", "fingerprint", "setup", "candidate" };
  const GstSDPMedia *first = gst_sdp_message_get_media (sdp, 0);

  for (guint i = 1; i < gst_sdp_message_medias_len (sdp); i++)
    for (gsize k = 0; k < G_N_ELEMENTS (names); k++)
      copy_attribute ((GstSDPMedia *) gst_sdp_message_get_media (sdp, i), first, names[k]);
}

/**
 * gc_sdp_find_codec:
 * @media: a section that gc_sdp_parse() has checked
 * @encoding: as "H264"
 *
 * Any thread.
 *
 * Returns: the first payload type with this encoding (RFC 8866 section 6.6), or -1
 */
int
gc_sdp_find_codec (const GstSDPMedia *media, const char *encoding)
{
  for (guint i = 0; i < gst_sdp_media_attributes_len (media); i++)
    {
      const GstSDPAttribute *attribute = gst_sdp_media_get_attribute (media, i);
      char *end;
      guint64 type;

      if (strcmp (attribute->key, "rtpmap") != 0 || attribute->value == NULL)
        continue;
      type = g_ascii_strtoull (attribute->value, &end, 10);
      if (type > 127 || *end != ' ')
        continue;
      end++;
      if (g_ascii_strncasecmp (end, encoding, strlen (encoding)) == 0
          && end[strlen (encoding)] == '/')
        return (int) type;
    }
  return -1;
}

/**
 * gc_sdp_media_is_rejected:
 * @media: a section
 *
 * Any thread.
 *
 * Returns: whether the section is refused: port 0 (RFC 3264 section 6) without "bundle-only", or
 *   "inactive"
 */
gboolean
gc_sdp_media_is_rejected (const GstSDPMedia *media)
{
  if (gst_sdp_media_get_attribute_val (media, "inactive") != NULL)
    return TRUE;
  return gst_sdp_media_get_port (media) == 0
         && gst_sdp_media_get_attribute_val (media, "bundle-only") == NULL;
}

static gboolean
has_format (const GstSDPMedia *media, const char *format)
{
  for (guint i = 0; i < gst_sdp_media_formats_len (media); i++)
    if (strcmp (gst_sdp_media_get_format (media, i), format) == 0)
      return TRUE;
  return FALSE;
}

/* RFC 8829 section 5.3.1: a codec keeps the payload type of the offer. */
static gboolean
chooses_among (const GstSDPMedia *ours, const GstSDPMedia *theirs)
{
  for (guint i = 0; i < gst_sdp_media_formats_len (theirs); i++)
    if (has_format (ours, gst_sdp_media_get_format (theirs, i)))
      return TRUE;
  return FALSE;
}

/**
 * gc_sdp_check_answer:
 * @offer: what we sent
 * @answer: what gc_sdp_parse() read
 * @error: %GC_ERROR_INVALID if it does not fit, %GC_ERROR_UNSUPPORTED if it refuses the picture
 *
 * Whether an answer has the sections of the offer in the same order (RFC 3264 section 6), chooses
 * among what was offered, and takes the picture, without which sound is little use. Any thread.
 */
gboolean
gc_sdp_check_answer (const GstSDPMessage *offer, const GstSDPMessage *answer, GError **error)
{
  if (gst_sdp_message_medias_len (offer) != gst_sdp_message_medias_len (answer))
    return fail (error, GC_ERROR_INVALID, "does not answer section by section");
  for (guint i = 0; i < gst_sdp_message_medias_len (answer); i++)
    {
      const GstSDPMedia *ours = gst_sdp_message_get_media (offer, i);
      const GstSDPMedia *theirs = gst_sdp_message_get_media (answer, i);
      const char *setup = find_attribute (answer, theirs, "setup");

      if (strcmp (gst_sdp_media_get_media (ours), gst_sdp_media_get_media (theirs)) != 0
          || strcmp (gst_sdp_media_get_attribute_val (ours, "mid"),
                     gst_sdp_media_get_attribute_val (theirs, "mid"))
                 != 0)
        return fail (error, GC_ERROR_INVALID, "does not answer section by section");
      if (gc_sdp_media_is_rejected (theirs))
        {
          if (strcmp (gst_sdp_media_get_media (ours), "video") == 0)
            return fail (error, GC_ERROR_UNSUPPORTED, "refuses the picture, as it is coded");
          continue;
        }
      if (!chooses_among (ours, theirs))
        return fail (error, GC_ERROR_INVALID, "chooses no codec that was offered");
      if (strcmp (setup, "actpass") == 0)
        return fail (error, GC_ERROR_INVALID, "leaves the DTLS role open");
    }
  return TRUE;
}
