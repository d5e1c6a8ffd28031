/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/gc-fan.h"
#include "live/gc-ladder.h"
#include "live/gc-sound-control.h"

#include <gio/gio.h>
#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * GcVideoCodec:
 * @GC_VIDEO_H264: H.264 constrained baseline
 * @GC_VIDEO_VP8: VP8
 */
typedef enum
{
  GC_VIDEO_H264,
  GC_VIDEO_VP8,
} GcVideoCodec;

/**
 * GcEncoderFigures:
 * @camera: pictures that came
 * @left_out: pictures of these that were not coded, since whoever governs would not take them
 * @coded: pictures of these that were coded
 * @coding_us: from the camera until they were coded, µs, summed up
 * @mode: what is given up first
 * @frugal: whether it makes no more of pictures than gc_ladder_get_frugal()
 * @slow: whether this machine, rather than the network, limits the picture's size
 * @lines: most lines of a wide picture at present; others get as much on their longer side
 * @lines_max: the same on the best of networks
 * @fps_max: most pictures a second at present; 0 for one every few seconds
 *
 * Totals since the encoder was made, and what it does at present.
 */
typedef struct
{
  guint64 camera;
  guint64 left_out;
  guint64 coded;
  gint64 coding_us;
  GcQualityMode mode;
  gboolean frugal;
  gboolean slow;
  int lines;
  int lines_max;
  int fps_max;
} GcEncoderFigures;

/**
 * GcEncoderGovernor:
 * @interval_us: from one picture to the next, µs
 * @target_bps: (out): what pictures may take in the long run, bit/s
 * @data: what was given to gc_encoder_set_governor()
 *
 * Asked just before each picture is coded, on the encoder's thread; must not block.
 *
 * Returns: how large it may be, bytes; 0 to leave it out
 */
typedef gsize (*GcEncoderGovernor) (gint64 interval_us, gint64 *target_bps, gpointer data);

/* Raw pictures and sound in, access units out, to any number of publishers; runs on while they
 * come and go. Timestamps are of the system clock and pass through unchanged. */
#define GC_TYPE_ENCODER (gc_encoder_get_type ())
G_DECLARE_FINAL_TYPE (GcEncoder, gc_encoder, GC, ENCODER, GObject)

GcEncoder *
gc_encoder_new (GcVideoCodec codec, int max_width, int max_height, gboolean audio, GError **error);
gboolean
gc_encoder_start (GcEncoder *self, GError **error);
void
gc_encoder_stop (GcEncoder *self);
GcVideoCodec
gc_encoder_get_codec (GcEncoder *self);
gboolean
gc_encoder_has_audio (GcEncoder *self);
void
gc_encoder_get_size (GcEncoder *self, int *width, int *height);

void
gc_encoder_push_video (GcEncoder *self, GstSample *sample);
void
gc_encoder_push_audio (GcEncoder *self, GstSample *sample);
void
gc_encoder_set_bitrate (GcEncoder *self, gint64 bps);
void
gc_encoder_set_sound (GcEncoder *self, const GcSoundRung *sound);
void
gc_encoder_set_mode (GcEncoder *self, GcQualityMode mode, gboolean frugal);
void
gc_encoder_get_figures (GcEncoder *self, GcEncoderFigures *figures);
void
gc_encoder_set_governor (GcEncoder *self, GcEncoderGovernor governor, gpointer data);
void
gc_encoder_remove_governor (GcEncoder *self, gpointer data);
void
gc_encoder_request_key_frame (GcEncoder *self);

GcFan *
gc_encoder_get_output (GcEncoder *self);

G_END_DECLS
