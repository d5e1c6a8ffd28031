/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-live"

/* That an element is installed says little: its library may be a stand-in (as the openh264 of some
 * runtimes), its hardware missing, busy, or driven wrongly. It has to encode a picture at once, and
 * that of hardware has to look like what went in. */

#include "live/gc-encoder-trial.h"

#include <gst/app/app.h>
#include <gst/video/video.h>
#include <stdlib.h>

/* No multiple of 16 lines: drivers err there first. */
#define WIDTH 640
#define HEIGHT 360
#define FPS 30
#define KEY_DISTANCE 30
/* Who holds back more pictures than these but one is too late for live video. */
#define PICTURES 3
#define TIMEOUT (2 * GST_SECOND)
/* Four fields of one brightness each, and how far off they may be in what comes out. */
#define FIELDS 4
#define TOLERANCE 16

static guint8
get_luma (int x, int y)
{
  static const guint8 luma[FIELDS] = { 60, 110, 160, 210 };

  return luma[(x >= WIDTH / 2) + 2 * (y >= HEIGHT / 2)];
}

static GstSample *
make_picture (const char *format, int number)
{
  g_autoptr (GstCaps) caps = NULL;
  GstBuffer *buffer;
  GstVideoInfo info;
  GstVideoFrame frame;
  GstSample *sample;

  gst_video_info_set_format (&info, gst_video_format_from_string (format), WIDTH, HEIGHT);
  info.fps_n = FPS;
  info.fps_d = 1;
  caps = gst_video_info_to_caps (&info);
  buffer = gst_buffer_new_allocate (NULL, info.size, NULL);
  gst_buffer_memset (buffer, 0, 128, info.size);
  gst_video_frame_map (&frame, &info, buffer, GST_MAP_WRITE);
  for (int y = 0; y < HEIGHT; y++)
    for (int x = 0; x < WIDTH; x++)
      {
        guint8 *row = GST_VIDEO_FRAME_COMP_DATA (&frame, 0);

        row[y * GST_VIDEO_FRAME_COMP_STRIDE (&frame, 0) + x] = get_luma (x, y);
      }
  gst_video_frame_unmap (&frame);
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale ((guint64) number, GST_SECOND, FPS);
  GST_BUFFER_DURATION (buffer) = GST_SECOND / FPS;
  sample = gst_sample_new (buffer, caps, NULL, NULL);
  gst_buffer_unref (buffer);
  return sample;
}

/* Whether the middle of each field is as bright as it was. */
static gboolean
looks_right (GstSample *sample)
{
  GstVideoInfo info;
  GstVideoFrame frame;
  gboolean right;

  if (!gst_video_info_from_caps (&info, gst_sample_get_caps (sample)) || info.width != WIDTH
      || info.height != HEIGHT
      || !gst_video_frame_map (&frame, &info, gst_sample_get_buffer (sample), GST_MAP_READ))
    return FALSE;
  right = TRUE;
  for (int field = 0; field < FIELDS; field++)
    {
      int x = WIDTH / 4 + (field % 2) * WIDTH / 2;
      int y = HEIGHT / 4 + (field / 2) * HEIGHT / 2;
      const guint8 *luma = GST_VIDEO_FRAME_COMP_DATA (&frame, 0);

      right &= abs (luma[y * GST_VIDEO_FRAME_COMP_STRIDE (&frame, 0) + x] - get_luma (x, y))
               <= TOLERANCE;
    }
  gst_video_frame_unmap (&frame);
  return right;
}

static GstSample *
encode (const GcEncoderKind *kind)
{
  g_autofree char *encoder = gc_encoder_kind_describe (kind, KEY_DISTANCE);
  g_autofree char *launch = g_strdup_printf ("appsrc name=in format=time ! %s "
                                             "! appsink name=out sync=false",
                                             encoder);
  g_autoptr (GstElement) pipeline
      = gst_parse_launch_full (launch, NULL, GST_PARSE_FLAG_FATAL_ERRORS, NULL);
  g_autoptr (GstElement) in = NULL;
  g_autoptr (GstElement) out = NULL;
  GstSample *unit = NULL;

  if (pipeline == NULL)
    return NULL;
  gst_object_ref_sink (pipeline);
  in = gst_bin_get_by_name (GST_BIN (pipeline), "in");
  out = gst_bin_get_by_name (GST_BIN (pipeline), "out");
  if (gst_element_set_state (pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE)
    {
      for (int i = 0; i < PICTURES; i++)
        {
          g_autoptr (GstSample) picture = make_picture (kind->format, i);

          gst_app_src_push_sample (GST_APP_SRC (in), picture);
        }
      unit = gst_app_sink_try_pull_sample (GST_APP_SINK (out), TIMEOUT);
    }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return unit;
}

static GstSample *
decode (GstSample *unit)
{
  g_autoptr (GstElement) pipeline = gst_parse_launch_full (
      "appsrc name=in format=time ! decodebin ! videoconvert ! video/x-raw,format=I420 "
      "! appsink name=out sync=false",
      NULL, GST_PARSE_FLAG_FATAL_ERRORS, NULL);
  g_autoptr (GstElement) in = NULL;
  g_autoptr (GstElement) out = NULL;
  GstSample *picture;

  if (pipeline == NULL)
    return NULL;
  gst_object_ref_sink (pipeline);
  in = gst_bin_get_by_name (GST_BIN (pipeline), "in");
  out = gst_bin_get_by_name (GST_BIN (pipeline), "out");
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  gst_app_src_push_sample (GST_APP_SRC (in), unit);
  gst_app_src_end_of_stream (GST_APP_SRC (in));
  picture = gst_app_sink_try_pull_sample (GST_APP_SINK (out), TIMEOUT);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return picture;
}

/**
 * gc_encoder_trial_passes:
 * @kind: a kind of encoder
 *
 * Tries it out. Any thread; takes some hundredths of a second, and seconds if the encoder hangs.
 *
 * Returns: whether it encodes, without delay, and so that the picture can be recognised. Where
 *   nothing here decodes, the last is not known, and taken for granted.
 */
gboolean
gc_encoder_trial_passes (const GcEncoderKind *kind)
{
  g_autoptr (GstElementFactory) factory = gst_element_factory_find (kind->factory);
  g_autoptr (GstSample) unit = factory != NULL ? encode (kind) : NULL;
  g_autoptr (GstSample) picture = unit != NULL && kind->hardware ? decode (unit) : NULL;

  return unit != NULL && (picture == NULL || looks_right (picture));
}
