/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * GcRtcFailureDetector:
 * @expected_ms: the patience to begin with; 0 if nothing is known of the peer
 * @first_ms: when the peer first answered; 0 before
 * @heard_ms: when it was last heard; 0 before the first time
 * @waiting_since_ms: when we first sent something that nothing has been heard after; 0 if there is
 *   no such thing
 * @longest_ms: the longest wait of late
 * @second_ms: the second longest
 * @aged_ms: when these two were last made to fade
 *
 * How long a peer lets us wait for a sign of life, and whether this time it is too long. Any clock
 * will do that never goes back; it is handed in. One thread at a time.
 */
typedef struct
{
  gint64 expected_ms;
  gint64 first_ms;
  gint64 heard_ms;
  gint64 waiting_since_ms;
  double longest_ms;
  double second_ms;
  gint64 aged_ms;
} GcRtcFailureDetector;

void
gc_rtc_failure_detector_inherit (GcRtcFailureDetector *detector,
                                 const GcRtcFailureDetector *predecessor);
void
gc_rtc_failure_detector_sent (GcRtcFailureDetector *detector, gint64 now_ms);
void
gc_rtc_failure_detector_heard (GcRtcFailureDetector *detector, gint64 now_ms);
gint64
gc_rtc_failure_detector_get_wait_ms (const GcRtcFailureDetector *detector, gint64 now_ms);
gint64
gc_rtc_failure_detector_get_patience_ms (const GcRtcFailureDetector *detector);

G_END_DECLS
