/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * GcSoundRung:
 * @bps: of the coded sound, bit/s
 * @frame_ms: how much sound a packet holds, ms
 * @least_bps: what the path has to carry for it, bit/s
 *
 * How sound is sent.
 */
typedef struct
{
  int bps;
  int frame_ms;
  gint64 least_bps;
} GcSoundRung;

/**
 * GcSoundControl:
 *
 * How much of a thin path sound may take, without going up and down all the time. The fields are
 * private.
 */
typedef struct
{
  guint rung;
  gint64 low_since_us;  /* 0 while the path carries this rung */
  gint64 high_since_us; /* 0 while the path does not carry the next rung up */
} GcSoundControl;

void
gc_sound_control_init (GcSoundControl *self);
const GcSoundRung *
gc_sound_control_update (GcSoundControl *self, gint64 now_us, gint64 bps);

G_END_DECLS
