/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "live/gc-encoder-pipeline.h"
#include "live/gc-ladder.h"

G_BEGIN_DECLS

/* Has an encoder make each picture as large, in both senses, as the network can take it now. */
typedef struct _GcPictureControl GcPictureControl;

GcPictureControl *
gc_picture_control_new (int max_width, int max_height);
void
gc_picture_control_free (GcPictureControl *self);
void
gc_picture_control_use (GcPictureControl *self, GcEncoderPipeline *pipeline);
void
gc_picture_control_set_mode (GcPictureControl *self, GcQualityMode mode, gboolean frugal);
void
gc_picture_control_set_rate (GcPictureControl *self, gint64 bps);
gint64
gc_picture_control_begin (GcPictureControl *self, GstClockTime time);
void
gc_picture_control_prepare (GcPictureControl *self,
                            GstClockTime time,
                            gsize grant,
                            gint64 target_bps);
void
gc_picture_control_made (GcPictureControl *self, gsize bytes);
void
gc_picture_control_get_figures (GcPictureControl *self, GcEncoderFigures *figures);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcPictureControl, gc_picture_control_free)

G_END_DECLS
