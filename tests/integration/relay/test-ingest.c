/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises of the relay to its publishers:
 *  - each picture is reported by transport-wide feedback at its end, and sound alone is reported as
 *    well; feedback is not collected and then let out together
 *  - packets that are lost are asked for again, more than once if need be, and no picture is
 * missing for viewers
 */

#include "rtc-publisher.h"
#include "test-wait.h"

#define VIDEO(pattern)                                                                             \
  "videotestsrc is-live=true pattern=" pattern                                                     \
  " ! video/x-raw,width=160,height=120,framerate=15/1 ! valve name=gate drop=true "                \
  "! vp8enc deadline=1 cpu-used=16 target-bitrate=300000 keyframe-max-dist=10000 "                 \
  "! rtpvp8pay name=video picture-id-mode=15-bit "
#define AUDIO "audiotestsrc is-live=true ! opusenc ! rtpopuspay name=audio "

/* Enough for figures that mean something. */
#define PACKETS 200

typedef struct
{
  GcRelayStream *stream;
  GcIngest *ingest;
  RtcPublisher *publisher;
} Fixture;

static void
set_up (Fixture *fixture, const char *description)
{
  fixture->stream = gc_relay_stream_new ();
  fixture->ingest = gc_ingest_new (fixture->stream);
  fixture->publisher = rtc_publisher_new (description);
}

static void
tear_down (Fixture *fixture)
{
  rtc_publisher_free (fixture->publisher);
  gc_ingest_close (fixture->ingest);
  g_object_unref (fixture->ingest);
  g_object_unref (fixture->stream);
}

static gboolean
has_heard_of_many (gpointer data)
{
  g_autoptr (GArray) all = rtc_publisher_dup_feedback (data);
  guint packets = 0;

  for (guint i = 0; i < all->len; i++)
    packets += g_array_index (all, RtcFeedback, i).packets;
  return packets >= PACKETS;
}

/* Of those that were let out together, most come within a millisecond. */
static guint
count_bunched (const GArray *all)
{
  guint bunched = 0;

  for (guint i = 1; i < all->len; i++)
    bunched += g_array_index (all, RtcFeedback, i).heard_ns
                   - g_array_index (all, RtcFeedback, i - 1).heard_ns
               < GST_MSECOND;
  return bunched;
}

static void
test_feedback (gconstpointer description)
{
  Fixture fixture;
  g_autoptr (GArray) all = NULL;
  guint pictures;

  set_up (&fixture, description);
  rtc_publisher_connect (fixture.publisher, fixture.ingest);
  test_wait_until (has_heard_of_many, fixture.publisher);
  all = rtc_publisher_dup_feedback (fixture.publisher);
  pictures = rtc_publisher_count_pictures (fixture.publisher);
  g_test_message ("%u feedbacks on %u packets and %u pictures, %u together with another", all->len,
                  rtc_publisher_count_packets (fixture.publisher), pictures, count_bunched (all));
  /* Some pictures are still on the way, and sound has no ends; a busy machine takes several packets
   * of it together. */
  g_assert_cmpuint (all->len, >=, MAX (pictures * 3 / 4, PACKETS / 10));
  /* On a busy machine threads come late. Feedback that is collected nearly always comes so. */
  g_assert_cmpuint (count_bunched (all), <, all->len * 3 / 4);
  tear_down (&fixture);
}

/* --- loss --- */

/* The network is good at first, and in the end: nobody could notice that the last packet is
 * missing. */
#define FIRST_LOST 20
#define LAST_LOST 400
#define PICTURES 150

typedef struct
{
  guint sent;
  guint repeated;
  gint seen; /* atomic */
} Loss;

static void
on_sample (guint audio, gpointer sample, gpointer data)
{
  Loss *loss = data;

  if (!audio)
    g_atomic_int_inc (&loss->seen);
}

/* One in ten packets, and one in four repetitions. */
static gboolean
loses_some (guint payload_type, guint16 seqnum, gpointer data)
{
  Loss *loss = data;

  if (payload_type != RTC_PUBLISHER_VIDEO)
    return loss->repeated++ % 4 == 0;
  loss->sent++;
  return loss->sent >= FIRST_LOST && loss->sent <= LAST_LOST && loss->sent % 10 == 0;
}

/* How long the relay waits for a packet is not the matter here, and the machine may be busy. */
static void
be_patient (GcIngest *ingest)
{
  GcRtcBin *rtc = gc_relay_peer_get_rtc (gc_ingest_get_peer (ingest));

  g_object_set (gc_rtc_bin_get_element (rtc), "latency", 3000, NULL);
}

static gboolean
has_sent_all (gpointer data)
{
  return rtc_publisher_count_pictures (data) >= PICTURES;
}

static gboolean
has_seen_most (gpointer data)
{
  return g_atomic_int_get (&((Loss *) data)->seen) >= PICTURES * 9 / 10;
}

static void
test_loss (void)
{
  Fixture fixture;
  Loss loss = { 0 };
  guint input;

  set_up (&fixture, VIDEO ("snow"));
  rtc_publisher_set_loses (fixture.publisher, loses_some, &loss);
  input = gc_relay_stream_add (fixture.stream, on_sample, &loss);
  rtc_publisher_connect (fixture.publisher, fixture.ingest);
  be_patient (fixture.ingest);
  test_wait_until (has_sent_all, fixture.publisher);
  test_wait_until (has_seen_most, &loss);
  gc_relay_stream_remove (fixture.stream, input);
  g_test_message ("%u pictures in %u packets, %u repetitions; %d came; %u key frames asked for",
                  rtc_publisher_count_pictures (fixture.publisher), loss.sent, loss.repeated,
                  loss.seen, rtc_publisher_count_key_requests (fixture.publisher));
  /* With three packets to a picture, without repetition a fourth of them would have been lost, and
   * others with them. */
  g_assert_cmpuint (loss.sent, >, LAST_LOST);
  tear_down (&fixture);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_data_func ("/relay/ingest/feedback/pictures", VIDEO ("snow"), test_feedback);
  g_test_add_data_func ("/relay/ingest/feedback/pictures-and-sound", VIDEO ("ball") AUDIO,
                        test_feedback);
  g_test_add_data_func ("/relay/ingest/feedback/sound", AUDIO, test_feedback);
  g_test_add_func ("/relay/ingest/loss", test_loss);
  return g_test_run ();
}
