/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * GcQualityMode:
 * @GC_QUALITY_SMOOTH: gives up size before motion: what is going on
 * @GC_QUALITY_SHARP: gives up motion before size: a number plate, a document
 *
 * What to give up first when the network is thin.
 */
typedef enum
{
  GC_QUALITY_SMOOTH,
  GC_QUALITY_SHARP,
} GcQualityMode;

/**
 * GcRung:
 * @lines: most lines of the picture, its shorter side
 * @fps: most pictures a second; 0 for one every few seconds
 * @least_bps: the rate below which it looks worse than the next rung, bit/s
 *
 * One step of the quality ladder.
 */
typedef struct
{
  int lines;
  int fps;
  gint64 least_bps;
} GcRung;

/**
 * GcLadder:
 *
 * Which size and how many pictures a rate is good for, without going up and down all the time. The
 * fields are private.
 */
typedef struct
{
  GcQualityMode mode;
  int max_lines;
  guint rung;
  gint64 low_since_us;  /* 0 while the rate is enough */
  gint64 high_since_us; /* 0 while it is not enough for the next rung up */
} GcLadder;

const GcRung *
gc_ladder_get_frugal (GcQualityMode mode);
gint64
gc_rung_get_interval_us (const GcRung *rung);

void
gc_ladder_init (GcLadder *self, GcQualityMode mode, int max_lines);
const GcRung *
gc_ladder_update (GcLadder *self, gint64 now_us, gint64 bps);

G_END_DECLS
