/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Codes a film with one of the encoders that the terminal chooses from, set up as there, as fast as
 * it goes, and prints how much processor time that took. `./dev bench encoder` uses it.
 *
 * usage: bench-encoder FILM.y4m ELEMENT BPS OUTPUT.mkv
 */

#include "live/gc-encoder-kind.h"

#include <sys/resource.h>

#define KEY_DISTANCE 1800
#define EXIT_USAGE 2
#define EXIT_NO_ENCODER 3

static double
get_cpu_seconds (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
         + (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / G_USEC_PER_SEC;
}

static GstElement *
build (const GcEncoderKind *kind, const char *film, gint64 bps, const char *output)
{
  g_autofree char *encoder = gc_encoder_kind_describe (kind, KEY_DISTANCE);
  g_autofree char *launch = g_strdup_printf (
      "filesrc name=film ! y4mdec ! videoconvert ! video/x-raw,format=%s ! %s ! %s matroskamux "
      "! filesink name=output",
      kind->format, encoder, kind->codec == GC_VIDEO_H264 ? "h264parse !" : "");
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch_full (launch, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
  g_autoptr (GstElement) source = NULL;
  g_autoptr (GstElement) element = NULL;
  g_autoptr (GstElement) sink = NULL;

  if (pipeline == NULL)
    {
      g_printerr ("%s\n", error->message);
      return NULL;
    }
  source = gst_bin_get_by_name (GST_BIN (pipeline), "film");
  element = gst_bin_get_by_name (GST_BIN (pipeline), "encoder");
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "output");
  g_object_set (source, "location", film, NULL);
  g_object_set (sink, "location", output, NULL);
  kind->set_rate (element, bps, 30);
  return gst_object_ref_sink (pipeline);
}

int
main (int argc, char *argv[])
{
  const GcEncoderKind *kind;
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) end = NULL;
  double before;

  if (argc != 5)
    return EXIT_USAGE;
  gst_init (NULL, NULL);
  kind = gc_encoder_kind_find (argv[2]);
  if (kind == NULL || !gc_encoder_kind_works (kind))
    return EXIT_NO_ENCODER;
  pipeline = build (kind, argv[1], g_ascii_strtoll (argv[3], NULL, 10), argv[4]);
  if (pipeline == NULL)
    return EXIT_FAILURE;
  bus = gst_element_get_bus (pipeline);
  before = get_cpu_seconds ();
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  end = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_print ("%.3f\n", get_cpu_seconds () - before);
  return GST_MESSAGE_TYPE (end) == GST_MESSAGE_EOS ? EXIT_SUCCESS : EXIT_FAILURE;
}
