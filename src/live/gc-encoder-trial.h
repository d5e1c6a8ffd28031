/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "live/gc-encoder-kind.h"

G_BEGIN_DECLS

gboolean
gc_encoder_trial_passes (const GcEncoderKind *kind);

G_END_DECLS
