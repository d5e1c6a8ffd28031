/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-live"

#include "live/gc-encoder-kind.h"

#include "live/gc-encoder-trial.h"

static void
set_x264_rate (GstElement *element, gint64 bps, int fps)
{
  /* A buffer that holds one picture; x264 takes none that is smaller. */
  g_object_set (element, "bitrate", (guint) (bps / 1000), "vbv-buf-capacity",
                (guint) (1000 / fps + 1), NULL);
}

static void
set_bps (GstElement *element, gint64 bps, int fps)
{
  g_object_set (element, "bitrate", (guint) bps, NULL);
}

static void
set_kbps (GstElement *element, gint64 bps, int fps)
{
  g_object_set (element, "bitrate", (guint) (bps / 1000), NULL);
}

static void
set_target_bps (GstElement *element, gint64 bps, int fps)
{
  g_object_set (element, "target-bitrate", (int) bps, NULL);
}

static void
set_driver_rate (GstElement *element, gint64 bps, int fps)
{
  g_autoptr (GstStructure) controls
      = gst_structure_new ("controls", "video_bitrate", G_TYPE_INT, (int) bps, NULL);

  g_object_set (element, "extra-controls", controls, NULL);
}

#define VA_SETTINGS                                                                                \
  " name=encoder rate-control=cbr target-usage=7 b-frames=0 ref-frames=1 aud=false "               \
  "key-int-max=%d ! video/x-h264,profile=constrained-baseline"

/* Best first: hardware costs neither battery nor pictures, software by what its pictures show for
 * their bits. Each is told to be quick, steady and without look-ahead. x264's next slower preset
 * looks no better than this one with its deblocking left in, and costs half as much again. A key
 * frame of VP8 takes six pictures' worth at most, as far as its coarsest quantizer goes: twice as
 * much otherwise, for a picture full of detail. */
static const GcEncoderKind KINDS[] = {
  { GC_VIDEO_H264, "v4l2h264enc",
    "v4l2h264enc name=encoder extra-controls=\"controls,video_bitrate_mode=1,"
    "repeat_sequence_header=1,video_b_frames=0,video_gop_size=%d,h264_i_frame_period=%d\" "
    "! video/x-h264,profile=(string)constrained-baseline,level=(string)4",
    "NV12", set_driver_rate, TRUE },
  { GC_VIDEO_H264, "vah264lpenc", "vah264lpenc" VA_SETTINGS, "NV12", set_kbps, TRUE },
  { GC_VIDEO_H264, "vah264enc", "vah264enc" VA_SETTINGS, "NV12", set_kbps, TRUE },
  { GC_VIDEO_H264, "x264enc",
    "x264enc name=encoder tune=zerolatency speed-preset=ultrafast bframes=0 byte-stream=true "
    "aud=false key-int-max=%d threads=2 vbv-buf-capacity=34 option-string=deblock=0,0:scenecut=0 "
    "! video/x-h264,profile=constrained-baseline",
    "I420", set_x264_rate, FALSE },
  { GC_VIDEO_H264, "openh264enc",
    "openh264enc name=encoder usage-type=camera complexity=low rate-control=bitrate "
    "enable-frame-skip=true gop-size=%d ! video/x-h264,profile=constrained-baseline",
    "I420", set_bps, FALSE },
  { GC_VIDEO_VP8, "v4l2vp8enc",
    "v4l2vp8enc name=encoder extra-controls=\"controls,video_bitrate_mode=1,video_gop_size=%d\"",
    "NV12", set_driver_rate, TRUE },
  { GC_VIDEO_VP8, "vp8enc",
    "vp8enc name=encoder deadline=1 cpu-used=8 threads=2 end-usage=cbr error-resilient=partitions "
    "lag-in-frames=0 buffer-size=600 buffer-initial-size=300 buffer-optimal-size=400 "
    "undershoot=95 max-intra-bitrate=600 keyframe-max-dist=%d",
    "I420", set_target_bps, FALSE },
};

static enum { UNTRIED, WORKS, FAILS } outcomes[G_N_ELEMENTS (KINDS)];

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
 * gc_encoder_kind_find:
 * @factory: name of a GStreamer element
 *
 * Any thread.
 *
 * Returns: (transfer none) (nullable): the kind that it makes; %NULL if it is not used
 */
const GcEncoderKind *
gc_encoder_kind_find (const char *factory)
{
  for (gsize i = 0; i < G_N_ELEMENTS (KINDS); i++)
    if (strcmp (KINDS[i].factory, factory) == 0)
      return &KINDS[i];
  return NULL;
}

/**
 * gc_encoder_kind_works:
 * @kind: a kind
 *
 * Tells by a trial that takes some hundredths of a second; the outcome is kept for the life of the
 * process. Main context.
 *
 * Returns: whether it can be used here
 */
gboolean
gc_encoder_kind_works (const GcEncoderKind *kind)
{
  gsize i = (gsize) (kind - KINDS);

  if (outcomes[i] == UNTRIED)
    {
      outcomes[i] = gc_encoder_trial_passes (kind) ? WORKS : FAILS;
      g_debug ("encoder %s %s", kind->factory, outcomes[i] == WORKS ? "works" : "fails");
    }
  return outcomes[i] == WORKS;
}

/**
 * gc_encoder_kind_has_hardware:
 *
 * Takes no time where there is none. Main context.
 *
 * Returns: whether any hardware that encodes works here
 */
gboolean
gc_encoder_kind_has_hardware (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (KINDS); i++)
    if (KINDS[i].hardware && gc_encoder_kind_works (&KINDS[i]))
      return TRUE;
  return FALSE;
}

/**
 * gc_encoder_kind_choose:
 * @codec: what is needed
 *
 * Main context.
 *
 * Returns: (transfer none) (nullable): the best kind that works; %NULL if none does
 */
const GcEncoderKind *
gc_encoder_kind_choose (GcVideoCodec codec)
{
  for (gsize i = 0; i < G_N_ELEMENTS (KINDS); i++)
    if (KINDS[i].codec == codec && gc_encoder_kind_works (&KINDS[i]))
      return &KINDS[i];
  return NULL;
}

/**
 * gc_encoder_kind_abandon:
 * @kind: a kind that was chosen
 *
 * It broke, and is not chosen again in the life of the process. Main context.
 */
void
gc_encoder_kind_abandon (const GcEncoderKind *kind)
{
  outcomes[kind - KINDS] = FAILS;
}
