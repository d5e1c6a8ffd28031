/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "live/gc-encoder.h"

G_BEGIN_DECLS

/**
 * GcEncoderKind:
 * @codec: what it makes
 * @factory: the GStreamer element
 * @launch: how it is set up; “%d” stands for the longest distance of key frames, in frames
 * @format: of the raw pictures that it takes
 * @set_rate: tells its element how many bit/s to make of so many pictures a second
 * @hardware: whether a driver does the work: it has a control of its own over the size of pictures,
 *   and may break or fall silent at any time
 *
 * One way to encode a picture.
 */
typedef struct
{
  GcVideoCodec codec;
  const char *factory;
  const char *launch;
  const char *format;
  void (*set_rate) (GstElement *element, gint64 bps, int fps);
  gboolean hardware;
} GcEncoderKind;

const GcEncoderKind *
gc_encoder_kind_find (const char *factory);
gboolean
gc_encoder_kind_works (const GcEncoderKind *kind);
gboolean
gc_encoder_kind_has_hardware (void);
const GcEncoderKind *
gc_encoder_kind_choose (GcVideoCodec codec);
void
gc_encoder_kind_abandon (const GcEncoderKind *kind);
char *
gc_encoder_kind_describe (const GcEncoderKind *kind, int key_distance);

G_END_DECLS
