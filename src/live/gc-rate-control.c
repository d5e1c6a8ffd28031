/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "live/gc-rate-control.h"

/* As the congestion control's: the ladder decides what such a path shows. */
#define MIN_BPS 32000
/* The thresholds of draft-ietf-rmcat-gcc-02 section 6. */
#define HIGH_LOSS 0.10
#define LOW_LOSS 0.02
#define GROWTH 1.08
/* A path that carries little says nothing about more: below this share of the target, it stays. */
#define USED_SHARE 0.6
/* A round trip that grows by more than this stands in a queue that we fill ourselves. */
#define QUEUE_RATIO 2.0
#define QUEUE_MS 100
#define QUEUE_CUT 0.85
/* A path may change for a longer one without a word: then its round trip counts after a while. */
#define BASE_AGE_MAX_S 30

/**
 * gc_rate_control_init:
 * @control: (out caller-allocates): the state
 * @start_bps: first target, bit/s
 * @max_bps: largest target, bit/s
 *
 * Any thread.
 */
void
gc_rate_control_init (GcRateControl *control, gint64 start_bps, gint64 max_bps)
{
  control->target_bps = start_bps;
  gc_rate_control_set_max (control, max_bps);
  gc_rate_control_new_path (control);
}

/**
 * gc_rate_control_set_max:
 * @control: the state
 * @max_bps: largest target from now on, bit/s
 *
 * Any thread.
 */
void
gc_rate_control_set_max (GcRateControl *control, gint64 max_bps)
{
  control->min_bps = MIN (MIN_BPS, max_bps);
  control->max_bps = max_bps;
  control->target_bps = CLAMP (control->target_bps, control->min_bps, max_bps);
}

/**
 * gc_rate_control_new_path:
 * @control: the state
 *
 * The connection was made anew: what is known of the round trip no longer counts. Any thread.
 */
void
gc_rate_control_new_path (GcRateControl *control)
{
  control->base_rtt_ms = -1;
  control->next_base_rtt_ms = -1;
  control->age = 0;
}

static void
update_base (GcRateControl *control, double rtt_ms)
{
  if (++control->age > BASE_AGE_MAX_S)
    {
      control->base_rtt_ms = control->next_base_rtt_ms;
      control->next_base_rtt_ms = -1;
      control->age = 0;
    }
  if (!(rtt_ms >= 0))
    return;
  if (control->base_rtt_ms < 0 || rtt_ms < control->base_rtt_ms)
    control->base_rtt_ms = rtt_ms;
  if (control->next_base_rtt_ms < 0 || rtt_ms < control->next_base_rtt_ms)
    control->next_base_rtt_ms = rtt_ms;
}

/**
 * gc_rate_control_update:
 * @control: the state
 * @loss: share of packets lost since the last report, 0 to 1; other values count as 0
 * @rtt_ms: round trip, ms; negative if unknown
 * @sent_bps: video sent in the last second, bit/s
 *
 * To be called once a second. Any thread.
 *
 * Returns: the new target, bit/s
 */
gint64
gc_rate_control_update (GcRateControl *control, double loss, double rtt_ms, gint64 sent_bps)
{
  double factor = 1;

  if (!(loss >= 0 && loss <= 1))
    loss = 0;
  update_base (control, rtt_ms);
  if (loss > HIGH_LOSS)
    factor = 1 - 0.5 * loss;
  else if (control->base_rtt_ms >= 0 && rtt_ms > control->base_rtt_ms * QUEUE_RATIO + QUEUE_MS)
    factor = QUEUE_CUT;
  else if (loss < LOW_LOSS && (double) sent_bps >= (double) control->target_bps * USED_SHARE)
    factor = GROWTH;
  control->target_bps = (gint64) ((double) control->target_bps * factor);
  control->target_bps = CLAMP (control->target_bps, control->min_bps, control->max_bps);
  return control->target_bps;
}
