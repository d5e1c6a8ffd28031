/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - a good description is read; each kind of bad one is refused, with the right kind of error
 *  - an answer must fit the offer, section by section
 *  - of several H.264 payload types the one that a browser decodes everywhere is chosen
 *  - ICE servers are read from Link headers and written into them; damaged ones are passed over
 *  - fragments give their candidates, within limits
 */

#include "base/gc-error.h"
#include "rtc/gc-ice-server.h"
#include "rtc/gc-rtc-codec.h"
#include "rtc/gc-sdp-frag.h"
#include "rtc/gc-sdp.h"
#include "rtc/gc-turn-probe.h"

#include <gst/gst.h>
#include <string.h>

#define FINGERPRINT                                                                                \
  "2A:FC:A5:89:8C:61:56:1C:2A:52:61:BD:25:DF:49:5A:20:1F:68:B3:8C:32:78:AE:53:AA:F7:8B:7B:60:03:"  \
  "87"
#define HEAD "v=0\r\no=- 1 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
#define ICE "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n"
#define DTLS "a=fingerprint:sha-256 " FINGERPRINT "\r\na=setup:actpass\r\n"
#define VIDEO "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n"
#define GOOD HEAD VIDEO "a=mid:0\r\n" ICE DTLS

static GstSDPMessage *
parse (const char *text, GError **error)
{
  return gc_sdp_parse (text, strlen (text), error);
}

static void
test_good (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstSDPMessage) sdp = parse (GOOD, &error);
  const GstSDPMedia *media;

  g_assert_no_error (error);
  media = gst_sdp_message_get_media (sdp, 0);
  g_assert_cmpint (gc_sdp_find_codec (media, "VP8"), ==, 96);
  g_assert_cmpint (gc_sdp_find_codec (media, "H264"), ==, -1);
  g_assert_cmpint (gc_sdp_find_codec (media, "VP"), ==, -1);
  g_assert_false (gc_sdp_media_is_rejected (media));
}

static void
test_refuses (void)
{
  const struct
  {
    const char *text;
    int code;
  } refusals[] = {
    { "", GC_ERROR_INVALID },
    { "hello", GC_ERROR_INVALID },
    { HEAD, GC_ERROR_INVALID },
    { "v=0\r\n\x01", GC_ERROR_INVALID },
    { "v=0\r\n\xff\xfe", GC_ERROR_INVALID },
    { HEAD "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n" ICE DTLS,
      GC_ERROR_UNSUPPORTED },
    { HEAD "m=video 9 RTP/AVP 96\r\na=mid:0\r\n" ICE DTLS, GC_ERROR_UNSUPPORTED },
    { HEAD VIDEO ICE DTLS, GC_ERROR_INVALID },
    { HEAD VIDEO "a=mid:0\r\n" DTLS, GC_ERROR_INVALID },
    { HEAD VIDEO "a=mid:0\r\na=ice-ufrag:a\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n" DTLS,
      GC_ERROR_INVALID },
    { HEAD VIDEO "a=mid:0\r\na=ice-ufrag:abcd\r\na=ice-pwd:short\r\n" DTLS, GC_ERROR_INVALID },
    { HEAD VIDEO "a=mid:0\r\n" ICE "a=setup:actpass\r\n", GC_ERROR_INVALID },
    { HEAD VIDEO "a=mid:0\r\n" ICE "a=fingerprint:sha-1 AA:BB\r\na=setup:actpass\r\n",
      GC_ERROR_INVALID },
    { HEAD VIDEO "a=mid:0\r\n" ICE "a=fingerprint:sha-256 " FINGERPRINT "\r\n", GC_ERROR_INVALID },
    { HEAD VIDEO "a=mid:0\r\n" ICE "a=fingerprint:sha-256 " FINGERPRINT "\r\na=setup:both\r\n",
      GC_ERROR_INVALID },
    { HEAD "m=video 9 UDP/TLS/RTP/SAVPF 128\r\na=mid:0\r\n" ICE DTLS, GC_ERROR_INVALID },
    { HEAD "m=video 9 UDP/TLS/RTP/SAVPF x\r\na=mid:0\r\n" ICE DTLS, GC_ERROR_INVALID },
    { HEAD "m=video 9 UDP/TLS/RTP/SAVPF 96 96\r\na=mid:0\r\n" ICE DTLS, GC_ERROR_INVALID },
    { GOOD VIDEO "a=mid:0\r\n" ICE DTLS, GC_ERROR_INVALID },
    { GOOD VIDEO "a=mid:1\r\n" ICE DTLS VIDEO "a=mid:2\r\n" ICE DTLS VIDEO
                 "a=mid:3\r\n" ICE DTLS VIDEO "a=mid:4\r\n" ICE DTLS,
      GC_ERROR_INVALID },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (parse (refusals[i].text, &error));
      g_assert_error (error, GC_ERROR, refusals[i].code);
    }
}

static void
test_bounded (void)
{
  g_autofree char *many = g_strnfill (GC_SDP_MAX_LENGTH, 'a');
  g_autofree char *text = g_strconcat (GOOD, many, NULL);
  g_autoptr (GString) candidates = g_string_new (GOOD);
  g_autoptr (GError) error = NULL;

  g_assert_null (parse (text, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_TOO_LARGE);
  g_clear_error (&error);
  for (int i = 0; i < 100; i++)
    g_string_append (candidates, "a=candidate:1 1 UDP 1 127.0.0.1 9 typ host\r\n");
  g_assert_null (parse (candidates->str, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_TOO_LARGE);
}

static void
assert_answer (const char *text, int code)
{
  g_autoptr (GstSDPMessage) offer = parse (GOOD, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstSDPMessage) answer = parse (text, &error);

  g_assert_no_error (error);
  if (code < 0)
    g_assert_true (gc_sdp_check_answer (offer, answer, &error));
  else
    {
      g_assert_false (gc_sdp_check_answer (offer, answer, &error));
      g_assert_error (error, GC_ERROR, code);
    }
}

static void
test_answers (void)
{
  const char *dtls = "a=fingerprint:sha-256 " FINGERPRINT "\r\na=setup:active\r\n";
  g_autofree char *good = g_strconcat (HEAD VIDEO "a=mid:0\r\n" ICE, dtls, NULL);
  g_autofree char *other_mid = g_strconcat (HEAD VIDEO "a=mid:1\r\n" ICE, dtls, NULL);
  g_autofree char *other_kind
      = g_strconcat (HEAD "m=audio 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n" ICE, dtls, NULL);
  g_autofree char *other_codec
      = g_strconcat (HEAD "m=video 9 UDP/TLS/RTP/SAVPF 120\r\na=mid:0\r\n" ICE, dtls, NULL);
  g_autofree char *more = g_strconcat (good, VIDEO "a=mid:1\r\n" ICE, dtls, NULL);

  assert_answer (good, -1);
  assert_answer (other_mid, GC_ERROR_INVALID);
  assert_answer (other_kind, GC_ERROR_INVALID);
  assert_answer (more, GC_ERROR_INVALID);
  assert_answer (other_codec, GC_ERROR_INVALID);
  assert_answer (GOOD, GC_ERROR_INVALID);
  assert_answer (HEAD "m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n", GC_ERROR_UNSUPPORTED);
}

static void
test_codec_choice (void)
{
  g_autoptr (GstSDPMessage) sdp = parse (
      HEAD "m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99\r\na=mid:0\r\n" ICE DTLS
           "a=rtpmap:96 VP8/90000\r\n"
           "a=rtpmap:97 H264/90000\r\n"
           "a=fmtp:97 packetization-mode=0;profile-level-id=42e01f\r\n"
           "a=rtpmap:98 H264/90000\r\n"
           "a=fmtp:98 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f\r\n"
           "a=rtpmap:99 H264/90000\r\n"
           "a=fmtp:99 packetization-mode=1; profile-level-id=42e01f\r\n",
      NULL);
  const GstSDPMedia *media = gst_sdp_message_get_media (sdp, 0);
  g_autoptr (GstCaps) h264 = gc_rtc_codec_choose (media, "H264");
  g_autoptr (GstCaps) vp8 = gc_rtc_codec_choose (media, "VP8");
  int payload;

  g_assert_true (gst_structure_get_int (gst_caps_get_structure (h264, 0), "payload", &payload));
  g_assert_cmpint (payload, ==, 99);
  g_assert_true (gst_structure_get_int (gst_caps_get_structure (vp8, 0), "payload", &payload));
  g_assert_cmpint (payload, ==, 96);
  g_assert_null (gc_rtc_codec_choose (media, "OPUS"));
}

static void
test_ice_servers (void)
{
  g_autoptr (GPtrArray) servers = gc_ice_server_parse_link (
      "<stun:stun.example.net>; rel=\"ice-server\", "
      "<turn:turn.example.net?transport=udp>; rel=\"ice-server\"; username=\"user\"; "
      "credential=\"my \\\"pass,word\"; credential-type=\"password\", "
      "<turns:[2001:db8::1]:443?transport=tcp>; rel=ice-server; username=u; credential=p, "
      "<https://example.net/>; rel=\"next\", "
      "<turn:turn.example.net:99999>; rel=\"ice-server\", "
      "<turn:not/a/host>; rel=\"ice-server\"");
  const GcIceServer *turn;
  g_autofree char *uri = NULL;

  g_assert_cmpuint (servers->len, ==, 3);
  turn = g_ptr_array_index (servers, 1);
  g_assert_cmpstr (turn->credential, ==, "my \"pass,word");
  g_assert_cmpuint (turn->port, ==, 3478);
  turn = g_ptr_array_index (servers, 2);
  uri = gc_ice_server_dup_gst_uri (turn, "::1", 4433);
  g_assert_cmpstr (uri, ==, "turn://u:p@[::1]:4433?transport=tcp");
  for (guint i = 0; i < servers->len; i++)
    {
      g_autofree char *link = gc_ice_server_print_link (g_ptr_array_index (servers, i));
      g_autoptr (GPtrArray) again = gc_ice_server_parse_link (link);

      g_assert_cmpuint (again->len, ==, 1);
    }
}

static void
test_ice_servers_transport (void)
{
  const char *const urls[][2] = {
    { "stun:example.net", "stun:example.net:3478" },
    { "turn:example.net", "turn:example.net:3478?transport=udp" },
    { "turn:example.net?transport=TCP", "turn:example.net:3478?transport=tcp" },
    { "turns:example.net", "turns:example.net:5349?transport=tcp" },
    { "TURNS:[2001:db8::1]:443?transport=tcp", "turns:[2001:db8::1]:443?transport=tcp" },
  };
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (urls); i++)
    {
      g_autoptr (GcIceServer) server = gc_ice_server_parse_url (urls[i][0], NULL);
      g_autofree char *printed = gc_ice_server_print (server);

      g_assert_cmpstr (printed, ==, urls[i][1]);
    }
  g_assert_null (gc_ice_server_parse_url ("turns:example.net?transport=udp", &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_UNSUPPORTED);
}

static void
test_ice_servers_hostile (void)
{
  const char *const headers[] = { "",
                                  "<",
                                  "<>",
                                  "<turn:",
                                  "<stun:x>",
                                  "<stun:x>;",
                                  "<stun:x>; rel=\"",
                                  "<stun:x>;;;;rel",
                                  "\"<stun:x>\"",
                                  ",,,," };
  g_autofree char *huge = g_strnfill (100000, '<');
  g_autoptr (GPtrArray) none = gc_ice_server_parse_link (huge);
  g_autoptr (GPtrArray) null = gc_ice_server_parse_link (NULL);

  g_assert_cmpuint (none->len, ==, 0);
  g_assert_cmpuint (null->len, ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (headers); i++)
    {
      g_autoptr (GPtrArray) servers = gc_ice_server_parse_link (headers[i]);

      g_assert_cmpuint (servers->len, ==, 0);
    }
}

static void
test_refused_relays (void)
{
  const struct
  {
    int code;
    const char *words;
  } cases[] = {
    { 401, "credentials" },  { 438, "nonces" },         { 486, "as many relays" },
    { 508, "none to give" }, { 300, "another server" }, { 499, "refuses" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *reason = gc_turn_probe_explain (cases[i].code);
      g_autofree char *number = g_strdup_printf ("(%d)", cases[i].code);

      g_assert_nonnull (strstr (reason, cases[i].words));
      g_assert_true (g_str_has_suffix (reason, number));
    }
}

static void
test_fragments (void)
{
  const char *text = "a=ice-ufrag:abcd\r\nm=video 9 RTP/AVP 0\r\na=mid:0\r\n"
                     "a=candidate:1 1 UDP 1 192.0.2.1 9 typ host\r\na=end-of-candidates\r\n";
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) candidates = gc_sdp_frag_parse (text, strlen (text), &error);
  g_autofree char *huge = g_strnfill (20000, 'a');

  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length (candidates), ==, 1);
  g_assert_cmpstr (candidates[0], ==, "candidate:1 1 UDP 1 192.0.2.1 9 typ host");
  g_assert_null (gc_sdp_frag_parse (huge, 20000, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_TOO_LARGE);
  g_clear_error (&error);
  g_assert_null (gc_sdp_frag_parse ("a=candidate:\x01\n", 14, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_INVALID);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/rtc/sdp/good", test_good);
  g_test_add_func ("/rtc/sdp/refuses", test_refuses);
  g_test_add_func ("/rtc/sdp/bounded", test_bounded);
  g_test_add_func ("/rtc/sdp/answers-fit-offers", test_answers);
  g_test_add_func ("/rtc/codec/choice", test_codec_choice);
  g_test_add_func ("/rtc/ice-server/read-and-write", test_ice_servers);
  g_test_add_func ("/rtc/ice-server/refused", test_refused_relays);
  g_test_add_func ("/rtc/ice-server/transport", test_ice_servers_transport);
  g_test_add_func ("/rtc/ice-server/hostile", test_ice_servers_hostile);
  g_test_add_func ("/rtc/sdp-frag/candidates", test_fragments);
  return g_test_run ();
}
