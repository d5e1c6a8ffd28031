/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-live"

#include "live/gc-encoder-kind.h"

#include <gst/app/app.h>

#define TRIAL_TIMEOUT (2 * GST_SECOND)
#define TRIAL_KEY_DISTANCE 30

/* Best first. Each is told to be quick, steady and without look-ahead. x264's next slower preset
 * looks no better than this one with its deblocking left in, and costs half as much again. */
static const GcEncoderKind KINDS[] = {
  { GC_VIDEO_H264, "x264enc",
    "x264enc name=encoder tune=zerolatency speed-preset=ultrafast bframes=0 byte-stream=true "
    "aud=false key-int-max=%d threads=2 vbv-buf-capacity=34 option-string=deblock=0,0:scenecut=0 "
    "! video/x-h264,profile=constrained-baseline" },
  { GC_VIDEO_H264, "openh264enc",
    "openh264enc name=encoder usage-type=camera complexity=low rate-control=bitrate "
    "enable-frame-skip=true gop-size=%d ! video/x-h264,profile=constrained-baseline" },
  { GC_VIDEO_VP8, "vp8enc",
    "vp8enc name=encoder deadline=1 cpu-used=8 threads=2 end-usage=cbr error-resilient=partitions "
    "lag-in-frames=0 buffer-size=600 buffer-initial-size=300 buffer-optimal-size=400 "
    "undershoot=95 keyframe-max-dist=%d" },
};

/**
 * gc_encoder_kind_describe:
 * @kind: a kind
 * @key_distance: most frames from one key frame to the next
 *
 * Any thread.
 *
 * Returns: (transfer full): what to put between raw pictures and access units, in the syntax of
 *   gst-launch-1.0; the element is named “encoder”
 */
char *
gc_encoder_kind_describe (const GcEncoderKind *kind, int key_distance)
{
  g_autofree char *distance = g_strdup_printf ("%d", key_distance);
  g_auto (GStrv) parts = g_strsplit (kind->launch, "%d", -1);
  g_autofree char *encoder = g_strjoinv (distance, parts);

  if (kind->codec != GC_VIDEO_H264)
    return g_steal_pointer (&encoder);
  return g_strconcat (encoder,
                      " ! h264parse config-interval=-1 "
                      "! video/x-h264,stream-format=byte-stream,alignment=au",
                      NULL);
}

/**
 * gc_encoder_kind_set_rate:
 * @kind: a kind
 * @element: its element
 * @bps: so much for the next pictures, bit/s
 * @fps: how many pictures share it each second
 *
 * Where the encoder can, no picture becomes larger than its own part of it. Any thread.
 */
void
gc_encoder_kind_set_rate (const GcEncoderKind *kind, GstElement *element, gint64 bps, int fps)
{
  if (strcmp (kind->factory, "x264enc") == 0)
    /* A buffer that holds one picture; x264 takes none that is smaller. */
    g_object_set (element, "bitrate", (guint) (bps / 1000), "vbv-buf-capacity",
                  (guint) (1000 / fps + 1), NULL);
  else if (strcmp (kind->factory, "vp8enc") == 0)
    g_object_set (element, "target-bitrate", (int) bps, NULL);
  else
    g_object_set (element, "bitrate", (guint) bps, NULL);
}

/* That an element is installed says little: its library may be a stand-in (as the openh264 of some
 * runtimes), its hardware missing or busy. It has to encode a picture. */
static gboolean
works (const GcEncoderKind *kind)
{
  g_autofree char *encoder = gc_encoder_kind_describe (kind, TRIAL_KEY_DISTANCE);
  g_autofree char *launch
      = g_strdup_printf ("videotestsrc num-buffers=2 pattern=black "
                         "! video/x-raw,format=I420,width=320,height=240,framerate=30/1 "
                         "! %s ! appsink name=out sync=false",
                         encoder);
  g_autoptr (GstElementFactory) factory = gst_element_factory_find (kind->factory);
  g_autoptr (GstElement) pipeline
      = factory != NULL ? gst_parse_launch_full (launch, NULL, GST_PARSE_FLAG_FATAL_ERRORS, NULL)
                        : NULL;
  g_autoptr (GstElement) out = NULL;
  g_autoptr (GstSample) sample = NULL;

  if (pipeline == NULL)
    return FALSE;
  gst_object_ref_sink (pipeline);
  out = gst_bin_get_by_name (GST_BIN (pipeline), "out");
  if (gst_element_set_state (pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE)
    sample = gst_app_sink_try_pull_sample (GST_APP_SINK (out), TRIAL_TIMEOUT);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return sample != NULL;
}

/**
 * gc_encoder_kind_choose:
 * @codec: what is needed
 *
 * Finds the best encoder that works, by a trial that takes some hundredths of a second; the outcome
 * is kept for the life of the process. Main context.
 *
 * Returns: (transfer none) (nullable): the kind; %NULL if none works
 */
const GcEncoderKind *
gc_encoder_kind_choose (GcVideoCodec codec)
{
  static enum { UNTRIED, WORKS, FAILS } outcomes[G_N_ELEMENTS (KINDS)];

  for (gsize i = 0; i < G_N_ELEMENTS (KINDS); i++)
    {
      if (KINDS[i].codec != codec)
        continue;
      if (outcomes[i] == UNTRIED)
        {
          outcomes[i] = works (&KINDS[i]) ? WORKS : FAILS;
          g_debug ("encoder %s %s", KINDS[i].factory, outcomes[i] == WORKS ? "works" : "fails");
        }
      if (outcomes[i] == WORKS)
        return &KINDS[i];
    }
  return NULL;
}
