/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises of the relay to its publishers:
 *  - each picture is reported by transport-wide feedback at its end, and sound alone is reported as
 *    well; feedback is not collected and then let out together
 */

#include "rtc-publisher.h"
#include "test-wait.h"

#define VIDEO(pattern)                                                                             \
  "videotestsrc is-live=true pattern=" pattern                                                     \
  " ! video/x-raw,width=320,height=240,framerate=30/1 "                                            \
  "! vp8enc deadline=1 cpu-used=16 target-bitrate=500000 keyframe-max-dist=10000 "                 \
  "! rtpvp8pay name=video picture-id-mode=15-bit "
#define AUDIO "audiotestsrc is-live=true ! opusenc ! rtpopuspay name=audio "

/* Enough for figures that mean something. */
#define PACKETS 300

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
  guint markers;

  set_up (&fixture, description);
  rtc_publisher_connect (fixture.publisher, fixture.ingest);
  test_wait_until (has_heard_of_many, fixture.publisher);
  all = rtc_publisher_dup_feedback (fixture.publisher);
  markers = rtc_publisher_count_markers (fixture.publisher);
  g_test_message ("%u feedbacks on %u packets and %u pictures, %u together with another", all->len,
                  rtc_publisher_count_packets (fixture.publisher), markers, count_bunched (all));
  /* Some pictures are still on the way, and sound has no ends; a busy machine takes several packets
   * of it together. */
  g_assert_cmpuint (all->len, >=, MAX (markers * 3 / 4, PACKETS / 10));
  g_assert_cmpuint (count_bunched (all), <, all->len / 2);
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
  return g_test_run ();
}
