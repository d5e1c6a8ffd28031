/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "live/gc-encoder.h"

G_BEGIN_DECLS

/**
 * GcEncoderKind:
 * @codec: what it makes
 * @factory: the GStreamer element
 * @launch: how it is set up; “%d” stands for the longest distance of key frames, in frames
 *
 * One way to encode a picture.
 */
typedef struct
{
  GcVideoCodec codec;
  const char *factory;
  const char *launch;
} GcEncoderKind;

const GcEncoderKind *
gc_encoder_kind_choose (GcVideoCodec codec);
char *
gc_encoder_kind_describe (const GcEncoderKind *kind, int key_distance);
void
gc_encoder_kind_set_rate (const GcEncoderKind *kind, GstElement *element, gint64 bps, int fps);

G_END_DECLS
