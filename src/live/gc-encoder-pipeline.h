/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "live/gc-encoder-kind.h"
#include "live/gc-sound-control.h"

#include <gst/app/app.h>

G_BEGIN_DECLS

/**
 * GcEncoderPipeline:
 * @kind: what codes the picture
 * @pipeline: all of it
 * @video_in: an appsrc for raw pictures
 * @audio_in: (nullable): an appsrc for raw sound
 * @size_filter: a capsfilter between what scales and the encoder
 * @video_encoder: the encoder of @kind
 * @video_out: an appsink for access units
 * @audio_out: (nullable): an appsink for packets of Opus
 *
 * The elements of one encoder. Any thread may hold a reference.
 */
typedef struct
{
  const GcEncoderKind *kind;
  GstElement *pipeline;
  GstElement *video_in;
  GstElement *audio_in;
  GstElement *size_filter;
  GstElement *video_encoder;
  GstElement *video_out;
  GstElement *audio_out;
} GcEncoderPipeline;

typedef GstFlowReturn (*GcEncoderPipelineFunc) (GstAppSink *out, gpointer data);

GcEncoderPipeline *
gc_encoder_pipeline_new (
    const GcEncoderKind *kind, int max_width, int max_height, gboolean audio, GError **error);
GcEncoderPipeline *
gc_encoder_pipeline_ref (GcEncoderPipeline *self);
void
gc_encoder_pipeline_connect (GcEncoderPipeline *self,
                             GcEncoderPipelineFunc on_video,
                             GcEncoderPipelineFunc on_audio,
                             gpointer data);
void
gc_encoder_pipeline_get_size (GcEncoderPipeline *self, int *width, int *height);
void
gc_encoder_pipeline_set_sound (GcEncoderPipeline *self, const GcSoundRung *sound);
void
gc_encoder_pipeline_force_key_frame (GcEncoderPipeline *self);
GstSample *
gc_encoder_pipeline_pull (GstAppSink *out);
void
gc_encoder_pipeline_unref (GcEncoderPipeline *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcEncoderPipeline, gc_encoder_pipeline_unref)

G_END_DECLS
