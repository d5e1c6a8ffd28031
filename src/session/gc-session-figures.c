/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-session"

#include "session/gc-session-private.h"

#include "base/gc-clock.h"
#include "protocol/gc-json.h"
#include "protocol/gc-live-figures.h"

/**
 * gc_session_send_figures:
 * @self: a session with a channel
 *
 * Tells the center how the live video fares, if there is any; PROTOCOL.md, “live.figures”. Main
 * context.
 */
void
gc_session_send_figures (GcSession *self)
{
  const GcLiveStats *stats = gc_live_session_get_stats (self->live);
  GcLiveFigures figures;
  g_autoptr (JsonObject) body = NULL;
  g_autoptr (GcEnvelope) envelope = NULL;

  if (stats == NULL)
    return;
  figures = (GcLiveFigures) {
    .session = gc_live_session_get_id (self->live),
    .video_bps = stats->video_bps,
    .audio_bps = stats->audio_bps,
    .target_bps = stats->target_bps,
    .fps = stats->fps,
    .left_out = stats->left_out,
    .width = stats->width,
    .height = stats->height,
    .rtt_ms = stats->rtt_ms,
    .queue_ms = stats->queue_ms,
    .delay_ms = stats->delay_ms,
    .loss = stats->loss,
    .limit = gc_live_limit_to_string (stats->limit),
    .grade = stats->grade,
    .stills = stats->stills,
    .sharp = stats->mode == GC_QUALITY_SHARP,
  };
  body = gc_live_figures_print (&figures);
  envelope = gc_envelope_new (GC_MSG_LIVE_FIGURES, body);
  gc_channel_send (self->channel, envelope);
}

/**
 * gc_session_log_figures:
 * @self: a session
 *
 * Keeps on this device how the live video fares, if there is any. Main context.
 */
void
gc_session_log_figures (GcSession *self)
{
  const GcLiveStats *stats = gc_live_session_get_stats (self->live);

  if (stats != NULL)
    gc_live_log_write (self->live_log, gc_live_session_get_id (self->live), gc_clock_wall_ms (),
                       stats);
}
